"""Cuts what is too long to show between lines, stores the whole, and says how to read on."""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import replace
from itertools import accumulate, takewhile

from hub.results.layout import Layout
from hub.results.spill import READ_TOOL, SpilledResult, fold
from hub.results.text import MIN_TOKENS_PER_CHARACTER, clean_text, estimate_tokens, fits

HARD_MAX_TOKENS = 10_000
"""No text is longer, whatever the settings say."""
_STATEMENT_TOKENS = 60
_MAX_CHARACTERS = 8 * 1024 * 1024
"""What lies beyond is dropped unseen, so that the time a text takes is bounded."""


def cut(
    value: str | Layout,
    max_tokens: float,
    *,
    store: Callable[[str], SpilledResult],
    tool: bool,
    clean: Callable[[str], str] = clean_text,
) -> tuple[str, SpilledResult | None]:
    """The text, clean; if it is too long, as many of its lines as fit and what was stored of it.

    A layout is cut between its items and keeps its head and foot. Lines that are too long for the store are folded.

    Args:
        value: Text from outside.
        max_tokens: Size of the answer, by estimate.
        store: Called with the clean text if it is too long.
        tool: Whether the reader can call tools; if not, the way on is a URI.
        clean: Makes text from outside safe to show; asked before anything is cut or stored.
    """
    layout = _clean_layout(value, clean) if isinstance(value, Layout) else None
    whole = str(value)[: _MAX_CHARACTERS + 1] if layout is None else str(layout)
    dropped = len(whole) > _MAX_CHARACTERS
    text = (clean(whole[:_MAX_CHARACTERS]) if layout is None else whole[:_MAX_CHARACTERS]) or "no text"
    if not dropped and fits(text, max_tokens):
        return text, None
    stored = store(text)
    room = max_tokens - _STATEMENT_TOKENS
    shown, told, next_line = (_cut_items(layout, room) if layout else None) or _cut_lines(stored, room)
    way = (
        f'{READ_TOOL} id="{stored.id}" from_line={next_line}, or grep'
        if tool
        else f"{stored.uri}?from_line={next_line}"
    )
    lost = "" if stored.complete and not dropped else f" (of which the first {stored.lines} lines are kept)"
    statement = f"[{told} shown; rest{lost}: {way}]"
    foot = layout.foot if layout else ""
    return "\n".join(part for part in (shown, statement, foot) if part), stored


def _clean_layout(layout: Layout, clean: Callable[[str], str]) -> Layout:
    """Clean each part by itself, so that items stay items; rows, which hold no line ends, in one piece."""
    if layout.separator == "\n" and not any("\n" in item for item in layout.items):
        items = tuple(clean("\n".join(layout.items)).split("\n")) if layout.items else ()
    else:
        items = tuple(clean(item) for item in layout.items)
    head = tuple(clean("\n".join(layout.head)).split("\n")) if layout.head else ()
    return replace(layout, head=head, items=items, foot=clean(layout.foot))


def _cut_items(layout: Layout, max_tokens: float) -> tuple[str, str, int] | None:
    """What is shown, how much that is, and the stored line to read on from; None if no item fits."""
    head = "\n".join(layout.head)
    room = max_tokens - estimate_tokens(head) - estimate_tokens(layout.foot)
    count = _count_items(layout, room)
    if not count:
        return None
    shown = replace(layout, foot="").text(count)
    next_line = fold(shown + layout.separator).count("\n") + 1
    return shown, f"{count} of {len(layout.items)} {layout.unit}", next_line


def _count_items(layout: Layout, max_tokens: float) -> int:
    """How many whole items from the start fit."""
    if max_tokens <= 0:
        return 0
    characters = int(max_tokens / MIN_TOKENS_PER_CHARACTER) + 1
    ends = list(
        takewhile(lambda end: end <= characters, accumulate(len(i) + len(layout.separator) for i in layout.items))
    )
    window = layout.separator.join(layout.items[: len(ends)])
    return bisect_right(ends, max_tokens, key=lambda end: estimate_tokens(window[:end]))


def _cut_lines(stored: SpilledResult, max_tokens: float) -> tuple[str, str, int]:
    count = _count_lines(stored.text, max_tokens)
    if not count and max_tokens > 0:
        count = 1
    shown = "\n".join(stored.text.split("\n", count)[:count])
    return shown, f"{count} of {stored.lines} lines", count + 1


def _count_lines(text: str, max_tokens: float) -> int:
    """How many whole lines from the start fit."""
    if max_tokens <= 0:
        return 0
    window = text[: int(max_tokens / MIN_TOKENS_PER_CHARACTER) + 1]
    lines = window.split("\n")
    if len(window) < len(text):
        lines.pop()
    ends = list(accumulate(len(line) + 1 for line in lines))
    return bisect_right(ends, max_tokens, key=lambda end: estimate_tokens(window[:end]))
