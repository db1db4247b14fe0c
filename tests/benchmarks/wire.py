"""A cheap MCP client for load: prepared requests over raw keep-alive connections."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any, Literal

Era = Literal["2025-11-25", "2026-07-28"]
MODERN: Era = "2026-07-28"


@dataclass(frozen=True, kw_only=True)
class Target:
    """A server under test: its port, the era to speak, and the key to show."""

    port: int
    era: Era
    key: str = ""


def message(target: Target, method: str, params: dict[str, Any], number: int = 1) -> dict[str, Any]:
    if target.era == MODERN:
        meta = {
            "io.modelcontextprotocol/protocolVersion": MODERN,
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1"},
        }
        params = {**params, "_meta": meta}
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


class Connection:
    """One keep-alive HTTP connection that sends one request at a time."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self._session = ""

    async def open(self) -> None:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self.target.port)

    async def handshake(self) -> None:
        """Start a session, where the era has them."""
        if self.target.era == MODERN:
            return
        client = {"name": "bench", "version": "1"}
        params = {"protocolVersion": self.target.era, "capabilities": {}, "clientInfo": client}
        head, _ = await self.send(self.request("initialize", params))
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"mcp-session-id:"):
                self._session = line.split(b":", 1)[1].strip().decode()
        ready = {"jsonrpc": "2.0", "method": "notifications/initialized"}
        await self.send(self._http(json.dumps(ready).encode(), "notifications/initialized", ""))

    def request(self, method: str, params: dict[str, Any]) -> bytes:
        body = json.dumps(message(self.target, method, params)).encode()
        return self._http(body, method, str(params.get("name", "")))

    def _http(self, body: bytes, method: str, name: str) -> bytes:
        lines = [
            "POST /mcp HTTP/1.1",
            f"Host: 127.0.0.1:{self.target.port}",
            "Content-Type: application/json",
            "Accept: application/json, text/event-stream",
            f"Content-Length: {len(body)}",
            f"MCP-Protocol-Version: {self.target.era}",
        ]
        if self.target.era == MODERN:
            lines += [f"Mcp-Method: {method}", *([f"Mcp-Name: {name}"] if name else [])]
        elif method == "initialize":
            lines.pop()
        if self._session:
            lines.append(f"Mcp-Session-Id: {self._session}")
        if self.target.key:
            lines.append(f"Authorization: Bearer {self.target.key}")
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    async def send(self, request: bytes) -> tuple[bytes, bytes]:
        """Send a prepared request; gives head and body of the answer."""
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        lower = head.lower()
        if b"transfer-encoding: chunked" in lower:
            body = b""
            while (size := int((await self._reader.readline()).strip(), 16)) > 0:
                body += await self._reader.readexactly(size)
                await self._reader.readexactly(2)
            await self._reader.readexactly(2)
            return head, body
        length = next((line for line in lower.split(b"\r\n") if line.startswith(b"content-length:")), b":0")
        return head, await self._reader.readexactly(int(length.split(b":")[1]))

    async def close(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()


async def drive(
    target: Target, method: str, params: dict[str, Any], *, total: int, concurrency: int, expect: bytes
) -> None:
    """Send `total` equal requests over `concurrency` connections.

    Raises:
        AssertionError: An answer is no success or lacks the bytes expected.
    """
    left = total

    async def worker() -> None:
        nonlocal left
        connection = Connection(target)
        await connection.open()
        await connection.handshake()
        request = connection.request(method, params)
        while left > 0:
            left -= 1
            head, body = await connection.send(request)
            assert head.startswith(b"HTTP/1.1 200"), head + body
            assert expect in body, body[:500]
        await connection.close()

    await asyncio.gather(*(worker() for _ in range(concurrency)))
