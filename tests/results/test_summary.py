"""One thing as text."""

from hypothesis import given
from hypothesis import strategies as st

from hub.results.summary import Summary


def test_fields_are_a_line_each_and_what_is_empty_is_left_out() -> None:
    fields = {
        "status": "Done",
        "assignee": None,
        "labels": ["a", "b"],
        "votes": 0,
        "open": False,
        "sprint": "",
        "x": [],
    }
    assert Summary(fields).render() == "status: Done\nlabels: a, b\nvotes: 0\nopen: false"


def test_note_title_fields_and_body_stand_in_this_order() -> None:
    summary = Summary({"status": "Done"}, title="A-1 Cannot pay", body="It fails.\nAlways.\n", note="as of 14:05")
    assert summary.render() == "as of 14:05\nA-1 Cannot pay\nstatus: Done\n\nIt fails.\nAlways."


def test_several_lines_and_nested_values_are_indented_so_that_no_value_passes_for_a_field() -> None:
    summary = Summary({"reason": "first\nstatus: Closed", "owner": {"name": "Ada", "mail": None}})
    assert summary.render() == "reason:\n  first\n  status: Closed\nowner:\n  name: Ada\n  empty: mail"


def test_a_body_alone_has_no_blank_line_above() -> None:
    assert Summary({}, body="text").render() == "text"


def test_nothing_at_all_is_said() -> None:
    assert Summary({"a": None}).render() == "empty"


def test_the_body_is_what_a_cut_falls_into() -> None:
    layout = Summary({"a": 1}, title="T", body="x\ny").layout()
    assert (layout.head, layout.items, layout.unit) == (("T", "a: 1", ""), ("x", "y"), "lines")


@given(st.dictionaries(st.from_regex("[a-z]+", fullmatch=True), st.text(min_size=1)))
def test_no_value_can_pass_for_a_field_of_its_own(fields: dict[str, str]) -> None:
    lines = [line for line in Summary(fields).layout().head if not line.startswith("  ")]
    assert [line.partition(":")[0] for line in lines] == (list(fields) or ["empty"])
