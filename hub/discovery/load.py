"""Turns a `[connectors.*]` table into a connector class, step by step, each step with its own reason to fail."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from hub.catalog.nearest import nearest
from hub.config.models import ConnectorTable
from hub.connector.base import Connector
from hub.discovery.found import PREFIX, FoundConnector, connector_in
from hub.discovery.guarded import Deadline, guarded
from hub.discovery.importing import import_plugin
from hub.discovery.state import ConnectorState
from hub.errors import ConfigError, ConnectorLoadError
from hub.hookspecs import ConnectorHooks
from hub.results.text import clean_text

LOAD_SECONDS = 10.0
"""How long an import may take where no hub.toml says so."""

MAX_TITLE = 80
"""Characters of a product's name."""


def with_files(installed: Sequence[FoundConnector], files: Sequence[Path]) -> list[FoundConnector]:
    """What is installed, and connectors that are single files, which shadow an installed one of their name.

    Raises:
        ConfigError: One of the files is not there or cannot be a connector, or two have the same name.
    """
    own: dict[str, FoundConnector] = {}
    for file in files:
        found = connector_in(file)
        if found.name in own:
            raise ConfigError(
                f"{own[found.name].distribution} and {file} would both be the connector {found.name}",
                hint="Rename one of the files",
            )
        own[found.name] = found
    others = [
        replace(item, shadowed_by=own[item.name].distribution) if item.name in own else item for item in installed
    ]
    return [*own.values(), *others]


def with_tables(tables: Mapping[str, ConnectorTable], found: Sequence[FoundConnector]) -> dict[str, ConnectorTable]:
    """The tables of hub.toml, and an empty one for each single file that has none."""
    named = {table.connector or name for name, table in tables.items()}
    added = {item.name: ConnectorTable() for item in found if item.file is not None and item.name not in named}
    return {**tables, **added}


def unconfigured(tables: Mapping[str, ConnectorTable], found: Sequence[FoundConnector]) -> list[ConnectorState]:
    """States of installed connectors that no enabled table uses."""
    used = {table.connector or name for name, table in tables.items()}
    states: list[ConnectorState] = []
    for item in found:
        if item.shadowed_by:
            states.append(
                state_of(
                    item.name,
                    ConnectorTable(),
                    item,
                    state="shadowed",
                    reason=f"{item.shadowed_by} offers a connector of the same name and is used",
                    hint=f"Uninstall {item.distribution} or {item.shadowed_by}",
                )
            )
        elif item.name not in used:
            states.append(
                state_of(
                    item.name,
                    ConnectorTable(),
                    item,
                    state="disabled",
                    reason=f"hub.toml has no [connectors.{item.name}]",
                    hint=f"Run `hub connectors enable {item.name}`",
                )
            )
    return states


def state_of(namespace: str, table: ConnectorTable, found: FoundConnector | None, **rest: Any) -> ConnectorState:
    """A state with what is known from the table and the package filled in."""
    return ConnectorState(
        namespace=namespace,
        connector=table.connector or namespace,
        distribution=found.distribution if found else "",
        version=found.version if found else "",
        sandbox=table.sandbox,
        **rest,
    )


def unusable(
    namespace: str, table: ConnectorTable, found: FoundConnector | None, installed: Collection[str] = ()
) -> ConnectorState | None:
    """The state of a connector that must not even be imported; None if it may be.

    Args:
        namespace: Name of its table.
        table: What the table says.
        found: The installed connector it means.
        installed: Names of all that are installed, for one that was mistyped.
    """
    name = table.connector or namespace
    near = nearest(name, installed, 1)
    install = f"Run `pip install {PREFIX}{name.replace('_', '-')}`, or correct [connectors.{namespace}]"
    if not table.enabled:
        return state_of(
            namespace,
            table,
            found,
            state="disabled",
            reason=f"[connectors.{namespace}] says enabled = false",
            hint=f"Run `hub connectors enable {namespace}`",
        )
    if found is None:
        return state_of(
            namespace,
            table,
            found,
            state="failed",
            reason=f"no installed package offers a connector named {name!r}",
            hint=f"Did you mean {near[0]}? Correct [connectors.{namespace}]" if near else install,
        )
    if found.incompatible:
        return state_of(
            namespace,
            table,
            found,
            state="incompatible",
            reason=f"{found.distribution} {found.version} {found.incompatible}",
            hint=f"Run `pip install --upgrade {found.distribution} mcp-integration-hub`",
        )
    return None


async def import_class(found: FoundConnector, deadline: Deadline) -> tuple[type[Connector[Any]], str]:
    """Import the package or file and ask its hook for the connector class; gives it with its title.

    Raises:
        ConnectorLoadError: It cannot be imported in time, has no hook, or the hook gives no connector class.
    """
    manager = await import_plugin(found, deadline, ConnectorHooks)
    connector_class = await guarded(
        f"the hook hub_connector of {found.module}", manager.hook.hub_connector, deadline
    )
    if not (isinstance(connector_class, type) and issubclass(connector_class, Connector)):
        raise ConnectorLoadError(f"{found.module} has no hook `hub_connector` that returns a Connector class")
    cls = cast("type[Connector[Any]]", connector_class)
    return cls, line_of(cls.title, MAX_TITLE) or found.name


def line_of(text: object, length: int) -> str:
    """What a connector says of itself, as one line that is safe to show a model; empty if it is no text."""
    if not isinstance(text, str):
        return ""
    line = " ".join(clean_text(text[: 10 * length]).split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"
