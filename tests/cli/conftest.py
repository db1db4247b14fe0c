"""Runs the program in this process, in a folder of its own, with a connector that needs no service."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from hub.cli.app import app

Run = Callable[..., Result]

TOY = '''
"""A connector that needs no service."""
import asyncio
from typing import Annotated, Literal

from hub.plugin import AuthenticationFailed, Connector, ConnectorSettings, Secret, hookimpl, report_progress, tool


class ToySettings(ConnectorSettings):
    token: Secret
    """Token of a bot user."""
    behaviour: Literal["answer", "reject", "hang", "crash"] = "answer"


class Toy(Connector[ToySettings]):
    title = "Toy Service"

    @tool()
    async def echo(
        self,
        text: Annotated[str, "What to say"],
        times: Annotated[int, "How often"] = 1,
        loud: Annotated[bool, "In capitals"] = False,
        tags: Annotated[list[str] | None, "Tags"] = None,
        labels: Annotated[dict[str, int] | None, "Labels"] = None,
    ) -> str:
        """Say it again.

        As often as you like.
        """
        said = repr((text, times, loud, tags, labels))
        return said.upper() if loud else said

    @tool(writes=True)
    async def drop(self, what: Annotated[str, "What to drop"]) -> str:
        """Drop something."""
        return f"dropped {what}"

    async def verify_access(self) -> str:
        match self.settings.behaviour:
            case "reject":
                raise AuthenticationFailed("Toy Service rejects the credential", hint="Check connectors.toy.token")
            case "hang":
                await asyncio.sleep(60)
            case "crash":
                raise RuntimeError(self.settings.token.get_secret_value())
        return "Toy Service 1.0 answers"


@hookimpl
def hub_connector():
    return Toy
'''


@pytest.fixture(autouse=True)
def _no_logging_left_behind(logging_as_it_was: None) -> None:
    """Each run of the program configures logging."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder of the program: empty, and with nothing in the environment that matters."""
    path = tmp_path / "work"
    path.mkdir()
    monkeypatch.chdir(path)
    monkeypatch.delenv("HUB_CONFIG", raising=False)
    monkeypatch.delenv("TOY_TOKEN", raising=False)
    return path


@pytest.fixture
def run(folder: Path) -> Run:
    """Run `hub` with these words."""

    def call(*words: str, stdin: str | None = None) -> Result:
        result = CliRunner().invoke(app, words, input=stdin, prog_name="hub")
        assert "Traceback" not in result.output
        return result

    return call


@pytest.fixture
def toy(install_connector: Callable[..., Path], folder: Path) -> Path:
    """The toy connector is installed and nothing is configured; gives its folder on sys.path."""
    return install_connector("toy", TOY, version="0.3.0")


@pytest.fixture
def config(toy: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A hub.toml in which the toy works."""
    monkeypatch.setenv("TOY_TOKEN", "canary-toy-token")
    path = folder / "hub.toml"
    path.write_text('[connectors.toy]\ntoken = { env = "TOY_TOKEN" }\n', encoding="utf-8")
    return path
