"""Company policy around a call: what middlewares see, and what becomes of a call when they refuse or fail."""

import asyncio
import re
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from hub.access.principal import LOCAL, Principal
from hub.audit.reader import AuditEntry, tail
from hub.audit.records import log_file
from hub.calls.types import Call, Outcome
from hub.hub import Hub
from hub.plugin import CallInfo, CallMiddleware, CallOutcome, NotFound, PolicyRefused
from hub.plugins.load import NamedMiddleware
from hub.results.content import Text

SHOP = """
import asyncio
from typing import Annotated
from hub.plugin import Connector, ConnectorSettings, Moment, hookimpl, prompt, resource, tool

DONE = []

class Shop(Connector[ConnectorSettings]):
    @tool()
    async def find(
        self,
        text: Annotated[str, "Words"] = "",
        count: Annotated[int, "How many"] = 1,
        since: Annotated[Moment | None, "Since"] = None,
        token: Annotated[str, "Of the shop"] = "",
    ) -> str:
        "Find."
        DONE.append("find")
        return f"found {text} {count}"

    @tool(writes=True, destructive=True, sensitive=["card"])
    async def buy(self, card: Annotated[str, "Card"] = "") -> str:
        "Buy."
        DONE.append("buy")
        return "bought"

    @tool(deadline=0.2)
    async def wait(self) -> str:
        "Wait."
        await asyncio.sleep(60)

    @resource("shop://item/{key}", complete={"key": lambda self, prefix: ["1", "12"]})
    async def item(self, key: str) -> str:
        "Item."
        return f"item {key}"

    @prompt()
    async def praise(self, key: Annotated[str, "Item"]) -> str:
        "Praise."
        return "# Praise"

@hookimpl
def hub_connector():
    return Shop
"""


class Watching(CallMiddleware):
    """Keeps what it sees; what else it does is up to the test."""

    def __init__(
        self,
        before: Callable[[CallInfo], Awaitable[None]] | None = None,
        after: Callable[[CallOutcome], Awaitable[str | None]] | None = None,
    ) -> None:
        self.calls: list[CallInfo] = []
        self.outcomes: list[CallOutcome] = []
        self._before, self._after = before, after

    async def before(self, call: CallInfo) -> None:
        self.calls.append(call)
        if self._before:
            await self._before(call)

    async def after(self, call: CallInfo, outcome: CallOutcome) -> str | None:
        self.outcomes.append(outcome)
        return await self._after(outcome) if self._after else None


def raising(error: Callable[[], BaseException]) -> Callable[[Any], Awaitable[Any]]:
    async def raises(_: object) -> None:
        raise error()

    return raises


async def hang(_: object) -> None:
    await asyncio.Event().wait()


OpenShop = Callable[..., Any]


@pytest.fixture
def shop(install_connector: Callable[..., Path], write_config: Callable[[str], Path]) -> OpenShop:
    """Open a hub with the shop and these middlewares."""
    install_connector("shop", SHOP)
    config = write_config("[connectors.shop]\nread_only = false\n")

    @asynccontextmanager
    async def opened(**middlewares: CallMiddleware) -> AsyncGenerator[Hub]:
        async with Hub.open(config) as hub:
            hub._generations.current.middlewares = tuple(
                NamedMiddleware(name, one) for name, one in middlewares.items()
            )
            yield hub

    return opened


async def ask(
    hub: Hub, name: str, kind: Any = "tool", arguments: Mapping[str, Any] | None = None
) -> tuple[Outcome, str]:
    call = Call(
        id=uuid4().hex, kind=kind, name=name, arguments=arguments or {}, principal=LOCAL, transport="memory"
    )
    outcome = await hub.call(call)
    return outcome, "\n".join(part.text for part in outcome.content if isinstance(part, Text))


def entries(hub: Hub) -> list[AuditEntry]:
    return tail(log_file(hub.settings.hub.state), 100)


def done(hub: Hub) -> list[str]:
    return sys.modules[type(hub.connector("shop")).__module__].DONE


