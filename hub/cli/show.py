"""Text for terminals and pipes: aligned columns, nothing that could rewrite the screen."""

import re
import shutil
import sys
from collections.abc import Sequence

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
_GAP = "  "


def one_line(text: str) -> str:
    """The text without control and direction characters, which could rewrite a terminal."""
    return _CONTROL.sub(" ", text)


def terminal_width() -> int | None:
    """Columns of the terminal; None where the output goes elsewhere."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def columns(head: Sequence[str], rows: Sequence[Sequence[str]], *, width: int | None = None) -> str:
    """A table as text, one line a row.

    Args:
        head: Names of the columns.
        rows: Cells.
        width: Where to cut a line; None to cut none.
    """
    table = [[one_line(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[index]) for row in table) for index in range(len(head))]
    lines: list[str] = []
    for row in table:
        line = _GAP.join(cell.ljust(size) for cell, size in zip(row, widths, strict=True)).rstrip()
        lines.append(f"{line[: width - 1]}…" if width and len(line) > width else line)
    return "\n".join(lines)
