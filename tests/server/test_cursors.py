"""Paging of lists."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS

from hub.server.cursors import page


@given(st.lists(st.integers(), max_size=60), st.integers(1, 20))
def test_the_pages_together_are_the_list(items: list[int], size: int) -> None:
    seen: list[int] = []
    shown, cursor = page(items, None, "now", size=size)
    seen += shown
    while cursor is not None:
        shown, cursor = page(items, cursor, "now", size=size)
        assert shown
        seen += shown
    assert seen == items


@given(st.text())
def test_an_invented_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(MCPError) as caught:
        page([1, 2, 3], cursor, "now", size=1)
    assert caught.value.code == INVALID_PARAMS


def test_a_cursor_into_an_older_list_is_refused() -> None:
    _, cursor = page([1, 2, 3], None, "before", size=1)
    with pytest.raises(MCPError):
        page([1, 2, 3], cursor, "after", size=1)


def test_an_ordinary_hub_answers_in_one_page() -> None:
    assert page(range(500), None, "now")[1] is None
    assert page(range(501), None, "now")[1] is not None
