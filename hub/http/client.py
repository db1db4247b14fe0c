"""The guarded client of one service: what connectors call instead of an HTTP library."""

import asyncio
import sys
import time
from collections.abc import AsyncGenerator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

from hub.connector.service import Service
from hub.errors import DeadlineExceeded
from hub.http.address import build_path, parse_base_url, parse_proxy
from hub.http.authorization import Authorization, Authorizations
from hub.http.exchange import current_exchange
from hub.http.failures import Failures
from hub.http.headers import SAFE_METHODS, checked_headers
from hub.http.reading import read_json
from hub.http.traffic import Traffic

if TYPE_CHECKING:
    import httpx
    import requests

    from hub.http.delivery import Delivery, Order
    from hub.http.sdk import SDKBridge

R = TypeVar("R")


class ServiceClient:
    """Talks to one `Service`, and to nothing else.

    Building one opens nothing; httpx and aiohttp are imported and the pool is made at the first request.

    Args:
        service: Where it is and what is needed to talk to it.
        traffic: Pause, budget and outage that this client shares with others; its own if left out.
        authorization: Keeps the credential, and shares it with others; its own if left out.

    Raises:
        ConfigError: The base URL, the proxy, the rate limit or the credential cannot be used.
    """

    def __init__(
        self, service: Service, *, traffic: Traffic | None = None, authorization: Authorization | None = None
    ) -> None:
        self.service = service
        self._own = Authorizations()
        self._authorization = authorization or self._own.of(service, ServiceClient)
        self._base = parse_base_url(service.base_url, setting=service.setting)
        self._failures = Failures(service, self._authorization)
        self._proxy = parse_proxy(service.proxy, setting=service.setting) if service.proxy else None
        self._traffic = Traffic(service) if traffic is None else traffic
        self._delivery: Delivery | None = None
        self._bridge: SDKBridge | None = None

    async def request(
        self,
        method: str,
        path: str,
        *,
        path_params: Mapping[str, str] | None = None,
        params: Any = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        data: Mapping[str, Any] | None = None,
        content: bytes | None = None,
        safe: bool | None = None,
        timeout: float | None = None,  # noqa: ASYNC109  it covers retries, and ends in the hub's own errors
        max_bytes: int | None = None,
        allow: Collection[int] = (),
    ) -> "httpx.Response":
        """Send one request and return the whole answer.

        Args:
            method: GET, POST and so on.
            path: Below the base URL, with `{name}` for each of `path_params`; never an absolute URL, and without
                a query.
            path_params: Values for the path; each is percent-encoded as one segment.
            params: Query parameters, as httpx takes them.
            headers: Further headers; the credential's are the service's own and cannot be set here.
            json: A body; sent as JSON.
            data: A form; sent urlencoded.
            content: A body as it is; name its type in `headers`.
            safe: Whether it may be sent twice. GET, HEAD and OPTIONS are; a POST that only reads may be
                declared so.
            timeout: Total seconds, retries included; shortened by the deadline of the call at hand.
            max_bytes: Cap of the answer; the service's own if left out.
            allow: Statuses of 300 and above that are returned instead of raised or followed.

        Raises:
            InvalidArguments: A path value or a header holds what it may not.
            AuthenticationFailed: 401.
            PermissionDenied: 403 that is no rate limit.
            NotFound: 404 and 410.
            InvalidRequest: Other 4xx.
            RateLimited: 429, or the budget is used up beyond the wait allowed.
            ServiceUnavailable: Not reachable, 5xx, or a redirect that is not followed.
            OutcomeUnknown: A write was sent and no whole answer came, or a gateway answered for it (502, 504).
            ResponseTooLarge: The answer exceeds the cap.
            DeadlineExceeded: The time is over.
        """
        delivery = self._delivery or await self._open()
        order = self._order(
            delivery,
            method,
            path,
            path_params=path_params,
            params=params,
            headers=headers,
            json=json,
            data=data,
            content=content,
            safe=safe,
            timeout=timeout,
            max_bytes=max_bytes,
            allow=allow,
        )
        return await delivery.fetch(order)

    async def get(self, path: str, **options: Any) -> "httpx.Response":
        """`request("GET", …)`."""
        return await self.request("GET", path, **options)

    async def post(self, path: str, **options: Any) -> "httpx.Response":
        """`request("POST", …)`."""
        return await self.request("POST", path, **options)

    async def get_json(self, path: str, **options: Any) -> Any:
        """`get`, and the JSON value it answers with.

        Raises:
            ServiceUnavailable: The answer is no JSON, such as a proxy's login page.
        """
        return read_json(await self.get(path, **options), self.service)

    async def post_json(self, path: str, **options: Any) -> Any:
        """`post`, and the JSON value it answers with; raises as `get_json` does."""
        return read_json(await self.post(path, **options), self.service)

    @asynccontextmanager
    async def stream(self, method: str, path: str, **options: Any) -> "AsyncGenerator[httpx.Response]":
        """Like `request`, with the body still to be read by `aiter_bytes()`; the caps hold all the same.

        The deadline covers the whole `async with` block. An answer that breaks off raises where it is read.
        """
        delivery = self._delivery or await self._open()
        async with delivery.streamed(self._order(delivery, method, path, **options)) as response:
            yield response

    async def run_sdk(
        self,
        work: "Callable[[requests.Session], R]",
        *,
        safe: bool = False,
        timeout: float | None = None,  # noqa: ASYNC109  as above
    ) -> R:
        """Run blocking vendor-SDK code in this client's own threads.

        Error answers reach the SDK as responses, because SDKs act on them. When the SDK then raises an exception of
        its own, the hub's error for that answer is raised here in its place. What the guarded client itself refuses
        or cannot do (no connection, budget, deadline, another host) comes out of here as the hub's error, too.

        A write that may have reached the service and got no usable answer, or only a gateway's (502, 504), ends the
        work at once with the hub's error: the SDK gets no chance to send it again by itself.

        Args:
            work: Gets a requests session whose every request goes through this client. What is mounted on it is
                ignored. Must return plain data, since SDK objects make requests when they are looked at.
            safe: Every request of it may be sent twice, whatever its method; without it, GET, HEAD and OPTIONS are.
            timeout: Total seconds; shortened by the deadline of the call at hand.

        Raises:
            ConnectorError: As `request` does.
        """
        delivery = self._delivery or await self._open()
        if "hub.http.sdk" not in sys.modules:
            await asyncio.to_thread(import_module, "hub.http.sdk")
        from hub.http.sdk import SDKBridge

        if self._bridge is None:
            self._bridge = SDKBridge(delivery, self.service, self._base, self._failures)
        return await self._bridge.run(work, safe=safe, seconds=self._seconds(timeout))

    def health(self) -> str:
        """What is known of the service without asking it: an outage, a pause, the budget left; may be empty."""
        told: list[str] = []
        if (down := self._traffic.breaker.down_since) is not None:
            told.append(f"has not answered since {down:%H:%M:%S}Z")
        told += self._traffic.gate.told()
        return f"{self._failures.label} {', '.join(told)}" if told else ""

    async def aclose(self) -> None:
        """Close the pool and the threads."""
        if self._bridge is not None:
            self._bridge.close()
            self._bridge = None
        await self._own.aclose()
        if self._delivery is not None:
            await self._delivery.aclose()
            self._delivery = None

    async def _open(self) -> "Delivery":
        if "hub.http.delivery" not in sys.modules:
            # Importing httpx and aiohttp takes some 300 ms; in a thread, other calls go on meanwhile.
            await asyncio.to_thread(import_module, "hub.http.delivery")
        from hub.http.delivery import Delivery

        if self._delivery is None:
            self._delivery = Delivery(
                self.service,
                self._base,
                self._proxy,
                authorization=self._authorization,
                traffic=self._traffic,
                failures=self._failures,
            )
        return self._delivery

    def _order(
        self,
        delivery: "Delivery",
        method: str,
        path: str,
        *,
        path_params: Mapping[str, str] | None = None,
        params: Any = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        data: Mapping[str, Any] | None = None,
        content: bytes | None = None,
        safe: bool | None = None,
        timeout: float | None = None,
        max_bytes: int | None = None,
        allow: Collection[int] = (),
    ) -> "Order":
        import httpx

        method = method.upper()
        target = build_path(self._base, path, path_params)
        if params and (query := str(httpx.QueryParams(params))):
            target = f"{target}?{query}"
        own = checked_headers(headers) if headers else {}
        if json is not None or data is not None:
            encoded = httpx.Request(method, self.service.base_url, json=json, data=data)
            content = encoded.content
            own = {"content-type": encoded.headers["content-type"], **own}
        return delivery.order(
            method,
            target,
            headers=own,
            body=content,
            safe=method in SAFE_METHODS if safe is None else safe,
            seconds=self._seconds(timeout),
            max_bytes=max_bytes,
            allow=allow,
        )

    def _seconds(self, timeout: float | None) -> float:
        seconds = self.service.timeout if timeout is None else timeout
        if (exchange := current_exchange.get()) is not None:
            seconds = min(seconds, exchange.deadline - time.monotonic())
            if seconds <= 0:
                raise DeadlineExceeded("The call's time is over")
        return seconds
