"""The hub as an MCP server, in memory, in both protocol eras."""

import asyncio
import logging
from typing import Any

import mcp_types as t
import pytest
from mcp.client import Client
from mcp.shared.exceptions import MCPError

import hub
from hub.access.principal import Principal
from hub.config.models import ServerTable
from hub.server import lists
from hub.server.server import HubServer

ERAS = pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])
ANALYST = Principal(client="ann", roles=("analyst",), how="key")
READER = Principal(client="rob", roles=("reader",), how="key")


def text(result: Any) -> str:
    return result.content[0].text


@ERAS
async def test_a_client_lists_and_calls_tools(fake_hub: Any, in_memory: Any, mode: str) -> None:
    async with Client(in_memory(fake_hub), mode=mode) as client:
        tools = (await client.list_tools()).tools
        assert [tool.name for tool in tools][:2] == ["bench_echo", "bench_wipe"]
        result = await client.call_tool("bench_echo", {"text": "hello"})
    assert text(result) == "hello"
    assert result.structured_content is None
    assert [(call.name, call.transport, call.principal.how) for call in fake_hub.calls] == [
        ("bench_echo", "memory", "local")
    ]


@ERAS
async def test_the_lists_are_in_the_hubs_order_every_time(fake_hub: Any, in_memory: Any, mode: str) -> None:
    async with Client(in_memory(fake_hub), mode=mode) as client:
        first = [tool.name for tool in (await client.list_tools(cache_mode="bypass")).tools]
        again = [tool.name for tool in (await client.list_tools(cache_mode="bypass")).tools]
    assert first == again == [item.name for item in fake_hub.tools(ANALYST)]


@ERAS
async def test_resources_with_variables_are_templates_and_others_are_listed(
    fake_hub: Any, in_memory: Any, mode: str
) -> None:
    async with Client(in_memory(fake_hub), mode=mode) as client:
        assert [r.uri for r in (await client.list_resources()).resources] == ["bench://index"]
        templates = (await client.list_resource_templates()).resource_templates
        assert [r.uri_template for r in templates] == ["bench://note/{number}"]
        read = await client.read_resource("bench://note/7")
    assert [(c.mime_type, c.text) for c in read.contents if isinstance(c, t.TextResourceContents)] == [
        ("text/markdown", "# Note 7")
    ]


@ERAS
async def test_prompts_are_listed_and_filled_in(fake_hub: Any, in_memory: Any, mode: str) -> None:
    async with Client(in_memory(fake_hub), mode=mode) as client:
        assert [p.name for p in (await client.list_prompts()).prompts] == ["bench_review"]
        got = await client.get_prompt("bench_review", {"note": "7"})
    assert [(m.role, getattr(m.content, "text", "")) for m in got.messages] == [("user", "Review note 7, be kind.")]


@ERAS
async def test_arguments_are_completed_for_templates_and_prompts(fake_hub: Any, in_memory: Any, mode: str) -> None:
    async with Client(in_memory(fake_hub), mode=mode) as client:
        prompt = t.PromptReference(name="bench_review")
        completed = await client.complete(prompt, {"name": "tone", "value": "ki"})
        assert completed.completion.values == ["kind"]
        template = t.ResourceTemplateReference(uri="bench://note/{number}")
        completed = await client.complete(
            template, {"name": "number", "value": "4"}, context_arguments={"other": "42"}
        )
        assert completed.completion.values == ["42"]
        with pytest.raises(MCPError) as caught:
            await client.complete(t.PromptReference(name="nope"), {"name": "tone", "value": ""})
    assert caught.value.code == t.INVALID_PARAMS


@ERAS
@pytest.mark.parametrize("name", ["nope", "bench_wipe"])
async def test_a_hidden_tool_and_an_unknown_one_answer_alike(
    keyed_hub: Any, in_memory: Any, mode: str, name: str
) -> None:
    async with Client(in_memory(keyed_hub, READER), mode=mode) as client:
        assert [tool.name for tool in (await client.list_tools()).tools] == ["bench_echo"]
        with pytest.raises(MCPError) as caught:
            await client.call_tool(name)
    assert (caught.value.code, caught.value.message) == (t.INVALID_PARAMS, f"Unknown tool '{name}'")


@ERAS
@pytest.mark.parametrize("uri", ["bench://note/..%2F..%2Fetc", "bench://note/", "nope://x", "bench://note/a b"])
async def test_a_resource_uri_that_climbs_or_names_nothing_is_unknown(
    fake_hub: Any, in_memory: Any, mode: str, uri: str
) -> None:
    async with Client(in_memory(fake_hub), mode=mode) as client:
        with pytest.raises(MCPError) as caught:
            await client.read_resource(uri)
    assert caught.value.code == t.INVALID_PARAMS


@ERAS
@pytest.mark.parametrize("uri", ["bench://note/" + "7" * 8192, "bench://note/\n7", "bench://note/\x007"])
async def test_an_overlong_uri_or_one_with_control_characters_reaches_nothing(
    fake_hub: Any, in_memory: Any, mode: str, uri: str
) -> None:
    async with Client(in_memory(fake_hub), mode=mode) as client:
        with pytest.raises(MCPError):
            await client.read_resource(uri)
    assert fake_hub.calls == []


