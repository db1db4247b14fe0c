"""Stage 8, around all others: an intent on disk before anything is done, an outcome on disk before the reply."""

import logging
import time
from dataclasses import dataclass

import orjson

from hub.access.policy import Decision
from hub.audit.log import AuditLog
from hub.audit.records import Conclusion, Intent, Refusal
from hub.audit.redact import RedactedArguments
from hub.calls.authorize import Hidden
from hub.calls.types import Call, Outcome
from hub.catalog.items import AnyItem, ToolItem
from hub.errors import AuditUnavailable, CallError
from hub.results.content import size_of

log = logging.getLogger("hub.audit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """An intent on disk, to be handed back with its outcome."""

    audit: AuditLog
    sequence: int
    call: str
    name: str
    client: str
    began: float


async def begin(
    audit: AuditLog, call: Call, item: AnyItem, decision: Decision, deadline: float | None = None
) -> Ticket:
    """Record that the call is about to be carried out. Nothing may reach a service before this returns.

    Args:
        audit: The log.
        call: What was asked for.
        item: What the name led to.
        decision: What the policy said.
        deadline: When the call's time is over, on the `time.monotonic` clock.

    Raises:
        AuditUnavailable: It is not recorded, so the call must not be carried out.
        DeadlineExceeded: It was not recorded in time, so the call must not be carried out.
    """
    began = time.monotonic()
    arguments = _arguments(audit, call, item)
    sequence = await audit.intend(
        Intent(
            call=call.id,
            kind=_kind(call),
            name=item.name,
            uri=_uri(audit, call),
            namespace=item.namespace,
            client=call.principal.client,
            roles=call.principal.roles,
            how=call.principal.how,
            transport=call.transport,
            rule=decision.rule,
            policy=decision.policy,
            arguments=orjson.Fragment(arguments.json),
            arguments_sha256=arguments.sha256,
        ),
        None if deadline is None else max(deadline - began, 0.0),
    )
    return Ticket(
        audit=audit,
        sequence=sequence,
        call=call.id,
        name=item.name,
        client=call.principal.client,
        began=began,
    )


async def finish(ticket: Ticket, outcome: Outcome, requests: int = 0, notes: tuple[str, ...] = ()) -> None:
    """Record what came of the call. No reply may leave before this returns.

    Args:
        ticket: From `begin`.
        outcome: What the caller is about to get.
        requests: Requests that were handed to the network.
        notes: What call middlewares have to say of it.

    Raises:
        AuditUnavailable: It is not recorded. The text says what happened nevertheless.
    """
    conclusion = Conclusion(
        call=ticket.call,
        name=ticket.name,
        client=ticket.client,
        outcome=outcome.error or "ok",
        duration_ms=round((time.monotonic() - ticket.began) * 1000, 3),
        upstream=outcome.upstream,
        requests=requests,
        retry_after=outcome.retry_after,
        result_size=sum(map(size_of, outcome.content)),
        notes=notes,
    )
    try:
        await ticket.audit.conclude(ticket.sequence, conclusion)
    except AuditUnavailable as error:
        log.critical(
            "The outcome of call %s is not in the audit log: %s by %s, outcome %s, reached the service: %s",
            ticket.call,
            ticket.name,
            ticket.client,
            conclusion.outcome,
            conclusion.upstream,
        )
        raise _unrecorded(ticket, conclusion, error) from None


async def record_refusal(
    audit: AuditLog,
    call: Call,
    error: CallError,
    item: AnyItem | None = None,
    decision: Decision | None = None,
    *,
    calls: int = 1,
) -> None:
    """Record a call that was refused before anything was done.

    Args:
        audit: The log.
        call: What was asked for.
        error: Why not.
        item: What the name led to, if anything.
        decision: What the policy said, if it was asked.
        calls: How many refused calls the record stands for.

    Raises:
        AuditUnavailable: It is not recorded; the caller is told that instead of the reason.
    """
    code = error.code
    if isinstance(error, Hidden):
        code, decision = error.audit_code, error.decision
    arguments = _arguments(audit, call, item)
    await audit.refuse(
        Refusal(
            call=call.id,
            kind=_kind(call),
            name=item.name if item else audit.redactor.text(call.name),
            uri=_uri(audit, call),
            namespace=item.namespace if item else "",
            client=call.principal.client,
            roles=call.principal.roles,
            how=call.principal.how,
            transport=call.transport,
            rule=decision.rule if decision else "",
            policy=decision.policy if decision else "",
            arguments=orjson.Fragment(arguments.json),
            arguments_sha256=arguments.sha256,
            outcome=code,
            retry_after=error.retry_after,
            calls=calls,
        )
    )


def _unrecorded(ticket: Ticket, conclusion: Conclusion, error: AuditUnavailable) -> AuditUnavailable:
    if not conclusion.upstream:
        told = f"The outcome of {ticket.name} could not be recorded in the audit log, so it is withheld"
        return AuditUnavailable(told, hint=error.hint)
    done = (
        "was carried out"
        if conclusion.outcome == "ok"
        else f"reached the service and ended in {conclusion.outcome}"
    )
    return AuditUnavailable(
        f"{ticket.name} {done}, but that could not be recorded in the audit log, so its result is withheld",
        hint=f"If it changes something, look before you repeat it. {error.hint}",
    )


def _arguments(audit: AuditLog, call: Call, item: AnyItem | None) -> RedactedArguments:
    if call.completes is not None:
        return audit.redactor.arguments({"completes": call.completes, "arguments": call.arguments})
    return audit.redactor.arguments(
        call.arguments, item.declaration.sensitive if isinstance(item, ToolItem) else frozenset()
    )


def _kind(call: Call) -> str:
    return "completion" if call.completes is not None else call.kind


def _uri(audit: AuditLog, call: Call) -> str | None:
    """Of the resource read; a completion reads none."""
    return audit.redactor.text(call.name) if call.kind == "resource" and call.completes is None else None
