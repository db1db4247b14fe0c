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
from hub.calls.find import find, with_new_name
from hub.calls.limit import limit
from hub.calls.middleware import Consultation, info_of
from hub.calls.missing import why_missing
from hub.calls.once import Once, key_of
from hub.calls.refusals import Refusals, Refused
from hub.calls.run import broken, run
from hub.calls.scopes import with_scopes
from hub.calls.shape import shape, shape_error, shape_questions
from hub.calls.types import Call, Outcome
from hub.calls.validate import validate
from hub.catalog.items import AnyItem, PromptItem, ResourceItem
from hub.catalog.nearest import nearest
from hub.catalog.uris import in_namespace
from hub.connector.asking import Asking
from hub.connector.messages import Level
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
        self._once = Once()

    async def take(self, generation: Generation, call: Call) -> Outcome:
        """Take one call through. A failure of any stage is an outcome with an `error`."""
        item: AnyItem | None = None
        decision: Decision | None = None
        try:
            item, arguments = self._find(generation, call)
            decision = self._authorize(generation, call, item)
            bound = validate(item, arguments)
            key = key_of(item, bound)
            approve(decision, call, item)
            if call.asking is None or call.asking.round == 1:  # an answer goes on with a call that has been counted
                await limit(generation.quotas, call, item)
        except CallError as error:
            return await self._refuse(generation, Refused(call, error, item, decision))
        exchange = Exchange(deadline=time.monotonic() + item.deadline)
        perform = partial(self._perform, generation, call, item, decision, bound, exchange, given=arguments)
        if key is None:
            return await perform()
        repeat = partial(self._repeat, generation, call, item, decision, bound, arguments, exchange)
        try:
            return await self._once.run(call, item, key, arguments, exchange, perform, repeat)
        except CallError as error:
            return await self._refuse(generation, Refused(call, error, item, decision))

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
        exchange = Exchange(deadline=time.monotonic() + item.deadline)
        outcome = await self._perform(generation, call, item, decision, arguments, exchange, function, keep)
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
            near = near_names(generation, call)
            raise UnknownName(call.kind, call.name, near, why_missing(generation, call))
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
        exchange: Exchange,
        function: Callable[..., Any] | None = None,
        keep: Callable[[Any], Outcome] | None = None,
        given: Mapping[str, Any] | None = None,
    ) -> Outcome:
        """Run between a durable intent and a durable outcome, inside the connector's bulkhead.

        One deadline covers the wait for a place, the intent and the method. The outcome is written however late it
        is, within the log's own patience.
        """
        runtime = generation.runtime(item)
        try:
            async with runtime.bulkhead.slot(exchange.deadline):
                ticket = await begin(self._audit, call, item, decision, exchange.deadline)
                policy: Consultation | None = None
                try:
                    if generation.middlewares:
                        policy = self._consultation(generation, call, item, arguments, given or {}, exchange)
                        await policy.before()
                    call = self._masked(call)
                    value = await run(item, arguments, call, exchange, runtime.executor, function)
                    outcome = keep(value) if keep else self._shape(generation, call, item, value)
                except CallError as error:
                    outcome = shape_error(with_scopes(error, item), source=item.namespace, redact=self._redact)
                except Exception as error:  # noqa: BLE001  a result nobody can show still needs its record
                    outcome = shape_error(broken(item, call, error), source=item.namespace, redact=self._redact)
                except asyncio.CancelledError:
                    # The caller is gone; the log still has to say what became of the call.
                    gone = shape_error(_cancelled(call, exchange), source=item.namespace)
                    await asyncio.shield(self._finish(ticket, gone, exchange))
                    raise
                if exchange.changed:
                    uris = tuple(in_namespace(uri, item.namespace) for uri in exchange.changed)
                    outcome = replace(outcome, changed=uris)
                if policy is not None:
                    return await self._judged(policy, ticket, outcome, exchange)
                return await self._finish(ticket, outcome, exchange)
        except QuotaExceeded as error:  # no place in the bulkhead
            return await self._refuse(generation, Refused(call, error, item, decision))
        except (AuditUnavailable, DeadlineExceeded) as error:  # no intent in the log, or not in time
            return shape_error(error)

    async def _repeat(
        self,
        generation: Generation,
        call: Call,
        item: AnyItem,
        decision: Decision,
        arguments: Mapping[str, Any],
        given: Mapping[str, Any],
        exchange: Exchange,
        outcome: Outcome,
        first: str,
    ) -> Outcome:
        """Give the outcome of an earlier call again, if the middlewares let it, with records that say so."""
        try:
            ticket = await begin(self._audit, call, item, decision, exchange.deadline)
            try:
                if generation.middlewares:
                    await self._consultation(generation, call, item, arguments, given, exchange).before()
            except CallError as error:
                outcome = shape_error(error, redact=self._redact)
            except asyncio.CancelledError:
                await asyncio.shield(finish(ticket, outcome, notes=(f"repeat of {first}",)))
                raise
            await finish(ticket, outcome, notes=(f"repeat of {first}",))
        except (AuditUnavailable, DeadlineExceeded) as error:
            return shape_error(error)
        return outcome

    async def _finish(
        self, ticket: Ticket, outcome: Outcome, exchange: Exchange, notes: tuple[str, ...] = ()
    ) -> Outcome:
        outcome = replace(outcome, upstream=exchange.requests > 0)
        await finish(ticket, outcome, exchange.requests, notes)
        return outcome

    def _consultation(
        self,
        generation: Generation,
        call: Call,
        item: AnyItem,
        arguments: Mapping[str, Any],
        given: Mapping[str, Any],
        exchange: Exchange,
    ) -> Consultation:
        info = info_of(call, item, arguments, given, self._audit.redactor)
        return Consultation(generation.middlewares, info, exchange.deadline, self._redact)

    async def _judged(self, policy: Consultation, ticket: Ticket, outcome: Outcome, exchange: Exchange) -> Outcome:
        """Show the outcome to the middlewares, and record what is left of it."""
        try:
            judged = await policy.after(outcome, upstream=exchange.requests > 0)
        except asyncio.CancelledError:
            await asyncio.shield(self._finish(ticket, outcome, exchange, policy.notes))
            raise
        return await self._finish(ticket, judged, exchange, policy.notes)

    def _shape(self, generation: Generation, call: Call, item: AnyItem, value: Any) -> Outcome:
        if isinstance(value, Asking):
            return shape_questions(value, source=item.namespace, redact=self._redact)
        outcome = shape(
            value,
            item=item,
            call=call,
            settings=generation.settings.results,
            spill=self._spill,
            redact=self._redact,
            sandbox=generation.runtime(item).table.sandbox,
        )
        return with_new_name(outcome, call, item)

    def _masked(self, call: Call) -> Call:
        """The call with secrets masked in what it tells its client on the way."""
        if (progress := call.progress) is not None:

            async def report_progress(done: float, total: float | None, message: str | None) -> None:
                await progress(done, total, None if message is None else self._redact(message))

            call = replace(call, progress=report_progress)
        if (messages := call.messages) is not None:

            async def report_message(text: str, level: Level) -> None:
                await messages(self._redact(text), level)

            call = replace(call, messages=report_message)
        return call


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
