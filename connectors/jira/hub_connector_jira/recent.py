"""Remembers which issues were written a moment ago, since Jira Cloud's search lags behind its writes."""

import time
from collections.abc import Callable

MOST = 50
"""https://developer.atlassian.com/cloud/jira/platform/search-and-reconcile/"""
_SECONDS = 300.0


class RecentWrites:
    """Ids of issues written in the last five minutes, at most fifty.

    Args:
        now: Monotonic seconds.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._written: dict[int, float] = {}

    def add(self, id_: str) -> None:
        """Remember an issue."""
        if id_.isascii() and id_.isdigit():
            self._written.pop(int(id_), None)
            self._written[int(id_)] = self._now()
            while len(self._written) > MOST:
                del self._written[next(iter(self._written))]

    def ids(self) -> list[int]:
        """The issues written lately, the latest last."""
        begin = self._now() - _SECONDS
        self._written = {id_: at for id_, at in self._written.items() if at >= begin}
        return list(self._written)
