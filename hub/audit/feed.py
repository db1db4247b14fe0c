"""Hands audit records to one sink on a thread of its own: what it cannot take is dropped and counted."""

import logging
import threading
from collections import deque
from collections.abc import Iterable, Sequence

from hub.plugins.sink import AuditRecord, AuditSink

MOST_WAITING = 10_000
"""Records that wait for a sink; of more, the oldest are dropped."""
MOST_AT_ONCE = 500
RETRIES = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds before the same records are handed over again; after the last try they are dropped."""
CLOSING_SECONDS = 2.0

log = logging.getLogger("hub.audit")


class SinkFeed:
    """The way of records to one sink. Nothing here waits for the sink, except at the very end.

    Args:
        name: Of the plugin.
        sink: Where the records go.
        retries: Seconds before each repeat.
        most_waiting: Records that may wait.
    """

    def __init__(
        self, name: str, sink: AuditSink, *, retries: Sequence[float] = RETRIES, most_waiting: int = MOST_WAITING
    ) -> None:
        self.name = name
        self._sink = sink
        self._retries = tuple(retries)
        self._most = most_waiting
        self._waiting: deque[AuditRecord] = deque()
        self._change = threading.Condition()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._busy = 0
        self._dropped = 0
        self._failure = ""

    def offer(self, records: Iterable[AuditRecord]) -> None:
        """Take records that are on disk; returns at once. For the thread that writes the log."""
        with self._change:
            if self._closing.is_set():
                return
            self._waiting.extend(records)
            over = len(self._waiting) + self._busy - self._most
            if over > 0:
                self._drop(min(over, len(self._waiting)), "it is too slow")
                for _ in range(min(over, len(self._waiting))):
                    self._waiting.popleft()
            self._change.notify()
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name=f"hub-sink {self.name}", daemon=True)
                self._thread.start()

    @property
    def health(self) -> str:
        """What is wrong with the sink; empty while all is well and nothing was lost."""
        with self._change:
            told = [f"{self._failure}; {len(self._waiting) + self._busy} records wait"] if self._failure else []
            if self._dropped:
                told.append(f"{self._dropped} records dropped since the hub read hub.toml")
        return ", ".join(told)

    def close(self) -> None:
        """Take no more records; what waits is still handed over, for as long as `wait` gives it."""
        with self._change:
            self._closing.set()
            self._change.notify()
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name=f"hub-sink {self.name}", daemon=True)
                self._thread.start()

    def wait(self, seconds: float = CLOSING_SECONDS) -> None:
        """Wait for the end after `close`; what is not handed over by then is given up."""
        if self._thread is not None:
            self._thread.join(seconds)
            if self._thread.is_alive():
                with self._change:
                    left = len(self._waiting) + self._busy
                log.error("The audit sink %s did not end; %d records may not have reached it", self.name, left)

    def _work(self) -> None:
        """The thread's whole work."""
        while batch := self._next():
            self._hand_over(batch)
            with self._change:
                self._busy = 0
        try:
            self._sink.close()
        except BaseException as error:  # noqa: BLE001  a sink's own code; even SystemExit harms only itself
            log.error("The audit sink %s did not close cleanly (%s)", self.name, type(error).__name__)  # noqa: TRY400  its text may quote a secret

    def _next(self) -> list[AuditRecord]:
        with self._change:
            while not self._waiting and not self._closing.is_set():
                self._change.wait()
            batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST_AT_ONCE))]
            self._busy = len(batch)
        return batch

    def _hand_over(self, batch: Sequence[AuditRecord]) -> None:
        for pause in (*self._retries, None):
            try:
                self._sink.send(batch)
            except BaseException as error:  # noqa: BLE001  a sink's own code; even SystemExit harms only itself
                self._note(f"send() raised {type(error).__name__}")
            else:
                self._note("")
                return
            if pause is None or self._closing.wait(pause):
                break
        with self._change:
            self._drop(len(batch), self._failure)

    def _note(self, failure: str) -> None:
        """Keep and log a change: once when it begins to fail, once when it is well again."""
        with self._change:
            before, self._failure = self._failure, failure
        if failure and not before:
            log.error("The audit sink %s failed: %s", self.name, failure)
        elif before and not failure:
            log.warning("The audit sink %s takes records again", self.name)

    def _drop(self, count: int, why: str) -> None:
        """Count, and log the first and then at each doubling: a flood of losses must not be one of log lines."""
        before, self._dropped = self._dropped, self._dropped + count
        if before.bit_length() < self._dropped.bit_length():
            log.error(
                "%d records have not reached the audit sink %s so far, since %s; the hub's own log has them",
                self._dropped,
                self.name,
                why,
            )
