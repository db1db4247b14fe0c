"""The HTTP+SSE transport of 2024-11-05, for clients that know nothing newer; off unless `[server] sse` says so."""

from typing import TYPE_CHECKING

from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from mcp.server.runner import serve_dual_era_loop
from mcp.server.sse import SseServerTransport
from starlette.types import Receive, Scope, Send

from hub.access.principal import Principal
from hub.server.bodies import read_body, replay
from hub.server.messages import BadMessage, read_head
from hub.server.refusals import Refusal

if TYPE_CHECKING:
    from hub.hub import Hub
    from hub.server.server import HubServer

STREAM = "/sse"
MESSAGES = "/sse/messages"


class SseEndpoint:
    """A stream under `/sse` and the messages that belong to it under `/sse/messages`.

    Args:
        hub: Holds the settings.
        server: Answers.
    """

    paths = frozenset({STREAM, MESSAGES})

    def __init__(self, hub: "Hub", server: "HubServer") -> None:
        self._hub = hub
        self._server = server
        self._streams = 0
        self._transport = SseServerTransport(MESSAGES, max_request_body_size=hub.settings.server.max_request_bytes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send, caller: Principal) -> None:
        """Answer one HTTP request.

        Raises:
            Refusal: It is none of this transport's.
            ClientGone: The client hung up.
        """
        method = "GET" if scope["path"] == STREAM else "POST"
        if scope["method"] != method:
            raise Refusal(405, f"Use {method}", headers=[(b"allow", method.encode())])
        scope["user"] = _owner(caller)
        if method == "GET":
            await self._serve(scope, receive, send)
            return
        body = await read_body(scope["headers"], receive, self._hub.settings.server.max_request_bytes)
        try:
            read_head(body)
        except BadMessage as error:
            raise Refusal(400, str(error), code=error.code) from None
        await self._transport.handle_post_message(scope, replay(body, receive), send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._streams >= self._hub.settings.server.max_sessions:
            raise Refusal(503, "Too many streams are open")
        self._streams += 1
        try:
            async with self._transport.connect_sse(scope, receive, send) as (read, write):
                # Server.run would enter the server's lifespan once for every stream.
                await serve_dual_era_loop(self._server, read, write, lifespan_state={})
        finally:
            self._streams -= 1


def _owner(caller: Principal) -> AuthenticatedUser:
    """The caller as the SDK compares it: messages are taken only from the one who opened the stream."""
    owner = f"{caller.how}:{caller.client}"
    return AuthenticatedUser(AccessToken(token="", client_id=owner, scopes=[], subject=",".join(caller.roles)))
