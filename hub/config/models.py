"""The shape of hub.toml, one frozen model per table."""

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, SecretStr, field_validator, model_validator

from hub.catalog.nearest import nearest
from hub.config.rates import parse_rate
from hub.connector.settings import Settings

_NAMESPACE = re.compile(r"[a-z][a-z0-9_]{0,31}")
_PATTERN = re.compile(r"[a-z0-9_*?\[\]!-]+")
_GUESSABLE = (
    "",
    "test",
    "secret",
    "changeme",
    "change-me",
    "password",
    "key",
    "api-key",
    "apikey",
    "example",
    "admin",
    "hub",
)


def is_namespace(name: str) -> bool:
    """Whether a connector can have this name: a letter, then at most 31 of a-z, 0-9 and `_`."""
    return _NAMESPACE.fullmatch(name) is not None


def _rate(text: str) -> str:
    parse_rate(text)
    return text


def _pattern(text: str) -> str:
    if not _PATTERN.fullmatch(text):
        raise ValueError(
            "should be a tool's name or a pattern such as jira_*: a-z, 0-9, _ and the wildcards * ? [ ]"
        )
    return text


def _filter(text: str) -> str:
    _pattern(text.removeprefix("-").removeprefix("+"))
    return text


RateText = Annotated[str, AfterValidator(_rate)]
"""A rate as `hub.config.rates` reads it."""
Pattern = Annotated[str, AfterValidator(_pattern)]
"""A shell-like pattern over tool names."""
Filter = Annotated[str, AfterValidator(_filter)]
"""A pattern that may start with + or -."""


class HubTable(Settings):
    """`[hub]`: the hub itself."""

    name: str = "Integration hub"
    """Shown to clients as the server's title."""
    state: Path = Path(".hub")
    """Folder of the audit log and other state; relative to hub.toml."""
    load_deadline: float = Field(default=10.0, gt=0, le=600)
    """Seconds that a connector or a plugin may take to load, from its import until it is ready."""


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

    @field_validator("key_sha256")
    @classmethod
    def _is_a_hash(cls, value: SecretStr) -> SecretStr:
        text = value.get_secret_value().lower()
        if not re.fullmatch(r"[0-9a-f]{64}", text):
            raise ValueError("should be 64 hex digits, the SHA-256 of a key; `hub key CLIENT` makes both")
        if text in {hashlib.sha256(word.encode() + end).hexdigest() for word in _GUESSABLE for end in (b"", b"\n")}:
            raise ValueError("is the hash of a key that anybody would guess; `hub key CLIENT` makes a strong one")
        return SecretStr(text)


class AuthTable(Settings):
    """`[auth]`: who may call. Without keys the hub serves loopback only."""

    keys: tuple[KeyTable, ...] = ()
    local_roles: tuple[str, ...] | None = None
    """Roles of stdio and the command line, and of HTTP on loopback while there are no keys. Left out, they act for
    the owner of this file and may do everything."""


class RoleTable(Settings):
    """`[roles.<name>]`: what a client with this role may do.

    Patterns are shell-like; deny beats approval beats allow.
    """

    allowed_tools: tuple[Pattern, ...] = ()
    denied_tools: tuple[Pattern, ...] = ()
    require_approval: tuple[Pattern, ...] = ()


class LimitsTable(Settings):
    """`[limits]`: the hub's own quotas, written like `100/minute`."""

    per_client: RateText | None = None
    """For each client, over all tools."""
    tools: Mapping[Pattern, RateText] = Field(default_factory=dict[str, str])
    """For each client, by tool name or pattern."""
    connectors: Mapping[str, RateText] = Field(default_factory=dict[str, str])
    """Requests to a connector's service, over all clients; each call counts as its tool's declared cost."""


class ResultsTable(Settings):
    """`[results]`: how large an answer may be."""

    max_tokens: int = Field(default=2000, ge=200, le=10_000)
    """A longer text is cut at a line and spilled to hub://results."""
    keep: float = Field(default=900.0, ge=1)
    """Seconds a spilled result can be read after it was last read."""


