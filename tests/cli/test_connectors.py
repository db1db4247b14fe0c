import json
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

Run = Callable[..., Result]


def rows(result: Result) -> dict[str, str]:
    """State and the rest of each line, by the connector's name."""
    lines = result.stdout.splitlines()[1:]
    return {line.split()[0]: " ".join(line.split()[1:]) for line in lines}


def imported(site: Path) -> bool:
    """Whether the module in this folder has been imported."""
    return any(path.stem in sys.modules for path in site.glob("*.py"))


def test_list_shows_what_is_installed_without_importing_it(run: Run, toy: Path, folder: Path) -> None:
    (folder / "hub.toml").touch()
    result = run("connectors", "list")
    assert result.exit_code == 0
    assert rows(result)["toy"] == (
        "disabled hub-connector-toy 0.3.0 hub.toml has no [connectors.toy]. Run `hub connectors enable toy`"
    )
    assert not imported(toy)


def test_list_tells_enabled_from_disabled_and_from_not_installed(run: Run, toy: Path, folder: Path) -> None:
    (folder / "hub.toml").write_text(
        "[connectors.toy]\nwhatever = 1\n[connectors.gone]\n"
        '[connectors.second]\nconnector = "toy"\nenabled = false\n',
        encoding="utf-8",
    )
    listed = rows(run("connectors", "list"))
    assert listed["toy"].startswith("enabled hub-connector-toy")
    assert listed["second"].startswith("disabled")
    assert listed["gone"].startswith("failed")
    assert "pip install hub-connector-gone" in listed["gone"]
    assert not imported(toy)


def test_list_works_beside_a_broken_hub_toml_and_says_so(run: Run, toy: Path, folder: Path) -> None:
    (folder / "hub.toml").write_text("[", encoding="utf-8")
    result = run("connectors", "list")
    assert "toy" in rows(result)
    assert "no valid TOML" in result.stderr
    assert result.exit_code == 2


def test_list_survives_a_connector_that_cannot_be_imported(
    run: Run, install_connector: Callable[..., Path], folder: Path
) -> None:
    install_connector("bad", "raise SystemExit(3)")
    (folder / "hub.toml").write_text("[connectors.bad]\n", encoding="utf-8")
    assert rows(run("connectors", "list"))["bad"].startswith("enabled")
    loaded = run("connectors", "list", "--load")
    assert loaded.exit_code == 0
    assert rows(loaded)["bad"].startswith("failed")
    assert loaded.stderr == ""


def test_list_load_shows_states_with_reasons(
    run: Run, config: Path, monkeypatch: pytest.MonkeyPatch, toy: Path
) -> None:
    assert rows(run("connectors", "list", "--load"))["toy"] == "loaded hub-connector-toy 0.3.0"
    assert imported(toy)
    monkeypatch.delenv("TOY_TOKEN")
    shown = rows(run("connectors", "list", "--load"))["toy"]
    assert shown.startswith("missing_config")
    assert "connectors.toy.token: the environment variable 'TOY_TOKEN' is not set" in shown


def test_list_as_json_holds_the_same(run: Run, config: Path) -> None:
    listed = {each["namespace"]: each for each in json.loads(run("connectors", "list", "--json").stdout)}
    assert listed["toy"]["state"] == "enabled"
    assert listed["toy"]["version"] == "0.3.0"


def test_enable_writes_a_table_with_every_setting_explained(run: Run, toy: Path, folder: Path) -> None:
    config = folder / "hub.toml"
    config.write_text("# mine\n[hub]\n", encoding="utf-8")
    result = run("connectors", "enable", "toy")
    assert result.exit_code == 0
    assert "Fill in token" in result.stdout
    text = config.read_text(encoding="utf-8")
    assert text.startswith("# mine\n[hub]\n\n# Toy Service\n[connectors.toy]\n")
    assert '# token = { env = "TOY_TOKEN" }  # required; Token of a bot user\n' in text
    assert tomllib.loads(text)["connectors"] == {"toy": {}}


def test_disable_and_enable_keep_the_settings_and_import_nothing(run: Run, config: Path, toy: Path) -> None:
    before = config.read_text(encoding="utf-8")
    assert "Disabled toy" in run("connectors", "disable", "toy").stdout
    assert "enabled = false\n" in config.read_text(encoding="utf-8")
    assert "disabled already" in run("connectors", "disable", "toy").stdout
    assert "Enabled toy" in run("connectors", "enable", "toy").stdout
    assert "enabled already" in run("connectors", "enable", "toy").stdout
    assert config.read_text(encoding="utf-8").replace("enabled = true\n", "") == before
    assert not imported(toy)


def test_a_connector_that_cannot_be_imported_can_still_be_disabled(
    run: Run, install_connector: Callable[..., Path], folder: Path
) -> None:
    install_connector("bad", "raise SystemExit(3)")
    config = folder / "hub.toml"
    config.write_text("", encoding="utf-8")
    refused = run("connectors", "enable", "bad")
    assert refused.exit_code == 1
    assert "SystemExit" in refused.stderr
    assert config.read_text(encoding="utf-8") == ""
    config.write_text("[connectors.bad]\n", encoding="utf-8")
    assert run("connectors", "disable", "bad").exit_code == 0


def test_an_incompatible_connector_is_not_enabled(
    run: Run, install_connector: Callable[..., Path], folder: Path
) -> None:
    install_connector("old", "", requires="mcp-integration-hub<0.0.1")
    (folder / "hub.toml").touch()
    result = run("connectors", "enable", "old")
    assert result.exit_code == 1
    assert "needs mcp-integration-hub<0.0.1" in result.stderr
    assert "pip install --upgrade" in result.stderr


def test_an_unknown_name_is_answered_with_the_nearest_or_the_package(run: Run, config: Path) -> None:
    for command in ("enable", "disable"):
        result = run("connectors", command, "toys")
        assert result.exit_code == 2
        assert "Did you mean toy?" in result.stderr
    assert "pip install hub-connector-zendesk" in run("connectors", "enable", "zendesk").stderr


def test_disabling_what_has_no_table_changes_nothing(run: Run, toy: Path, folder: Path) -> None:
    (folder / "hub.toml").touch()
    result = run("connectors", "disable", "toy")
    assert result.exit_code == 0
    assert "disabled already" in result.stdout
    assert (folder / "hub.toml").read_bytes() == b""
