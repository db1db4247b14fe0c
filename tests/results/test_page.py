"""Blocks of text and where the next are."""

import pytest

from hub.results.page import Page
from hub.results.summary import Summary
from hub.results.table import Table


def test_blocks_of_one_line_stand_one_below_the_other() -> None:
    assert Page(["a", "b"], note="hits").render() == "hits\na\nb"


def test_blocks_of_several_lines_are_parted_by_a_blank_line() -> None:
    page = Page(
        [Summary({"by": "Ada"}, body="Works."), "plain", Table(columns=("a",), rows=[(1,)])], note="3 comments"
    )
    assert page.render() == "3 comments\n\nby: Ada\n\nWorks.\n\nplain\n\na\n1"


@pytest.mark.parametrize(
    ("total", "cursor", "foot"),
    [
        (260, "p2", '2 of 260 items; more: cursor="p2"'),
        (None, "p2", '2 items; more: cursor="p2"'),
        (260, None, "2 of 260 items"),
        (2, None, ""),
    ],
)
def test_the_foot_says_where_more_items_are(total: int | None, cursor: str | None, foot: str) -> None:
    assert Page(["a", "b"], total=total, cursor=cursor).render() == f"a\nb\n{foot}".rstrip()


def test_no_items_is_said() -> None:
    assert Page([], note="comments of A-1").render() == "comments of A-1\nno items"