@ERAS
async def test_an_unexpected_failure_tells_the_client_an_id_and_the_log_where(
    fake_hub: Any, in_memory: Any, mode: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        async with Client(in_memory(fake_hub), mode=mode) as client:
            with pytest.raises(MCPError) as caught:
                await client.call_tool("bench_explode")
    assert caught.value.code == t.INTERNAL_ERROR
    incident = caught.value.message.split()[2].rstrip(";")
    assert incident in caplog.text
    assert "ValueError" in caplog.text
    assert "in explode" in caplog.text
    assert "hunter2" not in caught.value.message + caplog.text


async def test_progress_reaches_a_client_that_asks_for_it(fake_hub: Any, in_memory: Any) -> None:
    heard: list[tuple[float, float | None, str | None]] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        heard.append((progress, total, message))

    async with Client(in_memory(fake_hub), mode="legacy") as client:
        await client.call_tool("bench_steps", progress_callback=hear)
    assert heard == [(1, 2, "one"), (2, 2, "two")]


async def test_nobody_is_told_of_progress_who_did_not_ask(fake_hub: Any, in_memory: Any) -> None:
    async with Client(in_memory(fake_hub), mode="legacy") as client:
        await client.call_tool("bench_steps")
    assert fake_hub.calls[0].progress is None


@ERAS
async def test_a_client_that_gives_up_cancels_the_call(fake_hub: Any, in_memory: Any, mode: str) -> None:
    async with Client(in_memory(fake_hub), mode=mode) as client:
        calling = asyncio.create_task(client.call_tool("bench_wait"))
        await fake_hub.signals.started.wait()
        calling.cancel()
        await fake_hub.signals.cancelled.wait()


@ERAS
async def test_a_client_alone_waits_where_too_many_calls_are_worked_on(
    make_hub: Any, in_memory: Any, mode: str
) -> None:
    made = make_hub(server=ServerTable(max_concurrent_calls=1))
    async with Client(in_memory(made), mode=mode) as client:
        first = asyncio.create_task(client.call_tool("bench_wait"))
        await made.signals.started.wait()
        second = asyncio.create_task(client.call_tool("bench_echo", {"text": "x"}))
        await client.list_tools()
        assert [call.name for call in made.calls] == ["bench_wait"]
        made.signals.release.set()
        assert (text(await first), text(await second)) == ("released", "x")
    assert made.refused == []


async def test_instructions_are_those_for_the_caller_in_both_eras(keyed_hub: Any, in_memory: Any) -> None:
    for mode in ("legacy", "auto"):
        async with Client(in_memory(keyed_hub, READER), mode=mode) as client:
            assert client.instructions == "Test hub for rob: 1 tools"


async def test_a_hub_that_cannot_say_what_lies_behind_it_still_serves(fake_hub: Any, in_memory: Any) -> None:
    def fail(_: Principal) -> str:
        raise RuntimeError("hunter2")

    fake_hub.instructions = fail
    for mode in ("legacy", "auto"):
        async with Client(in_memory(fake_hub), mode=mode) as client:
            assert not client.instructions
            assert (await client.list_tools()).tools


async def test_the_server_says_who_it_is(fake_hub: Any, in_memory: Any) -> None:
    async with Client(in_memory(fake_hub), mode="auto") as client:
        assert client.server_info == t.Implementation(
            name="mcp-integration-hub", title="Test hub", version=hub.__version__
        )


async def test_a_client_of_the_older_era_may_ping_and_set_a_log_level(fake_hub: Any, in_memory: Any) -> None:
    async with Client(in_memory(fake_hub), mode="legacy") as client:
        await client.session.send_request(t.PingRequest(), t.EmptyResult)
        level = t.SetLevelRequest(params=t.SetLevelRequestParams(level="debug"))
        result = await client.session.send_request(level, t.EmptyResult)
    assert result.model_dump(exclude_unset=True) == {}


@ERAS
async def test_a_long_list_comes_in_pages(make_hub: Any, in_memory: Any, mode: str) -> None:
    made = make_hub(copies=80)
    async with Client(in_memory(made), mode=mode) as client:
        first = await client.list_tools()
        assert first.next_cursor is not None
        rest = await client.list_tools(cursor=first.next_cursor)
        with pytest.raises(MCPError) as caught:
            await client.list_tools(cursor="bogus")
    assert rest.next_cursor is None
    assert len(first.tools) + len(rest.tools) == 81 * 8
    assert caught.value.code == t.INVALID_PARAMS


@ERAS
async def test_one_item_the_sdk_would_refuse_does_not_take_the_others_along(
    fake_hub: Any, in_memory: Any, mode: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    right = lists.definitions.tool_definition

    def wrong(item: Any) -> dict[str, Any]:
        return {**right(item), "inputSchema": "none"} if item.name == "bench_wipe" else right(item)

    monkeypatch.setattr(lists.definitions, "tool_definition", wrong)
    async with Client(in_memory(fake_hub), mode=mode) as client:
        names = [tool.name for tool in (await client.list_tools()).tools]
    assert "bench_echo" in names
    assert "bench_wipe" not in names
    assert "bench_wipe is left out of the list: wrong inputSchema" in caplog.text


async def test_without_a_known_caller_nothing_is_answered(fake_hub: Any) -> None:
    async with Client(HubServer(fake_hub.as_hub(), fallback=None), mode="2026-07-28") as client:
        with pytest.raises(MCPError):
            await client.list_tools()
        with pytest.raises(MCPError):
            await client.call_tool("bench_echo")
    assert fake_hub.calls == []
