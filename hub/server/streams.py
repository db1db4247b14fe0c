"""Server-sent events: how notifications reach a client over HTTP."""

import asyncio

from mcp_types import JSONRPCMessage
from starlette.types import Receive, Send

from hub.server.mailbox import Mailbox
from hub.server.refusals import Header

PING_SECONDS = 15.0
"""Pause after which a comment is sent, so that no proxy takes the stream for dead."""

STALLED_SECONDS = 30.0
"""A client that takes nothing for this long, while something waits for it, is given up."""

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


async def begin(send: Send, headers: tuple[Header, ...] = (), first: bytes = b"") -> None:
    """Open the stream; the client sees at once that it is open."""
    await send({"type": "http.response.start", "status": 200, "headers": [*HEADERS, *headers]})
    await send({"type": "http.response.body", "body": first, "more_body": True})


async def drain(mailbox: Mailbox, receive: Receive, send: Send) -> bool:
    """Send what arrives until the mailbox closes, or the client hangs up or reads no more.

    Returns:
        Whether the client is still there.
    """
    gone = asyncio.create_task(_hang_up(receive))
    arriving: asyncio.Task[None] | None = None
    try:
        while True:
            if (letter := mailbox.take()) is not None:
                if not await _hand_over(letter.event, send, gone):
                    return False
                if letter.sent is not None:
                    letter.sent()
            elif mailbox.closed:
                return True
            elif gone.done():
                return False
            else:
                arriving = asyncio.create_task(mailbox.arrival())
                waiting = {arriving, gone}
                done, _ = await asyncio.wait(waiting, timeout=PING_SECONDS, return_when=asyncio.FIRST_COMPLETED)
                arriving.cancel()
                if not done and not await _hand_over(PING, send, gone):
                    return False
    finally:
        gone.cancel()
        if arriving is not None:
            arriving.cancel()


async def finish(send: Send, last: bytes = b"") -> None:
    """End the stream."""
    await send({"type": "http.response.body", "body": last, "more_body": False})


async def _hand_over(data: bytes, send: Send, gone: "asyncio.Task[None]") -> bool:
    """Send a piece; False if the client is gone or takes nothing. One that is gone may still take what it can."""
    sending = asyncio.ensure_future(send({"type": "http.response.body", "body": data, "more_body": True}))
    try:
        await asyncio.wait({sending, gone}, timeout=STALLED_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if not sending.done():
            return False
        sending.result()
        return True
    finally:
        sending.cancel()


async def _hang_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
