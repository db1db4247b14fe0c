"""The audit log as calls see it: a record counts once it is on disk, and many records share one write.

One thread owns the file, so a stalled disk stops the calls that wait for it and never the loop. While it
writes, new records gather; they go into its next write together.
"""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from queue import SimpleQueue

from hub.audit.feed import SinkFeed
from hub.audit.records import Conclusion, Intent, Refusal, Row, log_file
from hub.audit.redact import Redactor
from hub.errors import AuditUnavailable, DeadlineExceeded, HubError
from hub.plugins.sink import AuditRecord

log = logging.getLogger("hub.audit")

PATIENCE = 10.0
"""Seconds a call waits for the disk before it is refused."""


class _Pending:
    """A row on its way to the disk.

    Attributes:
        row: What to write.
        done: Resolves to the row's sequence number.
        since: When it was handed in, on the loop's clock.
        intent: Set for an intent.
    """

    __slots__ = ("done", "intent", "row", "since")

    def __init__(self, row: Row, done: "asyncio.Future[int]", since: float, intent: Intent | None) -> None:
        self.row = row
        self.done = done
        self.since = since
        self.intent = intent

    @property
    def abandoned(self) -> bool:
        """An intent whose caller is gone, so that nothing will be done; one that came too late is still written."""
        if self.intent is None or not self.done.done():
            return False
        return self.done.cancelled() or not isinstance(self.done.exception(), DeadlineExceeded)


