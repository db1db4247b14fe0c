"""A compact table: the cheapest way to show rows to a model."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows under named columns.

    Attributes:
        columns: Their names.
        rows: One sequence of cells a row.
        note: Lines above the table: what it shows, totals, resolved times.
        total: Rows there are in all, if more than shown.
        cursor: Passed as `cursor` to get the next page.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    note: str = ""
    total: int | None = None
    cursor: str | None = None

    def render(self) -> str:
        """The table as text."""
        raise NotImplementedError
