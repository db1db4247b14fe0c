"""uvicorn's HTTP protocol with what it lacks: bounds on time and headers, and word of a client that hangs up."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from hub.server.front import LONGEST_HEADERS
from hub.server.hangup import KEY, HangUp

SECONDS = 30.0
"""A request, headers and body, has to arrive within this time."""

_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class BoundedProtocol(HttpToolsProtocol):
    """Notes since when a request is arriving, for `close_slow` to look at; costs nothing per request else."""

    def __init__(self, *args: Any, **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        self.arriving_since: float | None = None
        self._header_bytes: int | None = 0
        self._hang_up = HangUp()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn narrows it too
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self.arriving_since = self.loop.time()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever works for this client."""
        super().connection_lost(exc)
        self._hang_up.happens()

    def on_message_begin(self) -> None:
        """Let the application hear of the connection's loss."""
        super().on_message_begin()
        self.scope[KEY] = self._hang_up  # pyright: ignore[reportGeneralTypeIssues]  a key of ours in uvicorn's TypedDict

    def data_received(self, data: bytes) -> None:
        """Count the bytes of the headers, which httptools would collect without end."""
        if self.arriving_since is None:
            self.arriving_since = self.loop.time()
        if self._header_bytes is not None:
            self._header_bytes += len(data)
        super().data_received(data)
        if (
            self._header_bytes is not None
            and self._header_bytes > LONGEST_HEADERS
            and not self.transport.is_closing()
        ):
            self.transport.write(_TOO_LARGE)
            self.transport.close()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header without the blanks around it, which httptools leaves at the end (RFC 9110, 5.5)."""
        super().on_header(name, value.strip(b" \t"))

    def on_headers_complete(self) -> None:
        """The headers are whole."""
        self._header_bytes = None
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request is whole."""
        super().on_message_complete()
        self.arriving_since = None
        self._header_bytes = 0


def close_slow(connections: "set[Any]", now: float) -> None:
    """Close the connections whose request takes too long to arrive.

    Args:
        connections: Those of uvicorn's server.
        now: The loop's time, in seconds.
    """
    for connection in list(connections):
        since = connection.arriving_since
        if since is not None and now - since > SECONDS:
            connection.transport.close()
