"""Questions from within a method: what is answered goes on, what is not ends it."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pytest

from hub.connector.asking import (
    MAX_ROUNDS,
    Asking,
    Feature,
    Given,
    Question,
    Unanswered,
    ask,
    current_asking,
    together,
)
from hub.connector.forms import Form
from hub.connector.sampling import Root, client_roots, sample
from hub.errors import CannotAsk, ConnectorError, Declined
from hub.http.exchange import Exchange, current_exchange

ALL: frozenset[Feature] = frozenset({"elicitation", "sampling", "roots"})


class Name(Form):
    name: str


@contextmanager
def a_call(asking: Asking, exchange: Exchange | None = None) -> Generator[Asking]:
    tokens = current_asking.set(asking), current_exchange.set(exchange or Exchange(deadline=0))
    try:
        yield asking
    finally:
        current_asking.reset(tokens[0])
        current_exchange.reset(tokens[1])


def accepted(**content: Any) -> Given:
    return Given({"action": "accept", "content": content})


async def test_a_question_without_an_answer_ends_the_method_and_no_handler_of_errors_holds_it() -> None:
    async def method() -> str:
        try:
            return (await ask("who", "Who are you?", Name)).name
        except Exception:  # noqa: BLE001  what an author may write
            return "taken for a failure"

    with a_call(Asking(can=ALL)) as asking, pytest.raises(Unanswered):
        await method()
    (question,) = asking.asked
    assert (question.key, question.method) == ("who", "elicitation/create")
    assert question.params["message"] == "Who are you?"


async def test_an_answer_is_what_the_question_gives() -> None:
    answers = {
        "who": accepted(name="Ann"),
        "greeting": Given({"role": "assistant", "content": {"type": "text", "text": "Hello"}}),
        "roots": Given({"roots": [{"uri": "file:///work", "name": "Work"}]}),
    }
    with a_call(Asking(can=ALL, given=answers)):
        name, greeting, roots = await together(
            ask("who", "Who are you?", Name), sample("greeting", "Greet", max_tokens=9), client_roots()
        )
    assert (name.name, greeting, roots) == ("Ann", "Hello", (Root(uri="file:///work", name="Work"),))


async def test_several_are_asked_at_once_and_only_what_is_missing() -> None:
    with a_call(Asking(can=ALL, given={"who": accepted(name="Ann")})) as asking, pytest.raises(Unanswered):
        await together(
            ask("who", "Who?", Name), ask("whom", "Whom?", Name), sample("greeting", "Greet", max_tokens=9)
        )
    assert [question.key for question in asking.asked] == ["whom", "greeting"]


@pytest.mark.parametrize("action", ["decline", "cancel"])
async def test_a_person_who_says_no_is_an_error_the_method_may_handle(action: str) -> None:
    with a_call(Asking(can=ALL, given={"who": Given({"action": action})})), pytest.raises(Declined, match="Who"):
        await ask("who", "Who are you?", Name)


@pytest.mark.parametrize(
    "answer",
    [{"action": "accept", "content": {"name": 5}}, {"action": "accept"}, {"action": "later"}, {"roots": []}],
)
async def test_an_answer_that_does_not_fit_is_asked_for_again(answer: dict[str, Any]) -> None:
    with a_call(Asking(can=ALL, given={"who": Given(answer)})) as asking, pytest.raises(Unanswered):
        await ask("who", "Who are you?", Name)
    assert len(asking.asked) == 1


async def test_an_answer_counts_for_the_words_it_was_given_to() -> None:
    def deleting(count: int) -> Question[Name]:
        return ask("confirm", f"Delete {count} issues?", Name)

    given = Given({"action": "accept", "content": {"name": "Ann"}}, deleting(3).digest)
    with a_call(Asking(can=ALL, given={"confirm": given})) as asking:
        assert (await deleting(3)).name == "Ann"
        with pytest.raises(Unanswered):
            await deleting(5)
    assert asking.asked[0].params["message"] == "Delete 5 issues?"


async def test_what_the_client_cannot_do_is_not_asked() -> None:
    with a_call(Asking(can=frozenset({"sampling"}))) as asking, pytest.raises(CannotAsk, match="elicitation"):
        await ask("who", "Who are you?", Name)
    assert (asking.asked, asking.lacking) == ([], "elicitation")


async def test_a_question_after_a_write_is_refused() -> None:
    wrote = Exchange(deadline=0, requests=1, writes=1)
    with a_call(Asking(can=ALL), wrote) as asking, pytest.raises(ConnectorError, match="only then wanted to ask"):
        await ask("who", "Who are you?", Name)
    assert asking.asked == []


async def test_a_method_cannot_ask_for_ever() -> None:
    with a_call(Asking(can=ALL, round=MAX_ROUNDS)), pytest.raises(ConnectorError, match="still wants"):
        await ask("who", "Who are you?", Name)


async def test_only_a_call_that_is_declared_to_ask_can() -> None:
    with pytest.raises(RuntimeError, match="asks=True"):
        await ask("who", "Who are you?", Name)


@pytest.mark.parametrize("content", [None, [], {"type": "image"}, [{"type": "tool_use"}]])
async def test_a_model_that_gives_no_text_is_asked_again(content: Any) -> None:
    with a_call(Asking(can=ALL, given={"q": Given({"content": content})})), pytest.raises(Unanswered):
        await sample("q", "Say something", max_tokens=9, system="Be brief")
