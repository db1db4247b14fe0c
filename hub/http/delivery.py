"""One request from the budget to the answer: attempts, redirects, caps, and what to say when it fails.

httpx is imported here at the top, so this module itself is imported at the first request only.
"""

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import cast

import httpx

from hub.connector.service import Service
from hub.errors import HubError
from hub.http.address import BaseURL, Origin
from hub.http.authorization import Authorization
from hub.http.bodies import Inflater, TooLarge, UnknownEncoding, capped, inflater_for, whole
from hub.http.budget import LONGEST_WAIT
from hub.http.clock import Clock
from hub.http.exchange import current_exchange
from hub.http.failures import Failures
from hub.http.guard import AddressGuard
from hub.http.headers import harmless, merged
from hub.http.outcome import NotSent, SendFailure, Unanswered
from hub.http.parcel import Answer, Carrier, Parcel, ServiceResponse
from hub.http.redirects import MOST_REDIRECTS, REDIRECTS, redirect_target
from hub.http.tls import context_for
from hub.http.traffic import Traffic
from hub.http.transport import AiohttpCarrier
from hub.http.vendor_limits import pause_of, retry_after
from hub.http.wire import clock_in_use, replaced_wire

_ATTEMPTS = 3
_FAILING_FOR_NOW = frozenset((502, 503, 504))
FROM_A_GATEWAY = frozenset((502, 504))
_ERROR_BODY = 64 * 1024


