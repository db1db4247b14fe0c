"""The pluggy hooks through which packages join the hub."""

from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from hub.connector.base import Connector

PROJECT = "hub"
CONNECTOR_GROUP = "hub.connectors"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class ConnectorHooks:
    """Hooks a package in the entry-point group `hub.connectors` implements."""

    @hookspec(firstresult=True)
    def hub_connector(self) -> "type[Connector[Any]]":  # pyright: ignore[reportReturnType]  pluggy reads the signature only
        """Return the connector class. Called once, right after the import; must not open anything."""
