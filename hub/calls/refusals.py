"""Refusals on their way to the audit log: each is recorded, and a flood of them cannot fill the disk."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from hub.access.policy import Decision
from hub.audit.log import AuditLog
from hub.calls.audit import record_refusal
from hub.calls.shape import shape_error
from hub.calls.types import Call, Outcome
from hub.catalog.items import AnyItem
from hub.errors import AuditUnavailable, CallError, Draining, QuotaExceeded
from hub.limits.quotas import Quotas

WINDOW_SECONDS = 10.0
"""How long refusals over a quota are counted into one record."""


@dataclass(frozen=True, slots=True)
class Refused:
    """One refused call.

    Attributes:
        call: What was asked for.
        error: Why not.
        item: What the name led to, if anything.
        decision: What the policy said, if it was asked.
    """

    call: Call
    error: CallError
    item: AnyItem | None = None
    decision: Decision | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What its window is for: a client, and what it asks for where that exists."""
        return self.call.principal.client, self.item.name if self.item else ""


@dataclass(slots=True)
class _Window:
    last: Refused
    timer: asyncio.TimerHandle
    more: int = 0


class Refusals:
    """Records refusals and shapes them for the caller.

    A refusal counts against the client's `per_client`; once that is used up, the client is told so instead. The
    first refusal over a quota is recorded by itself. Those of the same client for the same tool in the ten seconds
    after it are counted, and one more record stands for all of them (`calls` says how many); should the process die
    before, that count is lost. So a client adds at most two records in ten seconds for each tool it is refused.

    Args:
        audit: The log.
        redact: Masks known secrets.
    """

    def __init__(self, audit: AuditLog, redact: Callable[[str], str]) -> None:
        self._audit = audit
        self._redact = redact
        self._windows: dict[tuple[str, str], _Window] = {}
        self._writing: set[asyncio.Task[None]] = set()

    async def refuse(self, quotas: Quotas, refused: Refused) -> Outcome:
        """Record a refusal; gives what the caller is told."""
        if not isinstance(refused.error, (QuotaExceeded, Draining)):
            try:
                await quotas.take_of_client(refused.call.principal.client)
            except QuotaExceeded as error:
                refused = replace(refused, error=error)
        try:
            if not isinstance(refused.error, QuotaExceeded):
                await self._record(refused)
            elif (window := self._windows.get(refused.key)) is not None:
                window.last, window.more = refused, window.more + 1
            else:
                timer = asyncio.get_running_loop().call_later(WINDOW_SECONDS, self._end, refused.key)
                self._windows[refused.key] = _Window(refused, timer)
                await self._record(refused)
        except AuditUnavailable as unavailable:
            return shape_error(unavailable, redact=self._redact)
        return shape_error(refused.error, redact=self._redact)

    async def aclose(self) -> None:
        """Record what is counted and not recorded yet."""
        for key, window in list(self._windows.items()):
            window.timer.cancel()
            self._end(key)
        if self._writing:
            await asyncio.wait(self._writing)

    def _end(self, key: tuple[str, str]) -> None:
        window = self._windows.pop(key)
        if window.more:
            task = asyncio.create_task(self._record_rest(window))
            self._writing.add(task)
            task.add_done_callback(self._writing.discard)

    async def _record_rest(self, window: _Window) -> None:
        try:
            await self._record(window.last, window.more)
        except AuditUnavailable:  # the log itself has said so, loudly
            return

    async def _record(self, refused: Refused, calls: int = 1) -> None:
        await record_refusal(self._audit, refused.call, refused.error, refused.item, refused.decision, calls=calls)
