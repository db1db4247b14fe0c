"""Vendor SDKs: their blocking code runs in threads, and every request they make goes through the guarded client.

requests is imported here at the top, so this module itself is imported at the first `run_sdk` only.
"""

import asyncio
import io
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError, Future
from contextvars import copy_context
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers

from hub.connector.service import Service
from hub.errors import HubError, InvalidArguments, ServiceUnavailable
from hub.http.address import DEFAULT_PORTS, BaseURL, Origin, check_raw_path, read_origin
from hub.http.delivery import FROM_A_GATEWAY, Delivery, Order
from hub.http.failures import Failures
from hub.http.headers import SAFE_METHODS, from_sdk
from hub.http.outcome import Unanswered
from hub.http.threads import DaemonThreads
from hub.http.vendor_limits import pause_of

if TYPE_CHECKING:
    import httpx

R = TypeVar("R")

_MOST_THREADS = 16


class WorkAbandoned(BaseException):
    """Ends work that must send nothing more. Not an Exception, so that no SDK's retry loop catches it."""


class SDKBridge:
    """The threads of one client, and the way from them back to the loop."""

    def __init__(self, delivery: Delivery, service: Service, base: BaseURL, failures: Failures) -> None:
        self._delivery = delivery
        self._service = service
        self._base = base
        self._failures = failures
        self._jobs: set[_Job] = set()
        self._threads = DaemonThreads(min(service.max_connections, _MOST_THREADS), "hub-sdk")

    async def run(self, work: Callable[[requests.Session], R], *, safe: bool, seconds: float) -> R:
        """Run the work in a thread; see `ServiceClient.run_sdk`."""
        loop = asyncio.get_running_loop()
        job = _Job(self, loop, safe=safe, seconds=seconds)
        scope = asyncio.timeout(seconds)
        self._jobs.add(job)
        try:
            async with scope:
                return await loop.run_in_executor(
                    self._threads, partial(copy_context().run, partial(job.run, work))
                )
        except TimeoutError:
            if not scope.expired():
                raise
            raise job.ending or self._failures.late(seconds, sent_write=job.in_doubt) from None
        except (WorkAbandoned, asyncio.CancelledError):
            # Closing cancels work that waits for a thread; any other cancellation is not for this place to explain.
            task = asyncio.current_task()
            if not job.abandoned or (task is not None and task.cancelling()):
                raise
            raise job.ending or ServiceUnavailable("The client was closed while the call was running") from None
        finally:
            job.abandon()
            self._jobs.discard(job)

    def order(
        self,
        method: str,
        target: str,
        *,
        headers: Mapping[str, str | bytes],
        body: bytes | None,
        safe: bool,
        seconds: float,
    ) -> Order:
        """Write the order for one request of an SDK."""
        return self._delivery.order(
            method, target, headers=from_sdk(headers), body=body, safe=safe, seconds=seconds, hand_back=True
        )

    async def fetch(self, order: Order) -> "httpx.Response":
        """Send it; runs on the loop, in the context of the call that runs the SDK."""
        return await self._delivery.fetch(order)

    def target(self, url: str) -> str:
        """Path and query of a URL that an SDK has built, if they lie below the base URL.

        Some SDKs write https:// whatever they were given, so that scheme is taken for the base URL's own.

        Raises:
            InvalidArguments: They do not.
        """
        try:
            wanted = origin = read_origin(url)
        except ValueError as problem:
            raise InvalidArguments(f"The vendor SDK built a URL that cannot be used: {problem}") from None
        parts = urlsplit(url)
        own = self._base.origin
        if origin.scheme == "https" and own.scheme == "http":
            origin = Origin("http", origin.host, parts.port or DEFAULT_PORTS["http"])
        if origin != own:
            raise InvalidArguments(
                f"The vendor SDK wants to call {wanted}, but only {own} may be called through it"
            )
        path = parts.path or "/"
        check_raw_path(self._base, path)
        return f"{path}?{parts.query}" if parts.query else path

    def closed_on_a_write(self) -> HubError:
        """The hub's error for a write that was on its way when the client was closed."""
        return self._failures.of_send(Unanswered("the client was closed"), safe=False)

    def error_for(self, response: "httpx.Response", *, safe: bool) -> HubError:
        """The hub's error for an error answer."""
        pause = pause_of(response, self._service)
        return self._failures.of_status(response, safe=safe, pause=pause)

    def seconds(self, timeout: Any) -> float:
        """The total time of a request: what the SDK asks for, at most the service's own.

        Args:
            timeout: As requests takes it: a number, or a pair for connecting and reading.
        """
        parts = cast("tuple[Any, ...]", timeout) if isinstance(timeout, tuple) else (timeout,)
        numbers = [part for part in parts if isinstance(part, int | float)]
        return min(float(sum(numbers)), self._service.timeout) if numbers else self._service.timeout

    def close(self) -> None:
        """Abandon all work and let the threads end; does not wait for them."""
        for job in self._jobs:
            job.abandon()
        self._threads.shutdown(wait=False, cancel_futures=True)


