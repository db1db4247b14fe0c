"""The hub over HTTP, as the SDK's client and plain HTTP see it, in both eras."""

import asyncio
from typing import Any

import pytest
from mcp.shared.exceptions import MCPError

ERAS = pytest.mark.parametrize("mode", ["legacy", "2026-07-28", "auto"])


@ERAS
async def test_a_client_lists_and_calls_tools(fake_hub: Any, served: Any, sdk_client: Any, mode: str) -> None:
    async with served(fake_hub) as wire, sdk_client(wire, mode) as client:
        assert len((await client.list_tools()).tools) == 8
        assert (await client.call_tool("bench_echo", {"text": "hi"})).content[0].text == "hi"
        assert (await client.read_resource("bench://note/7")).contents[0].text == "# Note 7"
        assert (await client.get_prompt("bench_review", {"note": "7"})).messages
    assert {(call.transport, call.principal.client) for call in fake_hub.calls} == {("http", "anonymous")}


@ERAS
async def test_each_key_sees_its_own_tools(keyed_hub: Any, served: Any, sdk_client: Any, mode: str) -> None:
    async with served(keyed_hub) as wire:
        async with sdk_client(wire, mode, "reader-key") as client:
            listed = await client.list_tools()
            assert [tool.name for tool in listed.tools] == ["bench_echo"]
            assert listed.cache_scope == "private"
            with pytest.raises(MCPError) as caught:
                await client.call_tool("bench_wipe")
            assert caught.value.message == "Unknown tool 'bench_wipe'"
        async with sdk_client(wire, mode, "analyst-key") as client:
            assert len((await client.list_tools()).tools) == 8
            await client.call_tool("bench_wipe")
    assert keyed_hub.calls[-1].principal.client == "ann"


@ERAS
async def test_progress_arrives_before_the_result(fake_hub: Any, served: Any, sdk_client: Any, mode: str) -> None:
    heard: list[str | None] = []

    async def hear(done: float, total: float | None, message: str | None) -> None:
        heard.append(message)

    async with served(fake_hub) as wire, sdk_client(wire, mode) as client:
        result = await client.call_tool("bench_steps", progress_callback=hear)
    assert result.content[0].text == "done"
    assert heard == ["one", "two"]


@ERAS
async def test_a_client_that_gives_up_cancels_the_call(
    fake_hub: Any, served: Any, sdk_client: Any, mode: str
) -> None:
    async with served(fake_hub) as wire, sdk_client(wire, mode) as client:
        calling = asyncio.create_task(client.call_tool("bench_wait"))
        await fake_hub.signals.started.wait()
        calling.cancel()
        await fake_hub.signals.cancelled.wait()
        assert (await client.call_tool("bench_echo", {"text": "still here"})).content[0].text == "still here"


async def test_a_request_without_progress_is_answered_as_json_in_both_eras(fake_hub: Any, served: Any) -> None:
    call = {"name": "bench_echo", "arguments": {"text": "x"}}
    async with served(fake_hub) as wire:
        modern = await wire.ask("tools/call", call)
        session = await wire.initialize()
        earlier = await wire.send({"jsonrpc": "2.0", "id": 9, "method": "tools/call", "params": call}, session)
    assert modern.headers["content-type"] == earlier.headers["content-type"] == "application/json"
    assert modern.json["result"]["content"] == earlier.json["result"]["content"]


@pytest.mark.parametrize("meta", [pytest.param({}, id="json"), pytest.param({"progressToken": 1}, id="stream")])
async def test_hanging_up_cancels_the_call(fake_hub: Any, served: Any, modern_request: Any, meta: Any) -> None:
    """The SDK sees a client go only where it answers as a stream."""
    message, headers = modern_request("tools/call", {"name": "bench_wait"}, meta)
    async with served(fake_hub) as wire:
        async with wire.open(message, headers):
            await fake_hub.signals.started.wait()
        await fake_hub.signals.cancelled.wait()


async def test_an_unexpected_failure_is_generic_on_both_wires(fake_hub: Any, served: Any) -> None:
    async with served(fake_hub) as wire:
        modern = await wire.ask("tools/call", {"name": "bench_explode"})
        session = await wire.initialize()
        call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "bench_explode"}}
        earlier = await wire.send(call, session)
    for answer in (modern, earlier):
        assert answer.json["error"]["code"] == -32603
        assert b"hunter2" not in answer.body


async def test_the_hub_says_whether_it_lives_and_whether_it_is_ready(fake_hub: Any, served: Any) -> None:
    async with served(fake_hub) as wire:
        for path in ("/healthz", "/readyz"):
            assert (await wire.send(b"", verb="GET", path=path)).status == 200
        fake_hub.problems.append("the audit log cannot be written")
        assert (await wire.send(b"", verb="GET", path="/healthz")).json == {"status": "ok"}
        ready = await wire.send(b"", verb="GET", path="/readyz")
        assert (await wire.send(b"", verb="POST", path="/readyz")).status == 405
    assert ready.status == 503
    assert ready.json == {"ready": False, "reasons": ["the audit log cannot be written"]}


async def test_a_call_does_not_make_the_whole_list(fake_hub: Any, served: Any) -> None:
    """The SDK would run tools/list for every call on 2026-07-28 to check `Mcp-Param` headers."""
    async with served(fake_hub) as wire:
        real = fake_hub.tools
        listed: list[Any] = []

        def tools(principal: Any) -> Any:
            listed.append(principal)
            return real(principal)

        fake_hub.tools = tools
        answer = await wire.ask("tools/call", {"name": "bench_echo", "arguments": {"text": "x"}})
    assert answer.status == 200
    assert listed == []


@pytest.mark.parametrize(("key", "status", "code"), [("analyst-key", 400, -32020), ("reader-key", 400, -32602)])
async def test_a_header_that_contradicts_its_argument_is_refused_and_tells_nothing_of_hidden_tools(
    keyed_hub: Any, served: Any, key: str, status: int, code: int
) -> None:
    item = keyed_hub.tool("bench_wipe")
    item.parameters.schema["properties"]["region"] = {"type": "string", "x-mcp-header": "Region"}
    call = {"name": "bench_wipe", "arguments": {"region": "eu"}}
    async with served(keyed_hub) as wire:
        headers = {"Authorization": f"Bearer {key}", "Mcp-Param-Region": "us"}
        answer = await wire.ask("tools/call", call, headers)
    assert (answer.status, answer.json["error"]["code"]) == (status, code)
