"""The thread that owns the audit log's file: takes what has gathered, writes it as one, and tells the loop."""

from collections.abc import Callable, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Protocol, TypeVar

from hub.audit.records import Row
from hub.audit.store import MAX_BATCH, Store, StoreError

RETRY_PERIOD = 2.0
"""Seconds between attempts to write again after a failure, while no call comes."""


class Waiting(Protocol):
    """A row that somebody waits for."""

    @property
    def row(self) -> Row:
        """What to write."""
        ...

    @property
    def abandoned(self) -> bool:
        """Whether it need not be written any more."""
        ...


W = TypeVar("W", bound=Waiting)


def write_all(
    path: Path,
    queue: SimpleQueue[W | None],
    written: Callable[[Sequence[W], int], object],
    failed: Callable[[Sequence[W], str], object],
) -> None:
    """Write what comes through the queue until a None does.

    Args:
        path: The file.
        queue: Rows to write.
        written: Told the rows that are on disk and the sequence number of the first; no rows after a recovery.
        failed: Told the rows that are not, and why; no rows where an attempt without a call failed.
    """
    store = Store(path)
    healthy = _attempt(store, [], written, failed)
    while True:
        try:
            batch = [queue.get(timeout=None if healthy else RETRY_PERIOD)]
        except Empty:
            healthy = _attempt(store, [], written, failed)
            continue
        while batch[-1] is not None and len(batch) < MAX_BATCH and not queue.empty():
            batch.append(queue.get())
        wanted = [waiting for waiting in batch if waiting is not None and not waiting.abandoned]
        if wanted:
            healthy = _attempt(store, wanted, written, failed)
        if batch[-1] is None:
            break
    store.close()


def _attempt(
    store: Store,
    batch: Sequence[W],
    written: Callable[[Sequence[W], int], object],
    failed: Callable[[Sequence[W], str], object],
) -> bool:
    try:
        first = store.append([waiting.row for waiting in batch])
    except StoreError as error:
        failed(batch, str(error))
        return False
    except Exception as error:  # noqa: BLE001  a fault here must refuse calls, not end the thread and hang them
        failed(batch, f"{type(error).__name__} in the hub itself")
        return False
    written(batch, first)
    return True
