"""Serves every connector's sandbox in a process of its own, and prints the tables that lead there, as JSON."""

import asyncio
import json
import sys
from importlib.metadata import entry_points
from typing import Any

from hub.plugin import Secret
from hub.sandbox.host import SandboxHost


def plain(value: Any) -> Any:
    """A setting as JSON has it; these secrets open nothing but the sandbox."""
    return value.get_secret_value() if isinstance(value, Secret) else value


async def main() -> None:
    """Serve until stdin ends."""
    async with SandboxHost() as host:
        tables: dict[str, Any] = {}
        for entry in sorted(entry_points(group="hub.connectors")):
            connector = entry.load().hub_connector()
            sandbox = connector.sandbox()
            url = await host.serve(entry.name, sandbox.app)
            tables[entry.name] = {key: plain(value) for key, value in sandbox.settings(url).items()}
        print(json.dumps(tables), flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
