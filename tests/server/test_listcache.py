"""What is kept of finished lists."""

import asyncio
from typing import Any

import anyio
import pytest
from mcp.client import Client
from mcp.shared.message import SessionMessage
from mcp_types import JSONRPCError, JSONRPCRequest

from hub.access.principal import Principal
from hub.server.identity import Caller, sender
from hub.server.listcache import ListCache
from hub.server.server import HubServer

ERAS = pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])
READER = Principal(client="rob", roles=("reader",), how="key")


async def listed(server: HubServer, mode: str) -> Any:
    async with Client(server, mode=mode) as client:
        tools = await client.list_tools(cache_mode="bypass")
        prompts = await client.list_prompts(cache_mode="bypass")
        resources = await client.list_resources(cache_mode="bypass")
        templates = await client.list_resource_templates(cache_mode="bypass")
    return [found.model_dump() for found in (tools, prompts, resources, templates)]


@ERAS
async def test_a_kept_list_is_what_the_sdk_would_answer(fake_hub: Any, in_memory: Any, mode: str) -> None:
    kept, plain = in_memory(fake_hub), in_memory(fake_hub)
    plain.middleware.clear()
    expected = await listed(plain, mode)
    assert await listed(kept, mode) == expected
    assert await listed(kept, mode) == expected


@ERAS
async def test_a_list_is_made_once_until_the_hub_changes(fake_hub: Any, in_memory: Any, mode: str) -> None:
    server = in_memory(fake_hub)
    asked = 0
    real = fake_hub.tools

    def count(principal: Principal) -> Any:
        nonlocal asked
        asked += 1
        return real(principal)

    fake_hub.tools = count
    async with Client(server, mode=mode) as client:
        asked = 0
        for _ in range(3):
            await client.list_tools(cache_mode="bypass")
        assert asked == 1
        fake_hub.generation += 1
        await client.list_tools(cache_mode="bypass")
        assert asked == 2


@ERAS
async def test_one_callers_list_is_not_given_to_another(keyed_hub: Any, mode: str) -> None:
    server = HubServer(keyed_hub.as_hub(), fallback=None)
    for role, count in (("analyst", 8), ("reader", 1), ("analyst", 8)):
        sender.set(Caller(Principal(client="x", roles=(role,), how="key"), "memory"))
        async with Client(server, mode=mode) as client:
            assert len((await client.list_tools()).tools) == count


async def test_a_list_is_not_given_before_the_handshake(fake_hub: Any, in_memory: Any) -> None:
    server = in_memory(fake_hub)
    await listed(server, "legacy")
    to_server, from_client = anyio.create_memory_object_stream[SessionMessage | Exception](1)
    to_client, from_server = anyio.create_memory_object_stream[SessionMessage](1)
    await to_server.send(SessionMessage(JSONRPCRequest(jsonrpc="2.0", id=1, method="tools/list")))
    running = asyncio.create_task(server.run(from_client, to_client, server.create_initialization_options()))
    answer = (await from_server.receive()).message
    to_server.close()
    await running
    from_server.close()
    assert isinstance(answer, JSONRPCError)


async def test_what_is_kept_is_bounded(fake_hub: Any, in_memory: Any) -> None:
    server = in_memory(fake_hub)
    async with Client(server, mode="2026-07-28") as client:
        for _ in range(100):
            fake_hub.generation += 1
            await client.list_tools(cache_mode="bypass")
    cache = server.middleware[0]
    assert isinstance(cache, ListCache)
    assert len(cache._kept) == 64
