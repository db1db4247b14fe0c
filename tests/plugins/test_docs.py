"""The example of docs/plugins.md works as it stands there."""

import re
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

from hub.access.principal import LOCAL
from hub.calls.types import Call
from hub.hub import Hub
from hub.results.content import Text

PAGE = Path(__file__).parent.parent.parent / "docs" / "plugins.md"
DESK = """
from hub.plugin import Connector, ConnectorSettings, hookimpl, tool

class Desk(Connector[ConnectorSettings]):
    @tool(writes=True)
    async def close(self) -> str:
        "Close it."
        return "closed"

@hookimpl
def hub_connector():
    return Desk
"""


async def test_the_example_refuses_and_notes(
    install_connector: Callable[..., Path], write_config: Callable[[str], Path]
) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    install_connector("freeze", example, group="hub.plugins")
    install_connector("desk", DESK)
    install_connector("shop", DESK)
    config = write_config(
        '[plugins.freeze]\nconnectors = ["desk"]\n'
        "[connectors.desk]\nread_only = false\n[connectors.shop]\nread_only = false\n"
    )
    async with Hub.open(config) as hub:

        async def closed(name: str) -> list[str]:
            call = Call(id=uuid4().hex, kind="tool", name=f"{name}_close", principal=LOCAL, transport="memory")
            return [part.text for part in (await hub.call(call)).content if isinstance(part, Text)]

        assert await closed("desk") == ["desk is frozen. Ask the change board"]
        assert await closed("shop") == ["closed", "[freeze] counts as a change"]
