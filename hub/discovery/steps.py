"""Drives a connector's coroutine on the event loop, and takes the loop back from one that does not give it up."""

import logging
import signal
import threading
import time
from collections.abc import Callable, Coroutine, Generator
from functools import partial
from types import FrameType
from typing import Any, Generic, TypeVar

from hub.errors import ConnectorLoadError

T = TypeVar("T")

log = logging.getLogger("hub.discovery")

_AGAIN_SECONDS = 0.5
"""Between two interruptions of a step that swallows them."""


class LoopHeldUp(ConnectorLoadError):
    """A coroutine held up the event loop until it was interrupted."""


class _Interrupted(BaseException):
    """Raised inside code that holds up the event loop; no `except Exception` of its own catches it."""


class Abandoned(Exception):
    """The coroutine was told to end and did not; it was left where it stood."""


class Stepped(Generic[T]):
    """An awaitable that runs a coroutine step by step; a step is what runs between two waits.

    It stays on the caller's loop, since what a connector opens there belongs to that loop. A step that takes too
    long is interrupted by a signal, which ends `time.sleep`, socket reads and locks as well as loops in Python.
    Where no signal can be had (Windows, a loop outside the main thread), and inside C code that ignores
    signals, the log names who holds up the loop, and that is all.

    Args:
        what: Names the coroutine in errors and in the log.
        coroutine: What to run.
        step_seconds: How long one step may hold the loop.
    """

    def __init__(self, what: str, coroutine: Coroutine[Any, Any, T], step_seconds: float) -> None:
        self._what = what
        self._coroutine = coroutine
        self._seconds = step_seconds
        self._abandoned = False

    def abandon(self) -> None:
        """End at the next step, whether the coroutine ends or not."""
        self._abandoned = True

    def __await__(self) -> Generator[Any, Any, T]:
        """Run it.

        Raises:
            LoopHeldUp: A step held up the loop for too long.
            Abandoned: The coroutine went on after it was abandoned.
        """
        advance: Callable[[], Any] = partial(self._coroutine.send, None)
        while True:
            try:
                awaited = self._step(advance)
            except StopIteration as end:
                return end.value
            if self._abandoned:
                self._step(self._coroutine.close)
                raise Abandoned(self._what)
            try:
                answer = yield awaited
            except GeneratorExit:
                self._step(self._coroutine.close)
                raise
            except BaseException as error:  # noqa: BLE001  whatever is thrown in is the coroutine's to see
                advance = partial(self._coroutine.throw, error)
            else:
                advance = partial(self._coroutine.send, answer)

    def _step(self, advance: Callable[[], Any]) -> Any:
        try:
            with _Watch(self._what, self._seconds):
                return advance()
        except _Interrupted:
            raise LoopHeldUp(
                f"{self._what} held up the event loop for over {self._seconds:g} seconds",
                hint="Its blocking work belongs into asyncio.to_thread",
            ) from None


class _Watch:
    """Interrupts the main thread while the block runs for too long.

    The signal is SIGURG: its default is to be ignored, so one that comes late does nothing.
    """

    def __init__(self, what: str, seconds: float) -> None:
        self._what = what
        self._seconds = seconds
        self._over = threading.Event()
        self._before: Any = None
        self._interrupts = hasattr(signal, "pthread_kill") and (
            threading.current_thread() is threading.main_thread()
        )

    def __enter__(self) -> None:
        self._end = time.monotonic() + self._seconds
        if self._interrupts:
            self._before = signal.signal(signal.SIGURG, self._interrupt)
        threading.Thread(target=self._watch, name="hub-watch", daemon=True).start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._interrupts:
            signal.signal(signal.SIGURG, self._before)

    def _watch(self) -> None:
        if self._over.wait(self._seconds):
            return
        log.error("%s holds up the event loop", self._what)
        while self._interrupts and not self._over.is_set():
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGURG)
            self._over.wait(_AGAIN_SECONDS)

    def _interrupt(self, _number: int, _frame: FrameType | None) -> None:
        if not self._over.is_set() and time.monotonic() >= self._end:
            raise _Interrupted