@dataclass(slots=True, kw_only=True, eq=False)
class Order:
    """One request as its caller means it, equal to no other; each attempt makes a parcel from it.

    Attributes:
        url: Absolute and encoded.
        headers: The caller's own, checked, names in lower case.
        safe: Whether it may be sent twice.
        seconds: Total time, retries included.
        deadline: When that is over, on the clock of the wire.
        max_bytes: Cap of the answer.
        allow: Statuses of 300 and above that are no failure: handed back at once, not followed, not repeated.
        hand_back: Hand failures back, too, once there is nothing left to try; redirects are not followed.
        renewed: Its credential was refused and has been renewed.
        redirects: Those followed so far.
        elsewhere: A redirect has led to another host, which must not see credentials.
        parcel: The attempt at hand, or the last one.
        answered: That attempt has got its answer.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None
    safe: bool
    seconds: float
    deadline: float
    max_bytes: int
    allow: Collection[int] = ()
    hand_back: bool = False
    renewed: bool = False
    redirects: int = 0
    elsewhere: bool = False
    parcel: Parcel | None = None
    answered: bool = False

    @property
    def sent(self) -> bool:
        """Whether it may have reached the service."""
        return self.parcel is not None and self.parcel.sent

    @property
    def unanswered(self) -> bool:
        """Whether it may have reached the service and has no answer."""
        return not self.answered and self.sent

    @property
    def in_doubt(self) -> bool:
        """Whether this is a write that may have reached the service and has no answer."""
        return not self.safe and self.unanswered

    def fails_with(self, status: int) -> bool:
        """Whether an answer with this status is not what was asked for."""
        return status >= 300 and status != 304 and status not in self.allow


class Delivery:
    """Sends the orders for one service."""

    def __init__(
        self,
        service: Service,
        base: BaseURL,
        proxy: Origin | None,
        *,
        authorization: Authorization,
        traffic: Traffic,
        failures: Failures,
    ) -> None:
        self._service = service
        self._authorization = authorization
        self._base = base
        self._proxy = proxy
        self._origin = str(base.origin)
        self._breaker = traffic.breaker
        self._gate = traffic.gate
        self._failures = failures
        self._carrier: Carrier | None = None

    def order(
        self,
        method: str,
        target: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None,
        safe: bool,
        seconds: float,
        max_bytes: int | None = None,
        allow: Collection[int] = (),
        hand_back: bool = False,
    ) -> Order:
        """Write an order for a path and query of this service."""
        return Order(
            method=method,
            url=self._origin + target,
            headers=headers,
            body=body,
            safe=safe,
            seconds=seconds,
            deadline=clock_in_use().now() + seconds,
            max_bytes=self._service.max_bytes if max_bytes is None else max_bytes,
            allow=allow,
            hand_back=hand_back,
        )

    async def fetch(self, order: Order) -> httpx.Response:
        """Send the order and return the whole answer; raises as `ServiceClient.request` says."""
        scope = asyncio.timeout(order.seconds)
        try:
            async with scope:
                return await self._attempts(order, streamed=False)
        except TimeoutError:
            if not scope.expired():
                raise
            raise self._late(order) from None

    @asynccontextmanager
    async def streamed(self, order: Order) -> AsyncGenerator[httpx.Response]:
        """Send the order and hand over the answer with its body still to be read, within the same deadline."""
        scope = asyncio.timeout(order.seconds)
        try:
            async with scope:
                response = await self._attempts(order, streamed=True)
                try:
                    yield response
                finally:
                    await response.aclose()
        except TimeoutError:
            if not scope.expired():
                raise
            raise self._late(order) from None

    def _late(self, order: Order) -> HubError:
        if order.unanswered:
            self._breaker.failed(clock_in_use())
        return self._failures.late(order.seconds, sent_write=order.in_doubt)

    async def aclose(self) -> None:
        """Close the pool."""
        if self._carrier is not None:
            await self._carrier.aclose()
            self._carrier = None

    # Not stamina: how long to wait comes from the gate and from Retry-After, and whether an attempt may be repeated
    # from what has become of its bytes, not from the type of an exception.
    async def _attempts(self, order: Order, *, streamed: bool) -> httpx.Response:
        clock = clock_in_use()
        tries = self._breaker.enter(clock)
        try:
            return await self._repeated(order, clock, streamed=streamed)
        finally:
            if tries:
                self._breaker.left()

    async def _repeated(self, order: Order, clock: Clock, *, streamed: bool) -> httpx.Response:
        wire = replaced_wire.get()
        transport = None if wire is None else wire.transport
        carrier = self._own_carrier() if transport is None else HttpxCarrier(transport)
        attempt = 0
        while True:
            attempt += 1
            await self._gate.enter(order.deadline, clock)
            try:
                response = await self._attempt(order, carrier, streamed=streamed)
            except SendFailure as failure:
                repeatable = order.safe or isinstance(failure, NotSent)
                wait = _backoff(attempt)
                if failure.lasting or not repeatable or not self._worthwhile(attempt, wait, order, clock):
                    self._breaker.failed(clock)
                    raise self._failures.of_send(failure, safe=order.safe) from None
                await clock.sleep(wait)
                continue
            status = response.status_code
            if not order.fails_with(status):
                self._breaker.answered()
                return response
            if self._redirect(order, response) or (status == 401 and await self._reauthorized(order)):
                attempt -= 1
                continue
            pause = pause_of(response, self._service)
            if pause is not None and not order.elsewhere:
                self._gate.close(clock.now() + pause)
            wait = pause
            if wait is None and status in _FAILING_FOR_NOW:
                wait = max(retry_after(response.headers) or 0.0, _backoff(attempt))
            if wait is None or not order.safe or not self._worthwhile(attempt, wait, order, clock):
                if status in FROM_A_GATEWAY:
                    self._breaker.failed(clock)
                else:
                    self._breaker.answered()
                if order.hand_back:
                    return response
                raise self._failures.of_status(response, safe=order.safe, pause=pause)
            if pause is None or order.elsewhere:  # otherwise the gate waits
                await clock.sleep(wait)

    async def _attempt(self, order: Order, carrier: Carrier, *, streamed: bool) -> httpx.Response:
        order.parcel = parcel = await self._parcel(order)
        order.answered = False
        exchange = current_exchange.get()
        refused = False
        if exchange is not None:
            exchange.requests += 1
            exchange.writes += not order.safe
            exchange.unanswered_writes += not order.safe
        try:
            answer = await carrier.send(parcel)
            if order.fails_with(answer.status) and not order.hand_back:
                response = await _read_failure(answer, parcel)
            elif streamed:
                response = self._streamed_response(answer, parcel, order)
            else:
                response = await self._whole_response(answer, parcel, order)
            order.answered = True
            refused = 400 <= answer.status < 500
            return response
        finally:
            if exchange is not None:
                exchange.requests -= not parcel.sent
                exchange.writes -= not order.safe and (refused or not parcel.sent)
                exchange.unanswered_writes -= not order.safe and not order.in_doubt

    async def _reauthorized(self, order: Order) -> bool:
        """Whether to send it again with a newer credential; what was answered with 401 has not been done."""
        if order.renewed or order.elsewhere or order.parcel is None:
            return False
        order.renewed = True
        self._breaker.answered()
        return await self._authorization.renew(order.parcel.headers)

    async def _parcel(self, order: Order) -> Parcel:
        if order.elsewhere:
            headers = harmless(order.headers)
        else:
            service = self._service
            credential = {**service.auth_headers(), **await self._authorization.headers()}
            headers = merged(service.headers, order.headers, credential, self._failures.label)
        return Parcel(method=order.method, url=order.url, headers=headers, body=order.body)

    def _redirect(self, order: Order, response: httpx.Response) -> bool:
        if response.status_code not in REDIRECTS or not order.safe or order.hand_back:
            return False
        if order.redirects == MOST_REDIRECTS:
            return False
        target = redirect_target(response, self._base.origin, self._service.redirect_hosts)
        if target is None:
            return False
        # 301, 302 and 303 would turn a POST into a GET; and what a body says is not for another host.
        if order.body is not None and not (target.own and response.status_code in (307, 308)):
            return False
        order.redirects += 1
        order.url = target.url
        order.elsewhere = order.elsewhere or not target.own
        return True

    async def _whole_response(self, answer: Answer, parcel: Parcel, order: Order) -> httpx.Response:
        try:
            inflater = self._inflater(answer, order)
            body = await whole(answer.chunks, inflater, order.max_bytes)
        except TooLarge:
            order.answered = True
            raise self._failures.too_large(order.max_bytes, answer.status, safe=order.safe) from None
        finally:
            await answer.aclose()
        return ServiceResponse(answer, parcel, inflated=inflater is not None, body=body)

    def _streamed_response(self, answer: Answer, parcel: Parcel, order: Order) -> httpx.Response:
        inflater = self._inflater(answer, order)
        body = _CappedBody(answer, inflater, order, self._failures)
        return ServiceResponse(answer, parcel, inflated=inflater is not None, body=body)

    def _inflater(self, answer: Answer, order: Order) -> Inflater | None:
        try:
            return inflater_for(answer.header(b"content-encoding"))
        except UnknownEncoding:
            order.answered = True
            raise self._failures.unknown_encoding() from None

    def _worthwhile(self, attempt: int, wait: float, order: Order, clock: Clock) -> bool:
        return attempt < _ATTEMPTS and wait <= LONGEST_WAIT and wait < order.deadline - clock.now()

    def _own_carrier(self) -> Carrier:
        if self._carrier is None:
            service, origin = self._service, self._base.origin
            self._carrier = AiohttpCarrier(
                guard=AddressGuard({(known.host, known.port) for known in (origin, self._proxy) if known}),
                own=origin,
                tls=context_for(service.tls, setting=service.setting) if service.tls else None,
                max_connections=service.max_connections,
                proxy=service.proxy,
            )
        return self._carrier


class HttpxCarrier:
    """Takes parcels through an httpx transport, such as `httpx.MockTransport`."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport = transport

    async def send(self, parcel: Parcel) -> Answer:
        """Send the parcel; see `Carrier`."""
        try:
            response = await self._transport.handle_async_request(parcel.request())
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError):
            parcel.sent = False
            raise NotSent("no connection could be made") from None
        except httpx.TransportError:
            raise Unanswered("the connection was closed before an answer came") from None
        stream = cast("httpx.AsyncByteStream", response.stream)  # an asynchronous transport gives no other
        return Answer(
            status=response.status_code,
            reason=response.reason_phrase,
            headers=response.headers.raw,
            chunks=aiter(stream),
            aclose=stream.aclose,
        )

    async def aclose(self) -> None:
        """Close the transport."""
        await self._transport.aclose()


