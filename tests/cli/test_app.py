import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from hub import __version__
from hub.cli import app as program
from hub.errors import ConfigError, HubError, StartError

Run = Callable[..., Result]

HUB = [sys.executable, "-c", "from hub.cli.app import main; main()"]


def test_help_lists_every_command(run: Run) -> None:
    result = run("--help")
    assert result.exit_code == 0
    for name, (_, text) in program.COMMANDS.items():
        assert name in result.output
        assert text in result.output


@pytest.mark.parametrize("name", list(program.COMMANDS))
def test_every_command_is_there_and_has_help(run: Run, name: str) -> None:
    result = run(name, "--help")
    assert result.exit_code == 0, result.output
    assert f"Usage: hub {name}" in result.output


def test_help_imports_nothing_heavy_and_takes_little_time() -> None:
    program = """
import resource, sys
from hub.cli.app import main
sys.argv = ["hub", "--help"]
try:
    main()
except SystemExit:
    pass
used = resource.getrusage(resource.RUSAGE_SELF)
heavy = "mcp mcp_types pydantic httpx aiohttp requests rich uvicorn starlette jsonschema_rs limits tomlkit stamina"
heavy += " pluggy asyncio prometheus_api_client jira slack_sdk github simple_salesforce"
print([name for name in heavy.split() if name in sys.modules], used.ru_utime + used.ru_stime, file=sys.stderr)
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "Commands:" in ran.stdout
    modules, seconds = ran.stderr.strip().rsplit(" ", 1)
    assert modules == "[]"
    assert float(seconds) < 0.15


def test_the_version_is_shown(run: Run) -> None:
    assert run("--version").output == f"hub {__version__}\n"


def test_a_mistyped_command_names_the_nearest(run: Run) -> None:
    result = run("chek")
    assert result.exit_code == 2
    assert "Did you mean 'check'?" in result.output


@pytest.mark.parametrize("words", [["--config", "own.toml", "check"], ["check", "--config", "own.toml"], ["check"]])
def test_the_config_is_named_before_or_after_the_command_or_by_the_environment(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    (folder / "own.toml").write_text("[serverr]\n", encoding="utf-8")
    if len(words) == 1:
        monkeypatch.setenv("HUB_CONFIG", "own.toml")
    result = run(*words)
    assert result.exit_code == 2
    assert f"error: {folder}/own.toml:1: serverr is an unknown table" in result.stderr


def test_without_a_config_the_error_is_two_lines_and_the_status_2(run: Run) -> None:
    result = run("tools")
    assert result.exit_code == 2
    assert result.stdout == ""
    error, hint = result.stderr.splitlines()
    assert error == "error: there is no hub.toml in this folder"
    assert "hub init" in hint


def _raise(error: BaseException) -> Callable[[], None]:
    def command() -> None:
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "status", "told"),
    [
        (ConfigError("is wrong", setting="a.b", hint="Mend\nit"), 2, "error: a.b: is wrong\nhint: Mend it\n"),
        (StartError("no port."), 1, "error: no port\n"),
        (ExceptionGroup("g", [ExceptionGroup("h", [HubError("deep")])]), 1, "error: deep\n"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_an_error_becomes_lines_and_a_status(
    run: Run, monkeypatch: pytest.MonkeyPatch, error: BaseException, status: int, told: str
) -> None:
    monkeypatch.setattr(program, "_load", partial(_command, _raise(error)))
    result = run("key")
    assert result.exit_code == status
    assert result.output == told


def test_a_mistake_in_the_hub_shows_no_text_of_the_exception(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "_load", partial(_command, _raise(KeyError("canary-secret"))))
    result = run("key")
    assert result.exit_code == 1
    assert "error: the hub itself failed: KeyError at test_app.py:" in result.output
    assert "canary-secret" not in result.output


def test_debug_shows_where_an_error_comes_from(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setattr(program, "_load", partial(_command, _raise(KeyError("what is missing"))))
    result = CliRunner().invoke(program.app, ["--debug", "key"])
    assert "Traceback" in result.stderr
    assert "what is missing" in result.stderr


def _command(function: Callable[[], None], name: str) -> object:
    single = typer.Typer(add_completion=False)
    single.command(name)(function)
    return program.command_of(single)


def test_a_reader_that_goes_away_is_no_error(folder: Path) -> None:
    (folder / "hub.toml").touch()
    for words in (["--help"], ["tools", "--json"]):
        read, write = os.pipe()
        os.close(read)
        ran = subprocess.run([*HUB, *words], stdout=write, stderr=subprocess.PIPE, text=True, check=False)
        os.close(write)
        assert ran.stderr == ""


def test_ctrl_c_ends_a_waiting_command_quietly(folder: Path) -> None:
    (folder / "hub.toml").touch()
    ran = subprocess.run([*HUB, "call", "hub_status"], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    following = subprocess.Popen(
        [*HUB, "audit", "tail", "--follow", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert following.stdout is not None
    assert json.loads(following.stdout.readline())["name"] == "hub_status"
    following.send_signal(signal.SIGINT)
    _, errors = following.communicate(timeout=10)
    assert following.returncode == 130
    assert errors == ""
