"""What a client carries between the runs of a call: good for that call, for a while, once."""

from dataclasses import replace
from typing import Any

import pytest

from hub.access.principal import LOCAL, Principal
from hub.calls.types import Call
from hub.connector.asking import Given, ask
from hub.connector.forms import Form
from hub.server import request_state
from hub.server.request_state import KEPT_SECONDS, BadState, State, States

ANN = Principal(client="ann", roles=("all",), how="key")


class Name(Form):
    name: str


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def call(**changes: Any) -> Call:
    made = Call(id="c", kind="tool", name="x_burn", arguments={"word": "owls"}, principal=ANN, transport="http")
    return replace(made, **changes)


def sealed(states: States, answer: str = "Ann") -> str:
    question = ask("who", "Who are you?", Name)
    given = {"before": Given({"name": answer}, "digest")}
    return states.seal(call(), State(call="c"), given, [question])


def test_what_is_sealed_is_there_when_it_comes_back() -> None:
    states = States()
    state = states.open(call(), sealed(states))
    assert (state.call, state.round) == ("c", 2)
    assert state.given == {"before": Given({"name": "Ann"}, "digest")}
    question = ask("who", "Who are you?", Name)
    answers = state.with_answers({"who": {"action": "accept"}, "unasked": {"action": "accept"}})
    assert answers == {**state.given, "who": Given({"action": "accept"}, question.digest)}


def test_nothing_of_it_can_be_read() -> None:
    assert "Ann" not in sealed(States())


@pytest.mark.parametrize(
    "other",
    [
        {"arguments": {"word": "bats"}},
        {"name": "x_find"},
        {"kind": "prompt"},
        {"principal": LOCAL},
        {"principal": replace(ANN, client="rob")},
    ],
)
def test_it_is_good_for_its_own_call_alone(other: dict[str, Any]) -> None:
    states = States()
    with pytest.raises(BadState, match="another call"):
        states.open(call(**other), sealed(states))


@pytest.mark.parametrize(("cut", "more"), [(None, "x"), (-2, ""), (0, ""), (0, "v1.AAAA"), (-4, "AAAA")])
def test_a_changed_one_is_refused(cut: int | None, more: str) -> None:
    states = States()
    with pytest.raises(BadState, match="not one of this hub"):
        states.open(call(), sealed(states)[:cut] + more)


def test_one_of_another_process_is_refused() -> None:
    with pytest.raises(BadState, match="not one of this hub"):
        States().open(call(), sealed(States()))


def test_it_is_good_once_unless_it_is_given_back() -> None:
    states = States()
    token = sealed(states)
    states.give_back(states.open(call(), token))
    states.open(call(), token)
    with pytest.raises(BadState, match="answered already"):
        states.open(call(), token)


def test_it_is_good_for_ten_minutes() -> None:
    clock = Clock()
    states = States(clock)
    early, late = sealed(states), sealed(states)
    clock.now += KEPT_SECONDS
    states.open(call(), early)
    clock.now += 1
    with pytest.raises(BadState, match="too old"):
        states.open(call(), late)


def test_what_is_remembered_is_bounded_and_forgetting_makes_nothing_good_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(request_state, "MOST_SPENT", 3)
    clock = Clock()
    states = States(clock)
    tokens: list[str] = []
    for _ in range(6):
        clock.now += 1
        tokens.append(sealed(states))
        states.open(call(), tokens[-1])
    assert len(states._spent) == 3
    for token in tokens:
        with pytest.raises(BadState):
            states.open(call(), token)
    clock.now += 1
    states.open(call(), sealed(states))


def test_answers_that_are_too_long_are_not_carried() -> None:
    with pytest.raises(BadState, match="64 KiB"):
        sealed(States(), "x" * 70_000)
