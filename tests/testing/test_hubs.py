"""A hub inside a test: its configuration, calls and clients."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hub.errors import ConfigError, ConnectorLoadError
from hub.plugin import Secret
from hub.testing import ConnectorContract, Era, FakeService, assert_tool_schemas, open_hub

Contract = Callable[..., ConnectorContract]
SHOP: dict[str, Any] = {"connectors": {"shop": {"sandbox": True, "read_only": False}}}


@pytest.fixture(autouse=True)
def _installed(contract: Contract) -> None:
    contract()


@pytest.mark.parametrize("era", ["2025-11-25", "2026-07-28"])
async def test_a_client_of_either_era_sees_the_tools_and_calls_them(era: Era) -> None:
    async with open_hub(SHOP) as hub, hub.client(era) as client:
        names = [tool.name for tool in (await client.list_tools()).tools]
        assert {"shop_list_orders", "shop_cancel_order"} <= set(names)
        result = await client.call_tool("shop_list_orders", {})
        assert getattr(result.content[0], "text", "").endswith("7\t12.5\n8\t3")


async def test_calls_resources_and_prompts_go_through_the_hub() -> None:
    async with open_hub(SHOP) as hub:
        assert (await hub.call("shop_cancel_order", order="7")).text.endswith("cancelled 7")
        assert "'id': 8" in (await hub.read("shop://order/8")).text
        assert "orders of Ann" in (await hub.prompt("shop_review", customer="Ann")).text
        refused = await hub.call("shop_cancel_order", order="x")
        assert (refused.error, refused.ok, refused.sent) == ("invalid_arguments", False, False)


async def test_a_secret_in_the_tables_becomes_a_reference_and_reaches_the_connector() -> None:
    with FakeService() as service:
        service.expect("GET", "/orders", headers={"authorization": "Bearer hunter2-token"}).reply(
            json={"orders": []}
        )
        table = {"url": service.url, "api_token": Secret("hunter2-token"), "tools": None}
        async with open_hub({"connectors": {"shop": table}}) as hub:
            assert "hunter2" not in (hub.folder / "hub.toml").read_text(encoding="utf-8")
            assert (await hub.call("shop_list_orders")).ok


async def test_the_text_of_a_hub_toml_will_do() -> None:
    async with open_hub("[connectors.shop]\nsandbox = true\n") as hub:
        assert hub.connector("shop").namespace == "shop"
        with pytest.raises(LookupError, match="nobody"):
            hub.connector("nobody")
    assert not hub.folder.exists()


async def test_a_connector_that_does_not_load_fails_the_test_unless_it_may() -> None:
    broken = {"connectors": {"shop": {"url": "https://shop.example.com"}}}
    with pytest.raises(ConnectorLoadError, match="api_token"):
        async with open_hub(broken):
            pass
    async with open_hub(broken, strict=False) as hub:
        assert (await hub.call("shop_list_orders")).error == "unknown_name"


async def test_a_wrong_configuration_is_an_error() -> None:
    with pytest.raises(ConfigError, match="conectors"):
        async with open_hub({"conectors": {}}):
            pass


async def test_snapshots_are_written_once_and_compared_from_then_on(tmp_path: Path, contract: Contract) -> None:
    folder = tmp_path / "kept"
    async with open_hub(SHOP) as hub:
        assert_tool_schemas(hub, folder)
        assert sorted(path.stem for path in folder.iterdir()) == ["cancel_order", "list_orders"]
        told = json.loads((folder / "cancel_order.json").read_text(encoding="utf-8"))
        assert told["description"] == "Cancel an order."
        assert list(told["inputSchema"]["properties"]) == ["order"]
        assert_tool_schemas(type(hub.connector("shop")), folder)


async def test_a_missing_snapshot_fails_in_ci(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    async with open_hub(SHOP) as hub:
        with pytest.raises(AssertionError, match=r"list_orders\.json is missing"):
            assert_tool_schemas(hub, tmp_path / "kept")
    assert not (tmp_path / "kept").exists()


async def test_a_snapshot_of_a_tool_that_is_gone_fails(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "find_orders.json").write_text("{}", encoding="utf-8")
    async with open_hub(SHOP) as hub:
        with pytest.raises(AssertionError, match=r"find_orders\.json describes a tool that is no longer there"):
            assert_tool_schemas(hub, tmp_path / "kept")
