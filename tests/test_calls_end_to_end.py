"""Calls through a whole hub: what goes wrong in them, who may make them, and what the log says of each."""

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from hub.access.principal import LOCAL, OPEN, Principal
from hub.audit.reader import AuditEntry, tail
from hub.audit.records import log_file
from hub.calls import refusals
from hub.calls.types import Call, Outcome
from hub.config.known import KnownSecrets
from hub.errors import QuotaExceeded, UnknownName
from hub.hub import Hub
from hub.results.content import Text

InstallConnector = Callable[..., Path]
WriteConfig = Callable[[str], Path]

CANARY = "kn4ry-0f-the-h1ll"
DESK = '''
import asyncio
import base64
from typing import Annotated
from hub.plugin import Connector, ConnectorError, ConnectorSettings, Sandbox, Secret, hookimpl, prompt
from hub.plugin import report_progress, resource, tool
from hub.errors import ConfigError

class DeskSettings(ConnectorSettings):
    token: Secret | None = None
    refuse: bool = False

async def app(scope, receive, send):
    pass

class Desk(Connector[DeskSettings]):
    title = "Desk"

    def __init__(self, settings, context):
        super().__init__(settings, context)
        if settings.refuse:
            raise ConfigError(f"the token {self.secret} is no token", hint=f"not {self.secret}")

    @classmethod
    def sandbox(cls):
        return Sandbox(app=app, settings=lambda url: {})

    @property
    def secret(self):
        return self.settings.token.get_secret_value() if self.settings.token else ""

    @tool()
    async def find(self, text: Annotated[str, "Words"] = "") -> str:
        """Find tickets."""
        return f"found {text}"

    @tool()
    async def cancelled(self) -> str:
        """Await what was cancelled."""
        task = asyncio.create_task(asyncio.sleep(9))
        task.cancel()
        await task
        return "never"

    @tool()
    async def quote(self) -> str:
        """Quote the credential."""
        await report_progress(1, 1, f"with {self.secret}")
        pair = base64.b64encode(f"user:{self.secret}".encode()).decode()
        return f"token {self.secret}, header Basic {pair}"

    @tool()
    async def leak(self) -> str:
        """Fail with the credential."""
        raise ConnectorError(f"bad token {self.secret}", hint=f"not {self.secret}")

    async def keys(self, prefix: str) -> list[str]:
        return [f"{prefix}1", f"{prefix}{self.secret}"]

    @resource("desk://ticket/{key}", complete={"key": keys}, mime_type="application/json")
    async def ticket(self, key: str) -> str:
        """One ticket."""
        return "{}"

    @prompt()
    def triage(self, text: Annotated[str, "What happened"] = "") -> str:
        """Sort a ticket."""
        return f"# Triage {text}{self.secret}"

@hookimpl
def hub_connector():
    return Desk
'''
SECRET = '[connectors.desk]\ntoken = { env = "DESK_TOKEN" }\n'


def call(
    name: str, kind: Any = "tool", principal: Principal = LOCAL, progress: Any = None, **arguments: Any
) -> Call:
    return Call(
        id=uuid4().hex,
        kind=kind,
        name=name,
        arguments=arguments,
        principal=principal,
        transport="memory",
        progress=progress,
    )


def text_of(outcome: Outcome) -> str:
    return "\n".join(block.text for block in outcome.content if isinstance(block, Text))


def entries(config: Path) -> list[AuditEntry]:
    return tail(log_file(config.parent / ".hub"), 1000)


def _until(done: Callable[[], bool]) -> None:
    ends = time.monotonic() + 10
    while not done():
        assert time.monotonic() < ends


@pytest.fixture
def desk(install_connector: InstallConnector, monkeypatch: pytest.MonkeyPatch) -> None:
    install_connector("desk", DESK)
    monkeypatch.setenv("DESK_TOKEN", CANARY)


pytestmark = pytest.mark.usefixtures("desk")


async def test_a_tool_whose_own_task_was_cancelled_is_an_error_and_no_cancellation(
    write_config: WriteConfig,
) -> None:
    config = write_config("[connectors.desk]\n")
    async with Hub.open(config) as hub:
        outcome = await hub.call(call("desk_cancelled"))
        assert text_of(await hub.call(call("desk_find", text="x"))) == "found x"
    assert outcome.error == "connector_error"
    assert [entry.outcome for entry in entries(config)] == ["connector_error", "ok"]


