"""When the next request may be sent: the vendor's request budget, and the pause a vendor has asked for."""

import time
from collections import deque

from hub.config.rates import Rate, parse_rate
from hub.errors import ConfigError, RateLimited
from hub.http.clock import Clock

LONGEST_WAIT = 20.0
"""Seconds a request waits for its turn; beyond that the caller is told when to come back."""
LONGEST_PAUSE = 3600.0
"""Seconds a vendor can close a service for, whatever its headers say."""


class Budget:
    """Lets at most so many requests start in any window of the given length.

    A moving window over the times of the last requests, exact where a fixed one would let twice the rate through at
    its seam. A request that has to wait takes its time at once, so waiters go in order and nobody polls.
    """

    def __init__(self, rate: Rate) -> None:
        self._count, self._seconds = rate
        self._starts = deque[float](maxlen=self._count)

    def wait(self, now: float) -> float:
        """Seconds until one more request may start."""
        if len(self._starts) < self._count:
            return 0.0
        return max(self._starts[0] + self._seconds - now, 0.0)

    def left(self, now: float) -> int:
        """Requests that may start at once."""
        while self._starts and self._starts[0] + self._seconds <= now:
            self._starts.popleft()
        return self._count - len(self._starts)

    def reserve(self, now: float) -> float:
        """Take the next free time and return it; the wait may be given up, the reservation then stays used."""
        start = now + self.wait(now)
        self._starts.append(start)
        return start


class Gate:
    """What every request passes before it may leave.

    Args:
        label: How errors name the service.
        rate: The budget, such as `300/minute`.

    Raises:
        ConfigError: The rate is none.
    """

    def __init__(self, label: str, rate: str | None) -> None:
        try:
            self._budget = Budget(parse_rate(rate)) if rate else None
        except ValueError as error:
            raise ConfigError(f"The rate limit of {label} {error}") from None
        self._label = label
        self._rate = rate
        self._closed_until = 0.0

    async def enter(self, deadline: float, clock: Clock) -> None:
        """Wait for leave to send one request.

        Raises:
            RateLimited: It would take longer than the deadline or the longest wait.
        """
        until = min(clock.now() + LONGEST_WAIT, deadline)
        while True:
            await self._wait_for_the_pause(until, clock)
            if self._budget is None:
                return
            now = clock.now()
            if (wait := self._budget.wait(now)) > until - now:
                raise RateLimited(
                    f"The request budget for {self._label} is used up", hint=_again(wait), retry_after=wait
                )
            self._budget.reserve(now)
            if wait <= 0:
                return
            await clock.sleep(wait)
            if self._closed_until <= clock.now():
                return
            # A pause has begun meanwhile; all who wait come out of it together, so each takes a new time.

    async def _wait_for_the_pause(self, until: float, clock: Clock) -> None:
        while (pause := self._closed_until - (now := clock.now())) > 0:
            if pause > until - now:
                raise RateLimited(
                    f"{self._label} has asked for a pause of its rate limit", hint=_again(pause), retry_after=pause
                )
            await clock.sleep(pause)

    def told(self) -> list[str]:
        """The pause and the budget in words; nothing while there is neither."""
        now = time.monotonic()
        told: list[str] = []
        if (pause := self._closed_until - now) > 0:
            told.append(f"has asked for a pause of {pause:.0f} s more")
        if self._budget is not None:
            told.append(f"lets {self._budget.left(now)} of {self._rate} through at once")
        return told

    def close(self, until: float) -> None:
        """Let nothing through until then; an earlier time than one already set changes nothing."""
        self._closed_until = max(self._closed_until, until)


def _again(seconds: float) -> str:
    return f"Try again in {max(round(seconds), 1)} s"
