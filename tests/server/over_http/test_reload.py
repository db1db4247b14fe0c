"""What a reload of hub.toml changes for those who are connected, and what it leaves alone."""

import asyncio
import contextlib
from typing import Any

from hub.config.models import ServerTable

ANN, ROB = {"X-API-Key": "analyst-key"}, {"X-API-Key": "reader-key"}
PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
WAIT = {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "bench_wait"}}


async def test_a_reload_changes_nothing_of_the_server_table(fake_hub: Any, served: Any) -> None:
    async with served(fake_hub) as wire:
        other = ServerTable(
            port=0,
            sse=True,
            allowed_hosts=("evil.example",),
            allowed_origins=("http://evil.example",),
            max_sessions=1,
            max_request_bytes=1024,
            max_concurrent_calls=1,
            session_idle=0.001,
            drain=0.0,
        )
        fake_hub.settings = fake_hub.settings.model_copy(update={"server": other})
        fake_hub.change("tools", "resources", "prompts")
        assert (await wire.ask("tools/list", headers={"Host": "evil.example"})).status == 421
        assert (await wire.ask("tools/list", headers={"Origin": "http://evil.example"})).status == 403
        assert (await wire.send(b"", verb="GET", path="/sse")).status == 404
        sessions = [await wire.initialize() for _ in range(3)]
        text = {"name": "bench_echo", "arguments": {"text": "x" * 4096}}
        waiting = [asyncio.create_task(wire.send(WAIT, session)) for session in sessions]
        for _ in sessions:
            await fake_hub.signals.arrivals.get()
        assert (await wire.ask("tools/call", text)).json["result"]["isError"] is False
        fake_hub.signals.release.set()
        assert [(await answer).status for answer in waiting] == [200, 200, 200]
    assert fake_hub.drained == 10.0


async def test_what_a_revoked_key_has_open_ends_and_what_others_have_stays(
    make_hub: Any, served: Any, modern_request: Any
) -> None:
    hub = make_hub(keys=True, server=ServerTable(port=0, sse=True))
    listen, headers = modern_request("subscriptions/listen", {"notifications": {"toolsListChanged": True}})
    async with served(hub) as wire, contextlib.AsyncExitStack() as stack:

        async def streams(key: dict[str, str]) -> list[Any]:
            session = await wire.initialize(key)
            opened = [
                await stack.enter_async_context(stream)
                for stream in (
                    wire.stream(listen, {**headers, **key}),
                    wire.stream(None, session, verb="GET"),
                    wire.stream(None, key, verb="GET", path="/sse"),
                )
            ]
            assert [status for status, _ in opened] == [200, 200, 200]
            await opened[0][1].message()
            await opened[2][1].next()
            return [events for _, events in opened]

        revoked, kept = await streams(ANN), await streams(ROB)
        del hub.keys["analyst-key"]
        hub.change("tools")
        async with asyncio.timeout(1):
            for events in revoked:
                while await events.next() is not None:
                    pass
        for events in kept[:2]:
            assert (await events.message())["method"] == "notifications/tools/list_changed"


async def test_a_client_whose_roles_changed_is_asked_to_connect_anew(keyed_hub: Any, served: Any) -> None:
    async with served(keyed_hub) as wire:
        session = await wire.initialize(ANN)
        async with wire.stream(None, session, verb="GET") as (_, events):
            keyed_hub.keys["analyst-key"] = keyed_hub.keys["reader-key"]
            keyed_hub.change("tools")
            async with asyncio.timeout(1):
                while await events.next() is not None:
                    pass
        assert (await wire.send(PING, session)).status == 404
        assert (await wire.send(PING, await wire.initialize(ANN))).status == 200


async def test_a_call_under_way_is_answered_though_its_key_is_revoked_and_then_its_session_is_over(
    make_hub: Any, served: Any
) -> None:
    hub = make_hub(keys=True, server=ServerTable(port=0, max_sessions=1))
    async with served(hub) as wire:
        session = await wire.initialize(ANN)
        calling = asyncio.create_task(wire.send(WAIT, session))
        await hub.signals.started.wait()
        again = hub.keys.pop("analyst-key")
        hub.change("tools")
        assert (await wire.send(PING, session)).status == 401
        hub.keys["analyst-key"] = again
        assert (await wire.send(PING, session)).status == 404
        hub.signals.release.set()
        assert (await calling).json["result"]["content"][0]["text"] == "released"
        async with asyncio.timeout(5):
            while (await wire.send({**PING, "method": "initialize"}, ROB)).status == 503:
                pass


async def test_keys_that_come_with_a_reload_end_what_was_open_to_anybody(
    fake_hub: Any, make_hub: Any, served: Any
) -> None:
    async with served(fake_hub) as wire:
        session = await wire.initialize()
        async with wire.stream(None, session, verb="GET") as (_, events):
            fake_hub.keys = make_hub(keys=True).keys
            fake_hub.change("tools")
            async with asyncio.timeout(1):
                while await events.next() is not None:
                    pass
        assert (await wire.send(PING, session)).status == 401
