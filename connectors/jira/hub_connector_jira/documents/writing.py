"""The small pieces of Markdown: texts with no more escapes than needed, code, links."""

import re

# Each alternative is a sign that would mean something where it stands. An underscore within a word means nothing.
_MEANS_SOMETHING = re.compile(
    r"[`*]"
    r"|(?<![^\W_])_|_(?![^\W_])"
    r"|~(?=~)|(?<=~)~"
    r"|\](?=[(\[:])"
    r"|!(?=\[)"
    r"|<(?=[A-Za-z/!?])"
    r"|&(?=#?\w+;)"
    r"|\\(?=[!-/:-@\[-`{-~]|$|\n)"
)
_STARTS_A_BLOCK = re.compile(r"(?:#{1,6}(?=\s|$)|>|[-+](?=\s|$)|(?:[-_]\s*){3,}$|\[[ xX]\](?=\s|$)|=+$|~~~|\|)")
_STARTS_A_NUMBER = re.compile(r"(\d{1,9})([.)])(?=\s|$)")
_BARE_ADDRESS = re.compile(
    r"https?://(?:[A-Za-z0-9:/.?=&%#+,;-]|(?<=[A-Za-z0-9])_(?=[A-Za-z0-9]))*[A-Za-z0-9/=#&%-]"
)
_LINK_TARGET = re.compile(r"[^\s<>()\\]+")


def escaped(value: str) -> str:
    """A text that Markdown takes for nothing else."""
    lines = _MEANS_SOMETHING.sub(lambda match: f"\\{match[0]}", value).split("\n")
    return " ".join(lines)


def guarded_start(paragraph: str) -> str:
    """A paragraph none of whose lines is taken for the start of another block."""
    return "\n".join(_guarded(line.lstrip(" ")) for line in paragraph.split("\n"))


def _guarded(line: str) -> str:
    if _STARTS_A_BLOCK.match(line):
        return f"\\{line}"
    return _STARTS_A_NUMBER.sub(r"\1\\\2", line, count=1) if _STARTS_A_NUMBER.match(line) else line


def code_span(value: str) -> str:
    """Code within a line."""
    sign = "`" * (_longest_run(value) + 1)
    pad = " " if value.startswith(("`", " ")) or value.endswith(("`", " ")) else ""
    return f"{sign}{pad}{value}{pad}{sign}"


def fence(content: str, language: str) -> str:
    """A block of code."""
    sign = "`" * max(3, _longest_run(content) + 1)
    return "\n".join([f"{sign}{language}", *([content] if content else []), sign])


def link(written: str, address: str, *, plain: str = "") -> str:
    """A link; the bare address where it is its own text.

    Args:
        written: Its text in Markdown.
        address: Where it leads.
        plain: Its text without Markdown.
    """
    if plain == address:
        return address if _BARE_ADDRESS.fullmatch(address) else f"<{address}>"
    target = address if _LINK_TARGET.fullmatch(address) else f"<{address}>"
    return f"[{written}]({target})"


def _longest_run(value: str) -> int:
    return max((len(run) for run in re.findall(r"`+", value)), default=0)
