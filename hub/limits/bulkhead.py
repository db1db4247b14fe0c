"""The bulkhead of a connector: so many of its calls at once, and a slow service holds up nobody else."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from hub.errors import QuotaExceeded

_WAITING_PER_SLOT = 10


class Bulkhead:
    """A fixed number of slots, given out in the order of asking.

    Args:
        size: Slots; ten times as many calls may wait for one.
        name: The connector's namespace, for messages.
    """

    def __init__(self, size: int, name: str = "") -> None:
        self._size = size
        self._name = name
        self._slots = asyncio.Semaphore(size)
        self._waiting = 0

    @asynccontextmanager
    async def slot(self, deadline: float) -> AsyncGenerator[None]:
        """Hold one slot.

        Args:
            deadline: When waiting ends, on the `time.monotonic` clock.

        Raises:
            QuotaExceeded: No slot came free in time, or too many calls wait already.
        """
        if self._slots.locked():
            await self._wait(deadline)
        else:
            await self._slots.acquire()
        try:
            yield
        finally:
            self._slots.release()

    async def _wait(self, deadline: float) -> None:
        if self._waiting >= self._size * _WAITING_PER_SLOT:
            raise self._busy(f"and {self._waiting} more wait")
        self._waiting += 1
        try:
            async with asyncio.timeout(max(deadline - time.monotonic(), 0.0)):
                await self._slots.acquire()
        except TimeoutError:
            raise self._busy("and none came to its end in time") from None
        finally:
            self._waiting -= 1

    def _busy(self, told: str) -> QuotaExceeded:
        setting = f"[connectors.{self._name}] max_concurrent_calls" if self._name else "max_concurrent_calls"
        return QuotaExceeded(
            f"{self._name or 'The connector'} is busy: {self._size} calls are being worked on, {told}",
            hint=f"Nothing was done; try again in 1 s. Whoever runs the hub can raise {setting}",
            retry_after=1.0,
        )
