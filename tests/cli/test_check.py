import time
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

Run = Callable[..., Result]

KEY = f'[[auth.keys]]\nclient = "bot"\nkey_sha256 = "{"ab" * 32}"\n'


def test_a_right_configuration_passes_and_tells_what_answered(run: Run, config: Path) -> None:
    result = run("check")
    assert result.exit_code == 0, result.output
    lines = {line.split(maxsplit=2)[0]: line.split(maxsplit=2)[1:] for line in result.stdout.splitlines()}
    assert lines["hub.toml"] == ["ok", str(config)]
    assert lines["toy"] == ["ok", "Toy Service 1.0 answers"]


def test_offline_calls_no_service(run: Run, config: Path) -> None:
    config.write_text(config.read_text(encoding="utf-8") + 'behaviour = "reject"\n', encoding="utf-8")
    result = run("check", "--offline")
    assert result.exit_code == 0
    assert "service not called" in result.stdout


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        ("reject", ["Toy Service rejects the credential", "toy: Check connectors.toy.token"]),
        ("hang", ["did not answer within 0.2 seconds", "--timeout"]),
        ("crash", ["own check failed (RuntimeError)", "authors of hub-connector-toy"]),
    ],
)
def test_a_service_that_does_not_let_the_hub_in_is_a_problem(
    run: Run, config: Path, behaviour: str, said: list[str]
) -> None:
    config.write_text(config.read_text(encoding="utf-8") + f'behaviour = "{behaviour}"\n', encoding="utf-8")
    result = run("check", "--timeout", "0.2")
    assert result.exit_code == 1
    for text in said:
        assert text in result.stdout
    assert "1 problem\n" in result.stdout
    assert "canary" not in result.output


def test_a_missing_secret_is_a_problem_with_setting_and_variable(
    run: Run, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TOY_TOKEN")
    result = run("check")
    assert result.exit_code == 1
    assert "connectors.toy.token: the environment variable 'TOY_TOKEN' is not set" in result.stdout
    assert "toy: Set TOY_TOKEN" in result.stdout
    assert result.stderr == ""


def test_every_connector_is_told_of(run: Run, config: Path) -> None:
    config.write_text(
        config.read_text(encoding="utf-8") + "[connectors.gone]\n[connectors.off]\nenabled = false\n",
        encoding="utf-8",
    )
    result = run("check")
    assert result.exit_code == 1
    assert "gone: Run `pip install hub-connector-gone`" in result.stdout
    assert "off  " in result.stdout


def test_a_name_in_a_role_or_limit_that_means_nothing_is_a_problem(run: Run, config: Path) -> None:
    text = config.read_text(encoding="utf-8") + KEY.replace("\n[", "[") + 'roles = ["a"]\n'
    text += '[roles.a]\nallowed_tools = ["toy_*", "toy_ecko"]\ndenied_tools = ["*_later", "hub_status", "gone_x"]\n'
    text += '[limits.tools]\ntoy_echo = "5/minute"\ntoi_echo = "5/minute"\n[connectors.gone]\n'
    config.write_text(text, encoding="utf-8")
    result = run("check")
    problems = [line for line in result.stdout.splitlines() if "has no effect" in line]
    assert [line.split()[0] for line in problems] == ["roles.a.allowed_tools", "limits.tools"]
    assert "roles.a.allowed_tools: Did you mean toy_echo?" in result.stdout


def test_a_wrong_file_is_one_error_with_status_2(run: Run, config: Path) -> None:
    config.write_text("[connectors.toy]\nread_only = 'x'\n", encoding="utf-8")
    result = run("check")
    assert result.exit_code == 2
    assert f"error: {config}:2: connectors.toy.read_only should be true or false" in result.stderr


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('[server]\nhost = "0.0.0.0"\n', "hub key CLIENT"),
        (KEY, "no key may do anything"),
        ('[hub]\nstate = "hub.toml/state"\n', "hub.toml/state cannot be written"),
    ],
)
def test_a_hub_that_could_not_serve_is_a_problem(run: Run, folder: Path, content: str, said: str) -> None:
    (folder / "hub.toml").write_text(content, encoding="utf-8")
    result = run("check")
    assert result.exit_code == 1
    assert said in result.stdout


NOISY = """
import asyncio, os, sys, time, threading
from hub.plugin import Connector, ConnectorSettings, hookimpl, tool

print("noise at import")

class Noisy(Connector[ConnectorSettings]):
    title = "Noisy"

    def __init__(self, *given):
        super().__init__(*given)
        os.write(1, b"noise below")
        sys.__stdout__.write("noise kept back")

    @tool()
    async def ping(self) -> str:
        "Ping."
        print("noise in a call")
        os.write(1, b"noise below")
        return "pong"

    async def verify_access(self) -> str:
        print("noise in a check")
        {harm}
        return "Noisy answers"

@hookimpl
def hub_connector():
    return Noisy
"""


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        ("time.sleep(20)", "did not let go of the event loop for 0.5 seconds"),
        ("threading.Event().wait(20)", "did not let go of the event loop for 0.5 seconds"),
        ("sys.exit(3)", "own check failed (SystemExit)"),
        ("raise asyncio.CancelledError", "own check failed (CancelledError)"),
        ("return None", "own check failed (TypeError)"),
    ],
)
def test_a_check_that_does_harm_keeps_to_the_timeout_and_takes_no_other_along(
    run: Run, config: Path, install_connector: Callable[..., Path], harm: str, said: str
) -> None:
    install_connector("noisy", NOISY.replace("{harm}", harm))
    config.write_text("[connectors.noisy]\n" + config.read_text(encoding="utf-8"), encoding="utf-8")
    begun = time.monotonic()
    result = run("check", "--timeout", "0.5")
    assert time.monotonic() - begun < 8
    assert result.exit_code == 1
    lines = {line.split()[0]: line for line in result.stdout.splitlines()}
    assert said in lines["noisy"]
    assert "ok       Toy Service 1.0 answers" in lines["toy"]
    assert "1 problem\n" in result.stdout


@pytest.mark.parametrize(
    "words",
    [
        ["call", "noisy_ping", "--json"],
        ["tools", "--json"],
        ["connectors", "list", "--load", "--json"],
        ["connectors", "list", "--load"],
        ["check"],
        ["init", "--force"],
    ],
    ids=" ".join,
)
def test_what_a_connector_prints_is_not_on_stdout(
    run: Run,
    folder: Path,
    install_connector: Callable[..., Path],
    capfd: pytest.CaptureFixture[str],
    words: list[str],
) -> None:
    install_connector("noisy", NOISY.replace("{harm}", "pass"))
    (folder / "hub.toml").write_text("[connectors.noisy]\n", encoding="utf-8")
    result = run(*words)
    assert result.exit_code == 0, result.output
    assert "noise" not in result.stdout
    assert "noise" not in capfd.readouterr().out
    assert "noise at import" in result.stderr
