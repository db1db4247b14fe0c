"""Where quotas are counted in one process: a storage for the `limits` library.

The library's own memory storage sweeps all its keys in a task per hit, with a thread hop per key, and goes by
the wall clock. This one never waits, goes by the monotonic clock and costs a few microseconds.

Imported only once a quota is set: `limits` takes a while to import.
"""

import time
from collections import OrderedDict, deque
from collections.abc import Callable

from limits.aio.storage import MovingWindowSupport, Storage

_SWEPT_PER_HIT = 2


class MonotonicStorage(Storage, MovingWindowSupport):
    """Moving windows in memory.

    No coroutine here ever suspends, so a test followed by hits is one step for everybody else on the loop.
    Each new hit also looks at two of the keys that were left alone the longest and forgets those whose window
    is over, so the keys held are about those in use.

    Args:
        now: The clock, in seconds; never goes back.
    """

    STORAGE_SCHEME = None

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._now = now
        self._hits: OrderedDict[str, tuple[int, deque[float]]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._hits)

    @property
    def base_exceptions(self) -> type[Exception] | tuple[type[Exception], ...]:
        """Nothing here fails."""
        return ()

    async def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count `amount` hits if the window has room for them."""
        self._sweep()
        hits = self._window(key, expiry)
        if len(hits) + amount > limit:
            return False
        now = self._now()
        hits.extend([now] * amount)
        self._hits[key] = (expiry, hits)
        self._hits.move_to_end(key)
        return True

    async def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:  # noqa: ARG002  overrides
        """The time of the oldest hit in the window, and how many hits are in it."""
        hits = self._window(key, expiry)
        return (hits[0] if hits else self._now()), len(hits)

    def opens_at(self, key: str, limit: int, expiry: int, amount: int) -> float:
        """When the window will have room for `amount` hits, at most the limit; in the past if it has."""
        hits = self._window(key, expiry)
        too_many = len(hits) + amount - limit
        return hits[too_many - 1] + expiry if too_many > 0 else self._now()

    def _window(self, key: str, expiry: int) -> deque[float]:
        _, hits = self._hits.get(key) or (expiry, deque[float]())
        start = self._now() - expiry
        while hits and hits[0] <= start:
            hits.popleft()
        return hits

    def _sweep(self) -> None:
        for key in [key for key, _ in zip(self._hits, range(_SWEPT_PER_HIT), strict=False)]:
            expiry, _ = self._hits[key]
            if self._window(key, expiry):
                self._hits.move_to_end(key)
            else:
                del self._hits[key]

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Fixed windows are not kept here."""
        raise NotImplementedError

    async def get(self, key: str) -> int:
        """How many hits are held for the key."""
        return len(self._hits[key][1]) if key in self._hits else 0

    async def get_expiry(self, key: str) -> float:
        """Fixed windows are not kept here."""
        raise NotImplementedError

    async def check(self) -> bool:
        """Always at hand."""
        return True

    async def reset(self) -> int | None:
        """Forget everything."""
        count = len(self._hits)
        self._hits.clear()
        return count

    async def clear(self, key: str) -> None:
        """Forget one key."""
        self._hits.pop(key, None)