async def test_no_outcome_holds_a_secret(write_config: WriteConfig) -> None:
    told: list[str | None] = []

    async def note(_done: float, _total: float | None, message: str | None) -> None:
        told.append(message)

    async with Hub.open(write_config(SECRET)) as hub:
        quoted = await hub.call(call("desk_quote", progress=note))
        leaked = await hub.call(call("desk_leak"))
        prompted = await hub.call(call("desk_triage", "prompt", text="x"))
        completed = await hub.complete(LOCAL, "resource", "desk://ticket/{key}", "key", "T", {})
    assert text_of(quoted) == "token [secret], header Basic dXNlcj[secret]"
    assert text_of(leaked) == "bad token [secret]. not [secret]"
    assert text_of(prompted) == "# Triage x[secret]"
    assert completed.values == ("T1", "T[secret]")
    assert told == ["with [secret]"]


async def test_no_state_holds_a_secret(write_config: WriteConfig) -> None:
    async with Hub.open(write_config(SECRET + "refuse = true\n"), secrets=KnownSecrets()) as hub:
        (state,) = [state for state in hub.states(LOCAL) if state.namespace == "desk"]
        status = await hub.call(call("hub_status"))
    assert state.reason.endswith("the token [secret] is no token")
    assert state.hint == "not [secret]"
    assert CANARY not in text_of(status)


async def test_a_completion_is_recorded_as_one_with_its_transport(write_config: WriteConfig) -> None:
    config = write_config("[connectors.desk]\n")
    async with Hub.open(config) as hub:
        await hub.complete(LOCAL, "resource", "desk://ticket/{key}", "key", "T", {"a": "b"}, "http")
    (entry,) = entries(config)
    assert (entry.kind, entry.name, entry.uri, entry.transport) == ("completion", "desk_ticket", None, "http")
    assert entry.arguments == '{"arguments":{"a":"b","key":"T"},"completes":"key"}'
    assert entry.outcome == "ok"


async def test_an_unknown_completion_is_recorded_and_a_denied_one_looks_the_same(write_config: WriteConfig) -> None:
    config = write_config(
        '[auth]\nlocal_roles = ["r"]\n[roles.r]\nallowed_tools = ["desk_find"]\n[connectors.desk]\n'
    )
    told: list[str] = []
    async with Hub.open(config) as hub:
        for ref in ("desk://ticket/{key}", "desk://nothing/{key}"):
            with pytest.raises(UnknownName) as unknown:
                await hub.complete(LOCAL, "resource", ref, "key", "T", {}, "http")
            told.append(str(unknown.value).replace(ref, "REF"))
    assert told[0] == told[1]
    assert [(entry.kind, entry.outcome) for entry in entries(config)] == [
        ("completion", "denied"),
        ("completion", "unknown_name"),
    ]


async def test_what_is_refused_while_draining_is_recorded(write_config: WriteConfig) -> None:
    config = write_config("[connectors.desk]\n")
    async with Hub.open(config) as hub:
        await hub.drain(1)
        assert (await hub.call(call("desk_find"))).error == "draining"
        completion = await hub.complete(LOCAL, "resource", "desk://ticket/{key}", "key", "T", {}, "http")
    assert completion.values == ()
    assert [(entry.kind, entry.outcome) for entry in entries(config)] == [
        ("tool", "draining"),
        ("completion", "draining"),
    ]


async def test_a_face_that_refuses_a_call_leaves_a_record(write_config: WriteConfig) -> None:
    config = write_config("[connectors.desk]\n")
    async with Hub.open(config) as hub:
        outcome = await hub.refuse(call("desk_find"), QuotaExceeded("The hub is busy", retry_after=1.0))
    assert (outcome.error, outcome.retry_after) == ("quota_exceeded", 1.0)
    (entry,) = entries(config)
    assert (entry.name, entry.outcome) == ("desk_find", "quota_exceeded")


async def test_a_uri_with_a_query_beyond_measure_is_unknown_and_recorded(write_config: WriteConfig) -> None:
    config = write_config("")
    async with Hub.open(config) as hub:
        uri = "hub://results/x?" + "&".join(f"grep={number}" for number in range(30))
        assert (await hub.call(call(uri, "resource"))).error == "unknown_name"
    assert [entry.outcome for entry in entries(config)] == ["unknown_name"]