class _CappedBody(httpx.AsyncByteStream):
    """A body read by the caller, with the caps and the errors that a whole one has."""

    def __init__(self, answer: Answer, inflater: Inflater | None, order: Order, failures: Failures) -> None:
        self._answer = answer
        self._inflater = inflater
        self._order = order
        self._failures = failures

    async def __aiter__(self) -> AsyncIterator[bytes]:
        order = self._order
        try:
            async for chunk in capped(self._answer.chunks, self._inflater, order.max_bytes):
                yield chunk
        except TooLarge:
            raise self._failures.too_large(order.max_bytes, self._answer.status, safe=order.safe) from None
        except SendFailure as failure:
            raise self._failures.of_send(failure, safe=order.safe) from None

    async def aclose(self) -> None:
        await self._answer.aclose()


async def _read_failure(answer: Answer, parcel: Parcel) -> httpx.Response:
    """The answer with as much of its body as an error text needs; its status counts even if the body breaks off."""
    body = bytearray()
    inflater = None
    try:
        inflater = inflater_for(answer.header(b"content-encoding"))
        async for chunk in capped(answer.chunks, inflater, _ERROR_BODY):
            body += chunk
    except (SendFailure, TooLarge, UnknownEncoding):
        pass
    finally:
        await answer.aclose()
    return ServiceResponse(answer, parcel, inflated=inflater is not None, body=bytes(body))


def _backoff(attempt: int) -> float:
    return 0.1 * 4 ** (attempt - 1) * random.uniform(0.5, 1.5)  # noqa: S311  spreads retries, guards nothing
