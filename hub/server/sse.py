"""The HTTP+SSE transport of 2024-11-05, for clients that know nothing newer; off unless `[server] sse` says so."""

import asyncio
from types import TracebackType
from typing import TYPE_CHECKING, Self
from urllib.parse import parse_qs
from uuid import uuid4

import anyio
from mcp.server.runner import serve_dual_era_loop
from mcp.shared.message import ServerMessageMetadata, SessionMessage
from mcp_types import INVALID_REQUEST, JSONRPCError, JSONRPCRequest, JSONRPCResponse, jsonrpc_message_adapter
from pydantic import ValidationError
from starlette.types import Receive, Scope, Send

from hub.access.principal import Principal
from hub.server import streams
from hub.server.bodies import read_body
from hub.server.mailbox import Mailbox
from hub.server.messages import BadMessage, Head, read_head
from hub.server.refusals import Refusal, send_bytes
from hub.server.unanswered import Unanswered, unanswered_of_one_client

if TYPE_CHECKING:
    from hub.server.server import HubServer

STREAM = "/sse"
MESSAGES = "/sse/messages"

CLOSE_SECONDS = 2.0
"""How long the calls of a stream may take to end with it."""


class SseEndpoint:
    """A stream under `/sse` and the messages that belong to it under `/sse/messages`.

    Args:
        server: Answers.
    """

    paths = frozenset({STREAM, MESSAGES})

    def __init__(self, server: "HubServer") -> None:
        self._server = server
        self._open: dict[str, SseStream] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send, caller: Principal) -> None:
        """Answer one HTTP request.

        Raises:
            Refusal: It is none of this transport's.
            ClientGone: The client hung up.
        """
        method = "GET" if scope["path"] == STREAM else "POST"
        if scope["method"] != method:
            raise Refusal(405, f"Use {method}", headers=[(b"allow", method.encode())])
        if method == "GET":
            await self._serve(receive, send, caller)
            return
        stream = self._find(scope, caller)
        body = await read_body(scope["headers"], receive, self._server.settings.max_request_bytes)
        try:
            head = read_head(body)
        except BadMessage as error:
            raise Refusal(400, str(error), code=error.code) from None
        await stream.take(head, body)
        await send_bytes(send, 202, b"")

    def _find(self, scope: Scope, caller: Principal) -> "SseStream":
        query = parse_qs(scope["query_string"].decode("latin-1"), max_num_fields=10)
        stream = self._open.get(query.get("session_id", [""])[0])
        if stream is None or stream.owner != caller:
            raise Refusal(404, "There is no such stream; open one with GET /sse")
        return stream

    async def _serve(self, receive: Receive, send: Send, caller: Principal) -> None:
        if len(self._open) >= self._server.settings.max_sessions:
            raise Refusal(503, "Too many streams are open", headers=[(b"retry-after", b"30")])
        stream = SseStream(self._server, caller)
        self._open[stream.id] = stream
        try:
            path = f"{MESSAGES}?session_id={stream.id}"
            await streams.begin(send, first=f"event: endpoint\r\ndata: {path}\r\n\r\n".encode())
            if await streams.drain(stream.mailbox, receive, send):
                await streams.finish(send)
        finally:
            del self._open[stream.id]
            await stream.aclose()


class SseStream:
    """One client's stream, and the dispatch loop of the SDK behind it.

    Args:
        server: Answers.
        owner: Who opened it; nobody else may send messages to it.
    """

    def __init__(self, server: "HubServer", owner: Principal) -> None:
        self.id = uuid4().hex
        self.owner = owner
        self.mailbox = Mailbox()
        self.unanswered = unanswered_of_one_client(server.settings)
        self._to_server, from_client = anyio.create_memory_object_stream[SessionMessage | Exception](0)
        # The task keeps the context of the request that opens the stream, and with it the caller.
        # Server.run would enter the server's lifespan once for every stream.
        self._serving = asyncio.create_task(
            serve_dual_era_loop(server, from_client, _ToClient(self.mailbox, self.unanswered), lifespan_state={})
        )

    async def take(self, head: Head, body: bytes) -> None:
        """Pass a message of the client on.

        Raises:
            Refusal: It is no message, has the id of one in flight, there is no room, or the stream has ended.
        """
        try:
            message = jsonrpc_message_adapter.validate_json(body, by_name=False)
        except ValidationError:
            raise Refusal(400, "The body is not a JSON-RPC message", code=INVALID_REQUEST) from None
        request = head.id if head.is_request else None
        if request is not None:
            self.unanswered.admit(head, len(body))

        async def never_answered() -> None:
            if request is not None:
                self.unanswered.settle(request)

        metadata = ServerMessageMetadata(on_request_unanswered=never_answered)
        try:
            await self._to_server.send(SessionMessage(message, metadata=metadata))
        except (anyio.ClosedResourceError, anyio.BrokenResourceError):
            raise Refusal(404, "The stream has ended; open another with GET /sse") from None

    async def aclose(self) -> None:
        """Cancel what is still being worked on."""
        self._to_server.close()
        _, running = await asyncio.wait({self._serving}, timeout=CLOSE_SECONDS)
        for task in running:
            task.cancel()


class _ToClient:
    """The write stream of the dispatch loop (`mcp.shared._stream_protocols.WriteStream`).

    It never waits, so that no client that reads nothing holds up the loop: a request counts as unanswered until
    its answer is on its way, which bounds the answers; notifications are dropped once too many wait.
    """

    def __init__(self, mailbox: Mailbox, unanswered: Unanswered) -> None:
        self._mailbox = mailbox
        self._unanswered = unanswered

    async def send(self, item: SessionMessage, /) -> None:
        """Put one message into the mailbox."""
        message = item.message
        event = streams.event(message)
        if isinstance(message, JSONRPCRequest):
            self._mailbox.put_answer(event)
            return
        if not isinstance(message, JSONRPCResponse | JSONRPCError) or message.id is None:
            self._mailbox.put(event)
            return
        request = message.id
        self._unanswered.answered(request, len(event))
        self._mailbox.put_answer(event, lambda: self._unanswered.settle(request))

    async def aclose(self) -> None:
        """The loop has ended."""
        self._mailbox.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        self._mailbox.close()