class ConnectorTable(Settings):
    """The keys the hub takes out of every `[connectors.<name>]`; the rest is the connector's own."""

    connector: str = ""
    """Name of the installed connector, if it is not the table's name."""
    enabled: bool = True
    read_only: bool = True
    """Lists no tool that writes."""
    tools: tuple[Filter, ...] = ()
    """Filter over the tools, names without namespace: `x` or `+x` only these, `-x` all but these; patterns work."""
    rate_limit: RateText | None = None
    """Requests to the service; replaces the connector's default."""
    deadline: float = Field(default=60.0, gt=0, le=3600)
    """Total seconds of one call."""
    max_concurrent_calls: int = Field(default=32, ge=1)
    """The connector's bulkhead: calls worked on at once; more wait within their deadline."""
    sandbox: bool = False
    """Talk to the connector's embedded sandbox instead of the real service."""
    settings: Mapping[str, Any] = Field(default_factory=dict[str, Any], repr=False)
    """The connector's own keys, secret references unresolved."""


CONNECTOR_KEYS = tuple(name for name in ConnectorTable.model_fields if name != "settings")
"""What the hub takes out of a connector's table."""


class PluginTable(Settings):
    """The keys the hub takes out of every `[plugins.<name>]`; the rest is the plugin's own."""

    enabled: bool = True
    optional: bool = False
    """Start without it, should it not load. A call middleware is never optional."""
    settings: Mapping[str, Any] = Field(default_factory=dict[str, Any], repr=False)
    """The plugin's own keys, secret references unresolved."""


PLUGIN_KEYS = tuple(name for name in PluginTable.model_fields if name != "settings")
"""What the hub takes out of a plugin's table."""


class HubSettings(Settings):
    """A whole hub.toml."""

    hub: HubTable = HubTable()
    server: ServerTable = ServerTable()
    auth: AuthTable = AuthTable()
    roles: Mapping[str, RoleTable] = Field(default_factory=dict[str, RoleTable])
    limits: LimitsTable = LimitsTable()
    results: ResultsTable = ResultsTable()
    plugins: Mapping[str, PluginTable] = Field(default_factory=dict[str, PluginTable])
    connectors: Mapping[str, ConnectorTable] = Field(default_factory=dict[str, ConnectorTable])

    @field_validator("connectors", "plugins")
    @classmethod
    def _namespaces(cls, tables: Mapping[str, Any]) -> Mapping[str, Any]:
        for name in tables:
            if not is_namespace(name):
                raise ValueError(
                    "has a table whose name is no namespace: a letter, then at most 31 of a-z, 0-9 and _"
                )
        return tables

    @field_validator("connectors")
    @classmethod
    def _not_the_hubs(cls, tables: Mapping[str, Any]) -> Mapping[str, Any]:
        if "hub" in tables:
            raise ValueError("has a table [connectors.hub], and hub_* are the hub's own tools; choose another name")
        return tables

    @model_validator(mode="after")
    def _names_agree(self) -> "HubSettings":
        """Names that point at other tables lead somewhere, and a key belongs to one client."""
        owners: dict[str, str] = {}
        for key in self.auth.keys:
            for role in key.roles:
                if role not in self.roles:
                    raise ValueError(f"the key of {key.client} has the role {_unknown(role, self.roles, 'roles')}")
            digest = key.key_sha256.get_secret_value()
            if digest in owners:
                raise ValueError(f"the keys of {owners[digest]} and {key.client} are the same; give each its own")
            owners[digest] = key.client
        for role in self.auth.local_roles or ():
            if role not in self.roles:
                raise ValueError(f"auth.local_roles has the role {_unknown(role, self.roles, 'roles')}")
        if self.roles and not self.auth.keys and self.auth.local_roles is None:
            raise ValueError(
                "[roles] have no effect: there are no [[auth.keys]] and no auth.local_roles that name them;"
                " `hub key CLIENT --role ROLE` makes a key"
            )
        for name in self.limits.connectors:
            if name not in self.connectors:
                raise ValueError(f"limits.connectors names {_unknown(name, self.connectors, 'connectors')}")
        return self


def _unknown(name: str, known: Mapping[str, object], table: str) -> str:
    near = nearest(name, known, 1)
    guess = f"; did you mean {near[0]}?" if near else ""
    return f"{name}, but there is no [{table}.{name}]{guess}"
