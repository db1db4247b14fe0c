"""Some of many things, one block of text each, and where the next are."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from hub.results.layout import Layout, foot_of
from hub.results.summary import Summary
from hub.results.table import Table


@dataclass(frozen=True)
class Page:
    """Blocks where a table does not fit: comments, messages, hits with their surroundings.

    Attributes:
        items: One block each; a blank line parts them where one has several lines.
        note: Lines above them: what this is, totals, resolved times.
        total: Blocks there are in all, if more than shown.
        cursor: Passed as `cursor` to get the next page.
    """

    items: "Sequence[str | Summary | Table]"
    note: str = field(default="", kw_only=True)
    total: int | None = field(default=None, kw_only=True)
    cursor: str | None = field(default=None, kw_only=True)

    def layout(self) -> Layout:
        """The page as blocks.

        Raises:
            ConnectorError: An item holds something that cannot be shown.
        """
        blocks = tuple(item.strip("\n") if isinstance(item, str) else item.render() for item in self.items)
        spread = any("\n" in block for block in blocks)
        head = [self.note] if self.note else []
        if not blocks:
            head.append("no items")
        elif spread and head:
            head.append("")
        return Layout(
            head=tuple(head),
            items=blocks,
            foot=foot_of(len(blocks), "items", self.total, self.cursor),
            unit="items",
            separator="\n\n" if spread else "\n",
        )

    def render(self) -> str:
        """The page as text.

        Raises:
            ConnectorError: An item holds something that cannot be shown.
        """
        return str(self.layout())
