"""Company policy, asked in its order between the intent and the run: what fails there refuses the call."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, TypeVar

from hub.audit.redact import Redactor
from hub.calls.shape import shape_error
from hub.calls.types import Call, Outcome
from hub.catalog.items import AnyItem, ToolItem
from hub.discovery.load import line_of
from hub.errors import CallError, MiddlewareFailed, PolicyRefused
from hub.plugins.load import NamedMiddleware
from hub.plugins.middleware import CallInfo, CallOutcome
from hub.results.content import Text

T = TypeVar("T")

MAX_NOTE = 300
"""Characters of what a middleware adds to a result."""
_AFTER_SECONDS = 1.0
"""What a middleware gets for an outcome at least, though the call's time be over: it must not go unseen."""

log = logging.getLogger("hub.calls")


class Consultation:
    """Asks the middlewares about one call, before and after it.

    Args:
        middlewares: In their order.
        info: The call as they may see it.
        deadline: When the call's time is over, on the `time.monotonic` clock.
        redact: Masks known secrets.
    """

    def __init__(
        self, middlewares: Sequence[NamedMiddleware], info: CallInfo, deadline: float, redact: Callable[[str], str]
    ) -> None:
        self._middlewares = middlewares
        self._info = info
        self._deadline = deadline
        self._redact = redact
        self._passed: list[NamedMiddleware] = []
        self.notes: tuple[str, ...] = ()

    async def before(self) -> None:
        """Ask all of them.

        Raises:
            PolicyRefused: One refuses; those after it are not asked.
            MiddlewareFailed: One failed or took too long.
        """
        for one in self._middlewares:
            await self._asked(
                one, one.middleware.before(self._info), self._deadline - time.monotonic(), "so nothing was done"
            )
            self._passed.append(one)

    async def after(self, outcome: Outcome, *, upstream: bool) -> Outcome:
        """Show the outcome to all that let the call pass, the last first; gives what the caller gets.

        Args:
            outcome: What became of the call.
            upstream: Whether anything may have reached the service.
        """
        for one in reversed(self._passed):
            seen = CallOutcome(content=outcome.content, error=outcome.error, upstream=upstream)
            left = max(self._deadline - time.monotonic(), _AFTER_SECONDS)
            done = "was carried out" if outcome.ok else f"ended in {outcome.error}"
            try:
                note = await self._asked(
                    one,
                    one.middleware.after(self._info, seen),
                    left,
                    f"so what came of it is withheld: it {done}",
                )
            except CallError as error:
                told = shape_error(self._withheld(error), redact=self._redact)
                outcome = replace(told, changed=outcome.changed)
                continue
            if line := line_of(note, MAX_NOTE):
                line = self._redact(line)
                self.notes += (f"{one.name}: {line}",)
                outcome = replace(outcome, content=(*outcome.content, Text(f"[{one.name}] {line}")))
        return outcome

    def _withheld(self, error: CallError) -> CallError:
        if self._info.writes and isinstance(error, PolicyRefused):
            told = f"{error.hint}. " if error.hint else ""
            hint = f"{told}Only the result is withheld: look what was done before you repeat it"
            return PolicyRefused(error.message, hint=hint)
        return error

    async def _asked(self, one: NamedMiddleware, asking: Awaitable[T], seconds: float, consequence: str) -> T:
        task = asyncio.current_task()
        taken_back = task.cancelling() if task else 0
        scope = asyncio.timeout(max(seconds, 0.0))
        try:
            async with scope:
                return await asking
        except (PolicyRefused, KeyboardInterrupt, GeneratorExit):
            raise
        except BaseException as error:
            if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling() > taken_back:
                raise
            how = "was not done in time" if scope.expired() else f"failed ({type(error).__name__})"
            cause = None if scope.expired() else error
            log.error("the middleware %s %s in call %s", one.name, how, self._info.id, exc_info=cause)  # noqa: TRY400  without one
            raise MiddlewareFailed(
                f"The middleware {one.name} {how} for {self._info.name}, {consequence}",
                hint=f"Whoever runs the hub finds the details in its log under call {self._info.id}",
            ) from None


def info_of(
    call: Call, item: AnyItem, arguments: Mapping[str, Any], given: Mapping[str, Any], redactor: Redactor
) -> CallInfo:
    """The call as middlewares may see it.

    Args:
        call: What was asked for.
        item: What it led to.
        arguments: As they will be used.
        given: As they came, for those that were turned into something else than JSON.
        redactor: Masks what is or looks like a secret.
    """
    kind: Literal["tool", "resource", "prompt", "completion"] = (
        call.kind if call.completes is None else "completion"
    )
    declaration = item.declaration if isinstance(item, ToolItem) else None
    if call.completes is None:
        converted = item.parameters.converted
        shown = {name: given[name] if name in converted else value for name, value in arguments.items()}
    else:
        shown = dict(call.arguments)
    return CallInfo(
        id=call.id,
        kind=kind,
        name=item.name,
        namespace=item.namespace,
        uri=call.name if kind == "resource" else None,
        principal=call.principal,
        transport=call.transport,
        arguments=redactor.masked(shown, declaration.sensitive if declaration else frozenset()),
        writes=declaration.writes if declaration else False,
        destructive=declaration.destructive if declaration else False,
    )
