"""A served hub, spoken to through sockets and through the SDK's client."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client

from hub.server.http import serve_http
from hub.server.sockets import Address


@dataclass(frozen=True)
class Answer:
    """An HTTP answer as it came over the socket."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


async def exchange(address: Address, request: bytes) -> Answer:
    """Send raw bytes and read one answer; status 0 if the server just hangs up."""
    reader, writer = await asyncio.open_connection(address.host, address.port)
    try:
        writer.write(request)
        await writer.drain()
        return await read_answer(reader, bodiless=request.startswith(b"HEAD"))
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def read_head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except (asyncio.IncompleteReadError, ConnectionError):
        return 0, {}
    status, *lines = head.split("\r\n")
    fields = (line.partition(":") for line in lines if line)
    return int(status.split()[1]), {name.lower(): value.strip() for name, _, value in fields}


async def read_chunk(reader: asyncio.StreamReader) -> bytes:
    size = int(await reader.readline(), 16)
    return (await reader.readexactly(size + 2))[:-2]


async def read_answer(reader: asyncio.StreamReader, *, bodiless: bool = False) -> Answer:
    status, headers = await read_head(reader)
    if bodiless:
        return Answer(status, headers, b"")
    if "content-length" in headers:
        return Answer(status, headers, await reader.readexactly(int(headers["content-length"])))
    body = b""
    if headers.get("transfer-encoding") == "chunked":
        while chunk := await read_chunk(reader):
            body += chunk
    return Answer(status, headers, body)


def render(address: Address, body: bytes, headers: Mapping[str, str], verb: str, path: str) -> bytes:
    """A request as bytes; a header given as empty is left out."""
    fields = {
        "Host": f"{address.host}:{address.port}",
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
        "Content-Length": str(len(body)),
        **headers,
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value)
    return f"{verb} {path} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + body


Request = tuple[dict[str, Any], dict[str, str]]


def modern(method: str, params: Mapping[str, Any] | None = None, meta: Mapping[str, Any] | None = None) -> Request:
    """A 2026-07-28 request and its headers."""
    envelope: dict[str, Any] = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        **(meta or {}),
    }
    given = dict(params or {})
    message: dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**given, "_meta": envelope}}
    headers = {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": method}
    for key in ("name", "uri"):
        if key in given:
            headers["Mcp-Name"] = str(given[key])
    return message, headers


INITIALIZE: dict[str, Any] = {
    "jsonrpc": "2.0",
    "id": 0,
    "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}},
}


class Wire:
    """Speaks to a served hub at the level of HTTP."""

    def __init__(self, address: Address) -> None:
        self.address = address

    async def raw(self, request: bytes) -> Answer:
        return await exchange(self.address, request)

    async def send(
        self, message: Any, headers: Mapping[str, str] | None = None, *, verb: str = "POST", path: str = "/mcp"
    ) -> Answer:
        body = message if isinstance(message, bytes) else json.dumps(message).encode()
        return await exchange(self.address, render(self.address, body, headers or {}, verb, path))

    async def ask(
        self, method: str, params: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """A request of 2026-07-28."""
        message, own = modern(method, params)
        return await self.send(message, {**own, **(headers or {})})

    async def initialize(self, headers: Mapping[str, str] | None = None) -> dict[str, str]:
        """Open a session of 2025-11-25; returns the headers that name it."""
        answer = await self.send(INITIALIZE, headers)
        assert answer.status == 200, answer
        session = {**(headers or {}), "Mcp-Session-Id": answer.headers["mcp-session-id"]}
        told = await self.send({"jsonrpc": "2.0", "method": "notifications/initialized"}, session)
        assert told.status == 202
        return session

    @contextlib.asynccontextmanager
    async def open(
        self, message: Any, headers: Mapping[str, str], *, verb: str = "POST", path: str = "/mcp"
    ) -> AsyncGenerator[asyncio.StreamReader]:
        """Send a request and hold the connection; hangs up at the end."""
        body = b"" if verb == "GET" else json.dumps(message).encode()
        reader, writer = await asyncio.open_connection(self.address.host, self.address.port)
        try:
            writer.write(render(self.address, body, headers, verb, path))
            await writer.drain()
            yield reader
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    @contextlib.asynccontextmanager
    async def stream(
        self, message: Any, headers: Mapping[str, str], *, verb: str = "POST", path: str = "/mcp"
    ) -> AsyncGenerator[tuple[int, "Events"]]:
        """Open a stream of events and hold it."""
        async with self.open(message, headers, verb=verb, path=path) as reader:
            status, _ = await read_head(reader)
            yield status, Events(reader)


class Events:
    """Server-sent events as they arrive."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader
        self._rest = b""

    async def next(self) -> str | None:
        """The data of the next event; None at the end of the stream."""
        while b"\r\n\r\n" not in self._rest:
            chunk = await read_chunk(self._reader)
            if not chunk:
                return None
            self._rest += chunk
        event, _, self._rest = self._rest.partition(b"\r\n\r\n")
        data = [line[6:] for line in event.decode().split("\r\n") if line.startswith("data: ")]
        return data[0] if data else await self.next()

    async def message(self) -> Any:
        """The next JSON-RPC message."""
        data = await self.next()
        assert data is not None, "the stream ended"
        return json.loads(data)


@pytest.fixture
def served() -> Callable[..., Any]:
    """Gives a context manager that serves a hub on a free port."""

    @contextlib.asynccontextmanager
    async def serve(hub: Any, host: str = "127.0.0.1") -> AsyncGenerator[Wire]:
        async with serve_http(hub.as_hub(), host=host, port=0) as address:
            yield Wire(Address("127.0.0.1", address.port))

    return serve


@pytest.fixture
def sdk_client() -> Callable[..., Any]:
    """Gives a context manager that connects the SDK's client over HTTP, in a mode and with a key."""

    @contextlib.asynccontextmanager
    async def connect(wire: Wire, mode: str, key: str = "") -> AsyncGenerator[Client]:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        async with (
            httpx2.AsyncClient(headers=headers) as http,
            Client(streamable_http_client(wire.address.mcp, http_client=http), mode=mode) as client,
        ):
            yield client

    return connect


@pytest.fixture
def modern_request() -> Callable[..., Request]:
    """Makes 2026-07-28 requests."""
    return modern


@pytest.fixture
def wire_to() -> Callable[[Address], Wire]:
    """Speaks HTTP to an address."""
    return Wire
