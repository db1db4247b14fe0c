"""A connector that is a single file, through `--plugin` and `Hub.open`."""

import sys
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from typer.testing import CliRunner, Result

from hub.access.principal import LOCAL
from hub.calls.types import Call
from hub.cli.app import app
from hub.errors import ConfigError
from hub.hub import Hub
from hub.results.content import Text

PAGER = '''
from typing import Annotated
from hub.plugin import Connector, ConnectorSettings, Sandbox, hookimpl, tool


class PagerSettings(ConnectorSettings):
    greeting: str = "hello"


class Pager(Connector[PagerSettings]):
    @tool()
    async def greet(self, name: Annotated[str, "Whom"] = "you") -> str:
        """Greet."""
        return f"{self.settings.greeting} {name}"
# MORE

@hookimpl
def hub_connector() -> type[Pager]:
    return Pager
'''
SANDBOX = """
    @classmethod
    def sandbox(cls):
        async def app(scope, receive, send):
            raise NotImplementedError
        return Sandbox(app=app, settings=lambda url: {"greeting": "sandboxed"})
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HUB_CONFIG", raising=False)
    return tmp_path


@pytest.fixture
def pager(folder: Path) -> Path:
    path = folder / "pager.py"
    path.write_text(PAGER, encoding="utf-8")
    return path


def hub(*words: str) -> Result:
    result = CliRunner().invoke(app, words, prog_name="hub")
    assert "Traceback" not in result.output
    return result


def rows(*words: str) -> dict[str, str]:
    return {line.split()[0]: line for line in hub(*words).stdout.splitlines() if line}


def rewrite(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


async def said(opened: Hub) -> str:
    call = Call(id=uuid4().hex, kind="tool", name="pager_greet", principal=LOCAL, transport="memory")
    (part,) = (await opened.call(call)).content
    assert isinstance(part, Text)
    return part.text


def test_it_needs_no_hub_toml_and_every_command_takes_it(pager: Path) -> None:
    assert hub("call", "pager_greet", "name=it", "--plugin", "pager.py").stdout == "hello it\n"
    assert "pager_greet" in hub("tools", "--plugin", "pager.py").stdout
    assert rows("connectors", "list", "--plugin", "pager.py")["pager"].split()[1:3] == ["enabled", "pager.py"]
    assert "loaded" in hub("connectors", "list", "--load", "--plugin", "pager.py").stdout
    checked = hub("check", "--plugin", "pager.py")
    assert checked.exit_code == 0, checked.output
    assert "none, all as by default" in checked.stdout
    shown = hub("demo", "--once", "--port", "0", "--plugin", "pager.py")
    assert shown.exit_code == 0, shown.output
    assert "pager_greet" in shown.stdout
    assert sorted(path.name for path in pager.parent.iterdir()) == [".hub", "pager.py"]


def test_it_is_named_after_the_file_and_its_table_holds(folder: Path, pager: Path) -> None:
    (folder / "hub.toml").write_text(
        '[connectors.pager]\ngreeting = "bonjour"\n[connectors.second]\nconnector = "pager"\n', encoding="utf-8"
    )
    assert hub("call", "pager_greet", "--plugin", "pager.py").stdout == "bonjour you\n"
    assert hub("call", "second_greet", "--plugin", "pager.py").stdout == "hello you\n"
    other = pager.rename(folder / "hub_connector_my-Pager.py")
    assert "my_pager_greet" in hub("tools", "--plugin", str(other)).stdout


def test_without_a_table_it_talks_to_its_sandbox_and_with_one_only_if_told_so(folder: Path, pager: Path) -> None:
    pager.write_text(PAGER.replace("# MORE", SANDBOX), encoding="utf-8")
    result = hub("call", "pager_greet", "--plugin", "pager.py")
    assert "sandboxed you" in result.stdout
    (folder / "hub.toml").write_text("[connectors.pager]\n", encoding="utf-8")
    assert hub("call", "pager_greet", "--plugin", "pager.py").stdout == "hello you\n"


def test_it_shadows_an_installed_connector_of_its_name(pager: Path, install_connector: Callable[..., Path]) -> None:
    install_connector("pager", "raise RuntimeError('must not be imported')")
    assert hub("call", "pager_greet", "--plugin", "pager.py").stdout == "hello you\n"
    listed = hub("connectors", "list", "--plugin", "pager.py").stdout
    assert "pager.py offers a connector of the same name and is used" in listed


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("def broken(:\n", "importing pager.py raised SyntaxError: invalid syntax (pager.py:1)"),
        (
            "import no_such_module\n",
            "importing pager.py raised ModuleNotFoundError: No module named 'no_such_module' (pager.py:1)",
        ),
        ("\n\n1 / 0\n", "importing pager.py raised ZeroDivisionError (pager.py:3)"),
        ("import sys\nsys.exit(2)\n", "importing pager.py raised SystemExit: 2 (pager.py:2)"),
    ],
)
def test_what_is_wrong_in_it_is_told_with_its_line(pager: Path, change: str, reason: str) -> None:
    pager.write_text(change + PAGER, encoding="utf-8")
    result = hub("check", "--plugin", "pager.py")
    assert result.exit_code == 1
    assert reason in result.stdout
    refused = hub("call", "pager_greet", "--plugin", "pager.py")
    assert f"pager is not loaded: {reason.removeprefix('pager: ')}" in refused.stderr


@pytest.mark.parametrize("name", ["gone.py", "1st.py", "pager.txt", "x" * 40 + ".py"])
def test_a_file_that_cannot_be_a_connector_is_refused(folder: Path, name: str) -> None:
    if name != "gone.py":
        (folder / name).write_text(PAGER, encoding="utf-8")
    result = hub("tools", "--plugin", name)
    assert result.exit_code == 2
    assert name in result.stderr
    assert "hint: Name the" in result.stderr


async def test_two_files_of_one_name_are_refused(folder: Path, pager: Path) -> None:
    (folder / "other").mkdir()
    twin = folder / "other" / "pager.py"
    twin.write_text(PAGER, encoding="utf-8")
    with pytest.raises(ConfigError, match="would both be the connector pager"):
        async with Hub.open(folder / "hub.toml", files=[pager, twin]):
            pass


async def test_a_reload_takes_over_what_has_changed_in_it(folder: Path, pager: Path) -> None:
    async with Hub.open(folder / "hub.toml", files=[pager]) as opened:
        assert await said(opened) == "hello you"
        rewrite(pager, PAGER.replace('"hello"', '"howdy"'))
        await opened.reload()
        assert await said(opened) == "howdy you"
        rewrite(pager, PAGER + "oops(")
        with pytest.raises(ConfigError, match=r"connector pager works now and would be failed: .*SyntaxError"):
            await opened.reload()
        assert await said(opened) == "howdy you"
    assert "hub_file_pager" in sys.modules


def test_without_the_option_a_hub_toml_is_still_needed(folder: Path) -> None:
    assert hub("tools").exit_code == 2
    assert hub("tools", "--config", "gone.toml", "--plugin", "x.py").exit_code == 2
