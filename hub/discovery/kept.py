"""Keeps a connector's async context manager open in a task of its own, whatever its code does."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Generic, TypeVar

from hub.discovery.guarded import Deadline, load_error
from hub.discovery.steps import Stepped
from hub.errors import ConnectorLoadError, HubError

T = TypeVar("T")

_CANCELLED_SECONDS = 1.0
"""How long cancelled code may still clean up."""

log = logging.getLogger("hub.discovery")


class Kept(Generic[T]):
    """A context manager that is entered and left in one task, as task groups and cancel scopes need it.

    What fails in it while it is open cancels that task and nothing else.

    Args:
        what: Names it in errors and in the log, such as `the lifespan of jira`.
        manager: Makes the context manager; the connector's code.
        step_seconds: How long it may hold up the event loop, and with it everybody else, at once.
    """

    def __init__(
        self,
        what: str,
        manager: Callable[[], AbstractAsyncContextManager[T]],
        *,
        step_seconds: float,
    ) -> None:
        self._what = what
        self._manager = manager
        self._step_seconds = step_seconds
        self._leaving = asyncio.Event()
        self._value: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._failure: BaseException | None = None
        self._stepped: Stepped[None] | None = None
        self._task: asyncio.Task[None] | None = None

    async def enter(self, deadline: Deadline) -> T:
        """Enter it and give its value. Whether it works or not, call `leave` in the end.

        Raises:
            HubError: The connector's code raised it.
            ConnectorLoadError: It failed in any other way, or is not done in time.
        """
        self._stepped = Stepped(self._what, self._live(), self._step_seconds)
        self._task = asyncio.create_task(self._run(self._stepped), name=f"hub-kept {self._what}")
        await asyncio.wait({self._value, self._task}, timeout=deadline.left(), return_when=asyncio.FIRST_COMPLETED)
        if self._value.done():
            return self._value.result()
        if self._task.done():
            raise self._error()
        raise deadline.missed_by(self._what)

    async def leave(self, seconds: float) -> None:
        """Leave it; what goes wrong is logged. Takes at most two seconds more than these.

        Args:
            seconds: How long its end may take before it is cancelled; nothing that was not entered gets any.
        """
        if self._task is None or self._stepped is None or self._task.done():
            return
        self._leaving.set()
        entered = self._value.done()
        if entered:
            await asyncio.wait({self._task}, timeout=seconds)
        if not self._task.done():
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=_CANCELLED_SECONDS)
            if entered:
                log.error("%s did not end within %g seconds", self._what, seconds)
        elif self._failure is not None:
            log.error("%s when the hub left it", self._error().message)
        if not self._task.done():
            self._stepped.abandon()
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=_CANCELLED_SECONDS)

    @property
    def problem(self) -> str:
        """Why it ended although the hub did not leave it; empty while it is open."""
        if not self._value.done() or self._leaving.is_set() or self._task is None or not self._task.done():
            return ""
        return self._error().message

    def _error(self) -> HubError:
        if self._failure is None:
            return ConnectorLoadError(f"{self._what} did not yield")
        return load_error(self._what, self._failure)

    async def _run(self, stepped: Stepped[None]) -> None:
        try:
            await stepped
        except (KeyboardInterrupt, GeneratorExit):
            raise
        except BaseException as error:  # noqa: BLE001  SystemExit in a task would end the whole loop
            self._failure = error
        if self._value.done() and not self._leaving.is_set():
            log.error("%s while the hub was using it", self._error().message)

    async def _live(self) -> None:
        async with self._manager() as value:
            self._value.set_result(value)
            await self._leaving.wait()
