"""Each connector in tests/fixtures/broken is broken in one way: it ends as its docstring says, and harms nobody."""

import ast
import asyncio
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from hub.access.principal import LOCAL
from hub.calls.types import Call, Outcome
from hub.cli.app import app
from hub.errors import ConnectorLoadError
from hub.hub import Hub
from hub.results.content import Text

FOLDER = Path(__file__).parent.parent / "fixtures" / "broken"
GOOD = """
from hub.plugin import Connector, ConnectorSettings, hookimpl, tool

class Good(Connector[ConnectorSettings]):
    @tool()
    async def ping(self) -> str:
        "Ping."
        return "pong"

@hookimpl
def hub_connector():
    return Good
"""
LOAD_SECONDS = 1.5


@dataclass(frozen=True)
class Broken:
    """A fixture, with what its docstring says of it.

    Attributes:
        name: Of the file, and of the connector.
        source: Its text.
        state: What it ends in.
        reason: Regular expression of the reason, or of the refusal where it is loaded nevertheless.
        config: A line of its table.
        requires: What its package requires of the hub.
    """

    name: str
    source: str
    state: str
    reason: str = ""
    config: str = ""
    requires: str = ""


def read(path: Path) -> Broken:
    source = path.read_text(encoding="utf-8")
    # Of the docstring alone: one of them is no Python.
    docstring = ast.literal_eval(source[: source.index('"""', 5) + 3])
    told = dict(re.findall(r"^(state|reason|config|requires): (.+)$", docstring, re.MULTILINE))
    return Broken(name=path.stem, source=source, **told)


BROKEN = [read(path) for path in sorted(FOLDER.glob("*.py"))]


async def call(hub: Hub, name: str) -> tuple[Outcome, str]:
    made = Call(id=uuid4().hex, kind="tool", name=name, principal=LOCAL, transport="memory")
    outcome = await hub.call(made)
    return outcome, "\n".join(part.text for part in outcome.content if isinstance(part, Text))


def told_by(config: Path, *words: str) -> str:
    """What a command says, and that it says it in an orderly way."""
    result = CliRunner().invoke(app, ["--config", str(config), *words], prog_name="hub")
    assert result.exit_code in (0, 1), result.output
    assert "Traceback" not in result.output
    return result.stdout


@pytest.mark.parametrize("broken", BROKEN, ids=lambda one: one.name)
def test_it_is_told_in_all_places_and_harms_no_other(
    install_connector: Callable[..., Path],
    write_config: Callable[[str], Path],
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    broken: Broken,
) -> None:
    install_connector(broken.name, broken.source, requires=broken.requires)
    install_connector("good", GOOD)
    config = write_config(
        f"[hub]\nload_deadline = {LOAD_SECONDS}\n[connectors.{broken.name}]\n{broken.config}\n[connectors.good]\n"
    )

    async def serve() -> str:
        async with Hub.open(config) as hub:
            assert (await call(hub, "good_ping"))[1] == "pong"
            outcome, text = await call(hub, f"{broken.name}_ping")
            if broken.state == "loaded":
                assert text == "pong"
            else:
                assert outcome.error == "unknown_name"
                assert re.search(f"{broken.name} is not loaded: .*{broken.reason}", text), text
            assert "s3cret" not in text
            return (await call(hub, "hub_status"))[1]

    with caplog.at_level(logging.WARNING):
        status = asyncio.run(serve())
    (line,) = [line for line in status.splitlines() if line.startswith(broken.name)]
    assert line.split("\t")[2] == broken.state
    assert re.search(broken.reason, line), line
    logged = [record.getMessage() for record in caplog.records if record.name == "hub.discovery"]
    assert not broken.reason or any(re.search(broken.reason, text) for text in logged), logged

    (line,) = [x for x in told_by(config, "connectors", "list", "--load").splitlines() if x.startswith(broken.name)]
    assert line.split()[1] == broken.state
    assert re.search(broken.reason, line), line
    (line,) = [x for x in told_by(config, "check").splitlines() if re.match(rf"{broken.name} .*(ok|PROBLEM)", x)]
    assert ("PROBLEM" in line) == bool(broken.reason)
    assert re.search(broken.reason, line), line

    if broken.reason:
        with pytest.raises(ConnectorLoadError, match=broken.reason):
            asyncio.run(serve_strictly(config))
    told = status + caplog.text + capfd.readouterr().out
    assert "s3cret" not in told.replace("s3cret_", "")
    assert "noise" not in told


async def serve_strictly(config: Path) -> None:
    async with Hub.open(config, strict=True):
        pass


def test_there_is_a_fixture_for_every_state_that_a_single_connector_can_be_in() -> None:
    assert {broken.state for broken in BROKEN} == {"loaded", "failed", "missing_config", "incompatible"}
    assert len(BROKEN) > 40
