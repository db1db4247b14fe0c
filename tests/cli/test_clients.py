"""Client configuration to paste."""

import json
import shlex
from pathlib import Path
from typing import Any

from hub.cli.clients import client_setups

URL = "http://127.0.0.1:8080/mcp"


def test_every_client_has_both_transports_and_an_absolute_path(tmp_path: Path) -> None:
    setups = client_setups(URL, tmp_path / "my hub.toml")
    assert {(setup.client, setup.transport) for setup in setups} == {
        (client, transport)
        for client in ("Claude Code", "Claude Desktop", "VS Code", "Cursor")
        for transport in ("HTTP", "stdio")
    }
    for setup in setups:
        assert (URL if setup.transport == "HTTP" else str(tmp_path)) in setup.text


def test_a_path_with_a_blank_survives_shell_and_json(tmp_path: Path) -> None:
    config = tmp_path / "my hub.toml"
    for setup in client_setups(URL, config):
        if setup.transport == "stdio" and setup.client == "Claude Code":
            assert shlex.split(setup.text)[-1] == str(config)
        elif setup.client != "Claude Code":
            servers: dict[str, Any] = json.loads(setup.text)
            (hub,) = (servers.get("mcpServers") or servers["servers"]).values()
            assert setup.transport == "HTTP" or hub["args"][-1] == str(config)


def test_without_a_lasting_file_stdio_is_left_out() -> None:
    assert {setup.transport for setup in client_setups(URL, None)} == {"HTTP"}
