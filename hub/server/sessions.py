"""Sessions of protocol 2025-11-25 and earlier over Streamable HTTP, one dispatch loop of the SDK each.

The SDK's own session manager chooses between JSON and a stream per session. Here every request is answered in the
cheaper way that serves it: as JSON, or as a stream if something may have to be sent before the answer.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

import anyio
from mcp.server.runner import serve_loop
from mcp.shared.dispatcher import coerce_request_id
from mcp.shared.message import ServerMessageMetadata, SessionMessage
from mcp_types import ErrorData, JSONRPCError, JSONRPCRequest, RequestId

from hub.access.principal import Principal
from hub.server.outbox import Answer, Outbox
from hub.server.refusals import Header, Refusal
from hub.server.standing import Standing
from hub.server.unanswered import unanswered_of_one_client

if TYPE_CHECKING:
    from hub.server.server import HubServer

T = TypeVar("T")
log = logging.getLogger(__name__)

REQUEST_CANCELLED = -32800
"""What a cancelled request is answered with, since its HTTP response has to end somehow; the code of LSP."""

CLOSE_SECONDS = 2.0
"""How long a session may take to end its calls."""


class Session:
    """One client's session.

    Args:
        server: Handles its messages.
        owner: Who opened it; nobody else gets to use it.
        idle: Seconds without a request or an open stream until it ends.
        ended: Told when it is over.
    """

    def __init__(
        self, server: "HubServer", owner: Principal, idle: float, ended: "Callable[[Session], None]"
    ) -> None:
        self.id = uuid4().hex
        self.owner = owner
        self.outbox = Outbox()
        self.unanswered = unanswered_of_one_client(server.settings)
        self.initialized = False
        self.wants_messages = False
        self.closed = False
        self.retired = False
        self._running: dict[RequestId, asyncio.Task[Any]] = {}
        self._idle = idle
        self._ended = ended
        self._loop = asyncio.get_running_loop()
        self._busy = 0
        self._used = self._loop.time()
        self._to_server, from_client = anyio.create_memory_object_stream[SessionMessage | Exception](0)
        # The task keeps the context it is made in, and with it the caller of the request that opens the session.
        self._serving = asyncio.create_task(
            serve_loop(server, from_client, self.outbox, lifespan_state={}, session_id=self.id)
        )
        self._serving.add_done_callback(self._over)
        self._timer = self._loop.call_later(idle, self._expire)

    @asynccontextmanager
    async def in_use(self) -> AsyncGenerator[None]:
        """Keep the session from ending as idle."""
        self._busy += 1
        try:
            yield
        finally:
            self._busy -= 1
            self._used = self._loop.time()
            if self.retired and not self._busy:
                self.close()

    async def tell(self, message: SessionMessage) -> None:
        """Pass a notification or a response on."""
        await self._send(message)

    async def ask(self, request: JSONRPCRequest, *, streaming: bool) -> Answer:
        """Pass a request on; what comes of it is in the answer.

        Raises:
            Refusal: The session has ended.
        """
        answer = self.outbox.expect(request.id, streaming=streaming)

        async def unanswered() -> None:
            await self.outbox.send(SessionMessage(cancelled(request.id)))

        metadata = ServerMessageMetadata(on_request_unanswered=unanswered, can_send_request=streaming)
        try:
            await self._send(SessionMessage(request, metadata=metadata))
        except BaseException:
            self.outbox.forget(request.id)
            raise
        return answer

    async def run(self, request: RequestId, work: Coroutine[Any, Any, T]) -> T | None:
        """Answer a request without the dispatch loop; None if the client or the session's end cancelled it."""
        key, task = coerce_request_id(request), asyncio.current_task()
        assert task is not None  # noqa: S101  an ASGI application runs in a task
        self._running[key] = task
        try:
            return await work
        except asyncio.CancelledError:
            if self._running.get(key) is task:  # cancelled by neither of the two
                raise
            task.uncancel()
            return None
        finally:
            self._running.pop(key, None)

    def cancel(self, request: RequestId) -> None:
        """Cancel a request that `run` works on; the dispatch loop hears of its own by the notification."""
        if (task := self._running.pop(coerce_request_id(request), None)) is not None:
            task.cancel()

    def retire(self) -> None:
        """Take no request any more, and end the session once those under way are answered."""
        self.retired = True
        if not self._busy:
            self.close()

    def close(self) -> None:
        """Begin to end the session: its calls are cancelled, its streams close."""
        self.closed = True
        for request in list(self._running):
            self.cancel(request)
        self._timer.cancel()
        self._to_server.close()

    async def aclose(self) -> None:
        """End the session."""
        self.close()
        _, running = await asyncio.wait({self._serving}, timeout=CLOSE_SECONDS)
        for task in running:
            task.cancel()

    async def _send(self, message: SessionMessage) -> None:
        try:
            await self._to_server.send(message)
        except (anyio.ClosedResourceError, anyio.BrokenResourceError):
            raise Refusal(404, "The session has ended; initialize a new one") from None

    def _expire(self) -> None:
        left = self._used + self._idle - self._loop.time()
        if self._busy or left > 0:
            self._timer = self._loop.call_later(left if left > 0 else self._idle, self._expire)
        else:
            self.close()

    def _over(self, task: "asyncio.Task[None]") -> None:
        self._timer.cancel()
        self.outbox.close()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("session ended by %s", type(error).__qualname__)
        self._ended(self)


def cancelled(request: RequestId) -> JSONRPCError:
    """What a request that was cancelled is answered with."""
    return JSONRPCError(
        jsonrpc="2.0", id=request, error=ErrorData(code=REQUEST_CANCELLED, message="Request cancelled")
    )


class Sessions:
    """All open sessions.

    Args:
        server: Handles their messages.
        standing: Tells when the key of one is taken away.
    """

    def __init__(self, server: "HubServer", standing: Standing) -> None:
        self._server = server
        self._standing = standing
        self._open: dict[str, Session] = {}
        self._unwatch: dict[str, Callable[[], None]] = {}

    def find(self, session: str | None, caller: Principal) -> Session:
        """The session of that id.

        Raises:
            Refusal: 400 without an id; 404 if there is none, it is over, or somebody else opened it.
        """
        if session is None:
            raise Refusal(400, "The Mcp-Session-Id header is missing; initialize first")
        found = self._open.get(session)
        if found is None or found.owner != caller or found.retired:
            raise Refusal(404, "There is no such session; initialize a new one")
        return found

    def open(self, owner: Principal, headers: Sequence[Header]) -> Session:
        """A new session.

        Args:
            owner: Who opens it.
            headers: Of the request that does; once its key is taken away, the session ends.

        Raises:
            Refusal: 503 if too many are open, 401 if the key was taken away meanwhile.
        """
        settings = self._server.settings
        if len(self._open) >= settings.max_sessions:
            raise Refusal(503, "Too many sessions are open", headers=[(b"retry-after", b"30")])
        session = Session(self._server, owner, settings.session_idle, self._forget)
        try:
            self._unwatch[session.id] = self._standing.watch(headers, owner, session.retire)
        except Refusal:
            session.close()
            raise
        self._open[session.id] = session
        return session

    async def aclose(self) -> None:
        """End all sessions."""
        await asyncio.gather(*(session.aclose() for session in list(self._open.values())))

    def _forget(self, session: Session) -> None:
        self._open.pop(session.id, None)
        if (unwatch := self._unwatch.pop(session.id, None)) is not None:
            unwatch()
