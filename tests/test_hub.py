"""The hub as a whole: connectors from entry points, lists, calls, reload, drain."""

import asyncio
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import ANY
from uuid import uuid4

import pytest

from hub.access.principal import LOCAL, Principal
from hub.audit.reader import tail
from hub.audit.records import log_file
from hub.calls.types import Call, Outcome
from hub.errors import ConfigError, ConnectorLoadError
from hub.hub import Hub
from hub.results.content import Text

InstallConnector = Callable[..., Path]
WriteConfig = Callable[[str], Path]

TICKETS = '''
import asyncio
from typing import Annotated
from hub.plugin import Connector, ConnectorSettings, hookimpl, prompt, resource, tool

class TicketSettings(ConnectorSettings):
    greeting: str = "hello"

class Tickets(Connector[TicketSettings]):
    title = "Tickets"
    begun = asyncio.Event()
    release = asyncio.Event()

    @tool()
    async def find(self, text: Annotated[str, "Words"]) -> str:
        """Find tickets."""
        return f"{self.settings.greeting} {text}"

    @tool()
    async def wait(self) -> str:
        """Wait until somebody releases it."""
        self.begun.set()
        await self.release.wait()
        return "released"

    @tool()
    async def odd(self) -> object:
        """Give back what cannot be shown."""
        class Odd:
            def __str__(self):
                raise RuntimeError("s3cret")
            __repr__ = __str__
        return Odd()

    @tool(writes=True)
    async def close(self, key: Annotated[str, "Key"]) -> str:
        """Close a ticket."""
        return f"closed {key}"

    async def keys(self, prefix: str) -> list[str]:
        return [key for key in (f"T-{number}" for number in range(150)) if key.startswith(prefix)]

    @resource("tickets://ticket/{key}", complete={"key": keys})
    async def ticket(self, key: str) -> str:
        """One ticket."""
        return f"ticket {key}"

    @prompt()
    def triage(self, text: Annotated[str, "What happened"]) -> str:
        """Sort a ticket."""
        return f"# Triage {text}"

    def instructions(self) -> str:
        return "Tickets of the support desk."

@hookimpl
def hub_connector():
    return Tickets
'''
KEY = "hub_test_" + "k" * 40
ROLES = f"""
[[auth.keys]]
client = "bot"
key_sha256 = "{hashlib.sha256(KEY.encode()).hexdigest()}"
roles = ["reader"]
[roles.reader]
allowed_tools = ["tickets_*"]
denied_tools = ["tickets_wait", "tickets_odd", "tickets_ticket"]
require_approval = ["tickets_close"]
"""


def call(name: str, kind: Any = "tool", principal: Principal = LOCAL, **arguments: Any) -> Call:
    return Call(id=uuid4().hex, kind=kind, name=name, arguments=arguments, principal=principal, transport="memory")


def text_of(outcome: Outcome) -> str:
    return "\n".join(block.text for block in outcome.content if isinstance(block, Text))


def outcomes(config: Path) -> dict[str, str]:
    """What the audit log says of each call, by its id."""
    entries = tail(log_file(config.parent / ".hub"), 100)
    return {entry.call: entry.outcome for entry in entries}


async def test_a_connector_is_found_loaded_and_called(
    install_connector: InstallConnector, write_config: WriteConfig
) -> None:
    install_connector("tickets", TICKETS)
    config = write_config('[connectors.tickets]\ngreeting = "found"\n')
    async with Hub.open(config) as hub:
        names = [item.name for item in hub.tools(LOCAL)]
        outcome = await hub.call(call("tickets_find", text="x"))
    assert {"tickets_find", "tickets_wait"} <= set(names)
    assert "tickets_close" not in names
    assert (outcome.error, text_of(outcome)) == (None, "found x")


