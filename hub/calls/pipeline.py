"""The way of a call: the stages in their order, with the audit log around them."""

import asyncio
import inspect
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, cast

from hub.access.policy import Decision
from hub.audit.log import AuditLog
from hub.calls.approve import approve
from hub.calls.audit import Ticket, begin, finish
from hub.calls.authorize import authorize
from hub.calls.find import find
from hub.calls.limit import limit
from hub.calls.refusals import Refusals, Refused
from hub.calls.run import broken, run
from hub.calls.shape import shape, shape_error
from hub.calls.types import Call, Outcome
from hub.calls.validate import validate
from hub.catalog.items import AnyItem, PromptItem, ResourceItem
from hub.catalog.nearest import nearest
from hub.connector.progress import ProgressReport
from hub.errors import (
    AuditUnavailable,
    CallError,
    Cancelled,
    DeadlineExceeded,
    OutcomeUnknown,
    QuotaExceeded,
    UnknownName,
)
from hub.generation import Generation
from hub.http.exchange import Exchange
from hub.results.spill import SpillStore


class Pipeline:
    """Takes calls through all stages; nothing else reaches a connector.

    Args:
        audit: Where every call and every refusal is recorded.
        spill: Keeps results that are cut.
        redact: Masks known secrets; everything a caller is told goes through it.
    """

    def __init__(self, audit: AuditLog, spill: SpillStore, redact: Callable[[str], str]) -> None:
        self._audit = audit
        self._spill = spill
        self._redact = redact
        self._refusals = Refusals(audit, redact)

    async def take(self, generation: Generation, call: Call) -> Outcome:
        """Take one call through. A failure of any stage is an outcome with an `error`."""
        item: AnyItem | None = None
        decision: Decision | None = None
        try:
            item, arguments = self._find(generation, call)
            decision = self._authorize(generation, call, item)
            bound = validate(item, arguments)
            approve(decision, call, item)
            await limit(generation.quotas, call, item)
        except CallError as error:
            return await self._refuse(generation, Refused(call, error, item, decision))
        return await self._perform(generation, call, item, decision, bound)

    async def complete(self, generation: Generation, call: Call) -> Sequence[str]:
        """Take a completion through the same stages; whatever fails later than finding completes nothing.

        Raises:
            UnknownName: No such template or prompt is visible to the caller.
        """
        item: AnyItem | None = None
        decision: Decision | None = None
        try:
            item, given = self._find(generation, call)
            decision = self._authorize(generation, call, item)
            declaration = cast("ResourceItem | PromptItem", item).declaration  # all that `find` gives for these
            argument = call.completes or ""
            declared = declaration.complete.get(argument)
            if declared is None:
                return ()
            approve(decision, call, item)
            await limit(generation.quotas, call, item)
        except CallError as error:
            outcome = await self._refuse(generation, Refused(call, error, item, decision))
            if outcome.error == UnknownName.code:
                raise
            return ()
        values: Sequence[str] = ()

        def keep(value: Any) -> Outcome:
            nonlocal values
            values = [self._redact(str(one)) for one in value]
            return Outcome(content=())

        arguments: dict[str, Any] = {"prefix": given[argument]}
        if "context" in inspect.signature(declared).parameters:
            arguments["context"] = {name: value for name, value in given.items() if name != argument}
        function = partial(declared, item.connector)
        outcome = await self._perform(generation, call, item, decision, arguments, function, keep)
        return values if outcome.ok else ()

    async def refuse(self, generation: Generation, call: Call, error: CallError) -> Outcome:
        """Record a call that is not taken at all; gives what the caller is told."""
        return await self._refuse(generation, Refused(call, error))

    async def aclose(self) -> None:
        """Record what is still to be recorded."""
        await self._refusals.aclose()

    def _find(self, generation: Generation, call: Call) -> tuple[AnyItem, Mapping[str, Any]]:
        found = find(generation.catalog, call)
        if found is None:
            raise UnknownName(call.kind, call.name, near_names(generation, call))
        return found

    def _authorize(self, generation: Generation, call: Call, item: AnyItem) -> Decision:
        own = item.name in generation.own
        return authorize(generation.policy, call, item, lambda: near_names(generation, call), builtin=own)

    async def _refuse(self, generation: Generation, refused: Refused) -> Outcome:
        return await self._refusals.refuse(generation.quotas, refused)

    async def _perform(
        self,
        generation: Generation,
        call: Call,
        item: AnyItem,
        decision: Decision,
        arguments: Mapping[str, Any],
        function: Callable[..., Any] | None = None,
        keep: Callable[[Any], Outcome] | None = None,
    ) -> Outcome:
        """Run between a durable intent and a durable outcome, inside the connector's bulkhead.

        One deadline covers the wait for a place, the intent and the method. The outcome is written however late it
        is, within the log's own patience.
        """
        runtime = generation.runtime(item)
        exchange = Exchange(deadline=time.monotonic() + item.deadline)
        try:
            async with runtime.bulkhead.slot(exchange.deadline):
                ticket = await begin(self._audit, call, item, decision, exchange.deadline)
                try:
                    if call.progress is not None:
                        call = replace(call, progress=self._masked(call.progress))
                    value = await run(item, arguments, call, exchange, runtime.executor, function)
                    outcome = keep(value) if keep else self._shape(generation, call, item, value)
                except CallError as error:
                    outcome = shape_error(error, source=item.namespace, redact=self._redact)
                except Exception as error:  # noqa: BLE001  a result nobody can show still needs its record
                    outcome = shape_error(broken(item, call, error), source=item.namespace, redact=self._redact)
                except asyncio.CancelledError:
                    # The caller is gone; the log still has to say what became of the call.
                    gone = shape_error(_cancelled(call, exchange), source=item.namespace)
                    await asyncio.shield(self._finish(ticket, gone, exchange))
                    raise
                return await self._finish(ticket, outcome, exchange)
        except QuotaExceeded as error:  # no place in the bulkhead
            return await self._refuse(generation, Refused(call, error, item, decision))
        except (AuditUnavailable, DeadlineExceeded) as error:  # no intent in the log, or not in time
            return shape_error(error)

    async def _finish(self, ticket: Ticket, outcome: Outcome, exchange: Exchange) -> Outcome:
        outcome = replace(outcome, upstream=exchange.requests > 0)
        await finish(ticket, outcome, exchange.requests)
        return outcome

    def _shape(self, generation: Generation, call: Call, item: AnyItem, value: Any) -> Outcome:
        return shape(
            value,
            item=item,
            call=call,
            settings=generation.settings.results,
            spill=self._spill,
            redact=self._redact,
            sandbox=generation.runtime(item).table.sandbox,
        )

    def _masked(self, report: ProgressReport) -> ProgressReport:
        async def masked(done: float, total: float | None, message: str | None) -> None:
            await report(done, total, None if message is None else self._redact(message))

        return masked


def near_names(generation: Generation, call: Call) -> list[str]:
    """Names like the one called, among those the caller may see."""
    catalog = generation.catalog
    items: Sequence[AnyItem] = (
        catalog.resources
        if call.kind == "resource"
        else tuple((catalog.tools if call.kind == "tool" else catalog.prompts).values())
    )
    visible = [item for item in items if generation.visible(call.principal, item)]
    if call.kind == "resource":
        return [item.uri for item in visible if isinstance(item, ResourceItem)][:3]
    return nearest(call.name, [item.name for item in visible])


def _cancelled(call: Call, exchange: Exchange) -> CallError:
    if exchange.unanswered_writes:
        return OutcomeUnknown(f"{call.name} was cancelled after it was sent, so it may or may not have happened")
    return Cancelled(f"{call.name} was cancelled by the caller")
