"""A third party's plugin, installed by pip: its secrets, its policy and its sink, in both ways of a call."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from mcp.client import Client
from typer.testing import CliRunner, Result

from hub.audit.reader import tail
from hub.audit.records import log_file
from hub.cli.app import app
from hub.errors import ConfigError
from hub.hub import Hub
from hub.server.http import serve_http


def hub(config: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["--config", str(config), *words], prog_name="hub")


def thaw(config: Path, old: str = 'frozen = ["desk"]\n', new: str = "") -> None:
    text = config.read_text(encoding="utf-8")
    assert old in text
    config.write_text(text.replace(old, new), encoding="utf-8")


async def test_over_http_the_vault_opens_the_policy_refuses_and_the_siem_hears_of_it(acme: Path) -> None:
    async with Hub.open(acme) as served, serve_http(served, port=0) as address, Client(address.mcp) as client:
        read = await client.call_tool("desk_read", {"text": "it"})
        refused = await client.call_tool("desk_change", {"text": "it"})
        withheld = await client.call_tool("desk_read", {"text": "ACME-INTERNAL plan"})
    assert [block.text for block in read.content if block.type == "text"] == ["it, 17 characters of token"]
    assert refused.is_error
    assert "desk is frozen, so" in str(refused.content)
    assert "Ask the change board" in str(refused.content)
    assert withheld.is_error
    assert "plan" not in str(withheld.content)
    entries = {entry.outcome: entry.name for entry in tail(log_file(acme.parent / ".hub"), 10)}
    assert entries["policy_refused"] in {"desk_change", "desk_read"}
    lines = (acme.parent / "siem.jsonl").read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    assert [record["event"] for record in records].count("intent") == 3
    assert [record["outcome"] for record in records if record["event"] == "outcome"] == [
        "ok",
        "policy_refused",
        "policy_refused",
    ]
    assert "canary" not in str(records)


def test_on_the_command_line_it_is_the_same(acme: Path) -> None:
    read = hub(acme, "call", "desk_read", "text=it")
    assert read.exit_code == 0, read.output
    assert "17 characters of token" in read.stdout
    refused = hub(acme, "call", "desk_change", "text=it")
    assert refused.exit_code == 1
    assert "desk is frozen, so local cannot run desk_change. Ask the change board" in refused.output
    assert len((acme.parent / "siem.jsonl").read_text(encoding="utf-8").splitlines()) == 4


def test_a_note_of_the_policy_reaches_the_caller_and_the_audit_log(acme: Path) -> None:
    thaw(acme)
    result = hub(acme, "call", "desk_change", "text=it", "password=hunter2")
    assert result.stdout == "changed it\n[acme] change of ['password', 'text']\n"
    (entry,) = tail(log_file(acme.parent / ".hub"), 10)
    assert entry.notes == ("acme: change of ['password', 'text']",)
    assert "acme: change of" in hub(acme, "audit", "tail").stdout


def test_it_is_shown_wherever_connectors_are(acme: Path) -> None:
    provides = "secrets { vault = … }, call middleware, order 10, audit sink"
    listed = hub(acme, "connectors", "list", "--load").stdout.splitlines()
    assert listed[-1].split(maxsplit=4) == ["acme", "loaded", "hub-plugin-acme", "1.4.0", provides]
    assert hub(acme, "connectors", "list").stdout.splitlines()[-1].split()[:2] == ["acme", "enabled"]
    checked = hub(acme, "check").stdout
    assert any(line.split(maxsplit=2) == ["plugins.acme", "ok", provides] for line in checked.splitlines())
    status = hub(acme, "call", "hub_status").stdout
    assert f"plugin acme\t\tloaded\t{provides}" in status


def test_without_a_table_it_is_known_and_not_imported(acme: Path) -> None:
    acme.write_text("", encoding="utf-8")
    last = hub(acme, "connectors", "list", "--load").stdout.splitlines()[-1]
    assert last.split(maxsplit=4)[:2] == ["acme", "disabled"]
    assert "hub.toml has no [plugins.acme]" in last


@pytest.mark.parametrize("words", [("call", "desk_read"), ("tools",), ("serve", "--port", "0")], ids=" ".join)
def test_a_policy_that_cannot_be_loaded_stops_the_hub(
    acme: Path, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ACME_UNSEAL")
    result = hub(acme, *words)
    assert result.exit_code == 2
    assert "the plugin acme is not loaded, and without its policy the hub does not start" in result.stderr
    assert "plugins.acme.unseal_key: the environment variable 'ACME_UNSEAL' is not set" in result.stderr
    thaw(acme, "[plugins.acme]\n", "[plugins.acme]\noptional = true\n")
    assert hub(acme, *words).exit_code == 2  # a middleware is never optional


def test_a_check_shows_the_missing_policy_and_what_misses_its_secrets(
    acme: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ACME_UNSEAL")
    result = hub(acme, "check")
    assert result.exit_code == 1
    lines = {line.split()[0]: line for line in result.stdout.splitlines() if "PROBLEM" in line}
    assert "ACME_UNSEAL" in lines["plugins.acme"]
    assert (
        "connectors.desk.token: should be a secret reference, and nothing here reads 'vault' references"
        in (lines["desk"])
    )
    assert "the plugin acme is not loaded" in lines["desk"]


@pytest.mark.parametrize(
    ("vault", "said"),
    [
        ('{"unseal_key": "open-sesame"}', "the vault has no 'kv/desk#token'"),
        ('{"unseal_key": "another"}', "the vault is sealed"),
        ("no json", "the plugin acme failed to read vault 'kv/desk#token' (JSONDecodeError)"),
    ],
)
def test_a_secret_the_vault_does_not_give_is_a_connector_without_its_config(
    acme: Path, vault: str, said: str
) -> None:
    (acme.parent / "vault.json").write_text(vault, encoding="utf-8")
    result = hub(acme, "connectors", "list", "--load")
    (line,) = [line for line in result.stdout.splitlines() if line.startswith("desk")]
    assert "missing_config" in line
    assert f"connectors.desk.token: {said}" in line
    assert "open-sesame" not in result.output


async def test_a_reload_takes_over_the_policy_and_refuses_to_lose_it(
    acme: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Hub.open(acme) as served, serve_http(served, port=0) as address, Client(address.mcp) as client:
        assert (await client.call_tool("desk_change", {"text": "it"})).is_error
        thaw(acme)
        await served.reload()
        assert not (await client.call_tool("desk_change", {"text": "it"})).is_error
        monkeypatch.delenv("ACME_UNSEAL")
        with pytest.raises(ConfigError, match="the plugin acme is not loaded"):
            await served.reload()
        assert "confidential" in str((await client.call_tool("desk_read", {"text": "ACME-INTERNAL"})).content)
    lines = (acme.parent / "siem.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 6


def test_the_hubs_own_secrets_can_come_from_the_vault(acme: Path, install_connector: Callable[..., Path]) -> None:
    thaw(
        acme,
        "[connectors.desk]",
        '[[auth.keys]]\nclient = "ci"\nkey_sha256 = { vault = "kv/hub#ci" }\n[connectors.desk]',
    )
    refused = hub(acme, "tools", "--as", "ci")
    assert refused.exit_code == 2
    assert "the vault has no 'kv/hub#ci'" in refused.stderr
    text = (acme.parent / "vault.json").read_text(encoding="utf-8")
    (acme.parent / "vault.json").write_text(
        text.replace('"kv/desk"', f'"kv/hub": {{"ci": "{"ab" * 32}"}}, "kv/desk"'), encoding="utf-8"
    )
    assert hub(acme, "tools", "--as", "ci").exit_code == 0
