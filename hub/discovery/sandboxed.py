"""Serves a connector's sandbox while the connector is loaded."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from hub.connector.base import Connector
from hub.connector.sandboxes import Sandbox
from hub.discovery.steps import Stepped


def has_sandbox(cls: type[Connector[Any]]) -> bool:
    """Whether the connector brings a sandbox of its own; does not ask it for one."""
    return any("sandbox" in vars(base) for base in cls.__mro__ if base is not Connector)


@asynccontextmanager
async def hosted(namespace: str, sandbox: Sandbox, step_seconds: float) -> AsyncGenerator[str]:
    """Serve a sandbox, and give its base URL."""
    from hub.sandbox.host import SandboxHost

    starts: list[Stepped[None]] = []

    async def start(scope: Any, receive: Any, send: Any) -> None:
        await sandbox.app(scope, receive, send)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        # All others wait for its start and its end; for a request, only who sent it.
        if scope["type"] == "lifespan":
            starts.append(Stepped(f"the sandbox of {namespace}", start(scope, receive, send), step_seconds))
            await starts[-1]
        else:
            await sandbox.app(scope, receive, send)

    try:
        async with SandboxHost() as host:
            yield await host.serve(namespace, app)
    finally:
        # It runs in a task of uvicorn's, which nobody ends.
        for stepped in starts:
            stepped.abandon()
