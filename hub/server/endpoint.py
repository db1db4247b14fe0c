"""The MCP endpoint: tells the protocol's eras apart and answers 2026-07-28 with the SDK."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.shared.inbound import MCP_PROTOCOL_VERSION_HEADER
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS
from starlette.types import Receive, Scope, Send

from hub.access.principal import Principal
from hub.server.accept import one_accept
from hub.server.bodies import read_body, replay
from hub.server.direct import DirectCalls
from hub.server.handshake_era import JSON, HandshakeEra
from hub.server.hangup import KEY, HangUp
from hub.server.messages import BadMessage, read_head
from hub.server.origins import only
from hub.server.refusals import Refusal, send_bytes
from hub.server.sessions import Sessions
from hub.server.standing import Standing

if TYPE_CHECKING:
    from hub.server.server import HubServer

_VERSION = MCP_PROTOCOL_VERSION_HEADER.encode("ascii")


class Endpoint:
    """Streamable HTTP in both eras.

    Every request is answered as plain JSON, which costs the least, unless something has to be sent before its
    answer: progress, log messages, a question.

    Args:
        server: Answers.
        standing: Ends streams and sessions when they have to.
    """

    def __init__(self, server: "HubServer", standing: Standing) -> None:
        self._standing = standing
        self._limit = limit = server.settings.max_request_bytes
        # Used for 2026-07-28 alone, which has no sessions.
        self._streaming = StreamableHTTPSessionManager(server, stateless=True, max_request_body_size=limit)
        self._plain = StreamableHTTPSessionManager(
            server, stateless=True, json_response=True, max_request_body_size=limit
        )
        self.sessions = Sessions(server, standing)
        self._direct = DirectCalls(server)
        self._earlier = HandshakeEra(server, self.sessions, self._direct)

    @asynccontextmanager
    async def run(self) -> AsyncGenerator[None]:
        """Hold what the SDK needs while it answers."""
        async with self._streaming.run(), self._plain.run():
            yield

    async def __call__(self, scope: Scope, receive: Receive, send: Send, caller: Principal) -> None:
        """Answer one HTTP request.

        Raises:
            Refusal: It is none of MCP's.
            ClientGone: The client hung up.
        """
        scope = one_accept(scope)
        version = only(scope["headers"], _VERSION)
        modern = version is not None and version not in HANDSHAKE_PROTOCOL_VERSIONS
        match scope["method"]:
            case "POST":
                await self._post(scope, receive, send, caller, modern=modern)
            case "GET" if not modern:
                await self._earlier.get(scope, receive, send, caller=caller)
            case "DELETE" if not modern:
                await self._earlier.delete(scope, send, caller=caller)
            case _:
                methods = "POST" if modern else "GET, POST, DELETE"
                raise Refusal(405, f"Use {methods}", headers=[(b"allow", methods.encode())])

    async def _post(self, scope: Scope, receive: Receive, send: Send, caller: Principal, *, modern: bool) -> None:
        content_type = only(scope["headers"], b"content-type") or ""
        if content_type.partition(";")[0].strip().lower() != "application/json":
            raise Refusal(400, "The Content-Type has to be application/json")
        body = await read_body(scope["headers"], receive, self._limit)
        try:
            head = read_head(body)
        except BadMessage as error:
            raise Refusal(400, str(error), code=error.code) from None
        if not modern:
            await self._earlier.post(scope, receive, send, head=head, body=body, caller=caller)
        elif head.method == "subscriptions/listen":
            with self._standing.stream(scope["headers"], caller, receive) as until_ended:
                await self._streaming.handle_request(scope, replay(body, until_ended), send)
        elif head.wants_progress or head.wants_messages:
            await self._streaming.handle_request(scope, replay(body, receive), send)
        else:
            hang_up: HangUp = scope[KEY]
            with hang_up.cancels():
                if (call := self._direct.of_this_era(head, scope["headers"])) is not None:
                    status, answer = await self._direct.answer(call)
                    await send_bytes(send, status, answer, [JSON])
                else:
                    await self._plain.handle_request(scope, replay(body, receive), send)
