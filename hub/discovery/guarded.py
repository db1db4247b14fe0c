"""Runs a connector's own code at load time so that whatever it does harms nothing but itself."""

import asyncio
import os
import sys
import sysconfig
import threading
import time
import traceback
from collections.abc import Callable, Generator
from contextlib import contextmanager, redirect_stdout, suppress
from pathlib import Path
from typing import TypeVar

import pluggy
import pydantic

from hub.errors import ConnectorLoadError, HubError

T = TypeVar("T")

_NOT_THE_AUTHORS = tuple(
    str(folder) + os.sep
    for folder in (Path(__file__).parent.parent, Path(pluggy.__file__).parent, Path(pydantic.__file__).parent)
)
_PYTHON = sysconfig.get_path("stdlib") + os.sep


class NotInTime(ConnectorLoadError):
    """A deadline passed before the work was done."""


class Deadline:
    """Seconds for several steps together; they run from now on.

    Args:
        seconds: For all of it.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds that are left, never below zero."""
        return max(self._end - time.monotonic(), 0.0)

    def missed_by(self, what: str) -> NotInTime:
        """The error of whoever did not meet it."""
        return NotInTime(f"{what} was not done in time ({self.seconds:g} seconds)")


async def guarded(what: str, work: Callable[[], T], deadline: Deadline) -> T:
    """Run the work in a thread of its own, and wait for it no longer than the deadline allows.

    A thread for each, since those of a pool would be used up by work that hangs; a daemon, since the process
    would wait for any other before it ends.

    Args:
        what: Names the work in errors, such as `importing hub_connector_x`.
        work: What to do.
        deadline: When to stop waiting.

    Raises:
        HubError: The work raised it.
        ConnectorLoadError: The work raised anything else, tried to exit, or is not done in time; its thread
            is then left behind.
    """
    loop = asyncio.get_running_loop()
    finished = asyncio.Event()
    outcome: list[T] = []
    failure: list[BaseException] = []

    def body() -> None:
        try:
            outcome.append(work())
        except BaseException as error:  # noqa: BLE001  SystemExit and the like must not leave this thread
            failure.append(error)
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(finished.set)

    threading.Thread(target=body, name=f"hub-load {what}", daemon=True).start()
    try:
        async with asyncio.timeout(deadline.left()):
            await finished.wait()
    except TimeoutError:
        raise deadline.missed_by(what) from None
    if failure:
        raise load_error(what, failure[0])
    return outcome[0]


def load_error(what: str, error: BaseException) -> HubError:
    """What to tell of an error a connector's own code raised: those of the hub's tree speak for themselves."""
    if isinstance(error, HubError):
        return error
    told = ConnectorLoadError(f"{what} raised {_name_of(error)}{_place_of(error)}")
    told.__cause__ = error
    return told


def _name_of(error: BaseException) -> str:
    """Type and, where it cannot hold a value, text: an import error names a module, others may quote a secret."""
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {error.msg}"
    if isinstance(error, ImportError) or (isinstance(error, SystemExit) and isinstance(error.code, int | None)):
        return f"{type(error).__name__}: {error}"
    return type(error).__name__


def _place_of(error: BaseException) -> str:
    """Where in the author's own code it came from, such as ` (pager.py:12)`; empty if that cannot be told."""
    if isinstance(error, SyntaxError) and error.filename:
        return f" ({Path(error.filename).name}:{error.lineno})"
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        name = frame.filename
        of_python = name.startswith(_PYTHON) and "-packages" not in name
        if not (of_python or name.startswith((*_NOT_THE_AUTHORS, "<"))):
            return f" ({Path(name).name}:{frame.lineno})"
    return ""


@contextmanager
def stdout_to_stderr() -> Generator[None]:
    """Divert stdout, for Python and below: what the hub itself prints there is meant for a program.

    Of the whole process, so not for two at a time that end in another order than they began.
    """
    try:
        sys.stdout.flush()
        kept = os.dup(1)
    except (OSError, ValueError, AttributeError):
        with redirect_stdout(sys.stderr):
            yield
        return
    try:
        os.dup2(2, 1)
        with redirect_stdout(sys.stderr):
            yield
    finally:
        for stream in (sys.stdout, sys.__stdout__):
            with suppress(OSError, ValueError, AttributeError):  # closed, or there is none
                stream.flush()  # pyright: ignore[reportOptionalMemberAccess]  suppressed: a program may have none
        os.dup2(kept, 1)
        os.close(kept)
