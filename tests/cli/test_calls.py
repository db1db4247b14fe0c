import ast
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from hub.audit.reader import tail
from hub.audit.records import log_file

Run = Callable[..., Result]


def test_tools_lists_what_the_local_user_sees(run: Run, config: Path) -> None:
    result = run("tools")
    assert result.exit_code == 0
    line = next(line for line in result.stdout.splitlines() if line.startswith("toy_echo"))
    assert line.split(maxsplit=2) == ["toy_echo", "read", "Say it again."]
    assert "toy_drop" not in result.stdout


def test_tools_tells_reading_from_writing(run: Run, config: Path) -> None:
    config.write_text(config.read_text(encoding="utf-8") + "read_only = false\n", encoding="utf-8")
    lines = {line.split()[0]: line.split()[1] for line in run("tools").stdout.splitlines()}
    assert (lines["toy_echo"], lines["toy_drop"]) == ("read", "write")


def test_tools_as_json_holds_the_schemas(run: Run, config: Path) -> None:
    tools = {each["name"]: each for each in json.loads(run("tools", "--json").stdout)}
    assert tools["toy_echo"]["inputSchema"]["properties"]["times"]["type"] == "integer"
    assert "As often as you like." in tools["toy_echo"]["description"]


def test_tools_as_a_client_shows_what_its_key_may_see(run: Run, config: Path) -> None:
    config.write_text(
        config.read_text(encoding="utf-8")
        + 'read_only = false\n[roles.dropper]\nallowed_tools = ["toy_d*"]\n'
        + f'[[auth.keys]]\nclient = "bot"\nkey_sha256 = "{"ab" * 32}"\nroles = ["dropper"]\n',
        encoding="utf-8",
    )
    assert "toy_echo" in run("tools").stdout
    seen = run("tools", "--as", "bot").stdout
    assert "toy_drop" in seen
    assert "toy_echo" not in seen
    wrong = run("tools", "--as", "bott")
    assert wrong.exit_code == 2
    assert "Did you mean bot?" in wrong.stderr


def test_a_call_prints_what_an_agent_would_get(run: Run, config: Path) -> None:
    result = run("call", "toy_echo", "text=hi there", "times=2", "loud=false", "tags=a,b", 'labels={"x": 1}')
    assert result.exit_code == 0, result.output
    assert ast.literal_eval(result.stdout) == ("hi there", 2, False, ["a", "b"], {"x": 1})


def test_a_value_can_come_from_a_file_or_stdin_and_be_written_with_an_at_sign(run: Run, config: Path) -> None:
    (config.parent / "text").write_text("from a file\n", encoding="utf-8")
    assert "'from a file'" in run("call", "toy_echo", "text=@text").stdout
    assert "'from stdin'" in run("call", "toy_echo", "text=@-", stdin="from stdin\n").stdout
    assert "'@channel'" in run("call", "toy_echo", "text=@@channel").stdout
    missing = run("call", "toy_echo", "text=@none")
    assert missing.exit_code == 1
    assert "text: the file 'none' cannot be read" in missing.stderr


def test_a_call_as_json_is_the_whole_outcome(run: Run, config: Path) -> None:
    outcome = json.loads(run("call", "toy_echo", "text=hi", "--json").stdout)
    assert outcome["ok"] is True
    assert outcome["content"][0]["type"] == "text"
    failed = run("call", "toy_echo", "--json")
    assert failed.exit_code == 1
    assert json.loads(failed.stdout)["error"] == "invalid_arguments"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["toy_ecko", "text=x"], "toy_echo"),
        (["toy_echo", "text=x", "times=often"], "times"),
        (["toy_echo", "txt=x"], "text"),
        (["toy_echo", "text"], "KEY=VALUE"),
        (["toy_drop", "what=x"], "toy_drop"),
    ],
)
def test_a_call_that_fails_says_why_on_stderr_and_exits_with_1(
    run: Run, config: Path, words: list[str], said: str
) -> None:
    result = run("call", *words)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith("error: ")
    assert said in result.stderr


def test_a_call_goes_through_the_audit_log(run: Run, config: Path) -> None:
    run("call", "toy_echo", "text=hi")
    (entry,) = tail(log_file(config.parent / ".hub"), 5)
    assert (entry.name, entry.client, entry.transport, entry.outcome) == ("toy_echo", "local", "cli", "ok")


def test_audit_tail_shows_the_newest_calls(run: Run, config: Path) -> None:
    none = run("audit", "tail")
    assert none.exit_code == 2
    assert "no audit log" in none.stderr
    run("tools")
    still_none = run("audit", "tail")
    assert (still_none.exit_code, still_none.stdout) == (0, "")
    assert "No call is on record yet in " in still_none.stderr
    for text in ("one", "two", "three\x1b[2J"):
        run("call", "toy_echo", f"text={text}")
    lines = run("audit", "tail", "-n", "2").stdout.splitlines()
    assert len(lines) == 2
    assert "two" in lines[0]
    assert "local  cli  toy_echo  ok" in lines[1]
    assert "\x1b" not in lines[1]
    assert run("audit", "tail", "-n", "0").stdout == ""
    entries = [json.loads(line) for line in run("audit", "tail", "--json").stdout.splitlines()]
    assert [entry["arguments"]["text"][:3] for entry in entries] == ["one", "two", "thr"]


def test_no_secret_is_in_the_output_of_any_command(run: Run, config: Path) -> None:
    told = ""
    for words in (
        ["--debug", "check"],
        ["--debug", "tools", "--json"],
        ["--debug", "call", "toy_echo", "text=x", "--json"],
        ["--debug", "connectors", "list", "--load", "--json"],
        ["audit", "tail", "--json"],
    ):
        result = run(*words)
        assert result.exit_code == 0, result.output
        told += result.output
    assert "canary-toy-token" not in told
