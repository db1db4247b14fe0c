"""Turns a `[connectors.*]` table into a connector class, step by step, each step with its own reason to fail."""

import importlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any, cast

import pluggy

from hub.catalog.nearest import nearest
from hub.config.models import ConnectorTable
from hub.connector.base import Connector
from hub.discovery.found import PREFIX, FoundConnector
from hub.discovery.guarded import Deadline, guarded
from hub.discovery.state import ConnectorState
from hub.errors import ConnectorLoadError
from hub.hookspecs import PROJECT, ConnectorHooks
from hub.results.text import clean_text

LOAD_SECONDS = 10.0
"""How long a connector may take to load, from its import to its lifespan's `yield`."""

MAX_TITLE = 80
"""Characters of a product's name."""


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
    """Import the package and ask its hook for the connector class; gives it with its title.

    Raises:
        ConnectorLoadError: It cannot be imported in time, has no hook, or the hook gives no connector class.
    """
    module_name, _, attribute = found.module.partition(":")

    def load() -> object:
        plugin: object = importlib.import_module(module_name)
        for part in filter(None, attribute.split(".")):
            plugin = getattr(plugin, part)
        return plugin

    def ask() -> object:
        # A manager for each: they are not made for several threads.
        manager = pluggy.PluginManager(PROJECT)
        manager.add_hookspecs(ConnectorHooks)
        manager.register(plugin, name=found.name)
        return manager.hook.hub_connector()

    plugin = await guarded(f"importing {found.module}", load, deadline)
    connector_class = await guarded(f"the hook hub_connector of {found.module}", ask, deadline)
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
