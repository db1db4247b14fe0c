"""Sessions of protocol 2025-11-25 and earlier."""

import asyncio
import json
from typing import Any

import pytest
from mcp_types import JSONRPCRequest

from hub.access.principal import OPEN
from hub.config.models import ServerTable
from hub.server.refusals import Refusal
from hub.server.server import HubServer
from hub.server.sessions import Session


def request(method: str, params: Any = None, number: Any = 1) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params or {}}


WAIT = request("tools/call", {"name": "bench_wait"})
PING = request("ping")


async def test_initialize_names_the_session_and_says_that_lists_change(fake_hub: Any, served: Any) -> None:
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}}
    async with served(fake_hub) as wire:
        answer = await wire.send(request("initialize", hello))
    result = answer.json["result"]
    assert answer.headers["mcp-session-id"]
    assert result["protocolVersion"] == "2025-06-18"
    assert result["instructions"] == "Test hub for anonymous: 8 tools"
    for kind in ("tools", "resources", "prompts"):
        assert result["capabilities"][kind]["listChanged"] is True
    assert result["capabilities"]["resources"]["subscribe"] is True


async def test_without_a_session_nothing_but_initialize_is_answered(fake_hub: Any, served: Any) -> None:
    async with served(fake_hub) as wire:
        assert (await wire.send(PING)).status == 400
        assert (await wire.send(b"", verb="GET")).status == 400
        assert (await wire.send(b"", verb="DELETE")).status == 400
        assert (await wire.send(PING, {"Mcp-Session-Id": "0" * 32})).status == 404
        assert (await wire.send(request("initialize"), {"Mcp-Session-Id": "0" * 32})).status == 404


async def test_an_initialize_that_fails_leaves_no_session_behind(make_hub: Any, served: Any) -> None:
    hub = make_hub(server=ServerTable(port=0, max_sessions=1))
    async with served(hub) as wire:
        failed = await wire.send(request("initialize", {"protocolVersion": 1}))
        assert "mcp-session-id" not in failed.headers
        assert failed.json["error"]["code"] == -32602
        await wire.initialize()


async def test_sessions_are_bounded_and_ending_one_makes_room(make_hub: Any, served: Any) -> None:
    hub = make_hub(server=ServerTable(port=0, max_sessions=1))
    async with served(hub) as wire:
        session = await wire.initialize()
        full = await wire.send(request("initialize", {}))
        assert (full.status, full.headers["retry-after"]) == (503, "30")
        assert (await wire.send(b"", session, verb="DELETE")).status == 200
        assert (await wire.send(PING, session)).status == 404
        await wire.initialize()


async def test_an_unused_session_ends_and_one_in_use_does_not(fake_hub: Any) -> None:
    over: asyncio.Queue[Session] = asyncio.Queue()
    session = Session(HubServer(fake_hub.as_hub(), fallback=None), OPEN, 0.01, over.put_nowait)
    async with session.in_use():
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(over.get(), 0.1)
    assert await asyncio.wait_for(over.get(), 5) is session
    with pytest.raises(Refusal) as caught:
        await session.ask(JSONRPCRequest(jsonrpc="2.0", id=1, method="ping"), streaming=False)
    assert caught.value.status == 404


async def test_ending_a_session_cancels_its_calls_and_closes_its_stream(fake_hub: Any, served: Any) -> None:
    async with served(fake_hub) as wire:
        session = await wire.initialize()
        async with wire.stream(None, session, verb="GET") as (_, events):
            calling = asyncio.create_task(wire.send(WAIT, session))
            await fake_hub.signals.started.wait()
            await wire.send(b"", session, verb="DELETE")
            await fake_hub.signals.cancelled.wait()
            assert "error" in (await calling).json
            assert await events.next() is None


async def test_a_cancelled_request_still_ends_its_answer(fake_hub: Any, served: Any) -> None:
    cancel = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}
    async with served(fake_hub) as wire:
        session = await wire.initialize()
        calling = asyncio.create_task(wire.send(WAIT, session))
        await fake_hub.signals.started.wait()
        assert (await wire.send(cancel, session)).status == 202
        await fake_hub.signals.cancelled.wait()
        assert (await calling).json["error"]["code"] == -32800


async def test_hanging_up_does_not_cancel_a_call_of_a_session(fake_hub: Any, served: Any) -> None:
    """MCP 2025-11-25, transports: a disconnection is not to be taken for a cancellation."""
    async with served(fake_hub) as wire:
        session = await wire.initialize()
        async with wire.open(WAIT, session):
            await fake_hub.signals.started.wait()
        assert (await wire.send(request("ping", number=2), session)).status == 200
        assert not fake_hub.signals.cancelled.is_set()
        fake_hub.signals.release.set()


async def test_an_id_in_flight_is_not_taken_twice(fake_hub: Any, served: Any) -> None:
    async with served(fake_hub) as wire:
        session = await wire.initialize()
        calling = asyncio.create_task(wire.send(WAIT, session))
        await fake_hub.signals.started.wait()
        assert (await wire.send(PING, session)).status == 400
        fake_hub.signals.release.set()
        assert (await calling).json["result"]["content"][0]["text"] == "released"
        assert (await wire.send(PING, session)).status == 200


async def test_a_session_has_one_stream_at_a_time(fake_hub: Any, served: Any) -> None:
    async with served(fake_hub) as wire:
        session = await wire.initialize()
        async with wire.stream(None, session, verb="GET") as (status, _):
            assert status == 200
            assert (await wire.send(b"", session, verb="GET")).status == 409


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream", "text/plain", ""])
async def test_a_client_has_to_accept_both_kinds_of_answer(fake_hub: Any, served: Any, accept: str) -> None:
    async with served(fake_hub) as wire:
        session = await wire.initialize()
        assert (await wire.send(PING, {**session, "Accept": accept})).status == 406
        assert (await wire.send(PING, {**session, "Accept": "*/*"})).status == 200


async def test_progress_makes_the_answer_a_stream(fake_hub: Any, served: Any) -> None:
    call = request("tools/call", {"name": "bench_steps", "_meta": {"progressToken": "p"}})
    async with served(fake_hub) as wire:
        session = await wire.initialize()
        async with wire.stream(call, session) as (_, events):
            seen = [await events.message() for _ in range(3)]
            assert await events.next() is None
    assert [message.get("method") for message in seen] == ["notifications/progress", "notifications/progress", None]
    assert seen[0]["params"] == {"progressToken": "p", "progress": 1.0, "total": 2.0, "message": "one"}
    assert seen[2]["result"]["content"][0]["text"] == "done"


async def test_a_response_of_the_client_is_accepted(fake_hub: Any, served: Any) -> None:
    async with served(fake_hub) as wire:
        session = await wire.initialize()
        answer = await wire.send(json.dumps({"jsonrpc": "2.0", "id": 77, "result": {}}).encode(), session)
    assert (answer.status, answer.body) == (202, b"")


async def test_the_2026_era_knows_no_sessions(fake_hub: Any, served: Any) -> None:
    headers = {"MCP-Protocol-Version": "2026-07-28"}
    async with served(fake_hub) as wire:
        answer = await wire.ask("tools/list")
        assert "mcp-session-id" not in answer.headers
        for verb in ("GET", "DELETE"):
            refused = await wire.send(b"", headers, verb=verb)
            assert (refused.status, refused.headers["allow"]) == (405, "POST")
