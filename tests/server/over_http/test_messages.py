"""Log messages of a tool: only for who asked for them, from the level they named."""

from pathlib import Path
from typing import Any

import pytest

from hub.hub import Hub
from hub.server.http import serve_http

CONNECTOR = '''
"""A connector for tests."""
from hub.plugin import Connector, ConnectorSettings, hookimpl, report_message, tool

class Shelf(Connector[ConnectorSettings]):
    """A shelf."""

    @tool()
    async def chatty(self) -> str:
        """Send messages."""
        await report_message("for debugging", "debug")
        await report_message("a warning", "warning")
        return "done"

@hookimpl
def hub_connector():
    return Shelf
'''

CHAT: dict[str, Any] = {"name": "shelf_chatty", "arguments": {}}
LEVELS = pytest.mark.parametrize(("level", "messages"), [("debug", 2), ("warning", 1), ("error", 0), (None, 0)])


@pytest.fixture
def config(install_connector: Any, write_config: Any) -> Path:
    install_connector("shelf", CONNECTOR)
    return write_config("[server]\nport = 0\n[connectors.shelf]\n")


@LEVELS
async def test_a_request_of_2026_gets_the_messages_it_asks_for(
    config: Path, wire_to: Any, modern_request: Any, level: str | None, messages: int
) -> None:
    meta = {"io.modelcontextprotocol/logLevel": level} if level else {}
    async with Hub.open(config) as hub, serve_http(hub) as address:
        answer = await wire_to(address).send(*modern_request("tools/call", CHAT, meta))
    assert answer.body.count(b"notifications/message") == messages
    assert b"done" in answer.body


@LEVELS
async def test_a_session_gets_the_messages_it_asks_for(
    config: Path, wire_to: Any, level: str | None, messages: int
) -> None:
    async with Hub.open(config) as hub, serve_http(hub) as address:
        wire = wire_to(address)
        session = await wire.initialize()
        if level is not None:
            params = {"level": level}
            await wire.send({"jsonrpc": "2.0", "id": 1, "method": "logging/setLevel", "params": params}, session)
        answer = await wire.send({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": CHAT}, session)
    assert answer.body.count(b"notifications/message") == messages
    assert b"done" in answer.body
