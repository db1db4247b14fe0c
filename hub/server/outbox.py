"""What a session's dispatch loop sends, sorted to the HTTP responses it belongs to."""

import asyncio
from types import TracebackType
from typing import Self

from mcp.shared.message import ServerMessageMetadata, SessionMessage
from mcp_types import JSONRPCError, JSONRPCMessage, JSONRPCResponse

from hub.server.refusals import Refusal

BACKLOG = 256
"""Notifications kept for a client that reads slowly; further ones are dropped."""


class Mailbox:
    """Messages for one HTTP response, in order."""

    def __init__(self) -> None:
        self._messages: asyncio.Queue[JSONRPCMessage | None] = asyncio.Queue()

    def put(self, message: JSONRPCMessage) -> None:
        """Add a message, unless the reader is too far behind."""
        if self._messages.qsize() < BACKLOG:
            self._messages.put_nowait(message)

    def close(self) -> None:
        """Say that nothing more will come."""
        self._messages.put_nowait(None)

    async def get(self) -> JSONRPCMessage | None:
        """The next message; None at the end."""
        return await self._messages.get()


class Answer:
    """What comes of one request.

    Attributes:
        response: The response once it is there; None if the session ended without one.
        progress: Where notifications before it go, if the client reads a stream.
    """

    def __init__(self, *, streaming: bool) -> None:
        self.response: asyncio.Future[JSONRPCResponse | JSONRPCError | None] = (
            asyncio.get_running_loop().create_future()
        )
        self.progress = Mailbox() if streaming else None

    def settle(self, response: JSONRPCResponse | JSONRPCError | None) -> None:
        """Give the response; the first one counts."""
        if not self.response.done():
            self.response.set_result(response)
        if self.progress is not None:
            self.progress.close()


class Outbox:
    """The write stream of a dispatch loop (`mcp.shared._stream_protocols.WriteStream`)."""

    def __init__(self) -> None:
        self._answers: dict[str, Answer] = {}
        self.standing: Mailbox | None = None
        """Of the open GET stream, which takes what belongs to no request."""

    def expect(self, request: str, *, streaming: bool) -> Answer:
        """Where the answer to a request will be.

        Raises:
            Refusal: A request with this id is still being answered.
        """
        if request in self._answers:
            raise in_flight()
        answer = self._answers[request] = Answer(streaming=streaming)
        return answer

    def expects(self, request: str) -> bool:
        """Whether a request with this id is still being answered."""
        return request in self._answers

    def forget(self, request: str) -> None:
        """Expect no answer to a request any more."""
        self._answers.pop(request, None)

    async def send(self, item: SessionMessage, /) -> None:
        """Sort one message; what nobody waits for is dropped."""
        message = item.message
        if isinstance(message, JSONRPCResponse | JSONRPCError):
            if (answer := self._answers.pop(str(message.id), None)) is not None:
                answer.settle(message)
            return
        metadata = item.metadata
        related = metadata.related_request_id if isinstance(metadata, ServerMessageMetadata) else None
        if related is None:
            mailbox = self.standing
        else:
            answer = self._answers.get(str(related))
            mailbox = answer.progress if answer else None
        if mailbox is not None:
            mailbox.put(message)

    def close(self) -> None:
        """Settle what is still expected: nothing more will come."""
        for answer in self._answers.values():
            answer.settle(None)
        self._answers.clear()
        if self.standing is not None:
            self.standing.close()

    async def aclose(self) -> None:
        """Part of the write stream: the loop has ended."""
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        self.close()


def in_flight() -> Refusal:
    """For a request whose id is that of one still being answered."""
    return Refusal(400, "A request with this id is still being answered in this session")
