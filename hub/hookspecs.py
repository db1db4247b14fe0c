"""The pluggy hooks through which packages join the hub."""

from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from hub.connector.base import Connector
    from hub.connector.settings import Settings
    from hub.plugins.middleware import CallMiddleware
    from hub.plugins.resolver import SecretResolver
    from hub.plugins.sink import AuditSink

PROJECT = "hub"
CONNECTOR_GROUP = "hub.connectors"
PLUGIN_GROUP = "hub.plugins"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class ConnectorHooks:
    """Hooks a package in the entry-point group `hub.connectors` implements."""

    @hookspec(firstresult=True)
    def hub_connector(self) -> "type[Connector[Any]]":  # pyright: ignore[reportReturnType]  pluggy reads the signature only
        """Return the connector class. Called once, right after the import; must not open anything."""


class PluginHooks:
    """Hooks a package in the entry-point group `hub.plugins` implements: at least one besides its settings.

    Each is called once whenever hub.toml is read, with the settings of the table `[plugins.<name>]`; one that needs
    none leaves the parameter out.
    """

    @hookspec(firstresult=True)
    def hub_plugin_settings(self) -> "type[Settings]":  # pyright: ignore[reportReturnType]  pluggy reads the signature only
        """Return the class of the table `[plugins.<name>]`; without this hook the table has to be empty."""

    @hookspec(firstresult=True)
    def hub_secret_resolver(self, settings: Any) -> "SecretResolver":  # pyright: ignore[reportReturnType]  pluggy reads the signature only
        """Return what reads the secrets of one kind."""

    @hookspec(firstresult=True)
    def hub_call_middleware(self, settings: Any) -> "CallMiddleware":  # pyright: ignore[reportReturnType]  pluggy reads the signature only
        """Return what stands around every call."""

    @hookspec(firstresult=True)
    def hub_audit_sink(self, settings: Any) -> "AuditSink":  # pyright: ignore[reportReturnType]  pluggy reads the signature only
        """Return what takes every audit record."""
