"""From what a connector returns to what the caller reads."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from hub.access.principal import LOCAL, Principal
from hub.calls.shape import MAX_BINARY_BYTES, MAX_PARTS, SANDBOX_MARK, shape, shape_error
from hub.calls.types import Call, Outcome
from hub.catalog.build import build_items
from hub.catalog.items import AnyItem
from hub.config.models import ConnectorTable, ResultsTable
from hub.errors import CallError, ConnectorError, NotFound, RateLimited
from hub.plugin import Connector, ConnectorContext, ConnectorSettings, prompt, resource, tool
from hub.results.content import Audio, Embedded, Image, ResourceLink, Result, Text
from hub.results.cut import HARD_MAX_TOKENS
from hub.results.page import Page
from hub.results.spill import SpillStore
from hub.results.summary import Summary
from hub.results.table import Table
from hub.results.text import clean_text, estimate_tokens

CALL = Call(id="c42", kind="tool", name="shop_look", principal=LOCAL, transport="memory")


class Shop(Connector[ConnectorSettings]):
    """Only here to have items."""

    @tool()
    async def look(self) -> str:
        """Look."""
        return ""

    @resource("shop://order/{key}", mime_type="application/json")
    async def order(self, key: str) -> str:
        """One order."""
        return key

    @prompt()
    async def triage(self) -> str:
        """Triage."""
        return ""


def _no_service(service: Any) -> Any:
    raise AssertionError(service)


ITEMS: dict[str, AnyItem] = {
    item.name: item
    for item in build_items(
        Shop(ConnectorSettings(), ConnectorContext(namespace="shop", open_service=_no_service)), ConnectorTable()
    ).items
}


@pytest.fixture
def store() -> SpillStore:
    return SpillStore()


@pytest.fixture
def shaped(store: SpillStore) -> Callable[..., Outcome]:
    def shaped(value: Any, item: str = "shop_look", max_tokens: int = 500) -> Outcome:
        return shape(value, item=ITEMS[item], call=CALL, settings=ResultsTable(max_tokens=max_tokens), spill=store)

    return shaped


def text_of(outcome: Outcome) -> str:
    """The first piece of content, which has to be text."""
    first = outcome.content[0]
    assert isinstance(first, Text)
    return first.text


class Issue(BaseModel):
    key: str
    votes: int


@dataclass
class Run:
    id: int


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("fine", "fine"),
        ("", "no text"),
        (Text("fine"), "fine"),
        (Table(columns=("a",), rows=[(1,)]), "a\n1"),
        (Summary({"key": "A-1", "votes": None}, body="It fails."), "key: A-1\n\nIt fails."),
        (Page([Summary({"key": "A-1"}), "A-2"], cursor="p2"), 'key: A-1\nA-2\n2 items; more: cursor="p2"'),
        (Issue(key="A-1", votes=2), "key: A-1\nvotes: 2"),
        (Run(7), "id: 7"),
        ({"a": 1}, "a: 1"),
        ([Issue(key="A-1", votes=2), Issue(key="A-2", votes=0)], "key\tvotes\nA-1\t2\nA-2\t0"),
        (("a", "b"), "a\nb"),
        (None, "done"),
        (0.1, "0.1"),
        (True, "true"),
        (Result(()), "done"),
    ],
)
def test_whatever_a_tool_may_return_becomes_text(shaped: Callable[..., Outcome], value: Any, text: str) -> None:
    outcome = shaped(value)
    assert outcome.content == (Text(text),)
    assert outcome.ok
    assert outcome.source == "shop"


@pytest.mark.parametrize(
    "value",
    [
        "a\x1b[31m\u202eb\U000e0041",
        Table(columns=("a\u202e",), rows=[("\x1b[31mx\ud800",)], note="\u200bnote", cursor="\u2066c"),
        {"k\u202e": {"v": "\x00x"}},
        [{"k": ["\u2066x"]}],
        Result((Text("\x1b[0mx"), ResourceLink(uri="x://\u202ea", name="\u200bn", description="\x07d"))),
        Image(data=b"x", mime_type="image/png\u202e"),
        Audio(data=b"x", mime_type="audio/wav\u202e"),
        Embedded(uri="x://\u202ea", text="\x1b[0mx", mime_type="text/plain\u202e"),
        Embedded(uri="x://\u202ea", data=b"x", mime_type="text/plain\u202e"),
    ],
)
def test_everything_a_caller_sees_is_clean(shaped: Callable[..., Outcome], value: Any) -> None:
    for part in shaped(value).content:
        strings = [value for name in part.__slots__ if isinstance(value := getattr(part, name), str)]
        assert strings
        assert strings == [clean_text(string) for string in strings]


def test_a_long_text_is_cut_between_lines_and_can_be_read_on(
    shaped: Callable[..., Outcome], store: SpillStore
) -> None:
    lines = [f"line {i} of the log" for i in range(500)]
    outcome = shaped("\n".join(lines))
    *shown, statement = text_of(outcome).split("\n")
    assert shown == lines[: len(shown)]
    assert 30 < len(shown) < 100
    assert estimate_tokens(text_of(outcome)) <= 500
    link = outcome.content[1]
    assert isinstance(link, ResourceLink)
    result_id = link.uri.removeprefix("hub://results/")
    assert statement == (
        f'[{len(shown)} of 500 lines shown; rest: hub_read_result id="{result_id}" '
        f"from_line={len(shown) + 1}, or grep]"
    )
    assert store.get(LOCAL, result_id).text.split("\n") == lines
    with pytest.raises(NotFound):
        store.get(Principal(client="other"), result_id)


def test_a_long_table_is_cut_between_rows_and_keeps_its_head_and_foot(
    shaped: Callable[..., Outcome], store: SpillStore
) -> None:
    table = Table(
        columns=("key", "text"),
        rows=[(f"A-{i}", f"{'long words ' * (90 if i == 1 else 3)}") for i in range(200)],
        note="open issues",
        total=900,
        cursor="p2",
    )
    outcome = shaped(table, max_tokens=1000)
    head, columns, *rows, statement, foot = text_of(outcome).split("\n")
    assert (head, columns, foot) == ("open issues", "key\ttext", '200 of 900 rows; more: cursor="p2"')
    assert [row.split("\t")[0] for row in rows] == [f"A-{i}" for i in range(len(rows))]
    assert statement.startswith(f"[{len(rows)} of 200 rows shown; rest: hub_read_result ")
    link = outcome.content[1]
    assert isinstance(link, ResourceLink)
    stored = store.get(LOCAL, link.uri.removeprefix("hub://results/")).text.split("\n")
    from_line = int(statement.split("from_line=")[1].split(",")[0])
    assert stored[from_line - 1].startswith(f"A-{len(rows)}\t")


def test_a_row_that_is_too_long_alone_is_cut_as_text(shaped: Callable[..., Outcome]) -> None:
    text = text_of(shaped(Table(columns=("a",), rows=[("x" * 50_000,)])))
    assert "lines shown; rest" in text
    assert estimate_tokens(text) <= 500


def test_one_endless_line_is_folded_and_can_be_read_in_parts(shaped: Callable[..., Outcome]) -> None:
    text = text_of(shaped("word " * 20_000))
    assert max(map(len, text.split("\n"))) <= 500
    assert " lines shown; rest: hub_read_result " in text


def test_a_text_without_bounds_loses_its_end_and_says_so(shaped: Callable[..., Outcome], store: SpillStore) -> None:
    text = text_of(shaped("some words\n" * 1_000_000))
    assert "lines shown; rest (of which the first " in text
    assert store.held_bytes <= 8 * 1024 * 1024


def test_a_table_whose_head_leaves_no_room_is_cut_as_text(shaped: Callable[..., Outcome]) -> None:
    text = text_of(
        shaped(Table(columns=("a",), rows=[(i,) for i in range(100)], note="long note\n" * 400, cursor="p2"))
    )
    assert text.startswith("long note\n")
    assert " lines shown; rest: " in text
    assert text.endswith('\n100 rows; more: cursor="p2"')


def test_no_setting_lifts_the_hard_cap(shaped: Callable[..., Outcome]) -> None:
    assert estimate_tokens(text_of(shaped("some words\n" * 100_000, max_tokens=10_000))) <= HARD_MAX_TOKENS


def test_the_command_line_gets_it_all(store: SpillStore) -> None:
    text = "some words\n" * 20_000
    outcome = shape(
        text, item=ITEMS["shop_look"], call=replace(CALL, transport="cli"), settings=ResultsTable(), spill=store
    )
    assert text_of(outcome) == text
    assert store.held_bytes == 0


def test_many_pieces_share_the_limit(shaped: Callable[..., Outcome]) -> None:
    outcome = shaped(Result(tuple(Text("words and words\n" * 200) for _ in range(MAX_PARTS + 10))))
    total = sum(estimate_tokens(part.text) for part in outcome.content if isinstance(part, Text))
    assert total < 500 + MAX_PARTS * 60
    assert outcome.content[-1] == Text("[10 more pieces of this result are left out]")


def test_pictures_pass_up_to_a_size(shaped: Callable[..., Outcome]) -> None:
    small, large = (
        Image(data=b"x", mime_type="image/png"),
        Image(data=b"x" * MAX_BINARY_BYTES, mime_type="image/png"),
    )
    assert shaped(Result((small, large))).content == (
        small,
        Text("[a picture of 2.0 MiB is left out; what is not text may take 2 MiB in a result]"),
    )


def test_what_is_not_text_shares_one_cap(shaped: Callable[..., Outcome]) -> None:
    half = b"x" * (MAX_BINARY_BYTES // 2)
    parts = (
        Audio(data=half, mime_type="audio/wav"),
        Embedded(uri="shop://1", data=half, mime_type="application/pdf"),
        Embedded(uri="shop://2", data=b"x"),
    )
    *kept, left_out = shaped(Result(parts)).content
    assert tuple(kept) == parts[:2]
    assert left_out == Text("[a file of 0.0 MiB is left out; what is not text may take 2 MiB in a result]")


def test_an_embedded_text_is_cut_like_any_other(shaped: Callable[..., Outcome]) -> None:
    held, link = shaped(Embedded(uri="shop://1", text="[1, 2]\n" * 2000, mime_type="application/json")).content
    assert isinstance(held, Embedded)
    assert held.text is not None
    assert " lines shown; rest: " in held.text
    assert held.mime_type == "text/plain"
    assert isinstance(link, ResourceLink)


def test_bytes_of_a_resource_are_what_it_holds(store: SpillStore) -> None:
    call = replace(CALL, kind="resource", name="shop://order/7")
    outcome = shape(b"%PDF", item=ITEMS["shop_order"], call=call, settings=ResultsTable(), spill=store)
    assert outcome.content == (Embedded(uri="shop://order/7", data=b"%PDF", mime_type="application/json"),)


def test_an_embedded_resource_has_a_text_or_data() -> None:
    with pytest.raises(ValueError, match="either"):
        Embedded(uri="shop://1")
    with pytest.raises(ValueError, match="either"):
        Embedded(uri="shop://1", text="a", data=b"a")


def test_a_resource_keeps_its_type_and_may_fill_the_hard_cap(shaped: Callable[..., Outcome]) -> None:
    outcome = shaped("words and words\n" * 500, "shop_order")
    assert outcome.content == (Text("words and words\n" * 500),)
    assert outcome.mime_type == "application/json"


def test_a_mapping_from_a_json_resource_is_json(shaped: Callable[..., Outcome]) -> None:
    assert shaped({"a": [1, None]}, "shop_order").content == (Text('{"a":[1,null]}'),)


@pytest.mark.parametrize("item", ["shop_order", "shop_triage"])
def test_a_resource_or_prompt_beyond_the_cap_names_the_uri_to_read_on(
    shaped: Callable[..., Outcome], item: str
) -> None:
    outcome = shaped("words and words\n" * 50_000, item)
    assert len(outcome.content) == 1
    assert "rest: hub://results/" in text_of(outcome)
    assert "?from_line=" in text_of(outcome)
    assert outcome.mime_type == "text/plain"


def test_a_prompt_is_text(shaped: Callable[..., Outcome]) -> None:
    assert shaped("# Triage", "shop_triage").content == (Text("# Triage"),)


@pytest.mark.parametrize("value", [object(), [object()], Table(columns=("a",), rows=[(1, 2)])])
def test_what_cannot_be_shown_is_a_connector_error(
    shaped: Callable[..., Outcome], value: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.CRITICAL), pytest.raises(ConnectorError, match="cannot be shown"):
        shaped(value)


@settings(max_examples=50)
@given(st.text(st.sampled_from("ab 1\n\té漢😀\x1b\u202e"), max_size=4000), st.integers(200, 600))
def test_any_text_ends_up_clean_and_within_the_limit(text: str, max_tokens: int) -> None:
    store = SpillStore()
    outcome = shape(
        text * 5, item=ITEMS["shop_look"], call=CALL, settings=ResultsTable(max_tokens=max_tokens), spill=store
    )
    shown = text_of(outcome)
    assert clean_text(shown) == shown
    # One folded line is shown even where it alone is over the limit.
    assert estimate_tokens(shown) <= max(max_tokens, 600)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (NotFound("No issue A-1"), "No issue A-1"),
        (NotFound("No issue A-1", hint="Search with jira_search."), "No issue A-1. Search with jira_search."),
        (RateLimited("Slack's limit is used up", retry_after=11.2), "Slack's limit is used up. Try again in 12 s"),
        (RateLimited("Used up", retry_after=600), "Used up. Try again in 10 min"),
        (RateLimited("Used up", hint="Try again in 5 s", retry_after=5), "Used up. Try again in 5 s"),
        (CallError("bad \x1b[31m\u202e name"), "bad  name"),
    ],
)
def test_an_error_says_what_failed_what_to_do_and_when(error: CallError, text: str) -> None:
    outcome = shape_error(error)
    assert outcome.content == (Text(text),)
    assert (outcome.error, outcome.retry_after) == (error.code, error.retry_after)


def test_a_vendors_endless_error_text_is_cut() -> None:
    assert len(text_of(shape_error(CallError("x" * 100_000)))) < 2100


def masked(text: str) -> str:
    return text.replace("hunter22", "[secret]")


@pytest.fixture
def shaped_with(store: SpillStore) -> Callable[..., Outcome]:
    def shaped(value: Any, item: str = "shop_look", **rest: Any) -> Outcome:
        settings = ResultsTable(max_tokens=500)
        return shape(value, item=ITEMS[item], call=CALL, settings=settings, spill=store, **rest)

    return shaped


@pytest.mark.parametrize(
    "value",
    [
        "the token is hunter22",
        "the token is hunt\u200ber22",
        {"token": "hunter22"},
        Table(columns=("hunter22",), rows=[("hunter22",), ("b",)], note="hunter22", total=9, cursor="hunter22"),
        Result((Text("a"), Text("hunter22"))),
        ResourceLink(uri="a://hunter22", name="hunter22", description="hunter22", mime_type="hunter22"),
        Image(data=b"x", mime_type="image/hunter22"),
    ],
)
@pytest.mark.parametrize("item", ["shop_look", "shop_order", "shop_triage"])
def test_a_known_secret_is_masked_wherever_a_result_quotes_it(
    shaped_with: Callable[..., Outcome], value: Any, item: str
) -> None:
    outcome = shaped_with(value, item, redact=masked)
    assert "hunter22" not in repr(outcome)
    assert "[secret]" in repr(outcome)


def test_a_known_secret_is_masked_before_a_text_is_cut_and_kept(
    shaped_with: Callable[..., Outcome], store: SpillStore
) -> None:
    lines = "\n".join(f"line {number} hunter22" for number in range(2000))
    outcome = shaped_with(lines, redact=masked)
    link = outcome.content[1]
    assert isinstance(link, ResourceLink)
    assert "hunter22" not in repr(outcome)
    assert "hunter22" not in store.get(LOCAL, link.uri.removeprefix("hub://results/")).text


def test_a_known_secret_is_masked_in_an_error() -> None:
    outcome = shape_error(ConnectorError("bad hunter22", hint="not hunter22"), redact=masked)
    assert text_of(outcome) == "bad [secret]. not [secret]"


@pytest.mark.parametrize(
    ("value", "first"),
    [("fine", "fine"), (Table(columns=("a",), rows=[(1,)]), "a\n1"), (Result((Text("a"), Text("b"))), "a")],
)
@pytest.mark.parametrize("item", ["shop_look", "shop_order", "shop_triage"])
def test_a_result_of_a_sandbox_begins_by_saying_so(
    shaped_with: Callable[..., Outcome], value: Any, first: str, item: str
) -> None:
    outcome = shaped_with(value, item, sandbox=True)
    assert text_of(outcome) == f"{SANDBOX_MARK}\n{first}"
    assert (outcome.mime_type, outcome.source) == ("text/plain", "shop")


def test_a_picture_or_a_cut_text_of_a_sandbox_says_so_too(
    shaped_with: Callable[..., Outcome], store: SpillStore
) -> None:
    assert text_of(shaped_with(Image(data=b"x", mime_type="image/png"), sandbox=True)) == SANDBOX_MARK
    outcome = shaped_with("word and word\n" * 2000, sandbox=True)
    link = outcome.content[1]
    assert isinstance(link, ResourceLink)
    assert text_of(outcome).startswith(SANDBOX_MARK + "\n")
    assert estimate_tokens(text_of(outcome)) <= 500
    assert SANDBOX_MARK in store.get(LOCAL, link.uri.removeprefix("hub://results/")).source
