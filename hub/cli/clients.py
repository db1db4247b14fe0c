"""Ready-to-paste client configuration: how Claude Desktop, Claude Code, VS Code and Cursor reach a hub."""

import json
import shlex
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class ClientSetup:
    """What to paste where.

    Attributes:
        client: The client's name.
        transport: `HTTP` or `stdio`.
        where: The file or place it goes to.
        text: What goes there.
    """

    client: str
    transport: str
    where: str
    text: str


def hub_command() -> str:
    """The `hub` of this environment, as a client that knows no environment has to call it."""
    beside = Path(sys.executable).with_name("hub")
    return str(beside) if beside.exists() else (shutil.which("hub") or "hub")


def client_setups(url: str, config: Path | None) -> list[ClientSetup]:
    """Configuration for each client and transport.

    Args:
        url: Where the hub serves MCP, such as `http://127.0.0.1:8080/mcp`.
        config: The hub.toml for stdio, where the client starts a hub of its own; without one, stdio is left out.

    Formats: https://modelcontextprotocol.io/docs/develop/connect-local-servers (Claude Desktop),
    https://code.claude.com/docs/en/mcp, https://code.visualstudio.com/docs/copilot/reference/mcp-configuration,
    https://cursor.com/docs/context/mcp.
    """
    return _over_http(url) + (_over_stdio(config) if config is not None else [])


def _over_http(url: str) -> list[ClientSetup]:
    return [
        ClientSetup(
            client="Claude Code",
            transport="HTTP",
            where="your shell",
            text=f"claude mcp add --transport http hub {url}",
        ),
        ClientSetup(
            client="Claude Desktop",
            transport="HTTP",
            where="claude_desktop_config.json; it starts local servers only, so npx brings a bridge",
            text=_json({"mcpServers": {"hub": {"command": "npx", "args": ["-y", "mcp-remote", url]}}}),
        ),
        ClientSetup(
            client="VS Code",
            transport="HTTP",
            where=".vscode/mcp.json",
            text=_json({"servers": {"hub": {"type": "http", "url": url}}}),
        ),
        ClientSetup(
            client="Cursor",
            transport="HTTP",
            where="~/.cursor/mcp.json",
            text=_json({"mcpServers": {"hub": {"url": url}}}),
        ),
    ]


def _over_stdio(config: Path) -> list[ClientSetup]:
    command = hub_command()
    arguments = ["serve", "--stdio", "--config", str(config.resolve())]
    stdio = {"command": command, "args": arguments}
    return [
        ClientSetup(
            client="Claude Code",
            transport="stdio",
            where="your shell",
            text=shlex.join(["claude", "mcp", "add", "hub", "--", command, *arguments]),
        ),
        ClientSetup(
            client="Claude Desktop",
            transport="stdio",
            where="claude_desktop_config.json (Settings, Developer, Edit Config)",
            text=_json({"mcpServers": {"hub": stdio}}),
        ),
        ClientSetup(
            client="VS Code",
            transport="stdio",
            where=".vscode/mcp.json",
            text=_json({"servers": {"hub": {"type": "stdio", **stdio}}}),
        ),
        ClientSetup(
            client="Cursor",
            transport="stdio",
            where="~/.cursor/mcp.json",
            text=_json({"mcpServers": {"hub": stdio}}),
        ),
    ]


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
