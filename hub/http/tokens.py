"""Keeps one access token: renewed in time, once for all who wait, and not again at once where that failed."""

import asyncio
import copy
import logging
import math
from collections.abc import Mapping
from contextvars import ContextVar, copy_context
from dataclasses import dataclass, field
from typing import Protocol

from hub.connector.credentials import AccessToken
from hub.connector.service import Service
from hub.errors import (
    AuthenticationFailed,
    CallError,
    ConnectorError,
    OutcomeUnknown,
    RateLimited,
    ServiceUnavailable,
)
from hub.http.address import Origin, read_origin
from hub.http.exchange import current_exchange
from hub.http.recent_secrets import RecentSecrets
from hub.http.wire import clock_in_use

RENEWAL_SECONDS = 30.0
"""How long getting a token may take."""
MARGIN_SECONDS = 60.0
MARGIN_SHARE = 0.1
"""A token is renewed so long before it expires: a minute, or a tenth of its life if that is less."""
OUTAGE_PAUSE = 5.0
REFUSAL_PAUSE = 30.0
"""Seconds for which nobody asks again where the token endpoint failed, and where it refused the credential."""
SETTLING_SECONDS = 10.0
"""A token that took the place of a refused one and is refused itself within this time is not renewed again."""

_fetching: ContextVar["TokenKeeper | None"] = ContextVar("_fetching", default=None)
"""The keeper that this context gets a token for."""

log = logging.getLogger("hub.http")


