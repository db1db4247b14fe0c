"""What a session's dispatch loop sends, sorted to the HTTP responses it belongs to."""

import asyncio
from types import TracebackType
from typing import Self

from mcp.shared.dispatcher import coerce_request_id
from mcp.shared.message import ServerMessageMetadata, SessionMessage
from mcp_types import JSONRPCError, JSONRPCRequest, JSONRPCResponse, RequestId

from hub.server.mailbox import Mailbox
from hub.server.streams import event


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
        self._answers: dict[RequestId, Answer] = {}
        self.standing: Mailbox | None = None
        """Of the open GET stream, which takes what belongs to no request."""

    def expect(self, request: RequestId, *, streaming: bool) -> Answer:
        """Where the answer to a request will be."""
        answer = self._answers[coerce_request_id(request)] = Answer(streaming=streaming)
        return answer

    def forget(self, request: RequestId) -> None:
        """Expect no answer to a request any more."""
        self._answers.pop(coerce_request_id(request), None)

    async def send(self, item: SessionMessage, /) -> None:
        """Sort one message; what nobody waits for is dropped."""
        message = item.message
        if isinstance(message, JSONRPCResponse | JSONRPCError):
            answer = None if message.id is None else self._answers.pop(coerce_request_id(message.id), None)
            if answer is not None:
                answer.settle(message)
            return
        metadata = item.metadata
        related = metadata.related_request_id if isinstance(metadata, ServerMessageMetadata) else None
        if related is None:
            mailbox = self.standing
        else:
            answer = self._answers.get(coerce_request_id(related))
            mailbox = answer.progress if answer else None
        if mailbox is not None and isinstance(message, JSONRPCRequest):
            mailbox.put_answer(event(message))
        elif mailbox is not None:
            mailbox.put(event(message))

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
