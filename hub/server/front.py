"""The ASGI application: checks every request before MCP sees it, and knows what is open when the hub stops."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.types import Message, Receive, Scope, Send

from hub.server.bodies import ClientGone
from hub.server.endpoint import Endpoint
from hub.server.guard import internal_error
from hub.server.identity import Caller, sender
from hub.server.origins import PREFLIGHT, check_host, check_origin, cross_origin_headers
from hub.server.refusals import Header, Refusal, send_bytes, send_json
from hub.server.sse import SseEndpoint
from hub.server.standing import Standing

if TYPE_CHECKING:
    from hub.hub import Hub
    from hub.server.server import HubServer

log = logging.getLogger(__name__)

LAST_SECONDS = 1.0
"""How long a stream that was ended may take to end on the wire as well."""

_TURNED_AWAY = frozenset((401, 403, 421))
"""A wrong or missing key, a foreign Origin, a foreign Host: of interest to whoever watches the log."""

LONGEST_HEADERS = 64 * 1024
"""Bytes of all header fields of a request together."""


class Front:
    """Routes by `scope["path"]`: `/mcp`, `/sse`, `/healthz`, `/readyz`.

    Args:
        hub: Behind it all.
        server: Answers MCP.
        on_loopback: Whether the hub listens on this machine alone.
    """

    def __init__(self, hub: "Hub", server: "HubServer", *, on_loopback: bool) -> None:
        self._hub = hub
        self._settings = server.settings
        self._standing = Standing(hub, on_loopback=on_loopback)
        self._mcp = Endpoint(server, self._standing)
        self._sse = SseEndpoint(server)

    @asynccontextmanager
    async def run(self) -> AsyncGenerator[None]:
        """Hold what outlives a request."""
        async with self._mcp.run():
            yield

    async def stop(self) -> None:
        """Let no stream open any more, and end the streams and sessions there are."""
        self._standing.stop()
        await self._mcp.sessions.aclose()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        more: list[Header] = []
        begun = ended = False

        async def sending(message: Message) -> None:
            nonlocal begun, ended
            if message["type"] == "http.response.start":
                begun = True
                if more:
                    message["headers"] = [*message.get("headers", ()), *more]
            else:
                ended = not message.get("more_body", False)
            await send(message)

        try:
            await self._route(scope, receive, sending, more)
        except Refusal as refusal:
            if refusal.status in _TURNED_AWAY:
                # The path is the caller's own text; nothing else it sent is repeated.
                peer = (scope.get("client") or ("unknown",))[0]
                log.info("turned away %s: %d at %.100r: %s", peer, refusal.status, scope["path"], refusal.message)
            if not begun:
                await refusal.answer(sending)
        except ClientGone:
            pass
        except asyncio.CancelledError:
            if not self._standing.stopping:
                raise
            if not begun:
                await Refusal(503, "The hub is shutting down").answer(sending)
        except Exception as error:  # noqa: BLE001  the boundary towards the client
            failure = internal_error(f"{scope['method']} {scope['path']}", error)
            if begun:
                return  # the connection is cut, lest what was sent so far looks whole
            await Refusal(500, failure.message, code=failure.code).answer(sending)
        if begun and not ended:
            with contextlib.suppress(TimeoutError):  # of a client that reads nothing
                await asyncio.wait_for(send({"type": "http.response.body", "body": b""}), LAST_SECONDS)

    async def _route(self, scope: Scope, receive: Receive, send: Send, more: list[Header]) -> None:
        headers: list[Header] = scope["headers"]
        if sum(len(name) + len(value) for name, value in headers) > LONGEST_HEADERS:
            raise Refusal(431, f"The headers are larger than {LONGEST_HEADERS} bytes")
        host = check_host(scope, self._settings)
        origin = check_origin(scope, host, self._settings)
        more += cross_origin_headers(origin)
        path = scope["path"]
        if path in ("/healthz", "/readyz"):
            await self._probe(scope, send)
        elif path not in ("/mcp", "/mcp/") and not (self._settings.sse and path in self._sse.paths):
            raise Refusal(404, "MCP is served under /mcp")
        elif scope["method"] == "OPTIONS" and origin is not None:
            await send_bytes(send, 204, b"", PREFLIGHT)
        else:
            await self._serve(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        principal = self._standing.authenticate(scope["headers"])
        app = self._sse if scope["path"] in self._sse.paths else self._mcp
        sender.set(Caller(principal, "http" if app is self._mcp else "sse"))
        if scope["method"] == "GET":
            with self._standing.stream(scope["headers"], principal, receive) as until_ended:
                await app(scope, until_ended, send, principal)
        else:
            await app(scope, receive, send, principal)

    async def _probe(self, scope: Scope, send: Send) -> None:
        if scope["method"] not in ("GET", "HEAD"):
            raise Refusal(405, "Use GET", headers=[(b"allow", b"GET, HEAD")])
        if scope["path"] == "/healthz":
            await send_json(send, 200, {"status": "ok"})
            return
        reasons = list(self._hub.problems)
        await send_json(send, 503 if reasons else 200, {"ready": not reasons, "reasons": reasons})
