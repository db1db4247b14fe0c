"""Jira for the integration hub."""

from typing import TYPE_CHECKING

from hub.plugin import hookimpl

if TYPE_CHECKING:
    from hub_connector_jira.connector import Jira


@hookimpl
def hub_connector() -> "type[Jira]":
    """The connector class."""
    from hub_connector_jira.connector import Jira

    return Jira
