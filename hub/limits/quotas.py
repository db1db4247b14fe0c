"""The hub's own quotas: so many calls per client and per tool, so many requests per connector."""

import math
import time
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from hub.config.models import LimitsTable
from hub.config.rates import parse_rate
from hub.errors import QuotaExceeded

if TYPE_CHECKING:
    from limits import RateLimitItem
    from limits.aio.strategies import MovingWindowRateLimiter

    from hub.limits.memory import MonotonicStorage


_REMEMBERED = 4096
"""Pairs of client and tool whose quotas are remembered."""
_PER_CLIENT = "[limits] per_client"


class _Quota(NamedTuple):
    """One limit as it applies to one call.

    Attributes:
        setting: How messages name it, such as `[limits] per_client`.
        rate: As hub.toml has it.
        who: For whom it is counted.
        requests: It counts the requests that a call costs, not the call.
    """

    setting: str
    rate: str
    who: tuple[str, ...]
    requests: bool = False


class Quotas:
    """Counts calls in moving windows: a limit of `100/minute` holds in any sixty seconds.

    `[limits.connectors]` counts requests to the service instead: each call as many as its tool declares as its
    `cost`, or as the whole limit where that is less, so that an expensive tool can be called at all.

    In `[limits.tools]` an exact name beats a pattern, and of several patterns the first in the file counts. The
    tools that one pattern matches share its quota. Time is the monotonic clock's: setting the wall clock has no
    effect.

    Args:
        limits: The `[limits]` tables.
        now: The clock, in seconds.
    """

    def __init__(self, limits: LimitsTable, now: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._now = now
        self._configured = bool(limits.per_client or limits.tools or limits.connectors)
        self._limiter: MovingWindowRateLimiter | None = None
        self._storage: MonotonicStorage | None = None
        self._items: dict[str, RateLimitItem] = {}
        self._known: dict[tuple[str, str], list[tuple[_Quota, RateLimitItem]]] = {}

    async def take(self, client: str, tool: str, namespace: str, cost: int = 1) -> None:
        """Count one call.

        Args:
            client: Name of the principal.
            tool: Name with namespace; of a resource template or prompt as well.
            namespace: Of its connector.
            cost: Requests to the service that it makes, typically.

        Raises:
            QuotaExceeded: One of the quotas is used up; then none is charged. Says which one and when to retry.
        """
        if not self._configured:
            return
        limiter = self._limiter or self._start()
        quotas = self._applying(client, tool, namespace)
        # MonotonicStorage never suspends, so nobody takes anything between the tests and the hits.
        for number, (quota, item) in enumerate(quotas, 1):
            amount = _amount(quota, item, cost)
            take = limiter.hit if number == len(quotas) else limiter.test
            if not await take(item, *quota.who, cost=amount):
                raise self._refusal(quota, item, amount)
        for quota, item in quotas[:-1]:
            await limiter.hit(item, *quota.who, cost=_amount(quota, item, cost))

    async def take_of_client(self, client: str) -> None:
        """Count what never came to be a call against `per_client` alone, so that refusals are no way around it.

        Args:
            client: Name of the principal.

        Raises:
            QuotaExceeded: It is used up already.
        """
        rate = self._limits.per_client
        if not rate:
            return
        limiter = self._limiter or self._start()
        quota, item = _Quota(_PER_CLIENT, rate, ("client", client)), self._item(rate)
        if not await limiter.hit(item, *quota.who):
            raise self._refusal(quota, item, 1)

    def _refusal(self, quota: _Quota, item: "RateLimitItem", amount: int) -> QuotaExceeded:
        opens = 0.0
        if self._storage is not None:
            opens = self._storage.opens_at(item.key_for(*quota.who), item.amount, item.get_expiry(), amount)
        return _exceeded(quota, max(opens - self._now(), 0.0))

    def _applying(self, client: str, tool: str, namespace: str) -> "list[tuple[_Quota, RateLimitItem]]":
        """The quotas of one call; remembered for as many callers as call often."""
        known = self._known.get((client, tool))
        if known is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            known = [(quota, self._item(quota.rate)) for quota in self._found(client, tool, namespace)]
            self._known[client, tool] = known
        return known

    def _found(self, client: str, tool: str, namespace: str) -> list[_Quota]:
        limits = self._limits
        quotas: list[_Quota] = []
        if limits.per_client:
            quotas.append(_Quota(_PER_CLIENT, limits.per_client, ("client", client)))
        named = tool if tool in limits.tools else None
        pattern = named or next((pattern for pattern in limits.tools if fnmatchcase(tool, pattern)), None)
        if pattern is not None:
            setting = f'[limits.tools] "{pattern}"'
            quotas.append(_Quota(setting, limits.tools[pattern], ("tool", client, pattern)))
        if namespace in limits.connectors:
            rate = limits.connectors[namespace]
            setting = f"[limits.connectors] {namespace}"
            quotas.append(_Quota(setting, rate, ("connector", namespace), requests=True))
        return quotas

    def _start(self) -> "MovingWindowRateLimiter":
        from limits.aio.strategies import MovingWindowRateLimiter

        from hub.limits.memory import MonotonicStorage

        self._storage = MonotonicStorage(self._now)
        self._limiter = MovingWindowRateLimiter(self._storage)
        return self._limiter

    def _item(self, rate: str) -> "RateLimitItem":
        item = self._items.get(rate)
        if item is None:
            from limits import RateLimitItemPerSecond

            count, seconds = parse_rate(rate)
            item = self._items[rate] = RateLimitItemPerSecond(count, seconds)
        return item


def _amount(quota: _Quota, item: "RateLimitItem", cost: int) -> int:
    return min(cost, item.amount) if quota.requests else 1


def _exceeded(quota: _Quota, wait: float) -> QuotaExceeded:
    retry_after = float(max(math.ceil(wait), 1))
    return QuotaExceeded(
        f"The limit {quota.setting} {quota.rate} is used up, so nothing was done",
        hint=f"Try again in {retry_after:.0f} s",
        retry_after=retry_after,
    )
