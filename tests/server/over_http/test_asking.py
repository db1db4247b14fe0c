"""Questions of a tool to its client, in both protocol eras: asked, answered, and nothing done twice."""

import contextlib
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import mcp_types as t
import pytest
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from starlette.types import Receive, Scope, Send

from hub.access.principal import LOCAL
from hub.audit.reader import tail
from hub.audit.records import log_file
from hub.hub import Hub
from hub.sandbox.host import SandboxHost
from hub.server.http import serve_http
from hub.server.identity import Caller
from hub.server.server import HubServer

ERAS = pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])
CAPABLE: dict[str, Any] = {"io.modelcontextprotocol/clientCapabilities": {"elicitation": {}}}

CONNECTOR = '''
"""A connector for tests."""
from typing import Annotated

from hub.plugin import (
    Connector, ConnectorSettings, Form, ask, hookimpl, prompt, resource, resource_changed, tool,
)

class ShelfSettings(ConnectorSettings):
    url: str

class Consent(Form):
    ok: bool

class Shelf(Connector[ShelfSettings]):
    """A shelf."""

    @tool(writes=True, asks=True)
    async def burn(self, word: Annotated[str, "In the title"]) -> str:
        """Burn books."""
        found = await self.http.get_json(f"/books/{word}")
        consent = await ask("confirm", f"Burn {len(found)} books?", Consent)
        if not consent.ok:
            return "kept"
        await self.http.post_json(f"/burn/{word}", json={})
        resource_changed("shelf://book/7")
        return "burnt"

    @tool(writes=True, asks=True)
    async def hasty(self) -> str:
        """Burn first, ask later."""
        await self.http.post_json("/burn/all", json={})
        await ask("confirm", "Was that right?", Consent)
        return "burnt"

    @tool(asks=True)
    async def stubborn(self) -> str:
        """Swallow what ends a run."""
        try:
            await ask("confirm", "Really?", Consent)
        except BaseException:
            return "never mind"
        return "answered"

    @tool()
    async def sly(self) -> str:
        """Ask without saying so beforehand."""
        return str(await ask("confirm", "Really?", Consent))

    @resource("shelf://book/{number}")
    async def book(self, number: str) -> str:
        """One book."""
        return f"Book {number}"

    @prompt(asks=True)
    async def praise(self) -> str:
        """Praise what the person likes."""
        return f"Praise it: {(await ask('confirm', 'Is it good?', Consent)).ok}"

@hookimpl
def hub_connector():
    return Shelf
'''


@dataclass
class Service:
    """Counts what reaches it."""

    reads: int = 0
    writes: int = 0
    books: int = 3
    seen: list[str] = field(default_factory=list[str])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        self.seen.append(scope["path"])
        self.reads += scope["method"] == "GET"
        self.writes += scope["method"] == "POST"
        body = str([1] * self.books).encode()
        head = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": body})


Person = Callable[[str], t.ElicitResult]


def says(action: Any = "accept", **content: Any) -> t.ElicitResult:
    return t.ElicitResult(action=action, content=content or None)


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
async def config(install_connector: Any, write_config: Any, service: Service) -> AsyncGenerator[Path]:
    install_connector("shelf", CONNECTOR)
    async with SandboxHost() as host:
        url = await host.serve("books", service)
        yield write_config(
            f'[server]\nport = 0\n[connectors.shelf]\nread_only = false\nmax_concurrent_calls = 1\nurl = "{url}"\n'
        )


@contextlib.asynccontextmanager
async def client_of(hub: Hub, mode: str, how: str = "http", **options: Any) -> AsyncGenerator[Client]:
    if how == "memory":
        async with Client(HubServer(hub, fallback=Caller(LOCAL, "memory")), mode=mode, **options) as client:
            yield client
        return
    async with (
        serve_http(hub) as address,
        httpx2.AsyncClient() as http,
        Client(streamable_http_client(address.mcp, http_client=http), mode=mode, **options) as client,
    ):
        yield client


def asked(answer: t.ElicitResult, heard: list[str]) -> Any:
    async def elicit(_: Any, params: Any) -> t.ElicitResult:
        heard.append(params.message)
        return answer

    return elicit


@pytest.mark.parametrize("how", ["http", "memory"])
@ERAS
async def test_the_person_is_asked_and_the_write_done_once(
    config: Path, service: Service, mode: str, how: str
) -> None:
    heard: list[str] = []
    async with Hub.open(config) as hub:
        async with client_of(hub, mode, how, elicitation_callback=asked(says(ok=True), heard)) as client:
            result: Any = await client.call_tool("shelf_burn", {"word": "owls"})
        state = hub.settings.hub.state
    assert (result.content[0].text, heard) == ("burnt", ["Burn 3 books?"])
    assert (service.reads, service.writes) == (2, 1)
    first, again = tail(log_file(state), 9)
    assert [(one.outcome, one.requests) for one in (first, again)] == [("input_required", 1), ("ok", 2)]
    assert again.call == f"{first.call}.2"


