"""`hub lock` as somebody uses it who looks after an upgrade."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

Run = Callable[..., Result]
pytestmark = pytest.mark.usefixtures("config")


def change(toy: Path, old: str, new: str) -> None:
    (module,) = toy.glob("*.py")
    source = module.read_text(encoding="utf-8")
    assert old in source
    module.write_text(source.replace(old, new), encoding="utf-8")
    sys.modules.pop(module.stem, None)


def test_the_first_run_writes_the_file_and_the_second_agrees(run: Run, folder: Path) -> None:
    first = run("lock")
    assert first.exit_code == 0
    assert "Locked 1 connector with 1 tools" in first.stdout
    assert "canary-toy-token" not in (folder / "hub.lock").read_text(encoding="utf-8")
    second = run("lock")
    assert (second.exit_code, second.stdout) == (0, "hub.lock is up to date: 1 connector with 1 tools.\n")


def test_a_change_is_shown_line_by_line_and_not_taken_over(run: Run, toy: Path, folder: Path) -> None:
    run("lock")
    before = (folder / "hub.lock").read_bytes()
    change(toy, "Say it again.", "Say it again, and \x1b[8mhide this.")
    result = run("lock")
    assert result.exit_code == 1
    assert "tool toy_echo has another description" in result.stdout
    assert "-description: Say it again." in result.stdout
    assert "+description: Say it again, and " in result.stdout
    assert "\x1b" not in result.stdout
    assert "hub lock --accept toy" in result.stderr
    assert (folder / "hub.lock").read_bytes() == before


def test_accept_shows_the_difference_asks_and_writes(run: Run, toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("lock")
    change(toy, "Say it again.", "Say it once more.")
    unasked = run("lock", "--accept", "toy")
    assert unasked.exit_code == 1
    assert "Add --yes" in unasked.stderr
    accepted = run("lock", "--accept", "toy", "--yes")
    assert accepted.exit_code == 0
    assert "+description: Say it once more." in accepted.stdout
    assert "up to date" in run("lock").stdout


def test_one_connector_is_accepted_without_the_other(run: Run, folder: Path) -> None:
    run("lock")
    more = '[connectors.second]\nconnector = "toy"\ntoken = { env = "TOY_TOKEN" }\n'
    more += more.replace("second", "third")
    with (folder / "hub.toml").open("a", encoding="utf-8") as file:
        file.write(more)
    result = run("lock", "--accept", "second", "--yes")
    assert result.exit_code == 1
    assert "Agreed to second" in result.stdout
    assert "third" not in result.stdout
    assert "--accept third" in result.stderr


def test_a_connector_that_was_taken_out_is_shown_as_gone(run: Run, folder: Path) -> None:
    run("lock")
    (folder / "hub.toml").write_text("", encoding="utf-8")
    assert "toy: no longer there" in run("lock").stdout
    assert run("lock", "--accept", "toy", "--yes").exit_code == 0
    assert "up to date: 0 connectors" in run("lock").stdout


def test_a_connector_that_does_not_load_keeps_what_was_locked(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("lock")
    before = (folder / "hub.lock").read_bytes()
    monkeypatch.delenv("TOY_TOKEN")
    result = run("lock")
    assert "toy does not load and stays as it was locked" in result.stderr
    accepted = run("lock", "--accept", "toy")
    assert accepted.exit_code == 2
    assert "nothing to agree to" in accepted.stderr
    assert (folder / "hub.lock").read_bytes() == before


def test_nothing_is_locked_at_first_while_a_connector_does_not_load(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TOY_TOKEN")
    result = run("lock")
    assert result.exit_code == 2
    assert "toy does not load: " in result.stderr
    assert "not every connector loads" in result.stderr
    assert not (folder / "hub.lock").exists()


def test_an_unknown_name_is_an_error_that_names_the_others(run: Run) -> None:
    run("lock")
    result = run("lock", "--accept", "toi")
    assert result.exit_code == 2
    assert "toy" in result.stderr