async def test_it_sees_who_calls_what_with_checked_arguments_and_no_secret(shop: OpenShop) -> None:
    one = Watching()
    async with shop(one=one) as hub:
        arguments = {"text": "x", "count": "2", "since": "2026-01-01", "token": "hunter2hunter2"}
        await ask(hub, "shop_find", arguments=arguments)
        await ask(hub, "shop_buy", arguments={"card": "4111"})
        await ask(hub, "shop://item/7", "resource")
        await ask(hub, "shop_praise", "prompt", {"key": "7"})
        await hub.complete(LOCAL, "resource", "shop://item/{key}", "key", "1", {})
        await ask(hub, "hub_status")
    find, buy, item, praise, completion, status = one.calls
    assert find.arguments == {"text": "x", "count": 2, "since": "2026-01-01", "token": "[secret]"}
    assert (find.principal, find.transport, find.namespace, find.writes) == (LOCAL, "memory", "shop", False)
    assert (buy.arguments, buy.writes, buy.destructive) == ({"card": "[secret]"}, True, True)
    assert (item.kind, item.name, item.uri, item.arguments) == (
        "resource",
        "shop_item",
        "shop://item/7",
        {"key": "7"},
    )
    assert (praise.kind, praise.arguments) == ("prompt", {"key": "7"})
    assert (completion.kind, completion.arguments) == ("completion", {"key": "1"})
    assert (status.name, status.namespace) == ("hub_status", "hub")
    assert [outcome.error for outcome in one.outcomes] == [None] * 6


async def test_a_refusal_is_told_recorded_and_nothing_runs(shop: OpenShop) -> None:
    first = Watching()
    second = Watching(before=raising(lambda: PolicyRefused("not on Fridays", hint="Wait")))
    third = Watching()
    async with shop(first=first, second=second, third=third) as hub:
        outcome, text = await ask(hub, "shop_find")
        assert done(hub) == []
        (entry,) = entries(hub)
    assert (outcome.error, text) == ("policy_refused", "not on Fridays. Wait")
    assert (entry.outcome, entry.upstream) == ("policy_refused", False)
    assert [seen.error for seen in first.outcomes] == ["policy_refused"]
    assert (second.outcomes, third.calls) == ([], [])


@pytest.mark.parametrize(
    ("before", "how"),
    [
        (raising(lambda: RuntimeError("s3cret")), r"failed \(RuntimeError\)"),
        (raising(lambda: SystemExit(3)), r"failed \(SystemExit\)"),
        (raising(asyncio.CancelledError), r"failed \(CancelledError\)"),
        (raising(lambda: NotFound("s3cret")), r"failed \(NotFound\)"),
    ],
)
async def test_one_that_fails_refuses_the_call_and_is_named(
    shop: OpenShop, before: Callable[[CallInfo], Awaitable[None]], how: str
) -> None:
    async with shop(acme=Watching(before=before)) as hub:
        outcome, text = await ask(hub, "shop_find")
        assert done(hub) == []
        (entry,) = entries(hub)
    assert outcome.error == entry.outcome == "middleware_failed"
    assert re.search(rf"The middleware acme {how} for shop_find, so nothing was done", text)
    assert "s3cret" not in text


async def test_one_that_hangs_ends_with_the_calls_deadline(shop: OpenShop) -> None:
    async with shop(acme=Watching(before=hang)) as hub:
        begun = time.monotonic()
        outcome, text = await ask(hub, "shop_wait")
    assert time.monotonic() - begun < 5
    assert outcome.error == "middleware_failed"
    assert "The middleware acme was not done in time for shop_wait, so nothing was done" in text


@pytest.mark.parametrize(
    ("after", "error", "said"),
    [
        (
            raising(lambda: PolicyRefused("confidential")),
            "policy_refused",
            "confidential. Only the result is withheld",
        ),
        (raising(lambda: RuntimeError("s3cret")), "middleware_failed", "is withheld: it was carried out"),
        (hang, "middleware_failed", "was not done in time"),
    ],
)
async def test_a_result_that_must_not_leave_is_withheld_and_a_write_is_said_to_be_done(
    shop: OpenShop,
    monkeypatch: pytest.MonkeyPatch,
    after: Callable[[CallOutcome], Awaitable[str | None]],
    error: str,
    said: str,
) -> None:
    async with shop(acme=Watching(after=after)) as hub:
        item = hub.tool("shop_buy")
        assert item is not None
        object.__setattr__(item, "deadline", 0.2)
        outcome, text = await ask(hub, "shop_buy")
        assert done(hub) == ["buy"]
        (entry,) = entries(hub)
    assert outcome.error == entry.outcome == error
    assert said in text
    assert "bought" not in text
    assert "s3cret" not in text


