"""Paging of lists: opaque cursors that hold only as long as the list they were made for."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Hashable, Sequence
from hashlib import blake2b
from typing import Any

from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS

PAGE = 500
"""Items of one page: an ordinary hub answers in one."""


def page(
    items: Sequence[Any], cursor: str | None, generation: Hashable, *, size: int = PAGE
) -> tuple[Sequence[Any], str | None]:
    """One page of a list and the cursor of the next.

    Args:
        items: The whole list, in a fixed order.
        cursor: As the client sent it.
        generation: Changes whenever the list does, so that a cursor into an older list is refused.
        size: Items of one page.

    Raises:
        MCPError: The cursor is not one of this list's.
    """
    start = 0 if cursor is None else _start(cursor, generation, len(items))
    end = start + size
    return items[start:end], _cursor(end, generation) if end < len(items) else None


def _cursor(start: int, generation: Hashable) -> str:
    return urlsafe_b64encode(b"%s%d" % (_mark(generation), start)).decode("ascii")


def _start(cursor: str, generation: Hashable, length: int) -> int:
    try:
        raw = urlsafe_b64decode(cursor.encode("ascii"))
        start = int(raw[8:]) if raw[:8] == _mark(generation) else -1
    except ValueError:
        start = -1
    if not 0 < start < length:
        raise MCPError(INVALID_PARAMS, "The cursor is not valid for this list; start again without one")
    return start


def _mark(generation: Hashable) -> bytes:
    return blake2b(str(hash(generation)).encode("ascii"), digest_size=8).digest()
