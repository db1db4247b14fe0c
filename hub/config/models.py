"""The shape of hub.toml, one frozen model per table."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr

from hub.connector.settings import Settings


class HubTable(Settings):
    """`[hub]`: the hub itself."""

    name: str = "Integration hub"
    """Shown to clients as the server's title."""
    state: Path = Path(".hub")
    """Folder of the audit log and other state; relative to hub.toml."""


class ServerTable(Settings):
    """`[server]`: where and how MCP is served over HTTP."""

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    allowed_hosts: tuple[str, ...] = ()
    """Host headers to accept besides the address itself, such as `hub.acme.com`; compared exactly."""
    allowed_origins: tuple[str, ...] = ()
    """Origin headers to accept, such as `https://chat.acme.com`; compared exactly."""
    sse: bool = False
    """Also serve the old HTTP+SSE transport under /sse."""
    max_sessions: int = Field(default=1000, ge=1)
    """Sessions of protocol 2025-11-25 and earlier that may be open at once."""
    session_idle: float = Field(default=600.0, gt=0)
    """Seconds until an unused session is closed."""
    max_request_bytes: int = Field(default=4 * 1024 * 1024, ge=1024)
    max_concurrent_calls: int = Field(default=256, ge=1)
    """Calls worked on at once, over all clients; more are refused with a hint when to retry."""
    drain: float = Field(default=10.0, ge=0)
    """Seconds that calls in flight get to finish on SIGTERM."""


class KeyTable(Settings):
    """One `[[auth.keys]]`: an API key, known by its hash."""

    client: str = Field(pattern=r"^[A-Za-z0-9_.@-]{1,64}$")
    """Name in policies, limits and the audit log."""
    key_sha256: SecretStr
    """SHA-256 of the key, 64 hex digits: literal, or a reference."""
    roles: tuple[str, ...] = ()


class AuthTable(Settings):
    """`[auth]`: who may call. Without keys the hub serves loopback only."""

    keys: tuple[KeyTable, ...] = ()


class RoleTable(Settings):
    """`[roles.<name>]`: what a client with this role may do. Patterns are shell-like; deny beats approval beats allow."""

    allowed_tools: tuple[str, ...] = ()
    denied_tools: tuple[str, ...] = ()
    require_approval: tuple[str, ...] = ()


class LimitsTable(Settings):
    """`[limits]`: the hub's own quotas, written like `100/minute`."""

    per_client: str | None = None
    """For each client, over all tools."""
    tools: Mapping[str, str] = Field(default_factory=dict[str, str])
    """For each client, by tool name or pattern."""
    connectors: Mapping[str, str] = Field(default_factory=dict[str, str])
    """Over all clients, by connector."""


class ResultsTable(Settings):
    """`[results]`: how large an answer may be."""

    max_tokens: int = Field(default=2000, ge=200, le=50_000)
    """A longer text is cut at a line and spilled to hub://results."""
    keep: float = Field(default=900.0, ge=1)
    """Seconds a spilled result can be read."""


class ConnectorTable(Settings):
    """The keys the hub takes out of every `[connectors.<name>]`; the rest is the connector's own."""

    connector: str = ""
    """Name of the installed connector, if it is not the table's name."""
    enabled: bool = True
    read_only: bool = True
    """Lists no tool that writes."""
    tools: tuple[str, ...] = ()
    """Filter over the tools, without namespace: `name` or `+name` only these, `-name` all but these; patterns work."""
    rate_limit: str | None = None
    """Requests to the service; replaces the connector's default."""
    deadline: float = Field(default=60.0, gt=0, le=3600)
    """Total seconds of one call."""
    max_concurrent_calls: int = Field(default=32, ge=1)
    """The connector's bulkhead: calls worked on at once; more wait within their deadline."""
    sandbox: bool = False
    """Talk to the connector's embedded sandbox instead of the real service."""
    settings: Mapping[str, Any] = Field(default_factory=dict[str, Any], repr=False)
    """The connector's own keys, secret references unresolved."""


class HubSettings(Settings):
    """A whole hub.toml."""

    hub: HubTable = HubTable()
    server: ServerTable = ServerTable()
    auth: AuthTable = AuthTable()
    roles: Mapping[str, RoleTable] = Field(default_factory=dict[str, RoleTable])
    limits: LimitsTable = LimitsTable()
    results: ResultsTable = ResultsTable()
    connectors: Mapping[str, ConnectorTable] = Field(default_factory=dict[str, ConnectorTable])
