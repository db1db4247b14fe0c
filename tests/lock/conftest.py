"""A connector that can be upgraded under the hub's feet."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SOURCE = '''
from typing import Annotated
from hub.plugin import Connector, ConnectorSettings, hookimpl, tool

class ToySettings(ConnectorSettings):
    url: str = "http://127.0.0.1:9"

class Toy(Connector[ToySettings]):
    title = "Toy"

    def instructions(self):
        return "Toys to play with"

    @tool()
    async def echo(self, text: Annotated[str, "What to say"]) -> str:
        """Say it again."""
        return text

    @tool()
    async def count(self) -> str:
        """Count the toys."""
        return "3"

@hookimpl
def hub_connector():
    return Toy
'''

Upgrade = Callable[..., None]


@pytest.fixture
def toy(install_connector: Callable[..., Path]) -> Path:
    """The toy, installed; gives its folder."""
    return install_connector("toy", SOURCE)


@pytest.fixture
def upgrade(toy: Path) -> Upgrade:
    """Replace text in the toy's source, and its version if one is given, as an upgrade would."""

    def replace(old: str, new: str, *, version: str = "") -> None:
        (module,) = toy.glob("*.py")
        source = module.read_text(encoding="utf-8")
        assert old in source
        # Longer by a comment each time: Python would trust its cache for a file of the same size and second.
        module.write_text(source.replace(old, new) + "#" * (source.count("#") + 1), encoding="utf-8")
        sys.modules.pop(module.stem, None)
        if version:
            (metadata,) = toy.glob("*.dist-info/METADATA")
            text = metadata.read_text(encoding="utf-8")
            metadata.write_text(text.replace("Version: 1.0.0", f"Version: {version}"), encoding="utf-8")

    return replace
