"""From declarations to catalogue items, and what is refused."""

from typing import Annotated, Any

import pytest

from hub.catalog.build import build_items
from hub.catalog.items import ResourceItem, ToolItem
from hub.config.models import ConnectorTable
from hub.errors import ConfigError
from hub.plugin import Connector, ConnectorContext, ConnectorSettings, Service, prompt, resource, tool


class Tickets(Connector[ConnectorSettings]):
    """A connector with a bit of everything."""

    @tool()
    async def find(self, text: Annotated[str, "Words"]) -> str:
        """Find tickets."""
        return text

    @tool(writes=True, deadline=5)
    async def close(self, key: Annotated[str, "Key"]) -> str:
        """Close a ticket."""
        return key

    @tool(when=lambda _: False)
    async def never(self) -> str:
        """Only where it can work."""
        return ""

    @tool()
    async def mute(self) -> str:
        return ""

    @tool(name="x" * 64)
    async def long(self) -> str:
        """Too long with its prefix."""
        return ""

    @resource("tickets://ticket/{key}")
    async def ticket(self, key: str) -> str:
        """One ticket."""
        return key

    @resource("tickets://board/{id}")
    async def board(self, other: str) -> str:
        """Has a variable its method does not take."""
        return other

    @prompt()
    def triage(self, text: Annotated[str, "What happened"]) -> str:
        """Sort new tickets."""
        return text


def connector(namespace: str = "tickets") -> Tickets:
    def refuse(service: Service) -> Any:
        raise AssertionError(service)

    return Tickets(ConnectorSettings(), ConnectorContext(namespace=namespace, open_service=refuse))


def tool_names(table: ConnectorTable) -> list[str]:
    return [item.name for item in build_items(connector(), table).items if isinstance(item, ToolItem)]


def test_write_tools_are_left_out_until_read_only_is_off() -> None:
    assert tool_names(ConnectorTable()) == ["tickets_find"]
    assert tool_names(ConnectorTable(read_only=False)) == ["tickets_find", "tickets_close"]


@pytest.mark.parametrize(
    ("rules", "names"),
    [
        (("-close",), ["tickets_find"]),
        (("close",), ["tickets_close"]),
        (("+f*", "+close", "-close"), ["tickets_find"]),
    ],
)
def test_the_filter_chooses_with_plus_and_takes_away_with_minus(rules: tuple[str, ...], names: list[str]) -> None:
    assert tool_names(ConnectorTable(read_only=False, tools=rules)) == names


def test_a_filter_that_matches_nothing_names_the_setting_and_the_tools() -> None:
    with pytest.raises(ConfigError, match=r"'-?serach' matches no tool") as caught:
        tool_names(ConnectorTable(tools=("-serach",)))
    assert caught.value.setting == "connectors.tickets.tools"
    assert "close, find" in caught.value.hint


def test_one_wrong_declaration_is_refused_with_a_reason_and_the_others_stay() -> None:
    built = build_items(connector(), ConnectorTable())
    assert [item.name for item in built.items] == ["tickets_find", "tickets_ticket", "tickets_triage"]
    reasons = dict(refusal.split(": ", 1) for refusal in built.refusals)
    assert "no docstring" in reasons["tickets_mute"]
    assert "1 to 64" in reasons["tickets_" + "x" * 64]
    assert "not the variables" in reasons["tickets_board"]


def test_a_second_instance_has_its_own_prefix_and_uri_scheme() -> None:
    items = build_items(connector("tickets_eu"), ConnectorTable()).items
    assert items[0].name == "tickets_eu_find"
    assert [item.uri for item in items if isinstance(item, ResourceItem)] == ["tickets-eu://ticket/{key}"]


def test_a_tools_own_deadline_beats_the_tables() -> None:
    items = {item.name: item for item in build_items(connector(), ConnectorTable(read_only=False)).items}
    assert items["tickets_close"].deadline == 5
    assert items["tickets_find"].deadline == 60


def test_all_that_a_sandbox_offers_says_so_in_the_lists() -> None:
    items = build_items(connector(), ConnectorTable(sandbox=True)).items
    assert {type(item).__name__ for item in items} == {"ToolItem", "ResourceItem", "PromptItem"}
    for item in items:
        assert item.title.startswith("Sandbox: ")
        assert item.description.startswith("Sandbox, invented data. ")
    assert not any(
        "andbox" in item.title + item.description for item in build_items(connector(), ConnectorTable()).items
    )
