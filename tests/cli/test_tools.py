"""`hub tools show`: one tool with all that its author declares."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

Run = Callable[..., Result]
InstallConnector = Callable[..., Path]

DESK = '''
from typing import Annotated, Literal
from hub.plugin import Connector, ConnectorSettings, hookimpl, tool

class Desk(Connector[ConnectorSettings]):
    @tool(writes=True, destructive=True, scopes=["tickets:write"], cost=3, sensitive=["note"], deadline=90)
    async def purge(
        self,
        ids: Annotated[list[int], "Which"],
        how: Annotated[Literal["soft", "hard"], "How"] = "soft",
        note: Annotated[str, "Why"] = "",
    ) -> str:
        """Delete tickets.

        They are gone.
        """
        return ""

    @tool(writes=True, idempotent=True, asks=True)
    async def close(self, id: Annotated[int, "Which"]) -> str:
        """Close a ticket."""
        return ""

    @tool()
    async def find(self) -> str:
        """Find tickets."""
        return ""

@hookimpl
def hub_connector():
    return Desk
'''


@pytest.fixture
def desk(install_connector: InstallConnector, folder: Path) -> None:
    install_connector("desk", DESK)
    (folder / "hub.toml").write_text("[connectors.desk]\nread_only = false\n")


def test_a_tool_is_shown_with_what_it_may_do_needs_and_costs(run: Run, desk: None) -> None:
    result = run("tools", "show", "desk_purge")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == [
        "desk_purge  Purge",
        "",
        "Delete tickets.",
        "",
        "They are gone.",
        "",
        "access:         destructive, not idempotent, takes idempotency_key",
        "scopes:         tickets:write",
        "cost:           3 requests",
        "deadline:       90 s",
        "never recorded: note",
        "",
        "ARGUMENT         TYPE                        WHAT IT IS",
        "ids              array of integer  required  Which",
        "how              soft | hard                 How",
        "note             string                      Why",
        "idempotency_key  string                      Same key within 10 min: not done twice",
    ]


def test_a_tool_that_asks_says_so(run: Run, desk: None) -> None:
    assert "asks:           the client\n" in run("tools", "show", "desk_close").stdout
    assert "asks:" not in run("tools", "show", "desk_purge").stdout
    assert json.loads(run("tools", "show", "desk_close", "--json").stdout)["asks"] is True


def test_what_writes_and_is_not_listed_is_told(run: Run, desk: None, folder: Path) -> None:
    assert "desk_close" in run("tools").stdout
    assert "read_only" not in run("tools").output
    (folder / "hub.toml").write_text("[connectors.desk]\n", encoding="utf-8")
    result = run("tools")
    assert "desk_close" not in result.stdout
    assert result.stderr == "Tools that write are not listed for desk: that takes read_only = false in the table.\n"


def test_every_write_takes_a_key_and_reads_take_none(run: Run, desk: None) -> None:
    assert "access:         write, idempotent, takes idempotency_key\n" in run("tools", "show", "desk_close").stdout
    told = run("tools", "show", "desk_find").stdout
    assert "access:         read\ncost:           1 request\n" in told
    assert "ARGUMENT" not in told


def test_what_is_declared_is_there_for_programs_too(run: Run, desk: None) -> None:
    shown = json.loads(run("tools", "show", "desk_purge", "--json").stdout)
    declared = {name: shown[name] for name in ("access", "idempotent", "scopes", "cost", "sensitive")}
    assert declared == {
        "access": "destructive",
        "idempotent": False,
        "scopes": ["tickets:write"],
        "cost": 3,
        "sensitive": ["note"],
    }


def test_an_unknown_name_is_answered_with_those_like_it(run: Run, desk: None) -> None:
    result = run("tools", "show", "desk_prge")
    assert result.exit_code == 1
    assert "Did you mean desk_purge?" in result.stderr


def test_options_that_would_be_ignored_are_refused(run: Run, desk: None) -> None:
    result = run("tools", "--json", "show", "desk_purge")
    assert result.exit_code == 2
    assert "behind the command" in result.stderr