class AuditLog:
    """Writes the audit log of one state folder; other processes may write to the same one.

    Belongs to one event loop. Made by `AuditLog.open`.

    Args:
        path: The SQLite file.
        redactor: Cleans what callers send.
        patience: Seconds a record may take.
    """

    def __init__(self, path: Path, redactor: Redactor, patience: float = PATIENCE) -> None:
        self.path = path
        self.redactor = redactor
        self._patience = patience
        self._loop = asyncio.get_running_loop()
        self._queue: SimpleQueue[_Pending | None] = SimpleQueue()
        self._waiting: deque[_Pending] = deque()
        self._watch: asyncio.TimerHandle | None = None
        self._ended = asyncio.Event()
        self._closed = False
        self._problem = ""
        self._feeds: tuple[SinkFeed, ...] = ()

    @classmethod
    @asynccontextmanager
    async def open(
        cls, state: Path, *, mask_known: Callable[[str], str] | None = None, patience: float = PATIENCE
    ) -> "AsyncGenerator[AuditLog]":
        """Start writing to the log in this state folder; waits for nothing.

        A log that cannot be written is no reason not to start: `problem` says so, calls are refused, and it
        recovers by itself.

        Args:
            state: Folder; made if it is missing.
            mask_known: Masks the secret values known to this process, see `hub.config.known`.
            patience: Seconds a record may take.
        """
        audit = cls(log_file(state), Redactor(mask_known) if mask_known else Redactor(), patience)
        threading.Thread(target=audit._write, name="hub-audit", daemon=True).start()
        try:
            yield audit
        finally:
            await audit.aclose()

    @property
    def problem(self) -> str:
        """Why the log cannot be written at present; empty while it can."""
        return f"the audit log {self.path} cannot be written: {self._problem}" if self._problem else ""

    async def intend(self, intent: Intent, seconds: float | None = None) -> int:
        """Record a call that is about to be carried out; returns once that is on disk.

        If the caller is cancelled meanwhile, or the time is over, the log says that nothing was done.

        Args:
            intent: What is about to be done.
            seconds: The time the call has left; the log's own patience holds in any case.

        Returns:
            The sequence number, for `conclude`.

        Raises:
            AuditUnavailable: It is not recorded, so the call must not be carried out.
            DeadlineExceeded: It was not recorded in time, so the call must not be carried out.
        """
        done = self._submit(intent.row(), intent)
        timer = None if seconds is None else self._loop.call_later(seconds, self._too_late, intent, done)
        try:
            return await done
        except asyncio.CancelledError:
            if not done.cancelled() and done.exception() is None:  # cancelled in the moment it was written
                _ignore(self._submit(_nothing_done(intent, "cancelled").row(done.result())))
            raise
        finally:
            if timer is not None:
                timer.cancel()

    async def conclude(self, intent: int, conclusion: Conclusion) -> None:
        """Record what came of a call; returns once that is on disk. It is written even if the caller is cancelled.

        Raises:
            AuditUnavailable: It is not recorded.
        """
        await self._submit(conclusion.row(intent))

    async def refuse(self, refusal: Refusal) -> None:
        """Record a call that was refused; returns once that is on disk.

        Raises:
            AuditUnavailable: It is not recorded.
        """
        await self._submit(refusal.row())

    def feed(self, feeds: Sequence[SinkFeed]) -> None:
        """Hand every record to these sinks from now on, once it is on disk; closes those before them."""
        before, self._feeds = self._feeds, tuple(feeds)
        for old in before:
            old.close()

    async def aclose(self) -> None:
        """Write what still waits and close the file; a disk that does not answer is given up."""
        if not self._closed:
            self._closed = True
            self._queue.put(None)
        try:
            async with asyncio.timeout(self._patience):
                await self._ended.wait()
        except TimeoutError:
            log.error("The audit log %s does not answer and is given up", self.path)  # noqa: TRY400  says it all
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        feeds = self._feeds
        self.feed(())
        if feeds:
            await asyncio.gather(*(asyncio.to_thread(feed.wait) for feed in feeds))

    def _write(self) -> None:
        """The thread's whole work."""
        from hub.audit.writer import write_all

        def written(batch: Sequence[_Pending], first: int) -> None:
            if feeds := self._feeds:
                records = [_record(pending.row, sequence) for sequence, pending in enumerate(batch, first)]
                for feed in feeds:
                    feed.offer(records)
            self._loop.call_soon_threadsafe(self._written, batch, first)

        def failed(batch: Sequence[_Pending], reason: str) -> None:
            self._loop.call_soon_threadsafe(self._failed, batch, reason)

        try:
            write_all(self.path, self._queue, written, failed)
            self._loop.call_soon_threadsafe(self._ended.set)
        except RuntimeError:
            if not self._loop.is_closed():
                raise

    def _submit(self, row: Row, intent: Intent | None = None) -> "asyncio.Future[int]":
        done: asyncio.Future[int] = self._loop.create_future()
        if self._closed:
            done.set_exception(AuditUnavailable("The audit log is closed, so the call is refused"))
            return done
        pending = _Pending(row, done, self._loop.time(), intent)
        self._waiting.append(pending)
        self._queue.put(pending)
        if self._watch is None:
            self._watch = self._loop.call_later(self._patience, self._lose_patience)
        return done

    def _written(self, batch: Sequence[_Pending], first: int) -> None:
        for sequence, pending in enumerate(batch, first):
            if not pending.done.done():
                pending.done.set_result(sequence)
            elif pending.intent is not None and not self._closed:
                outcome = _code_of(pending.done)
                _ignore(self._submit(_nothing_done(pending.intent, outcome).row(sequence)))
        if self._problem:
            log.warning("The audit log %s can be written again", self.path)
            self._problem = ""
        self._forget_done()

    def _failed(self, batch: Sequence[_Pending], reason: str) -> None:
        self._note(reason)
        for pending in batch:
            self._refuse_pending(pending)
        self._forget_done()

    def _lose_patience(self) -> None:
        self._watch = None
        self._forget_done()
        overdue = self._loop.time() - self._patience + 0.01
        for pending in self._waiting:
            if pending.since > overdue:
                break
            self._note("the disk does not answer")
            self._refuse_pending(pending)
        self._forget_done()
        if self._waiting:
            self._watch = self._loop.call_at(self._waiting[0].since + self._patience, self._lose_patience)

    def _too_late(self, intent: Intent, done: "asyncio.Future[int]") -> None:
        if not done.done():
            done.set_exception(
                DeadlineExceeded(
                    f"The audit log did not take the record of {intent.name} within the call's time,"
                    " so nothing was done",
                    hint="Try again; if that stays so, whoever runs the hub can look what holds up its disk",
                )
            )

    def _refuse_pending(self, pending: _Pending) -> None:
        if not pending.done.done():
            pending.done.set_exception(
                AuditUnavailable(
                    f"The audit log cannot be written ({self._problem}), and without it nothing is done",
                    hint="Whoever runs the hub can mend it; the hub then goes on by itself",
                )
            )
            _ignore(pending.done)

    def _forget_done(self) -> None:
        while self._waiting and self._waiting[0].done.done():
            self._waiting.popleft()

    def _note(self, problem: str) -> None:
        if problem != self._problem:
            log.error("The audit log %s cannot be written, so calls are refused: %s", self.path, problem)
            self._problem = problem


def _record(row: Row, sequence: int) -> AuditRecord:
    return AuditRecord(sequence=sequence, time_ns=row.time_ns, event=row.event, intent=row.intent, body=row.body)


def _code_of(done: "asyncio.Future[int]") -> str:
    error = None if done.cancelled() else done.exception()
    return error.code if isinstance(error, HubError) else "cancelled"


def _nothing_done(intent: Intent, outcome: str) -> Conclusion:
    """For an intent that reached the disk after its caller was gone or had been refused."""
    return Conclusion(call=intent.call, name=intent.name, client=intent.client, outcome=outcome, duration_ms=0.0)


def _ignore(done: "asyncio.Future[int]") -> None:
    """Nobody may be waiting for it; asyncio would complain about a failure nobody asked for."""
    done.add_done_callback(lambda future: future.cancelled() or future.exception())
