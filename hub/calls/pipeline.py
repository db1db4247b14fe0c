"""The way of a call: the stages in their order, with the audit log around them."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from hub.access.policy import Decision
from hub.audit.log import AuditLog
from hub.calls.approve import approve
from hub.calls.audit import Ticket, begin, finish, record_refusal
from hub.calls.authorize import authorize
from hub.calls.find import find
from hub.calls.limit import limit
from hub.calls.run import broken, run
from hub.calls.shape import shape, shape_error
from hub.calls.types import Call, Outcome
from hub.calls.validate import validate
from hub.catalog.items import AnyItem, ResourceItem
from hub.catalog.nearest import nearest
from hub.errors import AuditUnavailable, CallError, Cancelled, OutcomeUnknown, QuotaExceeded, UnknownName
from hub.generation import Generation
from hub.http.exchange import Exchange
from hub.results.spill import SpillStore


class Pipeline:
    """Takes calls through all stages; nothing else reaches a connector."""

    def __init__(self, audit: AuditLog, spill: SpillStore) -> None:
        self._audit = audit
        self._spill = spill

    async def take(self, generation: Generation, call: Call) -> Outcome:
        """Take one call through. A failure of any stage is an outcome with an `error`."""
        item: AnyItem | None = None
        decision: Decision | None = None
        try:
            found = find(generation.catalog, call)
            if found is None:
                raise UnknownName(call.kind, call.name, near_names(generation, call))
            item, arguments = found
            decision = self._authorize(generation, call, item)
            bound = validate(item, arguments)
            approve(decision, call, item)
            await limit(generation.quotas, call, item)
        except CallError as error:
            return await self._refuse(call, error, item, decision)
        return await self._perform(generation, call, item, decision, bound)

    async def complete(
        self, generation: Generation, call: Call, item: AnyItem, function: Callable[..., Any]
    ) -> Sequence[str]:
        """Run a completion through the same stages; a failure of any of them completes nothing."""
        decision: Decision | None = None
        try:
            decision = self._authorize(generation, call, item)
            approve(decision, call, item)
            await limit(generation.quotas, call, item)
        except CallError as error:
            await self._refuse(call, error, item, decision)
            return ()
        values: Sequence[str] = ()

        def keep(value: Any) -> Outcome:
            nonlocal values
            values = [str(one) for one in value]
            return Outcome(content=())

        await self._perform(generation, call, item, decision, call.arguments, function, keep)
        return values

    def _authorize(self, generation: Generation, call: Call, item: AnyItem) -> Decision:
        own = item.name in generation.own
        return authorize(generation.policy, call, item, lambda: near_names(generation, call), builtin=own)

    async def _refuse(
        self, call: Call, error: CallError, item: AnyItem | None, decision: Decision | None
    ) -> Outcome:
        try:
            await record_refusal(self._audit, call, error, item, decision)
        except AuditUnavailable as unavailable:
            return shape_error(unavailable)
        return shape_error(error)

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
        """Run between a durable intent and a durable outcome, inside the connector's bulkhead."""
        runtime = generation.runtime(item)
        exchange = Exchange(deadline=time.monotonic() + item.deadline)
        try:
            async with runtime.bulkhead.slot(exchange.deadline):
                ticket = await begin(self._audit, call, item, decision)
                try:
                    value = await run(item, arguments, call, exchange, runtime.executor, function)
                    outcome = keep(value) if keep else self._shape(generation, call, item, value)
                except CallError as error:
                    outcome = shape_error(error, source=item.namespace)
                except Exception as error:  # noqa: BLE001  a result nobody can show still needs its record
                    outcome = shape_error(broken(item, call, error), source=item.namespace)
                except asyncio.CancelledError:
                    # The caller is gone; the log still has to say what became of the call.
                    gone = shape_error(_cancelled(call, exchange), source=item.namespace)
                    await asyncio.shield(self._finish(ticket, gone, exchange))
                    raise
                return await self._finish(ticket, outcome, exchange)
        except QuotaExceeded as error:  # no place in the bulkhead
            return await self._refuse(call, error, item, decision)
        except AuditUnavailable as error:
            return shape_error(error)

    async def _finish(self, ticket: Ticket, outcome: Outcome, exchange: Exchange) -> Outcome:
        outcome = replace(outcome, upstream=exchange.requests > 0)
        await finish(ticket, outcome, exchange.requests)
        return outcome

    def _shape(self, generation: Generation, call: Call, item: AnyItem, value: Any) -> Outcome:
        return shape(value, item=item, call=call, settings=generation.settings.results, spill=self._spill)


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
