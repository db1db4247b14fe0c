"""The rate limits of the simulated API: a primary one by the hour and a secondary one by the minute.

https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
"""

from collections import deque
from dataclasses import dataclass, field

from hub_connector_github.simulation.access import Viewer

_HOUR, _MINUTE = 3600, 60
_ANONYMOUS = 60
_WRITE_POINTS = 5


@dataclass(kw_only=True)
class _Use:
    since: float
    used: int = 0
    recent: deque[tuple[float, int]] = field(default_factory=deque[tuple[float, int]])


@dataclass(frozen=True, kw_only=True)
class Limited:
    """Why a request is turned away.

    Attributes:
        retry_after: Seconds; None where only the reset of the primary limit says when.
    """

    message: str
    retry_after: int | None = None


class RateLimits:
    """Counts requests by who sends them.

    Args:
        per_hour: Requests of one viewer in an hour.
        points_per_minute: Points of one viewer in a minute: a read costs 1, a write 5.
    """

    def __init__(self, *, per_hour: int = 5000, points_per_minute: int = 900) -> None:
        self._per_hour = per_hour
        self._points = points_per_minute
        self._uses: dict[str, _Use] = {}

    def charge(self, viewer: Viewer, now: float, *, writes: bool) -> Limited | None:
        """Count a request, or say why it is turned away; then nothing is counted."""
        use = self._use(viewer, now)
        while use.recent and use.recent[0][0] <= now - _MINUTE:
            use.recent.popleft()
        if use.used >= self._limit(viewer):
            return Limited(message=f"API rate limit exceeded for user ID {viewer.account.id}.")
        points = _WRITE_POINTS if writes else 1
        if sum(cost for _, cost in use.recent) + points > self._points:
            return Limited(
                message="You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
                retry_after=_MINUTE,
            )
        use.recent.append((now, points))
        use.used += 1
        return None

    def give_back(self, viewer: Viewer, now: float) -> None:
        """Take back the last charge: a 304 does not count against the primary limit."""
        use = self._use(viewer, now)
        use.used = max(0, use.used - 1)

    def state(self, viewer: Viewer, now: float) -> dict[str, int]:
        """`limit`, `used`, `remaining` and `reset` (unix seconds) of the primary limit."""
        use, limit = self._use(viewer, now), self._limit(viewer)
        return {
            "limit": limit,
            "used": use.used,
            "remaining": limit - use.used,
            "reset": int(use.since) + _HOUR,
        }

    def headers(self, viewer: Viewer, now: float) -> dict[str, str]:
        """The headers that every answer carries."""
        state = self.state(viewer, now)
        written = {f"X-RateLimit-{name.capitalize()}": str(value) for name, value in state.items()}
        return {**written, "X-RateLimit-Resource": "core"}

    def _limit(self, viewer: Viewer) -> int:
        return self._per_hour if viewer.known else _ANONYMOUS

    def _use(self, viewer: Viewer, now: float) -> _Use:
        use = self._uses.get(viewer.key)
        if use is None or now >= use.since + _HOUR:
            use = self._uses[viewer.key] = _Use(since=now)
        return use
