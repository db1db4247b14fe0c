"""What can be said of one connector without a secret in it: for a report to its authors, or to whoever runs it."""

import platform
import re
import sys
import time
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pydantic import BaseModel, SecretStr

from hub.access.principal import LOCAL
from hub.catalog.nearest import nearest
from hub.config.known import MASK
from hub.discovery.guarded import Deadline
from hub.discovery.kept import Kept
from hub.discovery.state import ConnectorState
from hub.errors import ConfigError, HubError

if TYPE_CHECKING:
    from hub.connector.base import Connector
    from hub.hub import Hub

CORE = "mcp-integration-hub"
_LAST_ERRORS = 5
_SEARCHED = 2000
"""Newest calls in the audit log among which the last errors are looked for."""
_USERINFO = re.compile(r"(?<=://)[^/\s@]+@")

Lines = Iterator[tuple[str, str]]
"""What is told of what; the left side is empty where a line goes on."""


async def diagnosis(hub: "Hub", namespace: str, *, seconds: float | None) -> list[tuple[str, str]]:
    """Everything known of a connector. Whoever prints it masks known secrets once more.

    Args:
        hub: An open hub.
        namespace: Name of its table in hub.toml.
        seconds: How long its service may take to answer; None to call no service.

    Raises:
        ConfigError: hub.toml has no such connector and none is installed.
    """
    states = {state.namespace: state for state in reversed(hub.states(LOCAL))}
    if namespace not in states:
        near = nearest(namespace, states, 1)
        known = f"Did you mean {near[0]}?" if near else f"There are {', '.join(sorted(states)) or 'none'}"
        raise ConfigError(f"There is no connector {namespace!r}", hint=known)
    state = states[namespace]
    connector = hub.connector(namespace)
    told = [*_versions(state), *_state(state)]
    table = hub.settings.connectors.get(namespace)
    if table is not None:
        own = {key: getattr(table, key) for key in type(table).model_fields if key in table.model_fields_set}
        own.pop("settings", None)
        told += _labelled("hub's keys", [f"{key} = {_shown(value)}" for key, value in own.items()])
        settings = settings_lines(connector.settings) if connector else _unread(table.settings)
        told += _labelled("settings", list(settings))
    told += _offered(hub, namespace)
    if connector is not None and seconds is not None:
        told += [("access", await _access(connector, seconds))]
        # What is known of the service now that it has been asked.
        state = next(one for one in hub.states(LOCAL) if one.namespace == namespace)
    told += [("health", state.health or "nothing is known against it")]
    told += _labelled("last errors", _last_errors(hub.settings.hub.state, namespace) or ["none in the audit log"])
    return told


def _versions(state: ConnectorState) -> Lines:
    yield "hub", f"{CORE} {_version(CORE)}"
    system = f"{platform.system()} {platform.machine()}"
    yield "python", f"{platform.python_implementation()} {platform.python_version()} on {system}"
    yield "connector", f"{state.distribution or 'not installed'} {state.version}".strip()
    yield from _labelled("it needs", [f"{name} {_version(name)}" for name in _needed(state.distribution)])
    if sys.prefix != sys.base_prefix:
        yield "environment", "virtual"


def _needed(package: str) -> Sequence[str]:
    """Names of the distributions a package requires outside its extras."""
    try:
        lines = distribution(package).requires or () if package else ()
    except PackageNotFoundError:
        return ()
    found = [re.match(r"[A-Za-z0-9._-]+", line) for line in lines if "extra ==" not in line]
    return sorted({match[0] for match in found if match and match[0].lower().replace("_", "-") != CORE})


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "(not installed)"


def _state(state: ConnectorState) -> Lines:
    sandbox = ", talks to its sandbox" if state.sandbox else ""
    instance = f", an instance of {state.connector}" if state.connector != state.namespace else ""
    yield "state", f"{state.state}{sandbox}{instance}"
    if state.reason:
        yield "reason", state.reason
    if state.hint:
        yield "hint", state.hint
    yield from _labelled("not offered", list(state.refusals))