@ERAS
@pytest.mark.parametrize(
    ("answer", "text"),
    [(says("decline"), "declined: Burn 3 books?"), (says("cancel"), "dismissed"), (says(ok=False), "kept")],
)
async def test_a_person_who_does_not_want_it_prevents_it(
    config: Path, service: Service, mode: str, answer: t.ElicitResult, text: str
) -> None:
    async with Hub.open(config) as hub, client_of(hub, mode, elicitation_callback=asked(answer, [])) as client:
        result: Any = await client.call_tool("shelf_burn", {"word": "owls"})
    assert text in result.content[0].text
    assert result.is_error is (answer.action != "accept")
    assert service.writes == 0


@ERAS
async def test_a_client_that_can_ask_nobody_is_told_so(config: Path, service: Service, mode: str) -> None:
    async with Hub.open(config) as hub, client_of(hub, mode) as client:
        if mode == "legacy":
            result: Any = await client.call_tool("shelf_burn", {"word": "owls"})
            assert result.is_error
            assert "capability 'elicitation'" in result.content[0].text
        else:
            with pytest.raises(MCPError) as caught:
                await client.call_tool("shelf_burn", {"word": "owls"})
            assert caught.value.error.code == t.MISSING_REQUIRED_CLIENT_CAPABILITY
            assert caught.value.error.data == {"requiredCapabilities": {"elicitation": {}}}
    assert service.writes == 0


@ERAS
async def test_a_prompt_may_ask_too(config: Path, mode: str) -> None:
    person = asked(says(ok=True), [])
    async with Hub.open(config) as hub, client_of(hub, mode, elicitation_callback=person) as client:
        result: Any = await client.get_prompt("shelf_praise")
    assert result.messages[0].content.text == "Praise it: True"


@ERAS
@pytest.mark.parametrize(
    ("name", "text"),
    [("shelf_hasty", "only then wanted to ask"), ("shelf_sly", "failed inside its connector (RuntimeError)")],
)
async def test_a_tool_that_asks_too_late_or_unannounced_fails(
    config: Path, service: Service, mode: str, name: str, text: str
) -> None:
    person = asked(says(ok=True), [])
    async with Hub.open(config) as hub, client_of(hub, mode, elicitation_callback=person) as client:
        result: Any = await client.call_tool(name)
    assert result.is_error
    assert text in result.content[0].text
    assert service.writes == (name == "shelf_hasty")


@ERAS
async def test_a_tool_that_swallows_what_ends_its_run_is_asked_nevertheless(config: Path, mode: str) -> None:
    person = asked(says(ok=True), heard := [])
    async with Hub.open(config) as hub, client_of(hub, mode, elicitation_callback=person) as client:
        result: Any = await client.call_tool("shelf_stubborn")
    assert (result.content[0].text, heard) == ("answered", ["Really?"])


@ERAS
async def test_a_question_counts_once_against_quotas(config: Path, mode: str) -> None:
    with config.open("a", encoding="utf-8") as file:
        file.write('[limits.tools]\nshelf_burn = "1/hour"\n')
    person = asked(says(ok=True), [])
    async with Hub.open(config) as hub, client_of(hub, mode, elicitation_callback=person) as client:
        first: Any = await client.call_tool("shelf_burn", {"word": "owls"})
        second: Any = await client.call_tool("shelf_burn", {"word": "owls"})
    assert first.content[0].text == "burnt"
    assert second.is_error


async def test_a_state_works_for_its_call_alone_and_once(
    config: Path, service: Service, wire_to: Any, modern_request: Any
) -> None:
    def request(arguments: dict[str, Any], **more: Any) -> Any:
        return modern_request("tools/call", {"name": "shelf_burn", "arguments": arguments, **more}, CAPABLE)

    yes = {"confirm": {"action": "accept", "content": {"ok": True}}}
    async with Hub.open(config) as hub, serve_http(hub) as address:
        wire = wire_to(address)
        asking = (await wire.send(*request({"word": "owls"}))).json["result"]
        assert asking["resultType"] == "input_required"
        assert list(asking["inputRequests"]) == ["confirm"]
        state = asking["requestState"]
        for arguments, token in (({"word": "bats"}, state), ({"word": "owls"}, f"{state}x")):
            refused = await wire.send(*request(arguments, inputResponses=yes, requestState=token))
            assert (refused.status, refused.json["error"]["code"]) == (400, t.INVALID_PARAMS)
        done = await wire.send(*request({"word": "owls"}, inputResponses=yes, requestState=state))
        assert done.json["result"]["content"][0]["text"] == "burnt"
        again = await wire.send(*request({"word": "owls"}, inputResponses=yes, requestState=state))
        assert "answered already" in again.json["error"]["message"]
    assert service.writes == 1


