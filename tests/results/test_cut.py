"""What is too long is cut between its items, and the way to the rest is told."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.access.principal import LOCAL
from hub.results.cut import cut
from hub.results.page import Page
from hub.results.spill import SpilledResult, SpillStore
from hub.results.summary import Summary
from hub.results.text import estimate_tokens

Put = Callable[[str], SpilledResult]


def putting(store: SpillStore) -> Put:
    return lambda text: store.put(LOCAL, text, "text/plain", "desk_read")


@pytest.fixture
def put() -> Put:
    return putting(SpillStore())


def comment(number: int) -> Summary:
    return Summary({"by": f"user{number}", "at": "14:05"}, title=f"#{number}", body="It fails again.\nSee the log.")


def test_a_page_is_cut_between_items_and_keeps_its_note_and_foot(put: Put) -> None:
    page = Page([comment(number) for number in range(40)], note="comments of A-1", total=90, cursor="p2")
    text, stored = cut(page.layout(), 400, store=put, tool=True)
    assert stored is not None
    assert text.startswith("comments of A-1\n\n#0\nby: user0\nat: 14:05\n\nIt fails again.\nSee the log.\n\n#1\n")
    assert text.endswith('\n40 of 90 items; more: cursor="p2"')
    count, from_line = re.findall(r"\[(\d+) of 40 items shown; rest: hub_read_result .* from_line=(\d+),", text)[0]
    assert text.count("See the log.") == int(count) > 1
    assert stored.text.split("\n")[int(from_line) - 1] == f"#{count}"
    assert estimate_tokens(text) <= 400


def test_an_item_that_is_too_long_alone_is_cut_as_text(put: Put) -> None:
    text, _ = cut(Page(["many words\n" * 500, "b"]).layout(), 300, store=put, tool=True)
    assert "lines shown; rest" in text
    assert estimate_tokens(text) <= 300


def test_a_summary_keeps_its_fields_and_loses_the_end_of_its_body(put: Put) -> None:
    summary = Summary({"status": "Done", "assignee": "Ada"}, title="A-1", body="a line of the body\n" * 300)
    text, stored = cut(summary.layout(), 300, store=put, tool=True)
    assert text.startswith("A-1\nstatus: Done\nassignee: Ada\n\na line of the body\n")
    count, from_line = re.findall(r"\[(\d+) of 300 lines shown; rest: hub_read_result .* from_line=(\d+),", text)[0]
    assert int(from_line) == int(count) + 5
    assert stored is not None
    assert stored.lines == 304


def test_control_characters_are_taken_out_of_every_part(put: Put) -> None:
    page = Page(["a\x1b[31m\nred", "b\u202e"], note="no\u200bte")
    assert cut(page.layout(), 300, store=put, tool=True) == ("note\n\na\nred\n\nb", None)


blocks = st.lists(st.text(alphabet="ab \n\x85é", min_size=1, max_size=60), min_size=1, max_size=30)


@settings(deadline=None)
@given(blocks, st.integers(100, 400))
def test_the_shown_part_and_the_rest_are_the_whole(items: list[str], max_tokens: int) -> None:
    text, stored = cut(Page(items).layout(), max_tokens, store=putting(SpillStore()), tool=True)
    if stored is None:
        return
    from_line = int(text.rpartition("from_line=")[2].partition(",")[0])
    shown = text[: text.rindex("\n[")]
    lines = stored.text.split("\n")
    assert "\n".join(lines[: from_line - 1]).rstrip("\n") == shown.rstrip("\n")
    assert estimate_tokens(text) <= max_tokens
