"""What a client of 2026-07-28 carries from one run of a call to the next: sealed answers, good for one use.

The specification has the server treat `requestState` as the client's to tamper with. Here it is encrypted and
authenticated under a key that lives as long as the process, and holds for one call alone: the same caller, name and
arguments, for ten minutes, once. So the hub remembers nothing about a question while it is open.
"""

import hashlib
import json
import os
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from mcp.server.request_state import AESGCMRequestStateCodec, InvalidRequestState

from hub.calls.types import Call
from hub.connector.asking import Given, Question

KEPT_SECONDS = 600.0
"""How long a question may be answered."""

MOST_BYTES = 64 * 1024
"""Of the answers of one call together."""

MOST_SPENT = 10_000
"""States remembered as used; beyond, the oldest make all states of their age unusable."""


class BadState(ValueError):
    """The state is not this hub's, not for this call, too old, or used already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What is known when a run of a call begins.

    Attributes:
        call: Id of its first run.
        round: Which run this is, from 1.
        given: Answers of earlier runs, by key.
        asked: Digests of the questions the run before ended with, by key.
        token: Names the state while it is remembered as used.
    """

    call: str
    round: int = 1
    given: Mapping[str, Given] = field(default_factory=dict[str, Given])
    asked: Mapping[str, str] = field(default_factory=dict[str, str])
    token: str = ""

    def with_answers(self, answers: Mapping[str, Mapping[str, Any]]) -> dict[str, Given]:
        """All answers, with those that came now; what was not asked is left out.

        With the first request of a call a client may answer what it knows will be asked.
        """
        if self.round == 1:
            return {key: Given(answer) for key, answer in answers.items()}
        now = {key: Given(answers[key], digest) for key, digest in self.asked.items() if key in answers}
        return {**self.given, **now}


class States:
    """Seals and opens states.

    Args:
        clock: Seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._codec = AESGCMRequestStateCodec([os.urandom(32)])
        self._spent: OrderedDict[str, float] = OrderedDict()
        self._all_spent_until = -1.0

    def seal(self, call: Call, state: State, given: Mapping[str, Given], questions: Sequence[Question[Any]]) -> str:
        """The state for the run that follows.

        Args:
            call: What was asked for.
            state: What this run began with.
            given: All answers so far.
            questions: What this run ended with.

        Raises:
            BadState: The answers are too long.
        """
        content = {
            "for": _binding(call),
            "at": self._clock(),
            "token": uuid4().hex,
            "call": state.call,
            "round": state.round + 1,
            "given": {key: [one.answer, one.digest] for key, one in given.items()},
            "asked": {question.key: question.digest for question in questions},
        }
        sealed = json.dumps(content, separators=(",", ":")).encode()
        if len(sealed) > MOST_BYTES:
            raise BadState(f"The answers of a call may take {MOST_BYTES // 1024} KiB together")
        return self._codec.seal(sealed)

    def open(self, call: Call, sealed: str) -> State:
        """What a state holds. It is used up by this; see `give_back`.

        Raises:
            BadState: It is not good for this call.
        """
        try:
            content: dict[str, Any] = json.loads(self._codec.unseal(sealed))
        except InvalidRequestState:
            raise BadState("The requestState is not one of this hub, or the hub was started anew") from None
        if content["for"] != _binding(call):
            raise BadState("The requestState belongs to another call")
        at, now = float(content["at"]), self._clock()
        token = str(content["token"])
        if token in self._spent:
            raise BadState("The question was answered already")
        if now - at > KEPT_SECONDS or at <= self._all_spent_until:
            raise BadState("The question is too old")
        self._spend(token, at)
        return State(
            call=content["call"],
            round=content["round"],
            given={key: Given(answer, digest) for key, (answer, digest) in content["given"].items()},
            asked=content["asked"],
            token=token,
        )

    def give_back(self, state: State) -> None:
        """Let a state be used again: its run was refused before it began, and the client is told to repeat it."""
        self._spent.pop(state.token, None)

    def _spend(self, token: str, at: float) -> None:
        self._spent[token] = at
        too_old = self._clock() - KEPT_SECONDS
        while len(self._spent) > MOST_SPENT or next(iter(self._spent.values()), at) < too_old:
            _, sealed_at = self._spent.popitem(last=False)
            self._all_spent_until = max(self._all_spent_until, sealed_at)


def _binding(call: Call) -> str:
    """Of everything that has to be the same when the client comes back."""
    whole = [call.kind, call.name, call.arguments, call.principal.client, call.principal.how]
    return hashlib.sha256(json.dumps(whole, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