async def test_an_answer_to_other_words_is_asked_for_again(
    config: Path, service: Service, wire_to: Any, modern_request: Any
) -> None:
    asks = {"name": "shelf_burn", "arguments": {"word": "owls"}}
    yes = {"confirm": {"action": "accept", "content": {"ok": True}}}
    async with Hub.open(config) as hub, serve_http(hub) as address:
        wire = wire_to(address)
        first = (await wire.send(*modern_request("tools/call", asks, CAPABLE))).json["result"]
        service.books = 5
        answer = {**asks, "inputResponses": yes, "requestState": first["requestState"]}
        second = (await wire.send(*modern_request("tools/call", answer, CAPABLE))).json["result"]
    assert second["inputRequests"]["confirm"]["params"]["message"] == "Burn 5 books?"
    assert service.writes == 0


async def test_a_state_is_good_again_if_its_run_was_refused_for_now(
    config: Path, service: Service, wire_to: Any, modern_request: Any
) -> None:
    asks = {"name": "shelf_burn", "arguments": {"word": "owls"}}
    yes = {"confirm": {"action": "accept", "content": {"ok": True}}}
    async with Hub.open(config) as hub, serve_http(hub) as address:
        wire = wire_to(address)
        first = (await wire.send(*modern_request("tools/call", asks, CAPABLE))).json["result"]
        answer = {**asks, "inputResponses": yes, "requestState": first["requestState"]}
        tool = hub.tool("shelf_burn")
        assert tool is not None
        bulkhead = hub._generations.current.runtime(tool).bulkhead
        async with bulkhead.slot(1e9):
            bulkhead._waiting = 1000
            busy = (await wire.send(*modern_request("tools/call", answer, CAPABLE))).json["result"]
            assert "try again" in busy["content"][0]["text"]
        done = (await wire.send(*modern_request("tools/call", answer, CAPABLE))).json["result"]
    assert done["content"][0]["text"] == "burnt"


async def test_a_client_may_answer_with_the_call_what_it_knows_will_be_asked(
    config: Path, service: Service, wire_to: Any, modern_request: Any
) -> None:
    yes = {"confirm": {"action": "accept", "content": {"ok": True}}, "more": {"action": "decline"}}
    params = {"name": "shelf_burn", "arguments": {"word": "owls"}, "inputResponses": yes}
    async with Hub.open(config) as hub, serve_http(hub) as address:
        done = await wire_to(address).send(*modern_request("tools/call", params, CAPABLE))
    assert done.json["result"]["content"][0]["text"] == "burnt"
    assert (service.reads, service.writes) == (1, 1)


async def test_an_answer_that_does_not_fit_the_form_is_asked_for_again(
    config: Path, service: Service, wire_to: Any, modern_request: Any
) -> None:
    params = {"name": "shelf_burn", "arguments": {"word": "owls"}}
    wrong = {"confirm": {"action": "accept", "content": {"ok": "perhaps"}}}
    async with Hub.open(config) as hub, serve_http(hub) as address:
        answer = await wire_to(address).send(
            *modern_request("tools/call", {**params, "inputResponses": wrong}, CAPABLE)
        )
    assert answer.json["result"]["resultType"] == "input_required"
    assert service.writes == 0


async def test_a_hidden_tool_that_asks_is_answered_like_one_that_is_not_there(config: Path, wire_to: Any) -> None:
    with config.open("a", encoding="utf-8") as file:
        file.write('[auth]\nlocal_roles = ["none"]\n[roles.none]\nallowed_tools = ["shelf_sly"]\n')
    async with Hub.open(config) as hub, serve_http(hub) as address:
        wire = wire_to(address)
        session = await wire.initialize()
        answers = [
            await wire.send(
                {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "arguments": {}}},
                session,
            )
            for name in ("shelf_burn", "shelf_bark")
        ]
    assert len({(answer.status, answer.headers["content-type"]) for answer in answers}) == 1
    assert [answer.json["error"]["code"] for answer in answers] == [t.INVALID_PARAMS] * 2
