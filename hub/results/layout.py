"""A text in the parts a cut may fall between."""

from dataclasses import dataclass

from hub.results.cells import compact_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What a table, a page or a summary looks like.

    Attributes:
        head: Lines that stay, whatever is cut.
        items: The rows, blocks or lines of which as many are shown as fit.
        foot: Where more of them are; empty if there are none.
        unit: What a reader calls the items, such as `rows`.
        separator: Between two items; no item of one line holds it.
    """

    head: tuple[str, ...]
    items: tuple[str, ...]
    foot: str = ""
    unit: str = "rows"
    separator: str = "\n"

    def __str__(self) -> str:
        return self.text(len(self.items))

    def text(self, count: int) -> str:
        """Head, so many of the items, and foot."""
        items = (self.separator.join(self.items[:count]),) if count else ()
        return "\n".join((*self.head, *items, *((self.foot,) if self.foot else ())))


def foot_of(shown: int, unit: str, total: int | None, cursor: str | None) -> str:
    """Where more items are: how many there are in all, and the cursor that leads on."""
    of_all = f"{shown} of {total} {unit}" if total is not None and total > shown else ""
    if cursor:
        return f"{of_all or f'{shown} {unit}'}; more: cursor={compact_json(cursor)}"
    return of_all