@pytest.mark.parametrize("principal", [LOCAL, OPEN])
async def test_local_roles_hold_for_lists_states_and_calls_alike(
    write_config: WriteConfig, principal: Principal
) -> None:
    config = write_config(
        '[auth]\nlocal_roles = ["r"]\n[roles.r]\nallowed_tools = ["other_*"]\nrequire_approval = ["hub_status"]\n'
        "[connectors.desk]\n"
    )
    async with Hub.open(config) as hub:
        assert [item for item in hub.tools(principal) if item.namespace == "desk"] == []
        assert [state for state in hub.states(principal) if state.namespace == "desk"] == []
        assert (await hub.call(call("desk_find", principal=principal))).error == "unknown_name"
        assert (await hub.call(call("hub_status", principal=principal))).error == "approval_required"
        before = hub.visibility(principal)
        write_config("[connectors.desk]\n")
        await hub.reload()
        assert hub.visibility(principal) != before
        assert (await hub.call(call("desk_find", principal=principal))).ok


@pytest.mark.parametrize(("name", "arguments"), [("desk_nothing", {}), ("desk_find", {"wrong": 1})])
async def test_refusals_use_up_the_clients_quota_and_a_flood_of_them_leaves_few_records(
    write_config: WriteConfig, name: str, arguments: dict[str, Any]
) -> None:
    config = write_config('[limits]\nper_client = "3/hour"\n[connectors.desk]\n')
    async with Hub.open(config) as hub:
        flood = [await hub.call(call(name, **arguments)) for _ in range(200)]
        assert (await hub.call(call("desk_find"))).error == "quota_exceeded"
    codes = [outcome.error for outcome in flood]
    assert "quota_exceeded" not in codes[:3]
    assert set(codes[3:]) == {"quota_exceeded"}
    recorded = entries(config)
    assert len(recorded) <= 7
    assert sum(entry.calls for entry in recorded) == 201


async def test_the_rest_of_a_flood_is_recorded_when_its_window_ends(
    write_config: WriteConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "WINDOW_SECONDS", 0.5)
    config = write_config('[limits]\nper_client = "1/hour"\n[connectors.desk]\n')
    async with Hub.open(config) as hub:
        for _ in range(4):
            await hub.call(call("desk_nothing"))
        await asyncio.to_thread(_until, lambda: len(entries(config)) == 3)
        assert [(entry.outcome, entry.calls) for entry in entries(config)] == [
            ("unknown_name", 1),
            ("quota_exceeded", 1),
            ("quota_exceeded", 2),
        ]


async def test_the_deadline_covers_the_wait_for_the_audit_log(write_config: WriteConfig) -> None:
    config = write_config("[connectors.desk]\ndeadline = 0.1\n")
    async with Hub.open(config) as hub:
        await hub.call(call("desk_find"))
        with contextlib.closing(sqlite3.connect(log_file(config.parent / ".hub"), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            began = asyncio.get_running_loop().time()
            outcome = await hub.call(call("desk_find"))
            took = asyncio.get_running_loop().time() - began
            other.execute("ROLLBACK")
        await hub.refuse(call("desk_find"), QuotaExceeded("later"))
    assert outcome.error == "deadline_exceeded"
    assert "nothing was done" in text_of(outcome)
    assert took < 3
    assert [entry.outcome for entry in entries(config)] == ["ok", "deadline_exceeded", "quota_exceeded"]


async def test_a_sandbox_says_so_in_lists_and_results(write_config: WriteConfig) -> None:
    async with Hub.open(write_config("[connectors.desk]\nsandbox = true\n")) as hub:
        listed = [item for item in hub.tools(LOCAL) if item.namespace == "desk"]
        listed += [item for item in hub.resources(LOCAL) if item.namespace == "desk"]
        listed += [item for item in hub.prompts(LOCAL) if item.namespace == "desk"]
        found = await hub.call(call("desk_find", text="x"))
        read = await hub.call(call("desk://ticket/T", "resource"))
        asked = await hub.call(call("desk_triage", "prompt"))
        status = await hub.call(call("hub_status"))
    assert len(listed) >= 6
    assert all("Sandbox" in item.title and "Sandbox" in item.description for item in listed)
    assert text_of(found) == "[sandbox: invented data]\nfound x"
    assert (text_of(read), read.mime_type, read.source) == ("[sandbox: invented data]\n{}", "text/plain", "desk")
    assert text_of(asked).startswith("[sandbox: invented data]\n# Triage")
    assert not text_of(status).startswith("[sandbox")
