"""The old HTTP+SSE transport."""

import asyncio
from typing import Any

import pytest
from mcp.client import Client
from mcp.client.sse import sse_client

from hub.config.models import ServerTable
from hub.server.server import HubServer

ON = ServerTable(port=0, sse=True)


async def test_it_is_off_unless_the_settings_say_so(fake_hub: Any, served: Any) -> None:
    async with served(fake_hub) as wire:
        assert (await wire.send(b"", verb="GET", path="/sse")).status == 404


@pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])
async def test_a_client_lists_calls_and_hears_of_changes(make_hub: Any, served: Any, mode: str) -> None:
    hub = make_hub(server=ON)
    heard: list[str | None] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        heard.append(message)

    async with served(hub) as wire, Client(sse_client(f"{wire.address.base}/sse"), mode=mode) as client:
        assert len((await client.list_tools()).tools) == 8
        await client.call_tool("bench_steps", progress_callback=hear)
        calling = asyncio.create_task(client.call_tool("bench_wait"))
        await hub.signals.started.wait()
        calling.cancel()
        await hub.signals.cancelled.wait()
    assert heard == ["one", "two"]
    assert {(call.transport, call.principal.client) for call in hub.calls} == {("sse", "anonymous")}


async def test_each_key_sees_its_own_tools_and_a_stream_belongs_to_one(make_hub: Any, served: Any) -> None:
    hub = make_hub(server=ON, keys=True)
    reader, analyst = {"Authorization": "Bearer reader-key"}, {"Authorization": "Bearer analyst-key"}
    async with served(hub) as wire:
        assert (await wire.send(b"", verb="GET", path="/sse")).status == 401
        async with Client(sse_client(f"{wire.address.base}/sse", headers=reader), mode="legacy") as client:
            assert [tool.name for tool in (await client.list_tools()).tools] == ["bench_echo"]
        async with wire.stream(None, reader, verb="GET", path="/sse") as (_, events):
            path = await events.next()
            ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
            assert (await wire.send(ping, analyst, path=path)).status == 404
            assert (await wire.send(ping, path=path)).status == 401
            assert (await wire.send(b"[]", reader, path=path)).status == 400
            assert (await wire.send(ping, reader, path=path)).status == 202
            assert (await events.message())["id"] == 1


async def test_streams_are_bounded(make_hub: Any, served: Any) -> None:
    hub = make_hub(server=ServerTable(port=0, sse=True, max_sessions=1))
    async with served(hub) as wire:
        async with wire.stream(None, {}, verb="GET", path="/sse") as (status, events):
            assert status == 200
            await events.next()
            assert (await wire.send(b"", verb="GET", path="/sse")).status == 503
        assert (await wire.send(b"", verb="POST", path="/sse")).status == 405


async def test_streams_share_one_lifespan(make_hub: Any, served: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK's own `Server.run` would enter the lifespan once for every stream."""
    hub = make_hub(server=ON)
    entered = 0
    real = HubServer.__init__

    def counting(self: HubServer, *args: Any, **keywords: Any) -> None:
        real(self, *args, **keywords)
        inner = self.lifespan

        def lifespan(server: Any) -> Any:
            nonlocal entered
            entered += 1
            return inner(server)

        self.lifespan = lifespan

    monkeypatch.setattr(HubServer, "__init__", counting)
    async with served(hub) as wire:
        before = entered
        for _ in range(3):
            async with wire.stream(None, {}, verb="GET", path="/sse") as (_, events):
                await events.next()
    assert entered == before
