"""What of a log is shown: the lines that match with some around them, the last ones, or those from a line on."""

from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from hub.plugin import InvalidArguments
from hub_connector_github.log_lines import Line

_MOST_ALTERNATIVES = 10
_WIDTH = 300
_BEFORE_THE_HIT = 80


class Words:
    """A pattern of words: anywhere in a line, whatever their case; `*` for any text between, `|` for alternatives.

    No regular expression, so that it takes time in proportion to the text alone; `.*` is read as `*`, since models
    write it.

    Raises:
        InvalidArguments: It has too many alternatives, or none.
    """

    def __init__(self, pattern: str) -> None:
        choices = [choice.split("*") for choice in pattern.lower().replace(".*", "*").split("|")]
        self._choices = [parts for choice in choices if (parts := [part for part in choice if part])]
        if not self._choices:
            raise InvalidArguments("grep holds no words")
        if len(self._choices) > _MOST_ALTERNATIVES:
            raise InvalidArguments(f"grep takes at most {_MOST_ALTERNATIVES} alternatives")
        self.looks_like_a_regex = any(mark in pattern for mark in ("\\", "[", "^", "$", "(?"))

    def find(self, text: str) -> int:
        """Where in a line it matches; -1 if it does not."""
        lowered = text.lower()
        for first, *rest in self._choices:
            found = position = lowered.find(first)
            end = position + len(first)
            for part in rest:
                position = -1 if position < 0 else lowered.find(part, end)
                end = position + len(part)
            if position >= 0:
                return found
        return -1


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What to show.

    Attributes:
        in_step: Whether lines of this step count at all.
        words: Only lines that match.
        context: Lines to show before and after each match.
        from_line: Where to begin.
        most: Lines, or matches, to show.
        last: Show the last ones instead of the first.
    """

    in_step: Callable[[int], bool]
    words: Words | None
    context: int
    from_line: int
    most: int
    last: bool


@dataclass
class Excerpt:
    """What was found.

    Attributes:
        shown: Lines, each with whether it matches; in their order.
        total: Lines of the whole log.
        considered: Lines in the steps that count.
        first: Number of the first of them.
        last: Number of the last of them.
        matching: Lines that match, from `from_line` on.
        next_line: The first line or match after those shown; 0 if there is none.
    """

    shown: list[tuple[Line, bool]] = field(default_factory=list[tuple[Line, bool]])
    total: int = 0
    considered: int = 0
    first: int = 0
    last: int = 0
    matching: int = 0
    next_line: int = 0


async def excerpt(lines: AsyncIterator[Line], wanted: Wanted) -> Excerpt:
    """Read a log to its end, for its totals, and keep what is wanted of it."""
    found = Excerpt()
    keep = _Matches(wanted, found) if wanted.words else _Range(wanted, found)
    async for line in lines:
        found.total = line.number
        if not wanted.in_step(line.step):
            continue
        found.considered += 1
        found.first = found.first or line.number
        found.last = line.number
        keep.take(line)
    found.shown = keep.shown()
    return found


class _Range:
    """Lines from one on, or the last ones."""

    def __init__(self, wanted: Wanted, found: Excerpt) -> None:
        self._wanted = wanted
        self._found = found
        self._lines: deque[Line] = deque(maxlen=wanted.most if wanted.last else None)

    def take(self, line: Line) -> None:
        if line.number < self._wanted.from_line:
            return
        if self._wanted.last or len(self._lines) < self._wanted.most:
            self._lines.append(line)
        else:
            self._found.next_line = self._found.next_line or line.number

    def shown(self) -> list[tuple[Line, bool]]:
        return [(line, False) for line in self._lines]


class _Matches:
    """Lines that match, each with what surrounds it."""

    def __init__(self, wanted: Wanted, found: Excerpt) -> None:
        self._wanted = wanted
        self._found = found
        self._before: deque[Line] = deque(maxlen=wanted.context)
        self._blocks: deque[list[tuple[Line, bool]]] = deque(maxlen=wanted.most if wanted.last else None)
        self._after = 0

    def take(self, line: Line) -> None:
        wanted, found = self._wanted, self._found
        hit = line.number >= wanted.from_line and wanted.words is not None and wanted.words.find(line.text) >= 0
        if hit:
            found.matching += 1
            if wanted.last or len(self._blocks) < wanted.most:
                self._blocks.append([*((one, False) for one in self._before), (line, True)])
                self._before.clear()
                self._after = wanted.context
                return
            found.next_line = found.next_line or line.number
        if self._after and self._blocks:
            self._blocks[-1].append((line, False))
            self._after -= 1
        else:
            self._before.append(line)

    def shown(self) -> list[tuple[Line, bool]]:
        return [entry for block in self._blocks for entry in block]


def written(found: Excerpt, words: Words | None) -> list[str]:
    """The lines as `grep -n` writes them: `17: text` for a match, `16- text` around it, `--` where some lack.

    Without words every line is written like a match.
    """
    told: list[str] = []
    before = 0
    for line, hit in found.shown:
        if before and line.number > before + 1:
            told.append("--")
        before = line.number
        told.append(
            f"{line.number}{':' if hit or words is None else '-'} {_window(line.text, words if hit else None)}"
        )
    return told


def _window(text: str, words: Words | None) -> str:
    """At most so much of a long line, around the match if there is one."""
    if len(text) <= _WIDTH:
        return text
    start = max(words.find(text) - _BEFORE_THE_HIT, 0) if words else 0
    shown = text[start : start + _WIDTH]
    rest = len(text) - start - len(shown)
    return f"{'…' if start else ''}{shown}{f'… [{rest:,} more]' if rest > 0 else ''}"
