"""The MCP face over the real hub: policy, validation, audit and reload as a client meets them."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from mcp.shared.exceptions import MCPError

from hub.hub import Hub
from hub.server.http import serve_http

ERAS = pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])

CONNECTOR = '''
"""A connector for tests."""
from typing import Annotated

from hub.plugin import Connector, ConnectorSettings, hookimpl, report_progress, tool, resource, prompt

class Shelf(Connector[ConnectorSettings]):
    """A shelf."""

    @tool()
    async def find(self, word: Annotated[str, "What to look for"], limit: Annotated[int, "How many"] = 3) -> str:
        """Find a book."""
        await report_progress(1, 1, "looked")
        return f"{limit} books about {word}"

    @tool(writes=True)
    async def burn(self, word: Annotated[str, "Title"]) -> str:
        """Burn a book."""
        return "burnt"

    @tool()
    async def trip(self) -> str:
        """Fail unexpectedly."""
        raise RuntimeError("hunter2")

    @resource("shelf://book/{number}", complete={"number": lambda self, prefix: ["7", "77"]})
    async def book(self, number: str) -> str:
        """One book."""
        return f"Book {number}"

    @prompt()
    async def praise(self, book: Annotated[str, "Title"]) -> str:
        """Praise a book."""
        return f"Praise {book}."

@hookimpl
def hub_connector():
    return Shelf
'''

CONFIG = """
[server]
port = 0
sse = true
[connectors.shelf]
read_only = false
"""

KEYS = f"""
[[auth.keys]]
client = "ann"
key_sha256 = "{sha256(b"analyst-key").hexdigest()}"
roles = ["all"]
[[auth.keys]]
client = "rob"
key_sha256 = "{sha256(b"reader-key").hexdigest()}"
roles = ["some"]
[roles.all]
allowed_tools = ["shelf_*"]
require_approval = ["shelf_burn"]
[roles.some]
allowed_tools = ["shelf_find"]
"""


@pytest.fixture
def config(install_connector: Any, write_config: Any) -> Path:
    install_connector("shelf", CONNECTOR)
    return write_config(CONFIG)


@pytest.fixture
def config_with_keys(config: Path) -> Path:
    config.write_text(CONFIG + KEYS, encoding="utf-8")
    return config


@ERAS
async def test_a_call_goes_through_all_stages(config: Path, sdk_client: Any, wire_to: Any, mode: str) -> None:
    async with Hub.open(config) as hub, serve_http(hub) as address, sdk_client(wire_to(address), mode) as client:
        names = [tool.name for tool in (await client.list_tools()).tools]
        assert {"shelf_find", "shelf_burn"} <= set(names)
        found = await client.call_tool("shelf_find", {"word": "owls"})
        assert found.content[0].text == "3 books about owls"
        assert (await client.read_resource("shelf://book/7")).contents[0].text == "Book 7"
        assert (await client.get_prompt("shelf_praise", {"book": "7"})).messages[0].content.text == "Praise 7."


@ERAS
@pytest.mark.parametrize(
    "arguments", [{}, {"word": 5}, {"word": "owls", "limt": 2}, {"word": "owls", "limit": "many"}]
)
async def test_arguments_that_do_not_fit_are_told_to_the_model(
    config: Path, sdk_client: Any, wire_to: Any, mode: str, arguments: dict[str, Any]
) -> None:
    """The SDK's low-level server does not check arguments."""
    async with Hub.open(config) as hub, serve_http(hub) as address, sdk_client(wire_to(address), mode) as client:
        refused = await client.call_tool("shelf_find", arguments)
    assert refused.is_error
    assert any(name in refused.content[0].text for name in ("word", "limt", "limit"))


@ERAS
async def test_a_failure_in_a_connector_shows_no_secret(
    config: Path, sdk_client: Any, wire_to: Any, mode: str
) -> None:
    async with Hub.open(config) as hub, serve_http(hub) as address, sdk_client(wire_to(address), mode) as client:
        failed = await client.call_tool("shelf_trip")
    assert failed.is_error
    assert "hunter2" not in failed.content[0].text


@ERAS
async def test_roles_decide_what_is_listed_and_called(
    config_with_keys: Path, sdk_client: Any, wire_to: Any, mode: str
) -> None:
    async with Hub.open(config_with_keys) as hub, serve_http(hub) as address:
        async with sdk_client(wire_to(address), mode, "reader-key") as client:
            names = [tool.name for tool in (await client.list_tools()).tools]
            assert "shelf_find" in names
            assert "shelf_burn" not in names
            with pytest.raises(MCPError) as caught:
                await client.call_tool("shelf_burn", {"word": "owls"})
            assert caught.value.message.startswith("Unknown tool 'shelf_burn'")
            templates = (await client.list_resource_templates()).resource_templates
            assert [template.name for template in templates] == ["hub_results"]
        async with sdk_client(wire_to(address), mode, "analyst-key") as client:
            refused = await client.call_tool("shelf_burn", {"word": "owls"})
            assert refused.is_error


async def test_a_reload_is_announced_and_seen_in_both_eras(
    config: Path, write_config: Any, wire_to: Any, modern_request: Any
) -> None:
    listen, headers = modern_request("subscriptions/listen", {"notifications": {"toolsListChanged": True}})
    async with Hub.open(config) as hub, serve_http(hub) as address:
        wire = wire_to(address)
        session = await wire.initialize()
        before = (await wire.ask("tools/list")).json["result"]["tools"]
        async with (
            wire.stream(listen, headers) as (_, modern),
            wire.stream(None, session, verb="GET") as (_, earlier),
        ):
            await modern.message()
            write_config(CONFIG.replace("false", "true"))
            assert "tools" in await hub.reload()
            for events in (modern, earlier):
                assert (await events.message())["method"] == "notifications/tools/list_changed"
        after = (await wire.ask("tools/list")).json["result"]["tools"]
    assert {tool["name"] for tool in before} - {tool["name"] for tool in after} == {"shelf_burn"}
