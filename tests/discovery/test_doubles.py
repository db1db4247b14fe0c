"""Two connectors whose tools would have one name."""

import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from hub.access.principal import LOCAL
from hub.errors import ConfigError
from hub.hub import Hub

SOURCE = """
from hub.plugin import Connector, ConnectorSettings, hookimpl, tool

class Own(Connector[ConnectorSettings]):
    @tool(name="NAME")
    async def find(self) -> str:
        "Find."
        return "OWN"

    @tool()
    async def ping(self) -> str:
        "Ping."
        return "OWN"

@hookimpl
def hub_connector():
    return Own
"""


async def test_of_two_tools_of_one_name_the_first_connectors_is_offered_and_the_other_refused(
    install_connector: Callable[..., Path], write_config: Callable[[str], Path], caplog: pytest.LogCaptureFixture
) -> None:
    install_connector("jira", SOURCE.replace("NAME", "eu_find").replace("OWN", "first"))
    install_connector("jira_eu", SOURCE.replace("NAME", "find").replace("OWN", "second"))
    with caplog.at_level(logging.WARNING):
        async with Hub.open(write_config("[connectors.jira]\n[connectors.jira_eu]\n")) as hub:
            names = [item.name for item in hub.tools(LOCAL) if item.namespace != "hub"]
            item = hub.tool("jira_eu_find")
            states = {state.namespace: state.refusals for state in hub.states(LOCAL)}
    assert names == ["jira_eu_find", "jira_ping", "jira_eu_ping"]
    assert item is not None
    assert item.namespace == "jira"
    assert states["jira_eu"] == ("jira_eu_find: jira has one of the same name",)
    assert "not offered: jira_eu_find" in caplog.text


async def test_no_connector_can_be_called_hub(write_config: Callable[[str], Path]) -> None:
    with pytest.raises(ConfigError, match=r"hub_\* are the hub's own tools"):
        async with Hub.open(write_config("[connectors.hub]\n")):
            pass
