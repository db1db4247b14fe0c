"""Tables as text."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from hub.results.table import Table


class Issue(BaseModel):
    key: str
    votes: int | None = None


@dataclass
class Run:
    id: int
    ok: bool


def test_a_table_is_a_header_and_rows_with_tabs() -> None:
    table = Table(columns=("key", "votes"), rows=[("A-1", 3), ("A-2", None)], note="open issues")
    assert table.render() == "open issues\nkey\tvotes\nA-1\t3\nA-2\t"


def test_what_all_rows_share_is_told_once() -> None:
    rows = [{"key": f"A-{i}", "project": "A", "status": "to do, later", "fix": None} for i in range(3)]
    assert Table.of(rows).render() == (
        'all rows: project=A, status="to do, later"\nempty in all rows: fix\nkey\nA-0\nA-1\nA-2'
    )


def test_two_rows_are_too_few_to_factor() -> None:
    assert Table(columns=("a", "b"), rows=[(1, 2), (1, 2)]).render() == "a\tb\n1\t2\n1\t2"


def test_a_table_of_equal_rows_still_shows_every_row() -> None:
    assert Table(columns=("a", "b"), rows=[(1, 2)] * 3).render() == "all rows: b=2\na\n1\n1\n1"


@pytest.mark.parametrize(
    ("total", "cursor", "foot"),
    [
        (260, "p2", '2 of 260 rows; more: cursor="p2"'),
        (None, "p2", '2 rows; more: cursor="p2"'),
        (260, None, "2 of 260 rows"),
        (2, None, ""),
        (None, None, ""),
    ],
)
def test_the_foot_says_where_more_rows_are(total: int | None, cursor: str | None, foot: str) -> None:
    table = Table(columns=("a",), rows=[(1,), (2,)], total=total, cursor=cursor)
    assert table.layout().foot == foot
    assert table.render().endswith(foot or "2")


def test_no_rows_is_said() -> None:
    assert Table(columns=("a",), rows=[], note="status = Open").render() == "status = Open\nno rows"


def test_a_table_is_made_of_models_dataclass_objects_and_mappings() -> None:
    assert Table.of([Issue(key="A-1", votes=2), {"key": "A-2", "extra": 1}]).render() == (
        "key\tvotes\textra\nA-1\t2\t\nA-2\t\t1"
    )
    assert Table.of([Run(1, ok=True)], columns=("ok", "id")).render() == "ok\tid\ntrue\t1"


def test_a_row_that_is_no_mapping_is_refused() -> None:
    with pytest.raises(TypeError, match="not str"):
        Table.of(["a"])


def test_a_row_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(ValueError, match="2 cells"):
        Table(columns=("a", "b"), rows=[(1,)]).render()


cells = st.one_of(st.none(), st.text(max_size=5), st.integers(), st.booleans(), st.lists(st.integers(), max_size=2))


@given(st.lists(st.tuples(cells, cells, cells), min_size=1, max_size=6))
def test_every_row_is_one_line_with_as_many_cells_as_the_header(rows: list[tuple[object, ...]]) -> None:
    layout = Table(columns=("a", "b", "c"), rows=rows).layout()
    assert len(layout.items) == len(rows)
    assert {line.count("\t") for line in (layout.head[-1], *layout.items)} == {layout.head[-1].count("\t")}
    assert not any("\n" in line for line in layout.items)
