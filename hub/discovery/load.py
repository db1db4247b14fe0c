"""Turns a `[connectors.*]` table into a connector class, step by step, each step with its own reason to fail."""

import importlib
import logging
from collections.abc import Mapping, Sequence
from typing import Any, cast

import pluggy

from hub.config.models import ConnectorTable
from hub.connector.base import Connector
from hub.discovery.found import PREFIX, FoundConnector
from hub.discovery.guarded import guarded
from hub.discovery.state import ConnectorState
from hub.errors import ConnectorLoadError
from hub.hookspecs import PROJECT, ConnectorHooks

LOAD_SECONDS = 10.0
"""How long a connector may take to import, and again to be constructed."""

log = logging.getLogger("hub.discovery")


def plugin_manager() -> pluggy.PluginManager:
    """A manager that knows the hub's hooks; each hub has its own."""
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(ConnectorHooks)
    return manager


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


def unusable(namespace: str, table: ConnectorTable, found: FoundConnector | None) -> ConnectorState | None:
    """The state of a connector that must not even be imported; None if it may be."""
    name = table.connector or namespace
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
            hint=f"Run `pip install {PREFIX}{name.replace('_', '-')}`, or correct [connectors.{namespace}]",
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


def import_class(
    manager: pluggy.PluginManager, found: FoundConnector, seconds: float = LOAD_SECONDS
) -> type[Connector[Any]]:
    """Import the package and ask its hook for the connector class.

    Raises:
        ConnectorLoadError: It cannot be imported in time, has no hook, or the hook gives no connector class.
    """
    module_name, _, attribute = found.module.partition(":")

    def load() -> object:
        plugin: object = importlib.import_module(module_name)
        for part in filter(None, attribute.split(".")):
            plugin = getattr(plugin, part)
        return plugin

    plugin = guarded(f"importing {found.module}", load, seconds)
    if not manager.is_registered(plugin):
        try:
            manager.register(plugin, name=f"{found.distribution}:{found.name}")
        except Exception as error:  # pluggy raises several types for hooks that do not fit
            raise ConnectorLoadError(
                f"{found.module} does not fit the hub's hooks ({type(error).__name__})"
            ) from error
    caller = manager.subset_hook_caller(
        "hub_connector", [other for other in manager.get_plugins() if other is not plugin]
    )
    connector_class: object = guarded(f"the hook hub_connector of {found.module}", caller, seconds)
    if not (isinstance(connector_class, type) and issubclass(connector_class, Connector)):
        raise ConnectorLoadError(f"{found.module} has no hook `hub_connector` that returns a Connector class")
    return cast("type[Connector[Any]]", connector_class)
