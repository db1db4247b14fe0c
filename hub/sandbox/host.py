"""Serves sandbox apps on loopback HTTP inside the running event loop, each on a port of its own."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, cast

from hub.connector.sandboxes import ASGIApp
from hub.errors import StartError

if TYPE_CHECKING:
    import uvicorn

_LOOPBACK = "127.0.0.1"
_CLOSING_SECONDS = 2


class SandboxHost:
    """Runs sandboxes until it is closed; use it as an async context manager or call `aclose`.

    It takes no signals and starts no task of its own: the apps answer within the loop that called `serve`.
    """

    def __init__(self) -> None:
        self._servers: dict[str, tuple[uvicorn.Server, socket.socket]] = {}
        self._closing = False

    @property
    def urls(self) -> dict[str, str]:
        """The base URL of every app being served, by its name."""
        return {name: _url_of(listener) for name, (_, listener) in self._servers.items()}

    async def serve(self, name: str, app: ASGIApp) -> str:
        """Serve an app and give its base URL, without a trailing slash; it answers from now on.

        Args:
            name: What the app is called in errors and in `urls`.
            app: Its lifespan runs if it has one.

        Raises:
            StartError: The name is taken, the app's own start failed, or there is no free port.
        """
        import uvicorn

        if name in self._servers:
            raise StartError(f"The sandbox {name!r} is already being served")
        config = uvicorn.Config(
            cast(
                "Any", self._ended_when_closing(app)
            ),  # uvicorn's own ASGI types are narrower than what an app accepts
            access_log=False,
            date_header=False,  # uvicorn refreshes it in a polling loop, which is left out here
            headers=[("server", "hub-sandbox")],
            log_config=None,
            server_header=False,
            timeout_graceful_shutdown=_CLOSING_SECONDS,
            ws="none",
        )
        config.load()
        server = uvicorn.Server(config)
        server.lifespan = config.lifespan_class(config)
        listener = _listen(name)
        try:
            await server.startup(sockets=[listener])
        except SystemExit:  # uvicorn's way of saying that the lifespan failed
            listener.close()
            raise StartError(f"The sandbox {name!r} failed while starting") from None
        except BaseException:
            listener.close()
            raise
        await server.on_tick(0)  # fills in the default headers
        self._servers[name] = (server, listener)
        return _url_of(listener)

    async def aclose(self) -> None:
        """Stop serving; answers under way get two seconds to finish. Closing twice does nothing."""
        servers, self._servers = self._servers, {}
        self._closing = True
        await asyncio.gather(*(server.shutdown(sockets=[listener]) for server, listener in servers.values()))

    def _ended_when_closing(self, app: ASGIApp) -> ASGIApp:
        """The app, whose answers uvicorn may cut off in the end without a traceback in the log."""

        async def ended(
            scope: MutableMapping[str, Any],
            receive: Callable[[], Awaitable[Any]],
            send: Callable[[Any], Awaitable[None]],
        ) -> None:
            started = False

            async def sending(message: Any) -> None:
                nonlocal started
                started = True
                await send(message)

            try:
                await app(scope, receive, sending)
            except asyncio.CancelledError:
                if not self._closing or scope["type"] != "http":
                    raise
                if not started:
                    await send({"type": "http.response.start", "status": 503, "headers": []})
                await send({"type": "http.response.body", "body": b""})

        return ended

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


def _listen(name: str) -> socket.socket:
    # With the protocol named, asyncio sets TCP_NODELAY on what it accepts; else answers wait 40 ms for an ACK.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.bind((_LOOPBACK, 0))
    except OSError as error:
        listener.close()
        raise StartError(f"The sandbox {name!r} found no free port on {_LOOPBACK}: {error.strerror}") from None
    return listener


def _url_of(listener: socket.socket) -> str:
    return f"http://{_LOOPBACK}:{listener.getsockname()[1]}"
