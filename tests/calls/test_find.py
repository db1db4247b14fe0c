"""A tool's old names lead to it, and say what it is called now."""

from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import pytest

from hub.access.principal import LOCAL
from hub.testing import OpenHub, open_hub

SHOP = '''
from hub.plugin import Connector, ConnectorSettings, InvalidRequest, Table, hookimpl, tool


class Shop(Connector[ConnectorSettings]):
    @tool(aliases=("list_orders", "all_orders"))
    async def orders(self) -> Table:
        """List orders."""
        return Table(columns=["id"], rows=[["7"]])

    @tool(writes=True, aliases=("wipe",))
    async def clear(self) -> str:
        """Clear the shop."""
        return "cleared"

    @tool(aliases=("clear",))
    async def refuse(self) -> str:
        """Refuse."""
        raise InvalidRequest("no")


@hookimpl
def hub_connector():
    return Shop
'''


@pytest.fixture
async def hub(install_connector: Callable[..., Path]) -> AsyncGenerator[OpenHub]:
    install_connector("shop", SHOP)
    async with open_hub("[connectors.shop]\n") as opened:
        yield opened


async def test_an_old_name_still_works_and_tells_the_new_one(hub: OpenHub) -> None:
    for old in ("shop_list_orders", "shop_all_orders"):
        reply = await hub.call(old)
        assert reply.ok
        assert reply.text == f"[{old} is now called shop_orders; the old name will go away]\nid\n7"
    assert (await hub.call("shop_orders")).text == "id\n7"


async def test_an_old_name_is_not_listed(hub: OpenHub) -> None:
    names = [item.name for item in hub.hub.tools(LOCAL)]
    assert "shop_orders" in names
    assert "shop_list_orders" not in names


async def test_the_old_name_of_a_hidden_tool_is_unknown(hub: OpenHub) -> None:
    reply = await hub.call("shop_wipe")
    assert (reply.error, reply.sent) == ("unknown_name", False)


async def test_an_old_name_reaches_a_client_of_either_era(hub: OpenHub) -> None:
    for era in ("2025-11-25", "2026-07-28"):
        async with hub.client(era) as client:
            result = await client.call_tool("shop_list_orders", {})
            assert "is now called shop_orders" in getattr(result.content[0], "text", "")


async def test_a_tool_beats_another_ones_old_name(install_connector: Callable[..., Path]) -> None:
    install_connector("shop", SHOP)
    async with open_hub("[connectors.shop]\nread_only = false\n") as hub:
        assert (await hub.call("shop_clear")).text == "cleared"
        assert (await hub.call("shop_wipe")).text.endswith("\ncleared")