async def test_resources_prompts_and_completion_go_the_same_way(
    install_connector: InstallConnector, write_config: WriteConfig
) -> None:
    install_connector("tickets", TICKETS)
    async with Hub.open(write_config("[connectors.tickets]\n")) as hub:
        assert text_of(await hub.call(call("tickets://ticket/T-1", "resource"))) == "ticket T-1"
        assert (await hub.call(call("tickets://ticket/..%2Fx", "resource"))).error == "unknown_name"
        assert text_of(await hub.call(call("tickets_triage", "prompt", text="it"))) == "# Triage it"
        completion = await hub.complete(LOCAL, "resource", "tickets://ticket/{key}", "key", "T-1", {})
    assert len(completion.values) == 61
    assert completion.values[:2] == ("T-1", "T-10")


async def test_listing_reading_completing_and_calling_agree_on_what_a_role_may_see(
    install_connector: InstallConnector, write_config: WriteConfig
) -> None:
    install_connector("tickets", TICKETS)
    async with Hub.open(write_config(ROLES + "[connectors.tickets]\nread_only = false\n")) as hub:
        bot = hub.authenticate(KEY)
        assert bot is not None
        assert hub.authenticate(KEY + "x") is None
        seen = [item.name for item in hub.tools(bot) if item.namespace == "tickets"]
        hidden = await hub.call(call("tickets_wait", principal=bot))
        resource = await hub.call(call("tickets://ticket/T-1", "resource", principal=bot))
        held = await hub.call(call("tickets_close", principal=bot, key="T-1"))
        assert not [item for item in hub.resources(bot) if item.namespace == "tickets"]
    assert seen == ["tickets_find", "tickets_close"]
    assert resource.error == "unknown_name"
    async with Hub.open(write_config(ROLES + '[connectors.tickets]\ntools = ["-wait"]\n')) as hub:
        absent = await hub.call(call("tickets_wait", principal=bot))
    assert (hidden.error, text_of(hidden)) == (absent.error, text_of(absent)) == ("unknown_name", ANY)
    assert held.error == "approval_required"
    assert "nothing was done" in text_of(held)


async def test_every_call_leaves_an_intent_and_an_outcome_and_every_refusal_a_record(
    install_connector: InstallConnector, write_config: WriteConfig
) -> None:
    install_connector("tickets", TICKETS)
    config = write_config("[connectors.tickets]\n")
    async with Hub.open(config) as hub:
        done = call("tickets_find", text="x")
        refused = call("tickets_find", words="x")
        await hub.call(done)
        await hub.call(refused)
    assert outcomes(config) == {done.id: "ok", refused.id: "invalid_arguments"}


async def test_a_result_that_cannot_be_shown_is_an_error_and_concluded(
    install_connector: InstallConnector, write_config: WriteConfig
) -> None:
    install_connector("tickets", TICKETS)
    config = write_config("[connectors.tickets]\n")
    async with Hub.open(config) as hub:
        odd = call("tickets_odd")
        outcome = await hub.call(odd)
    assert outcome.error == "connector_error"
    assert "s3cret" not in text_of(outcome)
    assert outcomes(config) == {odd.id: "connector_error"}


async def test_a_cancelled_call_is_concluded_in_the_audit_log(
    install_connector: InstallConnector, write_config: WriteConfig
) -> None:
    install_connector("tickets", TICKETS)
    config = write_config("[connectors.tickets]\n")
    async with Hub.open(config) as hub:
        connector: Any = hub.connector("tickets")
        waiting = asyncio.create_task(hub.call(call("tickets_wait")))
        await connector.begun.wait()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    assert list(outcomes(config).values()) == ["cancelled"]


async def test_a_reload_swaps_everything_and_tells_which_lists_changed(
    install_connector: InstallConnector, write_config: WriteConfig
) -> None:
    install_connector("tickets", TICKETS)
    config = write_config('[connectors.tickets]\ngreeting = "old"\n')
    heard: list[frozenset[str]] = []
    async with Hub.open(config) as hub:
        hub.subscribe(heard.append)
        before = hub.visibility(LOCAL)
        write_config('[connectors.tickets]\ngreeting = "new"\nread_only = false\n')
        assert await hub.reload() == {"tools"}
        assert text_of(await hub.call(call("tickets_find", text="x"))) == "new x"
        assert "tickets_close" in [item.name for item in hub.tools(LOCAL)]
        assert hub.visibility(LOCAL) != before
    assert heard == [{"tools"}]