def _offered(hub: "Hub", namespace: str) -> Lines:
    lists = {"tools": hub.tools(LOCAL), "resources": hub.resources(LOCAL), "prompts": hub.prompts(LOCAL)}
    for kind, items in lists.items():
        names = [item.name.removeprefix(f"{namespace}_") for item in items if item.namespace == namespace]
        if names:
            yield kind, ", ".join(names)


def settings_lines(settings: BaseModel, where: str = "") -> Iterator[str]:
    """The settings in use, a line each. A field whose author hides it from repr is not shown either."""
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        path = f"{where}{name}"
        is_default = name not in settings.model_fields_set
        if isinstance(value, BaseModel):
            yield from settings_lines(value, f"{path}.")
        elif isinstance(value, Mapping) and field.repr and (tables := _tables_in(cast("Mapping[str, Any]", value))):
            for key, table in tables.items():
                yield from settings_lines(table, f"{path}.{key}.")
        elif is_default and (value is None or not field.repr):
            continue
        else:
            shown = _shown(value) if field.repr else MASK
            yield f"{path} = {shown}" + (" (default)" if is_default else "")


def _tables_in(value: Mapping[str, Any]) -> dict[str, BaseModel]:
    return {key: item for key, item in value.items() if isinstance(item, BaseModel)}


def _unread(raw: Mapping[str, Any]) -> Iterator[str]:
    """The keys of a table whose connector is not loaded: references as they are, and of anything else its kind."""
    for key, value in raw.items():
        if isinstance(value, Mapping):
            inner = cast("Mapping[str, Any]", value)
            if len(inner) == 1 and next(iter(inner)) in ("env", "file", "keyring"):
                yield f"{key} = {{ {next(iter(inner))} = {_shown(next(iter(inner.values())))} }}"
            else:
                yield f"{key} = a table of {', '.join(inner)}"
        else:
            yield f"{key} = a {type(value).__name__}"


def _shown(value: Any) -> str:
    """A value as TOML would have it, with every secret in it masked."""
    match value:
        case SecretStr():
            return MASK if value.get_secret_value() else '""'
        case bool():
            return str(value).lower()
        case str() | Path():
            return '"' + _USERINFO.sub(f"{MASK}@", str(value)) + '"'
        case BaseModel():
            return "{ " + ", ".join(settings_lines(value)) + " }"
        case Mapping():
            items = cast("Mapping[str, Any]", value).items()
            return "{ " + ", ".join(f"{key} = {_shown(item)}" for key, item in items) + " }" if items else "{}"
        case list() | tuple() | set() | frozenset():
            return "[" + ", ".join(_shown(item) for item in cast("Sequence[Any]", value)) + "]"
        case _:
            return str(value)


async def _access(connector: "Connector[Any]", seconds: float) -> str:
    """What the connector's own check of its service says."""

    @asynccontextmanager
    async def asking() -> AsyncGenerator[object]:
        yield await connector.verify_access()

    began = time.monotonic()
    # In its own task, and not on a thread of its own: its clients belong to this event loop.
    kept = Kept(f"verify_access() of {connector.namespace}", asking, step_seconds=seconds)
    try:
        answer = str(await kept.enter(Deadline(seconds)))
    except HubError as error:
        answer = f"{error.code}: {error}"
    finally:
        await kept.leave(1.0)
    return f"{answer} ({time.monotonic() - began:.2f} s)"


def _last_errors(folder: Path, namespace: str) -> list[str]:
    """The newest failed calls: when, what, how it ended; without arguments and texts, which are the caller's."""
    from hub.audit.reader import tail
    from hub.audit.records import log_file

    try:
        entries = tail(log_file(folder), _SEARCHED)
    except ConfigError:
        return []
    failed = [entry for entry in entries if entry.namespace == namespace and entry.outcome not in ("ok", "running")]
    return [
        f"{entry.time:%Y-%m-%dT%H:%M:%SZ} {entry.name} {entry.outcome}"
        + (f" after {entry.duration_ms:.0f} ms" if entry.duration_ms is not None else "")
        + (f", {entry.requests} requests" if entry.requests else "")
        + f" (call {entry.call})"
        for entry in failed[-_LAST_ERRORS:]
    ]


def _labelled(label: str, lines: Sequence[str]) -> list[tuple[str, str]]:
    return [(label if number == 0 else "", line) for number, line in enumerate(lines)]
