"""Server-sent events: how notifications reach a client over HTTP."""

import asyncio

from mcp_types import JSONRPCMessage
from starlette.types import Receive, Send

from hub.server.outbox import Mailbox
from hub.server.refusals import Header

PING_SECONDS = 15.0
"""Pause after which a comment is sent, so that no proxy takes the stream for dead."""

PING = b": ping\r\n\r\n"

HEADERS: tuple[Header, ...] = (
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-cache, no-transform"),
    (b"x-accel-buffering", b"no"),
)


def to_json(message: JSONRPCMessage) -> bytes:
    """A message as it goes onto the wire."""
    return message.model_dump_json(by_alias=True, exclude_unset=True).encode()


def event(message: JSONRPCMessage) -> bytes:
    """A message as an event."""
    return b"event: message\r\ndata: " + to_json(message) + b"\r\n\r\n"


async def begin(send: Send, headers: tuple[Header, ...]) -> None:
    """Open the stream; the client sees at once that it is open."""
    await send({"type": "http.response.start", "status": 200, "headers": [*HEADERS, *headers]})
    await send({"type": "http.response.body", "body": b"", "more_body": True})


async def drain(mailbox: Mailbox, receive: Receive, send: Send) -> bool:
    """Send what arrives until the mailbox closes, or the client hangs up.

    Returns:
        Whether the client is still there.
    """
    gone = asyncio.create_task(_hang_up(receive))
    arriving: asyncio.Task[JSONRPCMessage | None] | None = None
    try:
        while True:
            arriving = arriving or asyncio.create_task(mailbox.get())
            await asyncio.wait({arriving, gone}, timeout=PING_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if arriving.done():
                message = arriving.result()
                arriving = None
                if message is None:
                    return True
                await send({"type": "http.response.body", "body": event(message), "more_body": True})
            elif gone.done():
                return False
            else:
                await send({"type": "http.response.body", "body": PING, "more_body": True})
    finally:
        gone.cancel()
        if arriving is not None:
            arriving.cancel()


async def finish(send: Send, last: bytes = b"") -> None:
    """End the stream."""
    await send({"type": "http.response.body", "body": last, "more_body": False})


async def _hang_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