async def test_a_reload_of_a_wrong_file_changes_nothing(
    install_connector: InstallConnector, write_config: WriteConfig
) -> None:
    install_connector("tickets", TICKETS)
    async with Hub.open(write_config('[connectors.tickets]\ngreeting = "old"\n')) as hub:
        write_config("[conectors.tickets]\n")
        with pytest.raises(ConfigError, match="conectors"):
            await hub.reload()
        assert text_of(await hub.call(call("tickets_find", text="x"))) == "old x"


NEEDY = '''
from hub.plugin import Connector, ConnectorSettings, Secret, hookimpl, tool

class NeedySettings(ConnectorSettings):
    token: Secret

class Needy(Connector[NeedySettings]):
    @tool()
    async def ping(self) -> str:
        """Ping."""
        return "pong"

@hookimpl
def hub_connector():
    return Needy
'''


@pytest.mark.parametrize(
    ("table", "state"),
    [
        ('[connectors.needy]\ntoken = { env = "NO_SUCH_VARIABLE" }\n', "missing_config"),
        ('[connectors.needy]\ntoken = "inline-token"\ntools = ["no_such_tool"]\n', "missing_config"),
        ('[connectors.needy]\nconnector = "not_installed"\n', "failed"),
    ],
)
async def test_a_reload_that_would_break_a_connector_that_works_is_refused(
    install_connector: InstallConnector,
    write_config: WriteConfig,
    monkeypatch: pytest.MonkeyPatch,
    table: str,
    state: str,
) -> None:
    monkeypatch.setenv("NEEDY_TOKEN", "inline-token")
    install_connector("tickets", TICKETS)
    install_connector("needy", NEEDY)
    working = '[connectors.needy]\ntoken = { env = "NEEDY_TOKEN" }\n'
    async with Hub.open(write_config(working + '[connectors.tickets]\ngreeting = "old"\n')) as hub:
        write_config(table + '[connectors.tickets]\ngreeting = "new"\n')
        with pytest.raises(ConfigError, match=f"connector needy works now and would be {state}: "):
            await hub.reload()
        assert text_of(await hub.call(call("tickets_find", text="x"))) == "old x"
        assert text_of(await hub.call(call("needy_ping"))) == "pong"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[connectors.needy]\nenabled = false\n",
        '[connectors.needy]\ntoken = { env = "NEEDY_TOKEN" }\n[connectors.second]\nconnector = "needy"\n',
        '[connectors.needy]\ntoken = { env = "NEEDY_TOKEN" }\n[connectors.not_installed]\n',
    ],
    ids=["removed", "disabled", "a new one lacks a secret", "a new one is not installed"],
)
async def test_a_reload_that_breaks_nothing_that_works_is_done(
    install_connector: InstallConnector, write_config: WriteConfig, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("NEEDY_TOKEN", "inline-token")
    install_connector("tickets", TICKETS)
    install_connector("needy", NEEDY)
    working = '[connectors.needy]\ntoken = { env = "NEEDY_TOKEN" }\n'
    async with Hub.open(write_config(working + '[connectors.tickets]\ngreeting = "old"\n')) as hub:
        write_config(text + '[connectors.tickets]\ngreeting = "new"\n')
        await hub.reload()
        assert text_of(await hub.call(call("tickets_find", text="x"))) == "new x"


async def test_the_hub_closes_although_a_call_does_not_end(
    install_connector: InstallConnector, write_config: WriteConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.generations._CLOSING_SECONDS", 0.1)
    install_connector("tickets", TICKETS)
    async with asyncio.timeout(10):
        async with Hub.open(write_config("[connectors.tickets]\n")) as hub:
            connector: Any = hub.connector("tickets")
            waiting = asyncio.create_task(hub.call(call("tickets_wait")))
            await connector.begun.wait()
    connector.release.set()
    await waiting


async def test_a_call_in_flight_ends_in_the_generation_it_began_in(
    install_connector: InstallConnector, write_config: WriteConfig
) -> None:
    install_connector("tickets", TICKETS)
    async with Hub.open(write_config("[connectors.tickets]\n")) as hub:
        connector: Any = hub.connector("tickets")
        waiting = asyncio.create_task(hub.call(call("tickets_wait")))
        await connector.begun.wait()
        write_config("[connectors.tickets]\nenabled = false\n")
        await hub.reload()
        assert (await hub.call(call("tickets_find", text="x"))).error == "unknown_name"
        connector.release.set()
        assert text_of(await waiting) == "released"


async def test_draining_refuses_new_calls_and_lets_those_in_flight_finish(
    install_connector: InstallConnector, write_config: WriteConfig
) -> None:
    install_connector("tickets", TICKETS)
    async with Hub.open(write_config("[connectors.tickets]\n")) as hub:
        connector: Any = hub.connector("tickets")
        waiting = asyncio.create_task(hub.call(call("tickets_wait")))
        await connector.begun.wait()
        draining = asyncio.create_task(hub.drain(5))
        await asyncio.sleep(0)
        refused = await hub.call(call("tickets_find", text="x"))
        connector.release.set()
        await draining
        assert text_of(await waiting) == "released"
    assert refused.error == "draining"
    assert refused.retry_after


HOOK = "\nfrom hub.plugin import Connector, ConnectorSettings, Secret, hookimpl\n"
BROKEN = {
    "import_error": ("import no_such_module_here", "failed", "ModuleNotFoundError"),
    "exits": ("import sys; sys.exit(3)", "failed", "SystemExit"),
    "no_hook": ("x = 1", "failed", "no hook"),
    "not_a_connector": (HOOK + "@hookimpl\ndef hub_connector():\n    return 5", "failed", "Connector class"),
    "prints": (TICKETS + "\nprint('noise on stdout')", "loaded", ""),
    "constructor_raises": (
        HOOK
        + "class X(Connector[ConnectorSettings]):\n"
        + "    def __init__(self, *a):\n        raise RuntimeError('s3cret')\n"
        + "@hookimpl\ndef hub_connector():\n    return X",
        "failed",
        "RuntimeError",
    ),
    "lifespan_raises": (
        HOOK
        + "from contextlib import asynccontextmanager\n"
        + "class X(Connector[ConnectorSettings]):\n    @asynccontextmanager\n    async def lifespan(self):\n"
        + "        raise RuntimeError('s3cret')\n        yield\n"
        + "@hookimpl\ndef hub_connector():\n    return X",
        "failed",
        "lifespan",
    ),
    "needs_secret": (
        HOOK
        + "class S(ConnectorSettings):\n    token: Secret\n"
        + "class X(Connector[S]):\n    pass\n"
        + "@hookimpl\ndef hub_connector():\n    return X",
        "missing_config",
        "token",
    ),
}


@pytest.mark.parametrize("way", BROKEN)
async def test_a_broken_connector_has_a_state_with_a_reason_and_the_others_serve(
    install_connector: InstallConnector, write_config: WriteConfig, capfd: pytest.CaptureFixture[str], way: str
) -> None:
    source, state, reason = BROKEN[way]
    install_connector("tickets", TICKETS)
    install_connector("broken", source)
    config = write_config("[connectors.tickets]\n[connectors.broken]\n")
    async with Hub.open(config) as hub:
        states = {one.namespace: one for one in hub.states(LOCAL)}
        assert text_of(await hub.call(call("tickets_find", text="x"))) == "hello x"
    assert states["broken"].state == state
    assert reason in states["broken"].reason
    assert "s3cret" not in states["broken"].reason
    assert capfd.readouterr().out == ""


async def test_strict_makes_a_broken_connector_fatal(
    install_connector: InstallConnector, write_config: WriteConfig
) -> None:
    install_connector("broken", "import no_such_module_here")
    with pytest.raises(ConnectorLoadError, match="connector broken failed: importing"):
        async with Hub.open(write_config("[connectors.broken]\n"), strict=True):
            pass


async def test_an_installed_connector_without_a_table_is_disabled_with_the_way_to_enable_it(
    install_connector: InstallConnector, write_config: WriteConfig
) -> None:
    install_connector("tickets", "raise RuntimeError('must not be imported')")
    async with Hub.open(write_config("")) as hub:
        (state,) = [one for one in hub.states(LOCAL) if one.namespace == "tickets"]
    assert state.state == "disabled"
    assert state.hint == "Run `hub connectors enable tickets`"


async def test_a_connector_that_is_not_installed_says_what_to_install(write_config: WriteConfig) -> None:
    async with Hub.open(write_config("[connectors.pager_duty]\n")) as hub:
        (state,) = [one for one in hub.states(LOCAL) if one.namespace == "pager_duty"]
    assert state.state == "failed"
    assert "pip install hub-connector-pager-duty" in state.hint


async def test_a_mistyped_table_is_answered_with_the_connector_that_was_meant(
    install_connector: InstallConnector, write_config: WriteConfig
) -> None:
    install_connector("tickets", TICKETS)
    async with Hub.open(write_config("[connectors.tikcets]\n")) as hub:
        (state,) = [one for one in hub.states(LOCAL) if one.namespace == "tikcets"]
    assert state.hint == "Did you mean tickets? Correct [connectors.tikcets]"


async def test_one_connector_serves_twice_under_two_names(
    install_connector: InstallConnector, write_config: WriteConfig
) -> None:
    install_connector("tickets", TICKETS)
    config = write_config(
        '[connectors.tickets]\n[connectors.tickets_eu]\nconnector = "tickets"\ngreeting = "bonjour"\n'
    )
    async with Hub.open(config) as hub:
        assert text_of(await hub.call(call("tickets_find", text="x"))) == "hello x"
        assert text_of(await hub.call(call("tickets_eu_find", text="x"))) == "bonjour x"
        assert text_of(await hub.call(call("tickets-eu://ticket/T-1", "resource"))) == "ticket T-1"


async def test_instructions_name_only_connectors_the_principal_sees(
    install_connector: InstallConnector, write_config: WriteConfig
) -> None:
    install_connector("tickets", TICKETS)
    async with Hub.open(write_config(ROLES + "[connectors.tickets]\n")) as hub:
        stranger = Principal(client="x", roles=(), how="key")
        assert "tickets_*: Tickets. Tickets of the support desk." in hub.instructions(LOCAL)
        assert "ickets" not in hub.instructions(stranger)


@pytest.mark.parametrize("harm", ["raise RuntimeError('s3cret')", "import sys; sys.exit(3)", "return 5"])
async def test_instructions_that_fail_are_missing_alone(
    install_connector: InstallConnector, write_config: WriteConfig, harm: str
) -> None:
    install_connector("tickets", TICKETS)
    install_connector("broken", TICKETS.replace('return "Tickets of the support desk."', harm))
    async with Hub.open(write_config("[connectors.broken]\n[connectors.tickets]\n")) as hub:
        lines = hub.instructions(LOCAL).splitlines()
    assert lines[1:] == ["- broken_*: Tickets", "- tickets_*: Tickets. Tickets of the support desk."]


async def test_a_quota_refuses_with_when_to_retry_and_nothing_runs(
    install_connector: InstallConnector, write_config: WriteConfig
) -> None:
    install_connector("tickets", TICKETS)
    config = write_config('[limits]\nper_client = "2/hour"\n[connectors.tickets]\n')
    async with Hub.open(config) as hub:
        answers = [await hub.call(call("tickets_find", text="x")) for _ in range(3)]
    assert [answer.error for answer in answers] == [None, None, "quota_exceeded"]
    assert answers[2].retry_after


async def test_without_a_writable_audit_log_nothing_is_carried_out(
    install_connector: InstallConnector, write_config: WriteConfig
) -> None:
    install_connector("tickets", TICKETS)
    config = write_config('[hub]\nstate = "taken"\n[connectors.tickets]\n')
    (config.parent / "taken").write_text("a file where the folder should be", encoding="utf-8")
    async with Hub.open(config) as hub:
        outcome = await hub.call(call("tickets_find", text="x"))
        assert hub.problems
    assert outcome.error == "audit_unavailable"
    assert "hello" not in text_of(outcome)
