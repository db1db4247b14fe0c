"""The requests of one client that wait for their answers: no two with one id, and no more than memory allows."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager

from mcp.shared.dispatcher import coerce_request_id
from mcp_types import RequestId

from hub.config.models import ServerTable
from hub.server.messages import Head
from hub.server.refusals import Refusal

STREAMS = 16
"""Open `subscriptions/listen` requests that take no place: they wait for their answers by design."""

RETRY = b"1"
"""Seconds a client with too many requests is told to wait."""


class Unanswered:
    """Counts requests from their arrival until their answers are handed over, and the bytes held for them.

    Args:
        most: Requests at once.
        most_bytes: Bytes of the requests, or of the answers nobody has read yet, beyond which none is taken.
    """

    def __init__(self, *, most: int, most_bytes: int) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._sizes: dict[RequestId, int] = {}
        self._streams: set[RequestId] = set()
        self._settled = asyncio.Event()
        self.held = 0

    def __len__(self) -> int:
        return len(self._sizes)

    def __contains__(self, request: RequestId) -> bool:
        return coerce_request_id(request) in self._sizes

    def has_room(self, size: int) -> bool:
        """Whether a request of that many bytes may be taken."""
        return len(self._sizes) - len(self._streams) < self._most and self.held + size <= self._most_bytes

    def add(self, head: Head, size: int) -> None:
        """Take a request of that many bytes."""
        assert head.id is not None  # noqa: S101  a request has an id
        key = coerce_request_id(head.id)
        self._sizes[key] = size
        self.held += size
        if head.method == "subscriptions/listen" and len(self._streams) < STREAMS:
            self._streams.add(key)

    def answered(self, request: RequestId, size: int) -> None:
        """Hold the answer, of that many bytes, instead of the request."""
        key = coerce_request_id(request)
        if key in self._sizes:
            self.held += size - self._sizes[key]
            self._sizes[key] = size

    def settle(self, request: RequestId) -> None:
        """Let go of a request: its answer is handed over, or there will be none."""
        key = coerce_request_id(request)
        self.held -= self._sizes.pop(key, 0)
        self._streams.discard(key)
        self._settled.set()

    def admit(self, head: Head, size: int) -> None:
        """Take a request that came over HTTP.

        Raises:
            Refusal: 400 if its id is that of one still being answered, 503 if there is no room.
        """
        if head.id is not None and head.id in self:
            raise Refusal(400, "A request with this id is still being answered")
        if not self.has_room(size):
            raise Refusal(503, "Too many requests are still being answered", headers=[(b"retry-after", RETRY)])
        self.add(head, size)

    @contextmanager
    def admitted(self, head: Head, size: int) -> Generator[None]:
        """Hold a request that came over HTTP for as long as the block runs.

        Raises:
            Refusal: As `admit` does.
        """
        self.admit(head, size)
        try:
            yield
        finally:
            assert head.id is not None  # noqa: S101  a request has an id
            self.settle(head.id)

    async def room(self, size: int) -> None:
        """Wait until a request of that many bytes may be taken."""
        while not self.has_room(size):
            await self._change()

    async def none(self) -> None:
        """Wait until every request is answered."""
        while self._sizes:
            await self._change()

    async def _change(self) -> None:
        self._settled.clear()
        await self._settled.wait()


def unanswered_of_one_client(settings: ServerTable) -> Unanswered:
    """For one session, stream or connection.

    It may have more under way than the hub works on at once, so that a ping gets past the calls that wait.
    """
    return Unanswered(most=4 * settings.max_concurrent_calls, most_bytes=4 * settings.max_request_bytes)
