"""The circuit breaker of one service: while it does not answer, calls fail at once instead of waiting in turn."""

import logging
from datetime import UTC, datetime

from hub.errors import ServiceUnavailable
from hub.http.clock import Clock

FAILURES_TO_OPEN = 5
"""Requests in a row without an answer from the service, after which it counts as down."""
SHORTEST_PAUSE = 5.0
LONGEST_PAUSE = 60.0
"""Seconds until one request may try again; doubled with every try that fails."""

log = logging.getLogger("hub.http")


class Breaker:
    """Counts what happens to requests that were really made; a refusal of the hub's own counts for nothing.

    An outage is logged once when it begins and once when it ends.

    Args:
        label: How errors and logs name the service.
        setting: Of its address; errors point at it.
    """

    def __init__(self, label: str, setting: str = "") -> None:
        self._label = label
        self._setting = setting
        self._failures = 0
        self._closed_until = 0.0
        self._pause = SHORTEST_PAUSE
        self._trying = False
        self._down_since: datetime | None = None

    @property
    def down_since(self) -> datetime | None:
        """When the service stopped answering, in UTC; None while it answers."""
        return self._down_since

    def enter(self, clock: Clock) -> bool:
        """Let a request through, or fail at once.

        Returns:
            Whether this is the one request that tries whether the service is back; the caller then has to
            call `left` when it has ended, however it ended.

        Raises:
            ServiceUnavailable: The service is down.
        """
        if self._down_since is None:
            return False
        if (wait := self._closed_until - clock.now()) > 0 or self._trying:
            where = f" at {self._setting}" if self._setting else ""
            raise ServiceUnavailable(
                f"{self._label} has not answered since {self._down_since:%H:%M:%S}Z, so it was not asked again",
                hint=f"One request tries again within a minute; check the address{where} if it stays away",
                retry_after=max(wait, 1.0),
            )
        self._trying = True
        return True

    def left(self) -> None:
        """The request that tried has ended."""
        self._trying = False

    def answered(self) -> None:
        """The service itself gave an answer, whichever."""
        self._failures = 0
        if self._down_since is not None:
            log.warning("%s answers again; it did not since %s", self._label, f"{self._down_since:%H:%M:%S}Z")
            self._down_since = None
            self._pause = SHORTEST_PAUSE

    def failed(self, clock: Clock) -> None:
        """No answer came, or only a gateway's in its place."""
        self._failures += 1
        if self._down_since is not None:
            self._pause = min(self._pause * 2, LONGEST_PAUSE)
        elif self._failures >= FAILURES_TO_OPEN:
            self._down_since = datetime.now(UTC)
            log.warning("%s does not answer; calls to it fail at once until it does", self._label)
        else:
            return
        self._closed_until = clock.now() + self._pause
