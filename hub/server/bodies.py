"""Reads a request's body within its bounds and hands it on to the SDK."""

from starlette.types import Message, Receive

from hub.server.origins import only
from hub.server.refusals import Header, Refusal


class ClientGone(Exception):
    """The client hung up before its request was whole."""


async def read_body(headers: list[Header], receive: Receive, limit: int) -> bytes:
    """The whole body.

    Args:
        headers: Of the request.
        receive: ASGI's.
        limit: Bytes at most.

    Raises:
        Refusal: 413, before more than `limit` bytes are held.
        ClientGone: The body never came to its end.
    """
    too_large = Refusal(413, f"The body is larger than the {limit} bytes of [server] max_request_bytes")
    declared = only(headers, b"content-length")
    if declared is not None and int(declared) > limit:
        raise too_large
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        part = message.get("body", b"")
        size += len(part)
        if size > limit:
            raise too_large
        parts.append(part)
        if not message.get("more_body", False):
            return parts[0] if len(parts) == 1 else b"".join(parts)


def replay(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body once more and then what really comes."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
