import hashlib
import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from hub.config.load import load_settings

Run = Callable[..., Result]


def test_init_writes_a_valid_file_for_what_is_installed(
    run: Run, toy: Path, install_connector: Callable[..., Path], folder: Path
) -> None:
    install_connector("bad", "import no_such_module_anywhere")
    install_connector("old", "", requires="mcp-integration-hub<0.0.1")
    result = run("init")
    assert result.exit_code == 0, result.output
    assert "[connectors.toy]: fill in token" in result.stdout
    assert "bad: cannot be used" in result.stdout
    text = (folder / "hub.toml").read_text(encoding="utf-8")
    assert "# old is installed but cannot be used: needs mcp-integration-hub<0.0.1" in text
    assert "toy" in load_settings(folder / "hub.toml").connectors


def test_init_replaces_nothing_unless_told_to(run: Run, folder: Path) -> None:
    config = folder / "hub.toml"
    config.write_text("# mine\n", encoding="utf-8")
    refused = run("init")
    assert refused.exit_code == 2
    assert "--force" in refused.stderr
    assert config.read_text(encoding="utf-8") == "# mine\n"
    assert run("init", "--force").exit_code == 0
    assert config.read_text(encoding="utf-8") != "# mine\n"


def test_init_writes_where_it_is_told_to(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("init", "--config", "a.toml").exit_code == 0
    monkeypatch.setenv("HUB_CONFIG", "b.toml")
    assert run("init").exit_code == 0
    assert {path.name for path in folder.iterdir()} == {"a.toml", "b.toml"}
    assert run("init", "--config", "none/a.toml").exit_code == 2


def test_what_init_writes_can_be_served_and_listed_at_once(run: Run, toy: Path) -> None:
    run("init")
    assert run("tools").exit_code == 0
    assert run("connectors", "list").exit_code == 0


def test_a_key_is_strong_shown_once_and_let_in_by_its_hash(run: Run, folder: Path) -> None:
    result = run("key", "ci-bot", "--role", "analyst", "-r", "writer")
    assert result.exit_code == 0
    (key,) = re.findall(r"hub_[\w-]{43}", result.stdout)
    stanza = result.stdout[result.stdout.index("[[auth.keys]]") :]
    (table,) = tomllib.loads(stanza)["auth"]["keys"]
    assert table == {
        "client": "ci-bot",
        "key_sha256": hashlib.sha256(key.encode()).hexdigest(),
        "roles": ["analyst", "writer"],
    }
    (folder / "hub.toml").write_text("[roles.analyst]\n[roles.writer]\n" + stanza, encoding="utf-8")
    assert load_settings(folder / "hub.toml").auth.keys[0].client == "ci-bot"
    assert key not in run("key", "ci-bot").stdout


def test_a_key_without_a_role_and_a_client_without_a_name_are_told_of(run: Run) -> None:
    assert "Without a role it may do nothing" in run("key", "ci-bot").stdout
    assert 'roles = ["read-only"]' in run("key", "ci-bot", "-r", "read-only").stdout
    assert "cannot be a role's name" in run("key", "ci-bot", "-r", "read only").stderr
    result = run("key", "two words")
    assert result.exit_code == 2
    assert "cannot be a client's name" in result.stderr