class Grant(Protocol):
    """The way one kind of credential gets a token."""

    scheme: str
    requested: tuple[str, ...]

    async def obtain(self, instead_of: str | None) -> AccessToken:
        """Get a token that is not this one.

        Raises:
            CallError: There is none.
        """
        ...

    async def aclose(self) -> None:
        """Close the way to the token endpoint."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """A token in use; times on the clock of the wire."""

    token: str = field(repr=False)
    header: str = field(repr=False)
    granted: frozenset[str] | None
    obtained: float
    renew_at: float
    expires_at: float
    after_refusal: bool


@dataclass(frozen=True, slots=True)
class _Failure:
    error: CallError
    until: float


class TokenKeeper:
    """An `Authorization` whose token is renewed.

    Renewal runs in a task of its own: whoever waits may give up without taking it from the others, and a new
    refresh token on its way is not lost. Near the end of a token's life calls go on with it while it is renewed.

    Args:
        grant: Gets tokens.
        service: For the texts of errors.
        origin: Of the service; a token for another is refused.
        masked: Told every token.
    """

    def __init__(
        self,
        grant: Grant,
        service: Service,
        origin: Origin,
        masked: RecentSecrets,
    ) -> None:
        self._grant = grant
        self._label = service.label or "the service"
        self._setting = service.setting
        self._credential = service.credential
        self._origin = origin
        self._masked = masked
        self._held: _Held | None = None
        self._failure: _Failure | None = None
        self._renewing: asyncio.Task[_Held] | None = None

    @property
    def granted(self) -> frozenset[str] | None:
        """See `Authorization`."""
        return self._held.granted if self._held else None

    def in_use(self) -> Mapping[str, str]:
        """See `Authorization`."""
        return {"Authorization": self._held.header} if self._held else {}

    async def headers(self) -> Mapping[str, str]:
        """See `Authorization`."""
        if _fetching.get() is self:
            raise RuntimeError(f"fetching the token of {self._label} uses a client that sends this token")
        held, now = self._held, clock_in_use().now()
        if held is None or now >= held.expires_at:
            held = await self._renewed(after_refusal=False)
        elif now >= held.renew_at and not self._paused(now):
            self._renewal(after_refusal=False)
        return {"Authorization": held.header}

    async def renew(self, refused: Mapping[str, str]) -> bool:
        """See `Authorization`."""
        held = self._held
        if held is not None and refused.get("authorization") == held.header:
            if held.after_refusal and clock_in_use().now() < held.obtained + SETTLING_SECONDS:
                return False
            await self._renewed(after_refusal=True)
        return True

    async def aclose(self, seconds: float) -> None:
        """Wait so long for a renewal under way, then end it."""
        if self._renewing is not None:
            _, late = await asyncio.wait({self._renewing}, timeout=seconds)
            for task in late:
                task.cancel()
                await asyncio.wait({task})
        await self._grant.aclose()

    async def _renewed(self, *, after_refusal: bool) -> _Held:
        if self._paused(clock_in_use().now()) and self._failure is not None and self._renewing is None:
            raise copy.copy(self._failure.error)
        renewal = self._renewal(after_refusal=after_refusal)
        try:
            return await asyncio.shield(renewal)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if not renewal.cancelled() or (task is not None and task.cancelling()):
                raise
            raise ServiceUnavailable(f"The client of {self._label} was closed while it got a token") from None
        except CallError as error:
            raise copy.copy(error) from None  # each who waits gets one of its own, as each adds to its traceback

    def _paused(self, now: float) -> bool:
        return self._failure is not None and now < self._failure.until

    def _renewal(self, *, after_refusal: bool) -> asyncio.Task[_Held]:
        """The renewal under way, or a new one."""
        if self._renewing is None:
            context = copy_context()
            # Not part of the call that happens to be first: its deadline, and what the audit log says of it.
            context.run(current_exchange.set, None)
            context.run(_fetching.set, self)
            work = self._renew(self._held, after_refusal=after_refusal)
            self._renewing = asyncio.get_running_loop().create_task(
                work, name=f"hub-token-{self._label}", context=context
            )
            self._renewing.add_done_callback(self._ended)
        return self._renewing

    def _ended(self, renewal: asyncio.Task[_Held]) -> None:
        self._renewing = None
        if renewal.cancelled():
            return
        error = renewal.exception()
        if error is None:
            self._held, self._failure = renewal.result(), None
        elif isinstance(error, CallError):
            pause = OUTAGE_PAUSE if isinstance(error, (ServiceUnavailable, RateLimited)) else REFUSAL_PAUSE
            self._failure = _Failure(error, clock_in_use().now() + max(pause, error.retry_after or 0.0))
            log.warning("no new token for %s: %s", self._label, error)

    async def _renew(self, old: _Held | None, *, after_refusal: bool) -> _Held:
        began = clock_in_use().now()
        scope = asyncio.timeout(RENEWAL_SECONDS)
        try:
            async with scope:
                token = await self._grant.obtain(old.token if old else None)
        except CallError as error:
            if not isinstance(error, OutcomeUnknown):
                raise
            # Of the call itself nothing has been sent, so its outcome is certain.
            raise ServiceUnavailable(f"No token for {self._label} could be had: {error.message}") from None
        except Exception as error:
            if scope.expired():
                raise ServiceUnavailable(
                    f"No token for {self._label} came within {RENEWAL_SECONDS:g} s", hint="Try again later"
                ) from None
            log.exception("getting a token for %s failed", self._label)
            raise ConnectorError(
                f"Getting a token for {self._label} failed inside its connector ({type(error).__name__})",
                hint="The hub's log has the details",
            ) from None
        value = token.token.get_secret_value()
        self._masked.add(value)
        self._check(value, token.base_url)
        life = token.expires_in if token.expires_in and token.expires_in > 0 else math.inf
        told = token.scopes or self._grant.requested
        return _Held(
            token=value,
            header=f"{self._grant.scheme} {value}",
            granted=frozenset(told) if told else None,
            obtained=began,
            renew_at=began + life - min(MARGIN_SECONDS, life * MARGIN_SHARE),
            expires_at=began + life,
            after_refusal=after_refusal,
        )

    def _check(self, token: str, base_url: str) -> None:
        if not token:
            raise AuthenticationFailed(
                f"The token for {self._label} came back empty", hint=f"Check {self._credential or 'the credential'}"
            )
        if not base_url:
            return
        try:
            good_at = read_origin(base_url)
        except ValueError as problem:
            raise AuthenticationFailed(
                f"The token for {self._label} is said to be good at a URL that cannot be used: {problem}"
            ) from None
        if good_at != self._origin:
            raise AuthenticationFailed(
                f"The token is for {good_at}, and {self._label} is configured at {self._origin}",
                hint=f"Set {self._setting or 'its address'} to {good_at}, or use a credential of {self._origin}",
            )
