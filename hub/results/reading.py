"""Reading a long text in parts: a range of lines, or the lines that hold some words."""

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet

from hub.errors import InvalidArguments
from hub.results.cells import compact_json
from hub.results.text import estimate_tokens

MAX_ALTERNATIVES = 10
_HEADER_TOKENS = 60


def read_lines(text: str, *, from_line: int = 1, lines: int | None = None, max_tokens: float) -> str:
    """A range of lines under a header that says which of how many, and where to go on.

    Args:
        text: Of which a part is wanted.
        from_line: First line, from 1.
        lines: At most so many; as many as fit if left out.
        max_tokens: Size of the answer; at least one line is given all the same.

    Raises:
        InvalidArguments: The text ends before `from_line`.
    """
    all_lines = text.split("\n")
    total = len(all_lines)
    _check_start(from_line, total)
    wanted = all_lines[from_line - 1 : None if lines is None else from_line - 1 + lines]
    shown = [line for _, line in _fitting(enumerate(wanted), max_tokens)] or wanted[:1]
    last = from_line - 1 + len(shown)
    more = f"; next: from_line={last + 1}" if last < total else ""
    return "\n".join((f"lines {from_line}-{last} of {total}{more}", *shown))


def grep_lines(
    text: str,
    pattern: str,
    *,
    from_line: int = 1,
    lines: int | None = None,
    context: int = 0,
    max_tokens: float,
) -> str:
    """The lines a pattern fits, each with its number, under a header that says how many there are.

    A pattern is words looked for anywhere in a line, whatever their case; `*` stands for any text between, and
    `|` separates alternatives. It is no regular expression, so it takes time in proportion to the text alone.

    Args:
        text: What is searched.
        pattern: What for.
        from_line: Where the search begins.
        lines: At most so many matching lines.
        context: Lines to show before and after each.
        max_tokens: Size of the answer; at least one line is given all the same.

    Raises:
        InvalidArguments: The text ends before `from_line`, or the pattern has too many alternatives.
    """
    all_lines = text.split("\n")
    total = len(all_lines)
    _check_start(from_line, total)
    hits = [number for number in find_lines(text, pattern) if number >= from_line]
    where = f"{total} lines" if from_line == 1 else f"lines {from_line}-{total}"
    named = compact_json(pattern)
    matching = frozenset(hits)
    if not hits:
        return f"none of {where} matches {named}"
    shown = list(_fitting(_numbered(all_lines, hits[:lines], matching, context), max_tokens))
    if shown and not shown[-1][0]:
        shown.pop()
    told = sum(1 for number, _ in shown if number in matching)
    if not told:  # not even what surrounds the first one fits
        told, shown = 1, [(hits[0], f"{hits[0]}: {all_lines[hits[0] - 1]}")]
    header = f"{len(hits)} of {where} match {named}"
    if told < len(hits):
        header += f"; first {told} shown, next: from_line={hits[told]}"
    return "\n".join((header, *(line for _, line in shown)))


def find_lines(text: str, pattern: str) -> list[int]:
    """Numbers of the lines a pattern fits; see `grep_lines`.

    Raises:
        InvalidArguments: The pattern has too many alternatives.
    """
    lowered = text.lower()
    alternatives = [
        parts for choice in pattern.lower().split("|") if (parts := [p for p in choice.split("*") if p])
    ]
    if len(alternatives) > MAX_ALTERNATIVES:
        raise InvalidArguments(f"grep takes at most {MAX_ALTERNATIVES} alternatives")
    found = {number for parts in alternatives or [[pattern.lower()]] for number in _find(lowered, parts)}
    return sorted(found)


def _find(text: str, parts: Sequence[str]) -> Iterator[int]:
    """Lines with these parts in this order; each part is taken where it first comes, so nothing is tried twice."""
    line, counted, position = 1, 0, 0
    while (start := text.find(parts[0], position)) >= 0:
        line += text.count("\n", counted, start)
        counted = start
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        at = start
        for part in parts:
            at = text.find(part, at, end)
            if at < 0:
                break
            at += len(part)
        else:
            yield line
        if end == len(text):
            return
        position = end + 1


def _numbered(
    lines: Sequence[str], hits: Sequence[int], matching: AbstractSet[int], context: int
) -> Iterator[tuple[int, str]]:
    """`17: text` for a hit, `16- text` around it, `--` where lines are left out, as grep -n writes them."""
    last = 0
    for hit in hits:
        first = max(hit - context, last + 1)
        if context and last and first > last + 1:
            yield 0, "--"
        for number in range(first, min(hit + context, len(lines)) + 1):
            yield number, f"{number}{':' if number in matching else '-'} {lines[number - 1]}"
            last = number


def _fitting(lines: Iterable[tuple[int, str]], max_tokens: float) -> Iterator[tuple[int, str]]:
    left = max_tokens - _HEADER_TOKENS
    for number, line in lines:
        left -= estimate_tokens(line + "\n")
        if left < 0:
            return
        yield number, line


def _check_start(from_line: int, total: int) -> None:
    if from_line > total:
        raise InvalidArguments(f"from_line {from_line} is past the end; there are {total} lines")
