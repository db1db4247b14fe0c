"""HTTP in tests: mock every service with respx, and prove that no request gets past the guarded client."""

import socket
import time
from collections.abc import Awaitable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from hub.http.clock import Clock
from hub.http.wire import Wire, connecting, replaced_wire

if TYPE_CHECKING:
    import httpx


class Router(Protocol):
    """Answers requests; `respx.Router` and `respx.MockRouter` do."""

    def async_handler(self, request: "httpx.Request") -> "Awaitable[httpx.Response]":
        """The answer to a request; raises for one that was not expected."""
        ...


class FastClock:
    """A clock on which waiting takes no time: it jumps ahead instead.

    Attributes:
        waits: Seconds of each wait so far.
    """

    def __init__(self) -> None:
        self.waits: list[float] = []
        self._ahead = 0.0

    def now(self) -> float:
        """Monotonic seconds, the waits included."""
        return time.monotonic() + self._ahead

    def advance(self, seconds: float) -> None:
        """Let time pass although nobody waits for it."""
        self._ahead += seconds

    async def sleep(self, seconds: float) -> None:
        """Let that much time pass at once."""
        self.waits.append(seconds)
        self._ahead += max(seconds, 0.0)


@contextmanager
def mock_services(router: Router) -> Generator[FastClock]:
    """Let a respx router answer in place of every service, with budgets, retries, caps and errors as in earnest.

    It holds for all clients used in this context, those that a hub builds and those behind a vendor SDK included. A
    request that the router does not expect raises. Retries and pauses take no time.

        router = respx.Router(base_url="https://api.example.com")
        router.get("/items").respond(json=[])
        with mock_services(router):
            ...

    Yields:
        The clock, which knows what was waited for.
    """
    import httpx

    async def answer(request: httpx.Request) -> httpx.Response:
        return await router.async_handler(request)

    with fast_clock(httpx.MockTransport(answer)) as clock:
        yield clock


@contextmanager
def fast_clock(transport: "httpx.AsyncBaseTransport | None" = None) -> Generator[FastClock]:
    """Let retries and pauses take no time, with requests to real servers or through another transport.

    Yields:
        The clock, which knows what was waited for.
    """
    clock = FastClock()
    token = replaced_wire.set(Wire(transport=transport, clock=Clock(now=clock.now, sleep=clock.sleep)))
    try:
        yield clock
    finally:
        replaced_wire.reset(token)


@contextmanager
def no_escape() -> Generator[None]:
    """Refuse every connection the guarded client does not make itself: urllib3, http.client, httpx, bare sockets.

    Connections are refused in the whole process, on asyncio's own loop (uvloop does not use Python's sockets). A
    request that an SDK makes around the client fails there, and fails the test even if the SDK swallows that.

    Raises:
        AssertionError: At the end, if something tried to get past.
    """
    escapes: list[str] = []
    original = socket.socket.connect, socket.socket.connect_ex

    def refuse(address: Any) -> None:
        if not connecting.get():
            escapes.append(str(address))
            raise ConnectionRefusedError(f"a connection to {address} past the guarded client")

    def connect(self: socket.socket, address: Any, /) -> None:
        refuse(address)
        original[0](self, address)

    def connect_ex(self: socket.socket, address: Any, /) -> int:
        refuse(address)
        return original[1](self, address)

    socket.socket.connect, socket.socket.connect_ex = connect, connect_ex
    try:
        yield
    finally:
        socket.socket.connect, socket.socket.connect_ex = original
    assert not escapes, f"connections past the guarded client: {', '.join(escapes)}"  # noqa: S101  a test fails by it
