"""The store behind hub://results."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,  # pyright: ignore[reportUnknownVariableType]  hypothesis leaves its arguments untyped
)

from hub.access.principal import Principal
from hub.errors import NotFound
from hub.results.spill import FOLD_AT, SpillStore, fold

ADA = Principal(client="ada", how="key")
BOB = Principal(client="bob", how="key")


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def put(store: SpillStore, principal: Principal, text: str) -> str:
    return store.put(principal, text, "text/plain", "jira_search").id


def test_a_text_can_be_read_by_the_client_whose_call_made_it() -> None:
    store = SpillStore()
    stored = store.put(ADA, "one\ntwo", "text/plain", "jira_search")
    again = store.get(ADA, stored.id)
    assert (again.text, again.lines, again.source, again.complete) == ("one\ntwo", 2, "jira_search", True)
    assert again.uri == f"hub://results/{stored.id}"
    assert "one" not in repr(again)


@pytest.mark.parametrize("other", [BOB, Principal(client="ada", how="local"), Principal(client="ADA", how="key")])
def test_to_any_other_client_it_does_not_exist(other: Principal) -> None:
    store = SpillStore()
    theirs = put(store, ADA, "secret plan")
    with pytest.raises(NotFound) as foreign:
        store.get(other, theirs)
    with pytest.raises(NotFound) as unknown:
        store.get(other, "never-was")
    assert str(foreign.value) == str(unknown.value)


def test_ids_cannot_be_guessed() -> None:
    store = SpillStore()
    ids = {put(store, ADA, "x") for _ in range(100)}
    assert len(ids) == 100
    assert all(len(result_id) >= 16 for result_id in ids)


def test_a_text_expires_some_time_after_it_was_last_read() -> None:
    clock = Clock()
    store = SpillStore(keep_seconds=10, clock=clock)
    read, unread = put(store, ADA, "read"), put(store, ADA, "unread")
    clock.now = 9
    store.get(ADA, read)
    clock.now = 11
    with pytest.raises(NotFound, match="10 seconds"):
        store.get(ADA, unread)
    assert store.get(ADA, read).text == "read"
    clock.now = 30
    put(store, BOB, "x")
    assert store.held_bytes < 2000


def test_one_client_cannot_push_out_what_another_holds() -> None:
    store = SpillStore(max_bytes_total=100_000)
    small = put(store, BOB, "bob's")
    mine = [put(store, ADA, "a" * 20_000) for _ in range(20)]
    assert store.get(BOB, small).text == "bob's"
    assert store.get(ADA, mine[-1]).text.replace("\n", "") == "a" * 20_000
    with pytest.raises(NotFound):
        store.get(ADA, mine[0])


def test_what_was_used_longest_ago_makes_room_first() -> None:
    store = SpillStore(max_bytes_total=50_000)
    first, second = put(store, ADA, "a" * 20_000), put(store, ADA, "b" * 20_000)
    store.get(ADA, first)
    put(store, ADA, "c" * 20_000)
    assert store.get(ADA, first)
    with pytest.raises(NotFound):
        store.get(ADA, second)


@pytest.mark.parametrize("line", ["word " * 20 + "\n", "漢字" * 20 + "\n", "x" * 5000, "😀" * 9])
def test_a_text_beyond_the_cap_loses_its_end_and_says_so(line: str) -> None:
    store = SpillStore(max_bytes_each=10_000)
    text = line * 2000
    stored = store.put(ADA, text, "text/plain", "x")
    assert not stored.complete
    assert fold(text).startswith(stored.text)
    assert len(stored.text) > 1000
    assert store.held_bytes <= 10_000


@given(st.text(st.sampled_from("ab ,;\n"), max_size=3000))
def test_folding_adds_line_ends_only_and_leaves_no_long_line(text: str) -> None:
    folded = fold(text)
    assert folded.replace("\n", "") == text.replace("\n", "")
    assert max(map(len, folded.split("\n"))) <= FOLD_AT
    assert fold(folded) == folded


def test_a_long_line_is_folded_between_words() -> None:
    assert all(part.endswith("word ") for part in fold("word " * 500).split("\n")[:-1])


class BoundedStore(RuleBasedStateMachine):
    """Whatever is put and read, the store stays within its bounds and hands out only one's own."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.store = SpillStore(20_000, 10, self.clock, max_bytes_each=8_000)
        self.mine: dict[str, tuple[Principal, str]] = {}

    @rule(who=st.sampled_from([ADA, BOB]), text=st.text(max_size=4000))
    def put(self, who: Principal, text: str) -> None:
        stored = self.store.put(who, text, "text/plain", "x")
        self.mine[stored.id] = (who, stored.text)
        assert self.store.get(who, stored.id).text == stored.text

    @rule(seconds=st.floats(0, 12))
    def wait(self, seconds: float) -> None:
        self.clock.now += seconds

    @rule(who=st.sampled_from([ADA, BOB]), data=st.data())
    def get(self, who: Principal, data: st.DataObject) -> None:
        if not self.mine:
            return
        result_id = data.draw(st.sampled_from(sorted(self.mine)))
        owner, text = self.mine[result_id]
        try:
            assert self.store.get(who, result_id).text == text
            assert who == owner
        except NotFound:
            pass

    @invariant()
    def bounded(self) -> None:
        assert 0 <= self.store.held_bytes <= 20_000


def test_whatever_is_put_and_read_the_store_keeps_its_bounds() -> None:
    run_state_machine_as_test(BoundedStore)
