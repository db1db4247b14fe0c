"""Serves MCP over HTTP with uvicorn: inside another program, or as the program until a signal ends it."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import uvicorn

from hub.config.models import ServerTable
from hub.server.front import Front
from hub.server.server import HubServer
from hub.server.signals import reloader, signal_handlers
from hub.server.sockets import Address, bind
from hub.server.uvicorn_protocol import BoundedProtocol, close_slow

if TYPE_CHECKING:
    from hub.hub import Hub

log = logging.getLogger(__name__)

FLUSH_SECONDS = 2
"""Time for answers to reach their clients once the calls are done; then connections are cut."""

KEEP_ALIVE_SECONDS = 30
"""How long an idle connection is kept for the next request."""


class _Server(uvicorn.Server):
    """uvicorn without signal handlers of its own, and without waking up ten times a second."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._stop = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield

    async def main_loop(self) -> None:
        """Do what has to be done once a second, until stopped."""
        ticks = 0
        while not await self.on_tick(ticks):
            ticks += 10  # uvicorn counts tenths of a second
            close_slow(self.server_state.connections, asyncio.get_running_loop().time())
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), 1.0)

    def stop(self) -> None:
        """End the loop and with it `serve`."""
        self.should_exit = True
        self._stop.set()


@asynccontextmanager
async def serve_http(
    hub: "Hub", *, host: str | None = None, port: int | None = None, hurry: asyncio.Event | None = None
) -> AsyncGenerator[Address]:
    """Serve while the block runs; then let the calls in flight finish and close everything.

    Args:
        hub: What is served.
        host: Instead of `[server] host`.
        port: Instead of `[server] port`; 0 takes a free one.
        hurry: Once set, calls in flight are not waited for.

    Raises:
        StartError: The address cannot be bound or may not be.
    """
    settings = hub.settings.server
    socket, address = bind(
        settings.host if host is None else host, settings.port if port is None else port, keys=hub.requires_key
    )
    try:
        face = HubServer(hub, fallback=None)
        front = Front(hub, face, on_loopback=address.on_loopback)
        server = _Server(_config(settings, front))
        async with front.run():
            serving = asyncio.create_task(server.serve(sockets=[socket]))
            try:
                while not server.started:
                    if serving.done():
                        serving.result()
                    await asyncio.sleep(0)
                yield address
            finally:
                await _drain(hub, settings.drain, hurry)
                face.changes.close()
                await front.stop()
                server.stop()
                await serving
    finally:
        socket.close()


async def run_http(
    hub: "Hub", *, host: str | None = None, port: int | None = None, ready: Callable[[Address], None] | None = None
) -> None:
    """Serve until SIGTERM or SIGINT; a second one does not wait for calls in flight. SIGHUP reads hub.toml again.

    Args:
        hub: What is served.
        host: Instead of `[server] host`.
        port: Instead of `[server] port`.
        ready: Told the address once requests are answered.

    Raises:
        StartError: The address cannot be bound or may not be.
    """
    stop, hurry = asyncio.Event(), asyncio.Event()
    drain = hub.settings.server.drain

    def on_stop() -> None:
        (hurry if stop.is_set() else stop).set()

    with signal_handlers({"SIGTERM": on_stop, "SIGINT": on_stop, "SIGHUP": reloader(hub)}):
        async with serve_http(hub, host=host, port=port, hurry=hurry) as address:
            if ready is not None:
                ready(address)
            await stop.wait()
            log.info("stopping; calls in flight get %g s", drain)


def _config(settings: ServerTable, front: Front) -> uvicorn.Config:
    return uvicorn.Config(
        front,
        http=BoundedProtocol,
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=FLUSH_SECONDS,
        limit_concurrency=settings.max_sessions + 4 * settings.max_concurrent_calls,
    )


async def _drain(hub: "Hub", seconds: float, hurry: asyncio.Event | None) -> None:
    """Wait for the calls in flight, then for their answers to be handed to their connections."""
    draining = asyncio.create_task(hub.drain(seconds))
    waiting = {draining} if hurry is None else {draining, asyncio.create_task(hurry.wait())}
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
    for _ in range(20):
        await asyncio.sleep(0)
