"""The MCP endpoint for protocol 2025-11-25 and earlier: `initialize`, sessions, one GET stream each."""

from typing import TYPE_CHECKING

from mcp.shared.message import SessionMessage
from mcp_types import INVALID_REQUEST, JSONRPCError, JSONRPCRequest, jsonrpc_message_adapter
from pydantic import ValidationError
from starlette.types import Receive, Scope, Send

from hub.access.principal import Principal
from hub.server import streams
from hub.server.accept import accepts
from hub.server.direct import DirectCalls, PlainCall
from hub.server.mailbox import Mailbox
from hub.server.messages import Head
from hub.server.origins import only
from hub.server.refusals import Header, Refusal, send_bytes
from hub.server.sessions import Session, Sessions, cancelled

if TYPE_CHECKING:
    from hub.server.server import HubServer

CALLS = frozenset({"tools/call", "resources/read", "prompts/get"})
SESSION = b"mcp-session-id"
JSON = (b"content-type", b"application/json")


class HandshakeEra:
    """Answers HTTP requests of sessions (MCP specification 2025-11-25, transports: Streamable HTTP).

    Args:
        server: Knows which calls may ask their client.
        sessions: All there are.
        direct: Answers plain calls.
    """

    def __init__(self, server: "HubServer", sessions: Sessions, direct: DirectCalls) -> None:
        self._server = server
        self._sessions = sessions
        self._direct = direct

    async def post(
        self, scope: Scope, receive: Receive, send: Send, *, head: Head, body: bytes, caller: Principal
    ) -> None:
        """Take one message.

        Raises:
            Refusal: It cannot be taken.
        """
        if not all(accepts(scope["headers"])):
            raise Refusal(406, "Accept application/json and text/event-stream")
        if (call := self._direct.of_a_session(head)) is not None:
            session = self._sessions.find(only(scope["headers"], SESSION), caller)
            if session.initialized and not session.wants_messages:
                with session.unanswered.admitted(head, len(body)):
                    await self._answer_directly(session, call, send)
                return
        try:
            message = jsonrpc_message_adapter.validate_json(body, by_name=False)
        except ValidationError:
            raise Refusal(400, "The body is not a JSON-RPC message", code=INVALID_REQUEST) from None
        if not isinstance(message, JSONRPCRequest):
            session = self._sessions.find(only(scope["headers"], SESSION), caller)
            if head.cancels is not None:
                session.cancel(head.cancels)
            async with session.in_use():
                await session.tell(SessionMessage(message))
            await send_bytes(send, 202, b"")
        elif head.method == "initialize" and only(scope["headers"], SESSION) is None:
            await self._initialize(scope, send, message=message, caller=caller)
        else:
            session = self._sessions.find(only(scope["headers"], SESSION), caller)
            session.wants_messages = session.wants_messages or head.method == "logging/setLevel"
            with session.unanswered.admitted(head, len(body)):
                if head.wants_progress or (head.method in CALLS and self._tells(session, head)):
                    await self._stream(session, message, receive, send)
                else:
                    await self._answer(session, message, send)

    async def get(self, scope: Scope, receive: Receive, send: Send, *, caller: Principal) -> None:
        """Open the session's stream of what belongs to no request.

        Raises:
            Refusal: There is one already, or no session.
        """
        if not accepts(scope["headers"])[1]:
            raise Refusal(406, "Accept text/event-stream")
        session = self._sessions.find(only(scope["headers"], SESSION), caller)
        if session.outbox.standing is not None:
            raise Refusal(409, "The session has its stream already")
        mailbox = session.outbox.standing = Mailbox()
        try:
            async with session.in_use():
                await streams.begin(send, (named(session),))
                if await streams.drain(mailbox, receive, send):
                    await streams.finish(send)
        finally:
            session.outbox.standing = None

    async def delete(self, scope: Scope, send: Send, *, caller: Principal) -> None:
        """End the session.

        Raises:
            Refusal: There is none.
        """
        session = self._sessions.find(only(scope["headers"], SESSION), caller)
        await session.aclose()
        await send_bytes(send, 200, b"")

    def _tells(self, session: Session, head: Head) -> bool:
        """Whether a call may have something to say before its answer."""
        name = head.params.get("name")
        return session.wants_messages or (isinstance(name, str) and self._server.asks(str(head.method), name))

    async def _initialize(self, scope: Scope, send: Send, *, message: JSONRPCRequest, caller: Principal) -> None:
        session = self._sessions.open(caller, scope["headers"])
        opened = False
        try:
            async with session.in_use():
                answer = await session.ask(message, streaming=False)
                response = await answer.response
            opened = response is not None and not isinstance(response, JSONRPCError)
            if response is None:
                raise _ended()
            session.initialized = opened
            await send_bytes(send, 200, streams.to_json(response), [JSON, named(session)] if opened else [JSON])
        finally:
            if not opened:
                await session.aclose()

    async def _answer_directly(self, session: Session, call: PlainCall, send: Send) -> None:
        async with session.in_use():
            answer = await session.run(call.id, self._direct.answer(call, in_session=True))
        if answer is None:
            if session.closed:
                raise _ended()
            answer = 200, streams.to_json(cancelled(call.id))
        session.unanswered.answered(call.id, len(answer[1]))
        await send_bytes(send, answer[0], answer[1], [JSON])

    async def _answer(self, session: Session, message: JSONRPCRequest, send: Send) -> None:
        async with session.in_use():
            response = await (await session.ask(message, streaming=False)).response
        if response is None:
            raise _ended()
        answer = streams.to_json(response)
        session.unanswered.answered(message.id, len(answer))
        await send_bytes(send, 200, answer, [JSON])

    async def _stream(self, session: Session, message: JSONRPCRequest, receive: Receive, send: Send) -> None:
        async with session.in_use():
            answer = await session.ask(message, streaming=True)
            assert answer.progress is not None  # noqa: S101  asked for as a stream
            await streams.begin(send, (named(session),))
            there = await streams.drain(answer.progress, receive, send)
            # A client that hung up has not cancelled its request, which counts as long as it runs.
            response = await answer.response
        if there:
            last = streams.event(response) if response else b""
            session.unanswered.answered(message.id, len(last))
            await streams.finish(send, last)


def named(session: Session) -> Header:
    """The header that names the session."""
    return (SESSION, session.id.encode("ascii"))


def _ended() -> Refusal:
    return Refusal(404, "The session ended before the request was answered; initialize a new one")
