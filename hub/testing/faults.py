"""A loopback server that behaves as badly as a test asks: it answers with raw bytes, in pieces, or not at all."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Received:
    """A request as it came in; header names in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


Behaviour = Callable[[Received, asyncio.StreamWriter], Awaitable[bytes | None]]
"""Gets a request and the connection; returns the bytes to answer with, or None to drop the connection."""


@dataclass
class FaultServer:
    """A running server: where it listens, and what has come in."""

    url: str
    port: int
    requests: list[Received] = field(default_factory=list[Received])
    connections: int = 0
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def note(self, request: Received) -> None:
        """Keep a request that has come in."""
        self.requests.append(request)
        self._news.set()

    async def received(self, count: int = 1) -> None:
        """Wait until that many requests have come in."""
        while len(self.requests) < count:
            self._news.clear()
            await self._news.wait()


def http_answer(body: bytes = b"", *, status: int = 200, headers: Mapping[str, str] | None = None) -> bytes:
    """The bytes of an HTTP/1.1 answer; its length is filled in unless the headers say otherwise."""
    own = {"content-length": str(len(body)), **{name.lower(): value for name, value in (headers or {}).items()}}
    lines = [f"HTTP/1.1 {status} Answer", *(f"{name}: {value}" for name, value in own.items() if value)]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


@asynccontextmanager
async def fault_server(behave: Behaviour, *, tls: ssl.SSLContext | None = None) -> AsyncGenerator[FaultServer]:
    """Serve on a free port of 127.0.0.1, keeping connections alive as long as the behaviour answers.

    Args:
        behave: Called for every request.
        tls: Serve https with it.
    """
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.connections += 1
        if (task := asyncio.current_task()) is not None:
            tasks.add(task)
        # The client may end the connection at any point, and the server at its own end.
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError, ssl.SSLError):
            while (request := await _read(reader)) is not None:
                served.note(request)
                answer = await behave(request, writer)
                if answer is None:
                    break
                writer.write(answer)
                await writer.drain()
        writer.transport.abort()

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls, limit=1024 * 1024)
    port: int = server.sockets[0].getsockname()[1]
    served = FaultServer(url=f"{'https' if tls else 'http'}://127.0.0.1:{port}", port=port)
    try:
        yield served
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


async def _read(reader: asyncio.StreamReader) -> Received | None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.rstrip("\r\n").split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Received(method=method, target=target, headers=headers, body=body)
