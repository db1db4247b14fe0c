"""Asking the caller from within a call: the person at the client, the client's model, or the client itself.

A question does not wait in the middle of a method. It ends the method at once; the hub gives the question to the
client and, once there is an answer, runs the method again from its start with all answers so far, so that the same
`await` now goes on. That is why

- no call waits for a person: its deadline, its place among the connector's calls and its audit records are those of
  one run, from an intent to an outcome (`input_required` for a run that ended in a question);
- it is the same in both protocol eras (MCP specification 2026-07-28: `inputRequests`; up to 2025-11-25 a request of
  the server's own), over every transport, and after a client has reconnected;
- a method has to ask before its first write, lest the write be done again. The hub refuses a question that comes
  later. What is read before a question is read again.
"""

import hashlib
import json
from collections.abc import Callable, Generator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, overload

from hub.errors import CannotAsk, ConnectorError, Declined
from hub.http.exchange import current_exchange

if TYPE_CHECKING:
    from hub.connector.forms import Form

T = TypeVar("T")
T1 = TypeVar("T1")
T2 = TypeVar("T2")
T3 = TypeVar("T3")
FormT = TypeVar("FormT", bound="Form")

Feature = Literal["elicitation", "sampling", "roots"]
"""What a client has to be able to do, by the names of MCP's client capabilities."""

MAX_ROUNDS = 10
"""Runs of one call; a method that then still asks fails."""

_NAMES: Mapping[Feature, str] = {
    "elicitation": "ask its user",
    "sampling": "let its model answer",
    "roots": "name its folders",
}


class Unanswered(BaseException):
    """Ends a method that has to wait for an answer; no `except Exception` of its author takes it for a failure."""


class Unfit(ValueError):
    """An answer that is none to the question; it is asked again."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Question(Generic[T]):
    """A question to the client; `await` it, alone or `together` with others.

    Attributes:
        key: Names it within its call.
        feature: What the client has to be able to do.
        method: MCP's method.
        params: Of the method.
        digest: Of method and params as the author wrote them: an answer counts for these words only.
        read: Makes the value of the client's answer.
    """

    key: str
    feature: Feature
    method: str
    params: Mapping[str, Any]
    digest: str
    read: Callable[[Mapping[str, Any]], T] = field(repr=False)

    def __await__(self) -> Generator[Any, None, T]:
        return _value_of(self).__await__()


@dataclass(frozen=True, slots=True)
class Given:
    """An answer.

    Attributes:
        answer: As the client sent it.
        digest: Of the question it was given to; None if the client gave it unasked, with the call itself.
    """

    answer: Mapping[str, Any] = field(repr=False)
    digest: str | None = None


@dataclass(slots=True, kw_only=True)
class Asking:
    """What one run of a call may ask, and what it did ask.

    Attributes:
        can: What the client can do.
        given: Answers so far, by the key of their question.
        round: Which run of the call this is, from 1.
        asked: Questions this run ended with.
        lacking: What the client would have to be able to do for the question that could not be asked.
    """

    can: frozenset[Feature] = frozenset()
    given: Mapping[str, Given] = field(default_factory=dict[str, Given])
    round: int = 1
    asked: "list[Question[Any]]" = field(default_factory=list["Question[Any]"])
    lacking: Feature | None = None


current_asking: ContextVar[Asking | None] = ContextVar("current_asking", default=None)
"""Of the call at hand; None in a method that is not declared with `asks=True`."""


def ask(key: str, message: str, form: "type[FormT]") -> Question[FormT]:
    """Ask the person at the client.

    Written `answer = await ask("confirm", "Delete 3 issues?", Confirmation)`. The method has to be declared with
    `asks=True`, and to ask before its first write.

    Args:
        key: Names the question within the call. Asked again with the same key and the same words, it has the same
            answer; other words make another question.
        message: What to ask, in one or two sentences. Never ask for a secret this way.
        form: The fields to fill in.

    Raises:
        Declined: From the `await`: the person said no, or closed the form.
        CannotAsk: From the `await`: this client cannot ask anybody.
        TypeError: The form has a field that no client can draw.
    """
    from hub.connector.forms import form_schema

    def read(answer: Mapping[str, Any]) -> FormT:
        if answer.get("action") in ("decline", "cancel"):
            raise Declined(
                f"The question was {'declined' if answer['action'] == 'decline' else 'dismissed'}: {message}"
            )
        if answer.get("action") != "accept":
            raise Unfit
        return form.model_validate(answer.get("content") or {})

    params = {"message": message, "requestedSchema": form_schema(form)}
    return question(key, "elicitation", "elicitation/create", params, read)


@overload
async def together(first: Question[T], second: Question[T1], /) -> tuple[T, T1]: ...
@overload
async def together(first: Question[T], second: Question[T1], third: Question[T2], /) -> tuple[T, T1, T2]: ...
@overload
async def together(
    first: Question[T], second: Question[T1], third: Question[T2], fourth: Question[T3], /
) -> tuple[T, T1, T2, T3]: ...
async def together(*questions: Question[Any]) -> tuple[Any, ...]:
    """Ask several questions at once: the client gets all of them in one go.

    Raises:
        Declined: The person said no to one of them.
        CannotAsk: The client is not capable of one of them.
    """
    return _answers(questions)


async def _value_of(question: Question[T]) -> T:
    return _answers((question,))[0]


def _answers(questions: tuple[Question[Any], ...]) -> tuple[Any, ...]:
    asking = current_asking.get()
    if asking is None:
        raise RuntimeError(
            "only a tool or a prompt that is declared with asks=True can ask, and only in its own call"
        )
    values: list[Any] = []
    missing: list[Question[Any]] = []
    for question in questions:
        if question.feature not in asking.can:
            asking.lacking = question.feature
            raise CannotAsk(
                f"This needs a client that can {_NAMES[question.feature]}, and yours cannot",
                hint=f"Use an MCP client with the capability {question.feature!r}",
            )
        given = asking.given.get(question.key)
        if given is None or given.digest not in (None, question.digest):
            missing.append(question)
            continue
        try:
            values.append(question.read(given.answer))
        except ValueError:  # pydantic's among them: it does not fit the form
            missing.append(question)
    if missing:
        _end_with(asking, missing)
    return tuple(values)


def _end_with(asking: Asking, missing: list[Question[Any]]) -> None:
    exchange = current_exchange.get()
    if exchange is not None and exchange.writes:
        raise ConnectorError(
            "This changed something and only then wanted to ask, which its connector must not do",
            hint="What was changed stays; look before you repeat it",
        )
    if asking.round >= MAX_ROUNDS:
        raise ConnectorError(f"This has asked {MAX_ROUNDS - 1} times and still wants to know more")
    asking.asked += missing
    raise Unanswered


def question(
    key: str, feature: Feature, method: str, params: Mapping[str, Any], read: Callable[[Mapping[str, Any]], T]
) -> Question[T]:
    """Make a question; `read` raises ValueError for what is no answer to it."""
    words = json.dumps([method, params], sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return Question(key=key, feature=feature, method=method, params=params, digest=digest, read=read)
