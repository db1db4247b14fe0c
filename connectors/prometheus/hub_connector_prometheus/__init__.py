"""Prometheus for the integration hub."""

from typing import TYPE_CHECKING

from hub.plugin import hookimpl

if TYPE_CHECKING:
    from hub_connector_prometheus.connector import Prometheus


@hookimpl
def hub_connector() -> "type[Prometheus]":
    """The connector class."""
    from hub_connector_prometheus.connector import Prometheus

    return Prometheus