async def test_notes_reach_the_caller_and_the_log_the_first_ones_last(shop: OpenShop) -> None:
    async def note(_: CallOutcome) -> str:
        return "counted\x1b[2J\nonce " + "x" * 1000

    async with shop(one=Watching(after=note), two=Watching(after=note)) as hub:
        _, text = await ask(hub, "shop_find")
        (entry,) = entries(hub)
    found, two, one = text.split("\n")
    assert found == "found  1"
    assert two.startswith("[two] counted once x")
    assert one.startswith("[one] counted once x")
    assert len(one) < 320
    assert [kept.partition(":")[0] for kept in entry.notes] == ["two", "one"]


async def test_it_sees_the_failure_of_a_call_too(shop: OpenShop) -> None:
    one = Watching()
    async with shop(one=one) as hub:
        await ask(hub, "shop_wait")
    assert [outcome.error for outcome in one.outcomes] == ["deadline_exceeded"]


@pytest.mark.parametrize("stage", ["before", "after"])
async def test_a_caller_that_leaves_meanwhile_leaves_a_record(shop: OpenShop, stage: str) -> None:
    asked = asyncio.Event()

    async def wait(_: object) -> None:
        asked.set()
        await asyncio.Event().wait()

    middleware = Watching(before=wait) if stage == "before" else Watching(after=wait)
    async with shop(acme=middleware) as hub:
        calling = asyncio.create_task(ask(hub, "shop_find"))
        await asked.wait()
        calling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await calling
        (entry,) = entries(hub)
    assert entry.outcome == ("cancelled" if stage == "before" else "ok")


async def test_what_the_hubs_own_policy_hides_no_middleware_is_asked_about(
    shop: OpenShop,
) -> None:
    one = Watching()
    async with shop(one=one) as hub:
        assert (await ask(hub, "shop_gone"))[0].error == "unknown_name"
        assert (await ask(hub, "shop_find", arguments={"texts": "x"}))[0].error == "invalid_arguments"
    assert one.calls == []


async def test_a_repeat_with_an_idempotency_key_is_asked_about_and_noted_once(shop: OpenShop) -> None:
    frozen = False

    async def freeze(_: CallInfo) -> None:
        if frozen:
            raise PolicyRefused("frozen by now")

    async def note(_: CallOutcome) -> str:
        return "noted"

    async with shop(acme=Watching(before=freeze, after=note)) as hub:
        arguments = {"idempotency_key": "k-1"}
        first = (await ask(hub, "shop_buy", arguments=arguments))[1]
        again = (await ask(hub, "shop_buy", arguments=arguments))[1]
        frozen = True
        outcome, text = await ask(hub, "shop_buy", arguments=arguments)
        assert done(hub) == ["buy"]
    assert first == again == "bought\n[acme] noted"
    assert (outcome.error, text) == ("policy_refused", "frozen by now")


BROKEN = "raise RuntimeError('imported')"


async def test_an_unknown_name_of_a_connector_that_is_not_there_says_so_to_who_may_know(
    install_connector: Callable[..., Path], write_config: Callable[[str], Path]
) -> None:
    install_connector("jira", BROKEN)
    key = 'key_sha256 = "' + "ab" * 32 + '"\n'
    config = write_config(
        '[connectors.jira]\n[roles.a]\nallowed_tools = ["jira_s*"]\n[roles.b]\nallowed_tools = ["slack_*"]\n'
        f'[[auth.keys]]\nclient = "a"\nroles = ["a"]\n{key}'
    )
    async with Hub.open(config) as hub:

        async def asked(name: str, kind: Any = "tool", *roles: str) -> str:
            principal = Principal(client="a", roles=roles, how="key") if roles else LOCAL
            call = Call(id="c", kind=kind, name=name, principal=principal, transport="memory")
            (part,) = (await hub.call(call)).content
            assert isinstance(part, Text)
            return part.text

        assert (await asked("jira_search")).startswith("Unknown tool 'jira_search'. jira is not loaded: importing")
        assert "jira is not loaded" in await asked("jira_search", "tool", "a")
        assert "jira is not loaded" in await asked("jira://issue/X-1", "resource")
        assert await asked("jira_drop", "tool", "a") == "Unknown tool 'jira_drop'"
        assert await asked("jira_search", "tool", "b") == "Unknown tool 'jira_search'"
        assert "not loaded" not in await asked("jira://issue/X-1", "resource", "a")
        assert await asked("slack_read", "tool") == "Unknown tool 'slack_read'"
