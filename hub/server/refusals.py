"""Answers of the HTTP front that end a request before MCP sees it."""

import json
from collections.abc import Iterable

from mcp_types import INVALID_REQUEST
from starlette.types import Send

Header = tuple[bytes, bytes]


class Refusal(Exception):
    """End the request with this status.

    Args:
        status: HTTP status.
        message: What is wrong and what to do, for the person who configured the client.
        code: JSON-RPC error code of the body.
        headers: Besides the content's own.
    """

    def __init__(
        self, status: int, message: str, *, code: int = INVALID_REQUEST, headers: Iterable[Header] = ()
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.headers = tuple(headers)

    async def answer(self, send: Send, more: Iterable[Header] = ()) -> None:
        """Send it as a JSON-RPC error that belongs to no request."""
        error = {"code": self.code, "message": self.message}
        body = {"jsonrpc": "2.0", "id": None, "error": error}
        await send_json(send, self.status, body, [*self.headers, *more])


async def send_json(send: Send, status: int, body: object, headers: Iterable[Header] = ()) -> None:
    """Send a whole JSON answer that nobody keeps."""
    await send_bytes(
        send,
        status,
        json.dumps(body, separators=(",", ":")).encode(),
        [(b"content-type", b"application/json"), (b"cache-control", b"no-store"), *headers],
    )


async def send_bytes(send: Send, status: int, body: bytes, headers: Iterable[Header] = ()) -> None:
    """Send a whole answer."""
    own = [] if status == 204 else [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": [*own, *headers]})
    await send({"type": "http.response.body", "body": body})
