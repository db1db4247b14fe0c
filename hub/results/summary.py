"""One thing as a model reads it cheapest: its fields a line each, and the text it holds below them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.results.layout import Layout
from hub.results.outline import field_lines


@dataclass(frozen=True)
class Summary:
    """One issue, run or record.

    Attributes:
        fields: `name: value` lines in this order. What is None, empty text or an empty collection is left out;
            several lines and nested values are indented below their name.
        title: The line above the fields.
        body: A longer text below them, such as a description; cut first if the whole is too long.
        note: Lines above all: what this is, resolved times.
    """

    fields: Mapping[str, Any]
    title: str = field(default="", kw_only=True)
    body: str = field(default="", kw_only=True)
    note: str = field(default="", kw_only=True)

    def layout(self) -> Layout:
        """The summary as lines.

        Raises:
            ConnectorError: A field holds something that cannot be shown.
        """
        head = [part for part in (self.note, self.title) if part]
        head += field_lines(self.fields)
        body = self.body.strip("\n")
        if head and body:
            head.append("")
        if not head and not body:
            head.append("empty")
        return Layout(head=tuple(head), items=tuple(body.split("\n")) if body else (), unit="lines")

    def render(self) -> str:
        """The summary as text.

        Raises:
            ConnectorError: A field holds something that cannot be shown.
        """
        return str(self.layout())
