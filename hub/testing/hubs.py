"""A real hub inside a test: its configuration in, calls and an in-memory MCP client out."""

import os
import tempfile
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast
from uuid import uuid4

from pydantic import SecretStr

from hub.access.principal import LOCAL, Principal
from hub.calls.types import Call, Kind, Outcome
from hub.results.content import Content, Text

if TYPE_CHECKING:
    from mcp.client import Client

    from hub.config.known import KnownSecrets
    from hub.connector.base import Connector
    from hub.hub import Hub

Era = Literal["2025-11-25", "2026-07-28"]
"""The two ways MCP is spoken: with a handshake (and earlier), and without one."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What a call came to, as the caller is told.

    Attributes:
        text: All its text, joined by line breaks.
        error: Code of the error (see `hub.errors`), such as `not_found`; None if all went well.
        retry_after: Seconds, where the error knows.
        content: The pieces, pictures and links included.
        sent: Whether anything may have reached the service.
    """

    text: str
    error: str | None
    retry_after: float | None
    content: tuple[Content, ...]
    sent: bool

    @property
    def ok(self) -> bool:
        """Whether the call did what was asked."""
        return self.error is None


class OpenHub:
    """A hub that is open; made by `open_hub`.

    Attributes:
        hub: The hub itself.
        folder: Holds its hub.toml and its state until it is closed.
        secrets: Every secret it knows; masks them in what a program prints.
    """

    def __init__(self, hub: "Hub", folder: Path, secrets: "KnownSecrets") -> None:
        self.hub = hub
        self.folder = folder
        self.secrets = secrets

    async def call(self, tool: str, /, **arguments: Any) -> Reply:
        """Call a tool by its full name, through every stage that an agent's call goes through."""
        return await self._take("tool", tool, arguments)

    async def read(self, uri: str) -> Reply:
        """Read a resource."""
        return await self._take("resource", uri, {})

    async def prompt(self, name: str, /, **arguments: str) -> Reply:
        """Fill in a prompt by its full name."""
        return await self._take("prompt", name, arguments)

    @asynccontextmanager
    async def client(self, era: Era = "2026-07-28", *, principal: Principal = LOCAL) -> "AsyncGenerator[Client]":
        """The SDK's own MCP client, connected in memory.

        Args:
            era: Which protocol it speaks.
            principal: Who it is to the hub; whoever started the process if left out.
        """
        from mcp.client import Client

        from hub.server.identity import Caller
        from hub.server.server import HubServer

        server = HubServer(self.hub, fallback=Caller(principal, "memory"))
        async with Client(server, mode="legacy" if era == "2025-11-25" else era) as client:
            yield client

    def connector(self, namespace: str) -> "Connector[Any]":
        """A loaded connector.

        Raises:
            LookupError: None of that name is loaded, or it offers nothing.
        """
        found = self.hub.connector(namespace)
        if found is None:
            raise LookupError(f"no connector is loaded as {namespace!r}")
        return found

    async def _take(self, kind: Kind, name: str, arguments: Mapping[str, Any]) -> Reply:
        call = Call(id=uuid4().hex, kind=kind, name=name, arguments=arguments, principal=LOCAL, transport="memory")
        return reply_of(await self.hub.call(call))


def reply_of(outcome: Outcome) -> Reply:
    """An outcome as a test reads it."""
    return Reply(
        text="\n".join(piece.text for piece in outcome.content if isinstance(piece, Text)),
        error=outcome.error,
        retry_after=outcome.retry_after,
        content=outcome.content,
        sent=outcome.upstream,
    )


@asynccontextmanager
async def open_hub(
    config: Mapping[str, Any] | str, *, strict: bool = True, secrets: "KnownSecrets | None" = None
) -> AsyncGenerator[OpenHub]:
    """Open a hub with the connectors that are installed, in a folder of its own that goes with it.

        async with open_hub({"connectors": {"jira": {"sandbox": True}}}) as hub:
            reply = await hub.call("jira_get_issue", key="SHOP-1")
            async with hub.client("2025-11-25") as client:
                tools = (await client.list_tools()).tools

    Args:
        config: What hub.toml says, as tables or as its text. A `Secret` among the tables becomes a reference to a
            file that holds it, since hub.toml itself holds no secrets.
        strict: A connector that does not load fails the test.
        secrets: Told every secret value.

    Raises:
        ConfigError: The configuration is wrong.
        ConnectorLoadError: With `strict`, a connector did not load; says why.
    """
    from hub.config.known import KnownSecrets
    from hub.hub import Hub

    secrets = secrets or KnownSecrets()
    with tempfile.TemporaryDirectory(prefix="hub-test-") as name:
        folder = Path(name)
        text = config if isinstance(config, str) else _as_toml(config, folder)
        path = folder / "hub.toml"
        path.write_text(text, encoding="utf-8")
        async with Hub.open(path, strict=strict, secrets=secrets) as hub:
            yield OpenHub(hub, folder, secrets)


def _as_toml(config: Mapping[str, Any], folder: Path) -> str:
    import tomlkit

    kept = 0

    def keep(secret: str) -> dict[str, str]:
        nonlocal kept
        kept += 1
        path = folder / f"secret-{kept}"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(secret)
        return {"file": path.name}

    return tomlkit.dumps(_plain(config, keep))


def _plain(value: Any, keep: Callable[[str], dict[str, str]]) -> Any:
    """The value with secrets kept elsewhere, paths as text, and what is None left out, which TOML cannot say."""
    match value:
        case SecretStr():
            return keep(value.get_secret_value())
        case Path():
            return str(value)
        case Mapping():
            table = cast("Mapping[str, Any]", value)
            return {key: _plain(item, keep) for key, item in table.items() if item is not None}
        case list() | tuple():
            return [_plain(item, keep) for item in cast("list[Any]", value)]
        case _:
            return value
