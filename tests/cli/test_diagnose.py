"""`hub diagnose`: everything for a bug report, and no secret."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import Field
from typer.testing import Result

from hub.cli import diagnosis
from hub.connector.settings import ConnectorSettings, Secret, Settings

Run = Callable[..., Result]

PAGER = '''
from hub.plugin import Connector, ConnectorSettings, hookimpl, tool

class Pager(Connector[ConnectorSettings]):
    @tool()
    async def ring(self) -> str:
        """Ring."""
        return "ringing"

@hookimpl
def hub_connector():
    return Pager
'''


def told(result: Result) -> dict[str, str]:
    """The report by label; lines that go on are joined."""
    found: dict[str, str] = {}
    label = ""
    for line in result.stdout.splitlines():
        head, _, rest = line.partition("  ")
        label = head.strip() or label
        found[label] = f"{found[label]}\n{rest.strip()}" if label in found else rest.strip()
    return found


def test_it_tells_versions_settings_state_access_and_errors(run: Run, config: Path) -> None:
    run("call", "toy_echo", "text=x", "times=much")
    report = told(run("diagnose", "toy"))
    assert report["hub"].startswith("mcp-integration-hub ")
    assert report["connector"] == "hub-connector-toy 0.3.0"
    assert report["state"] == "loaded"
    assert report["settings"] == 'token = [secret]\nbehaviour = "answer" (default)'
    assert report["tools"] == "echo"
    assert report["access"].startswith("Toy Service 1.0 answers (")
    assert "toy_echo invalid_arguments" in report["last errors"]


def test_a_single_file_is_diagnosed_and_nothing_is_said_of_others(run: Run, config: Path, folder: Path) -> None:
    config.write_text("[connectors.toy]\n", encoding="utf-8")
    (folder / "pager.py").write_text(PAGER, encoding="utf-8")
    result = run("diagnose", "pager", "--plugin", "pager.py")
    assert (told(result)["state"], told(result)["tools"]) == ("loaded", "ring")
    assert result.stderr == ""


def test_planted_secrets_and_arguments_are_not_in_it(run: Run, config: Path) -> None:
    config.write_text(config.read_text(encoding="utf-8") + 'behaviour = "crash"\n', encoding="utf-8")
    run("call", "toy_echo", "text=my-private-words", "times=much")
    result = run("diagnose", "toy")
    assert "canary-toy-token" not in result.output
    assert "my-private-words" not in result.output
    assert "RuntimeError" in told(result)["access"]


def test_a_rejected_credential_is_told(run: Run, config: Path) -> None:
    config.write_text(config.read_text(encoding="utf-8") + 'behaviour = "reject"\n', encoding="utf-8")
    assert told(run("diagnose", "toy"))["access"].startswith(
        "authentication_failed: Toy Service rejects the credential"
    )


def test_a_service_that_hangs_costs_the_time_it_was_given(run: Run, config: Path) -> None:
    config.write_text(config.read_text(encoding="utf-8") + 'behaviour = "hang"\n', encoding="utf-8")
    assert "not done in time" in told(run("diagnose", "toy", "--timeout", "0.2"))["access"]


def test_offline_it_calls_no_service(run: Run, config: Path) -> None:
    assert "access" not in told(run("diagnose", "toy", "--offline"))


def test_a_connector_that_does_not_load_is_told_with_its_references(
    run: Run, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TOY_TOKEN")
    config.write_text(config.read_text(encoding="utf-8") + 'behaviour = "private-text"\n', encoding="utf-8")
    report = told(run("diagnose", "toy"))
    assert report["state"] == "missing_config"
    assert "TOY_TOKEN" in report["reason"]
    assert report["settings"] == 'token = { env = "TOY_TOKEN" }\nbehaviour = a str'


def test_an_unknown_connector_is_an_error_with_the_nearest_name(run: Run, config: Path) -> None:
    result = run("diagnose", "toyy")
    assert result.exit_code == 2
    assert "Did you mean toy?" in result.stderr


class Inner(Settings):
    password: Secret | None = None
    note: str = "n"


class Wide(ConnectorSettings):
    url: str = "https://user:hunter2@example.com/x"
    proxy: str | None = Field(default=None, repr=False)
    tokens: tuple[Secret, ...] = ()
    headers: dict[str, Secret | str] = Field(default_factory=dict[str, Secret | str], repr=False)
    inner: Inner = Inner()
    sources: dict[str, Inner] = Field(default_factory=dict[str, Inner])


def test_secrets_are_masked_wherever_they_stand_in_the_settings() -> None:
    values: dict[str, Any] = {
        "proxy": "http://p:hunter2@proxy",
        "tokens": ["hunter2"],
        "headers": {"X-Key": "hunter2"},
        "inner": {"password": "hunter2"},
        "sources": {"eu": {"password": "hunter2"}},
    }
    lines = list(diagnosis.settings_lines(Wide.model_validate(values)))
    assert lines == [
        'url = "https://[secret]@example.com/x" (default)',
        "proxy = [secret]",
        "tokens = [[secret]]",
        "headers = [secret]",
        "inner.password = [secret]",
        'inner.note = "n" (default)',
        "sources.eu.password = [secret]",
        'sources.eu.note = "n" (default)',
    ]
