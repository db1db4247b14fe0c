"""Finds the installed package a connector class comes from: tests run what users get."""

from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING, Any

from hub.discovery.found import FoundConnector, find_connectors
from hub.hookspecs import CONNECTOR_GROUP

if TYPE_CHECKING:
    from hub.connector.base import Connector


def installed(cls: "type[Connector[Any]]") -> FoundConnector:
    """The entry point that offers this class.

    Raises:
        AssertionError: No installed package does.
    """
    package = cls.__module__.partition(".")[0]
    for found in find_connectors():
        if found.shadowed_by or found.module.partition(":")[0].partition(".")[0] != package:
            continue
        plugin = EntryPoint(name=found.name, value=found.module, group=CONNECTOR_GROUP).load()
        if plugin.hub_connector() is cls:
            return found
    raise AssertionError(
        f"no installed package offers {cls.__name__}: give {package} an entry point in the group "
        f"{CONNECTOR_GROUP}, and run `pip install -e .` in its folder"
    )