class GuardedSession(requests.Session):
    """A session with one adapter and no other way out: what an SDK mounts on it stays unused."""

    def __init__(self, adapter: "GuardedAdapter") -> None:
        self._adapter = adapter
        super().__init__()
        self.trust_env = False

    def mount(self, prefix: str, adapter: BaseAdapter) -> None:  # noqa: ARG002  this is the point of it
        """Keep the guarded adapter, whatever is to be mounted."""
        super().mount(prefix, self._adapter)

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Where to go on; nowhere after a write, which must not be sent again."""
        return super().get_redirect_target(resp) if resp.request.method in ("GET", "HEAD") else None


class GuardedAdapter(BaseAdapter):
    """Hands each request of one piece of work to the guarded client on the loop."""

    def __init__(self, job: "_Job") -> None:
        super().__init__()
        self._job = job

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: ARG002, FBT001  BaseAdapter's signature; a body is always read whole
        timeout: Any = None,
        verify: Any = True,  # noqa: ARG002  certificates are the service's matter
        cert: Any = None,  # noqa: ARG002  client certificates, too
        proxies: Mapping[str, str] | None = None,  # noqa: ARG002  so is the proxy
    ) -> requests.Response:
        """Send the request and return its whole answer.

        Raises:
            HubError: As `ServiceClient.request` says, but for error statuses, which are returned.
            RuntimeError: Called on the event loop's thread, which waiting would block.
        """
        if _on_event_loop():
            raise RuntimeError("A vendor SDK made a request on the event loop; call it inside run_sdk only")
        return self._job.send(request, timeout)

    def close(self) -> None:
        """Nothing to close: the connections are the client's."""


class _Job:
    """One piece of work and the requests it has under way.

    Attributes:
        abandoned: Nobody waits for it any more.
        ending: The error of the first write that may have reached the service without an answer the SDK could be
            given. Whatever the SDK makes of it, nothing more is sent, and the work ends with this error.
    """

    def __init__(self, bridge: SDKBridge, loop: asyncio.AbstractEventLoop, *, safe: bool, seconds: float) -> None:
        self._bridge = bridge
        self._loop = loop
        self._safe = safe
        self._deadline = loop.time() + seconds
        self.abandoned = False
        self._under_way: dict[Order, Future[httpx.Response] | None] = {}
        self.ending: Exception | None = None
        self._problem: Callable[[], HubError] | None = None

    def run(self, work: Callable[[requests.Session], R]) -> R:
        """Do the work, in the thread it runs in."""
        try:
            if self.abandoned:
                raise WorkAbandoned
            with GuardedSession(GuardedAdapter(self)) as session:
                result = work(session)
        except BaseException as error:
            if self.ending is not None:
                raise self.ending from None
            if self._problem is not None and isinstance(error, Exception) and not isinstance(error, HubError):
                # The error of the last request says it better than the SDK, whose texts quote URLs and bodies.
                raise self._problem() from None
            raise
        if self.ending is not None:
            raise self.ending
        return result

    def send(self, request: requests.PreparedRequest, timeout: Any) -> requests.Response:
        """Send one request of the SDK and wait for its answer."""
        bridge = self._bridge
        method = (request.method or "GET").upper()
        safe = self._safe or method in SAFE_METHODS
        try:
            target = bridge.target(request.url or "")
            body = _bytes(request.body)
            seconds = min(bridge.seconds(timeout), self._deadline - self._loop.time())
            order = bridge.order(method, target, headers=request.headers, body=body, safe=safe, seconds=seconds)
            answer = self._wait_for(order)
        except HubError as error:
            self._problem = partial(_same, error)
            raise
        self._problem = None if answer.status_code < 400 else partial(bridge.error_for, answer, safe=safe)
        return _for_requests(answer, request)

    @property
    def in_doubt(self) -> bool:
        """Whether a write may have reached the service and has no answer."""
        return any(order.in_doubt for order in list(self._under_way))

    def abandon(self) -> None:
        """Cancel what is under way and refuse whatever comes later."""
        self.abandoned = True
        if self.in_doubt:
            self.ending = self.ending or self._bridge.closed_on_a_write()
        for future in list(self._under_way.values()):
            if future is not None:
                future.cancel()

    def _wait_for(self, order: Order) -> "httpx.Response":
        self._check_open()
        self._under_way[order] = None
        try:
            # Not anyio.from_thread: it spins for ever when the scope of the call is cancelled already.
            self._under_way[order] = future = asyncio.run_coroutine_threadsafe(self._fetch(order), self._loop)
            if self.abandoned:  # before the future was there to be cancelled
                future.cancel()
            answer = future.result()
        except (asyncio.CancelledError, CancelledError):
            raise WorkAbandoned from None
        except Exception:
            if self.ending is not None:
                raise WorkAbandoned from None
            raise
        finally:
            del self._under_way[order]
        self._check_open()
        return answer

    async def _fetch(self, order: Order) -> "httpx.Response":
        """Send it, on the loop; what a write has come to is decided here, before a deadline can step in between."""
        self._check_open()
        try:
            answer = await self._bridge.fetch(order)
        except Exception as error:
            if order.sent and not order.safe:
                self.ending = self.ending or error
            raise
        if not order.safe and answer.status_code in FROM_A_GATEWAY:
            self.ending = self.ending or self._bridge.error_for(answer, safe=False)
        return answer

    def _check_open(self) -> None:
        if self.abandoned or self.ending is not None:
            raise WorkAbandoned


def _same(error: HubError) -> HubError:
    return error


def _on_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _bytes(body: Any) -> bytes | None:
    if body is None or isinstance(body, bytes):
        return body
    if isinstance(body, str):
        return body.encode()
    if hasattr(body, "read"):
        read = body.read()
        return read.encode() if isinstance(read, str) else bytes(read)
    return b"".join(chunk.encode() if isinstance(chunk, str) else bytes(chunk) for chunk in body)


def _for_requests(answer: "httpx.Response", request: requests.PreparedRequest) -> requests.Response:
    response = requests.Response()
    response.status_code = answer.status_code
    response.reason = answer.reason_phrase
    response.headers = CaseInsensitiveDict(answer.headers.items())
    response.encoding = get_encoding_from_headers(response.headers)
    response.raw = io.BytesIO(answer.content)
    response.url = request.url or ""
    response.request = request
    return response
