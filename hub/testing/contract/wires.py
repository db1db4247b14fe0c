"""Wires beneath the guarded client: pass requests on and watch them, or put a failure in place of the answer."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Self

from hub.http.exchange import current_exchange
from hub.testing.http import FastClock, mock_services
from hub.testing.service import FakeService

if TYPE_CHECKING:
    import httpx

Answer = Callable[["httpx.Request"], "httpx.Response"]


class Watching:
    """Notes every request; answers are the real ones, those of a fake service, or made by `answer`.

    Args:
        service: Answers instead of the address itself.
        answer: Answers everything; may raise `httpx.TransportError`.
        when: Which requests `answer` is for, given the request and whether it is a write; all, if left out.

    Attributes:
        requests: All that have come, in order.
        writes: Those that may not be sent twice, as `METHOD path`.
        clock: Knows what was waited for; waiting takes no time.
    """

    def __init__(
        self,
        service: FakeService | None = None,
        answer: Answer | None = None,
        *,
        when: "Callable[[httpx.Request, bool], bool]" = lambda _, __: True,
    ) -> None:
        self.requests: list[httpx.Request] = []
        self.writes: list[str] = []
        self.clock = FastClock()
        self._service = service
        self._answer = answer
        self._when = when
        self._mocking: AbstractContextManager[FastClock] | None = None

    def __enter__(self) -> Self:
        self._mocking = mock_services(self)
        self.clock = self._mocking.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._mocking is not None:
            self._mocking.__exit__(kind, error, trace)

    async def async_handler(self, request: "httpx.Request") -> "httpx.Response":
        """Answer a request; the guarded client calls it."""
        await request.aread()
        self.requests.append(request)
        is_write = _is_write(request)
        if is_write:
            self.writes.append(f"{request.method} {request.url.path}")
        if self._answer is not None and self._when(request, is_write):
            return self._answer(request)
        if self._service is not None:
            return await self._service.async_handler(request)
        return await passed_on(request)


def _is_write(request: "httpx.Request") -> bool:
    """Whether the client counts it as one that may not be sent twice; outside a call its method decides."""
    exchange = current_exchange.get()
    if exchange is None:
        return request.method not in ("GET", "HEAD", "OPTIONS")
    return exchange.unanswered_writes > 0


async def passed_on(request: "httpx.Request") -> "httpx.Response":
    """The answer of the address itself, its body whole and as it was sent."""
    import httpx

    async with httpx.AsyncHTTPTransport() as transport:
        answer = await transport.handle_async_request(request)
        parts: list[bytes] = []
        stream = answer.stream
        if isinstance(stream, httpx.AsyncByteStream):
            parts = [part async for part in stream]
            await answer.aclose()
    return httpx.Response(answer.status_code, headers=answer.headers, stream=httpx.ByteStream(b"".join(parts)))


def status(code: int, **headers: str) -> Answer:
    """Answers with a status and a short JSON body."""

    def answer(_: "httpx.Request") -> "httpx.Response":
        import httpx

        return httpx.Response(
            code, headers={name.replace("_", "-"): value for name, value in headers.items()}, json={"message": "no"}
        )

    return answer


def dropped(request: "httpx.Request") -> "httpx.Response":
    """Ends the connection without an answer."""
    import httpx

    raise httpx.ReadError("dropped", request=request)


def refused(request: "httpx.Request") -> "httpx.Response":
    """Refuses the connection, so that nothing was sent."""
    import httpx

    raise httpx.ConnectError("refused", request=request)
