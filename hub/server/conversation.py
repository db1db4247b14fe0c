"""Carries the questions of a call to its client and the answers back, in the way of the protocol's era.

Since 2026-07-28 a question is the answer to the request, and the client sends the request again with its answers
(MCP specification 2026-07-28, basic/utilities/mrtr). Up to 2025-11-25 the hub sends a request of its own while the
client's is open. Either way the call runs again with the answers, as `hub.connector.asking` explains; each run has
its own record in the audit log, the second and later ones under the call's id with `.2`, `.3` and so on.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import mcp_types as t
from mcp.shared.exceptions import MCPError
from mcp.shared.message import ServerMessageMetadata
from pydantic import BaseModel, ValidationError

from hub.calls.types import Call, Outcome
from hub.connector.asking import Asking, Given, Question
from hub.errors import CannotAsk, InvalidArguments
from hub.server import wire
from hub.server.client import features_of, is_modern
from hub.server.guard import Context
from hub.server.request_state import KEPT_SECONDS, BadState, State, States

if TYPE_CHECKING:
    from hub.hub import Hub

_REQUESTS: dict[str, tuple[type[BaseModel], type[BaseModel]]] = {
    "elicitation/create": (t.ElicitRequest, t.ElicitResult),
    "sampling/createMessage": (t.CreateMessageRequest, t.CreateMessageResult),
    "roots/list": (t.ListRootsRequest, t.ListRootsResult),
}


class Conversations:
    """Runs calls that may ask.

    Args:
        hub: Records what is refused.
        run: Runs a call once.
    """

    def __init__(self, hub: "Hub", run: Callable[[Call], Awaitable[Outcome]]) -> None:
        self._hub = hub
        self._run = run
        self._states = States()

    async def hold(self, ctx: Context, call: Call, answer: Callable[[Outcome], dict[str, Any]]) -> dict[str, Any]:
        """Run the call until there is something to answer the client with.

        Args:
            ctx: Of the request.
            call: What it asks for.
            answer: Makes the result of an outcome that is not a question.

        Raises:
            MCPError: The client sent answers that are not good, or cannot be asked; what `answer` raises.
        """
        if is_modern(ctx):
            return await self._by_answers(ctx, call, answer)
        return answer(await self._by_requests(ctx, call))

    async def _by_answers(
        self, ctx: Context, call: Call, answer: Callable[[Outcome], dict[str, Any]]
    ) -> dict[str, Any]:
        params: Mapping[str, Any] = ctx.params or {}
        sealed = cast("str | None", params.get("requestState"))
        try:
            state = State(call=call.id) if sealed is None else self._states.open(call, sealed)
        except BadState as error:
            refused = InvalidArguments(str(error), hint="Call it again without requestState")
            await self._hub.refuse(call, refused)
            raise MCPError(t.INVALID_PARAMS, str(refused)) from None
        given = state.with_answers(params.get("inputResponses") or {})
        asking = Asking(can=features_of(ctx), given=given, round=state.round)
        outcome = await self._run(_run_of(call, state.call, asking))
        if outcome.questions:
            try:
                carried = self._states.seal(call, state, given, outcome.questions)
            except BadState as error:
                raise MCPError(t.INVALID_PARAMS, str(error)) from None
            requests = {one.key: {"method": one.method, "params": dict(one.params)} for one in outcome.questions}
            return {"resultType": "input_required", "inputRequests": requests, "requestState": carried}
        if sealed is not None and outcome.retry_after is not None and not outcome.upstream:
            self._states.give_back(state)
        if outcome.error == CannotAsk.code and asking.lacking is not None:
            required: dict[str, Any] = {"requiredCapabilities": {asking.lacking: {}}}
            raise MCPError(t.MISSING_REQUIRED_CLIENT_CAPABILITY, wire.text_of(outcome), required)
        return answer(outcome)

    async def _by_requests(self, ctx: Context, call: Call) -> Outcome:
        can = features_of(ctx)
        asking = Asking(can=can)
        while True:
            outcome = await self._run(_run_of(call, call.id, asking))
            if not outcome.questions:
                return outcome
            try:
                answers = await _ask(ctx, outcome.questions)
            except (MCPError, ValidationError):
                unanswered = CannotAsk(f"{call.name} asked and got no answer, so it was not done")
                return await self._hub.refuse(call, unanswered)
            asking = Asking(can=can, given={**asking.given, **answers}, round=asking.round + 1)


def _run_of(call: Call, first: str, asking: Asking) -> Call:
    return replace(call, id=first if asking.round == 1 else f"{first}.{asking.round}", asking=asking)


async def _ask(ctx: Context, questions: Sequence[Question[Any]]) -> dict[str, Given]:
    """Put the questions to the client, one after the other as people answer.

    Raises:
        MCPError: It answered with an error, or not in time.
        ValidationError: It answered something that is no answer.
    """
    answers: dict[str, Given] = {}
    for question in questions:
        request, result = _REQUESTS[question.method]
        answered = await ctx.session.send_request(
            cast("t.ServerRequest", request.model_validate({"method": question.method, "params": question.params})),
            result,
            request_read_timeout_seconds=KEPT_SECONDS,
            metadata=ServerMessageMetadata(related_request_id=ctx.request_id),
        )
        told = answered.model_dump(mode="json", by_alias=True, exclude_none=True)
        answers[question.key] = Given(told, question.digest)
    return answers
