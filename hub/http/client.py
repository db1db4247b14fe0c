"""The guarded client of one service: what connectors call instead of an HTTP library."""

from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from hub.connector.service import Service

if TYPE_CHECKING:
    import httpx
    import requests

R = TypeVar("R")


class ServiceClient:
    """Talks to one `Service`, and to nothing else.

    Building one opens nothing; httpx and aiohttp are imported and the pool is made at the first request.
    """

    def __init__(self, service: Service) -> None:
        self.service = service

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
        timeout: float | None = None,
        max_bytes: int | None = None,
        allow: Collection[int] = (),
    ) -> "httpx.Response":
        """Send one request and return the whole answer.

        Args:
            path: Below the base URL, with `{name}` for each of `path_params`; never an absolute URL.
            path_params: Values for the path; each is percent-encoded as one segment.
            params: Query parameters, as httpx takes them.
            data: A form; sent urlencoded.
            safe: Whether it may be sent twice. GET, HEAD and OPTIONS are; a POST that only reads may be
                declared so.
            timeout: Total seconds, retries included; shortened by the deadline of the call at hand.
            max_bytes: Cap of the answer; the service's own if left out.
            allow: Statuses of 400 and above that are returned instead of raised.

        Raises:
            AuthenticationFailed: 401.
            PermissionDenied: 403 that is no rate limit.
            NotFound: 404 and 410.
            InvalidRequest: Other 4xx.
            RateLimited: 429, or the budget is used up beyond the wait allowed.
            ServiceUnavailable: Not reachable, or 5xx.
            OutcomeUnknown: A write was sent and no whole answer came.
            ResponseTooLarge: The answer exceeds the cap.
            DeadlineExceeded: The time is over.
        """
        raise NotImplementedError

    async def get(self, path: str, **options: Any) -> "httpx.Response":
        """`request("GET", …)`."""
        return await self.request("GET", path, **options)

    async def post(self, path: str, **options: Any) -> "httpx.Response":
        """`request("POST", …)`."""
        return await self.request("POST", path, **options)

    @asynccontextmanager
    async def stream(self, method: str, path: str, **options: Any) -> "AsyncIterator[httpx.Response]":
        """Like `request`, with the body still to be read by `aiter_bytes()`; the caps hold all the same."""
        raise NotImplementedError
        yield

    async def run_sdk(self, work: "Callable[[requests.Session], R]") -> R:
        """Run blocking vendor-SDK code in this client's own threads.

        Args:
            work: Gets a requests session whose every request goes through this client. It must mount nothing
                of its own and return plain data.

        Raises:
            ConnectorError: As `request` does.
        """
        raise NotImplementedError

    async def aclose(self) -> None:
        """Close the pool and the threads."""
