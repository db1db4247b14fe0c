"""GitHub Actions for the integration hub."""

from typing import TYPE_CHECKING

from hub.plugin import hookimpl

if TYPE_CHECKING:
    from hub_connector_github.connector import GitHub


@hookimpl
def hub_connector() -> "type[GitHub]":
    """The connector class."""
    from hub_connector_github.connector import GitHub

    return GitHub
