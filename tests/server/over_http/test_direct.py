"""Plain calls take a way of their own; what a client gets is what the SDK would have given it."""

import asyncio
import json
from typing import Any

import pytest

from hub.server.direct import DirectCalls
from hub.server.messages import read_head

CALLS: list[dict[str, Any]] = [
    {"name": "bench_echo", "arguments": {"text": "grüße ✓ \u2028"}},
    {"name": "bench_echo", "arguments": {}},
    {"name": "bench_echo"},
    {"name": "bench_echo", "arguments": {"text": 5}},
    {"name": "bench_picture", "arguments": {}},
    {"name": "bench_nothing", "arguments": {}},
    {"name": "", "arguments": {}},
]
FORCES_THE_SDK = {"Mcp-Param-Unused": "1"}


@pytest.mark.parametrize("params", CALLS, ids=str)
async def test_on_2026_07_28_both_ways_answer_alike(fake_hub: Any, served: Any, params: dict[str, Any]) -> None:
    async with served(fake_hub) as wire:
        direct = await wire.ask("tools/call", params)
        through_sdk = await wire.ask("tools/call", params, FORCES_THE_SDK)
    assert (direct.status, direct.json) == (through_sdk.status, through_sdk.json)
    assert direct.headers["content-type"] == through_sdk.headers["content-type"]


@pytest.mark.parametrize("params", CALLS, ids=str)
async def test_in_a_session_both_ways_answer_alike(fake_hub: Any, served: Any, params: dict[str, Any]) -> None:
    async with served(fake_hub) as wire:
        session = await wire.initialize()
        message = {"jsonrpc": "2.0", "id": "a", "method": "tools/call", "params": params}
        direct = await wire.send(message, session)
        through_sdk = await wire.send({**message, "params": {**params, "_meta": {}}}, session)
    assert (direct.status, direct.json) == (through_sdk.status, through_sdk.json)


async def test_an_unexpected_failure_is_told_by_its_id_alone(fake_hub: Any, served: Any) -> None:
    async with served(fake_hub) as wire:
        answer = await wire.ask("tools/call", {"name": "bench_explode", "arguments": {}})
    assert answer.json["error"]["code"] == -32603
    assert "secret" not in answer.body.decode()


ENVELOPE: dict[str, Any] = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}
ROUTING = [
    (b"mcp-protocol-version", b"2026-07-28"),
    (b"mcp-method", b"tools/call"),
    (b"mcp-name", b"bench_echo"),
    (b"accept", b"application/json, text/event-stream"),
]


def body(params: dict[str, Any] | None = None, **changes: Any) -> bytes:
    """A plain call with changes; `...` leaves a key out."""
    given: dict[str, Any] = {"name": "bench_echo", "arguments": {}, "_meta": ENVELOPE, **(params or {})}
    message: dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": given, **changes}
    return json.dumps({key: value for key, value in message.items() if value is not ...}).encode()


def test_a_request_with_nothing_unusual_is_plain(fake_hub: Any, in_memory: Any) -> None:
    call = DirectCalls(in_memory(fake_hub)).of_this_era(read_head(body()), ROUTING)
    assert call is not None
    assert (call.id, call.name, call.arguments) == (1, "bench_echo", {})


@pytest.mark.parametrize(
    ("message", "headers"),
    [
        (body(method="tools/list"), ROUTING),
        (body(id=...), ROUTING),
        (body(jsonrpc="1.0"), ROUTING),
        (body(extra=1), ROUTING),
        (body(params={"name": 5}), ROUTING),
        (body(params={"arguments": None}), ROUTING),
        (body(params={"arguments": []}), ROUTING),
        (body(params={"inputResponses": {}}), ROUTING),
        (body(params={"_meta": {}}), ROUTING),
        (body(params={"_meta": {**ENVELOPE, "progressToken": 1}}), ROUTING),
        (body(params={"_meta": {**ENVELOPE, "io.modelcontextprotocol/clientCapabilities": 5}}), ROUTING),
        (body(params={"_meta": {**ENVELOPE, "io.modelcontextprotocol/protocolVersion": "2099-01-01"}}), ROUTING),
        (body(), ROUTING[1:]),
        (body(), [*ROUTING[:1], *ROUTING[2:]]),
        (body(), [*ROUTING[:2], *ROUTING[3:]]),
        (body(), ROUTING[:3]),
        (body(), [*ROUTING, (b"mcp-name", b"bench_echo")]),
        (body(), [*ROUTING[:2], (b"mcp-name", b"bench_wipe"), ROUTING[3]]),
        (body(), [*ROUTING, (b"mcp-param-text", b"x")]),
        (body(), [*ROUTING[:3], (b"accept", b"text/html;q=application/json")]),
        (body(), [*ROUTING[:3], (b"accept", b"application/jsonp, text/*")]),
        (body(params={"name": ""}), [*ROUTING[:2], ROUTING[3]]),
        (body(params={"name": "=?base64?eA==?="}), [*ROUTING[:2], (b"mcp-name", b"=?base64?eA==?="), ROUTING[3]]),
    ],
)
def test_anything_unusual_goes_the_sdks_way(
    fake_hub: Any, in_memory: Any, message: bytes, headers: list[tuple[bytes, bytes]]
) -> None:
    direct = DirectCalls(in_memory(fake_hub))
    assert direct.of_this_era(read_head(body()), ROUTING) is not None  # the good envelope is remembered by now
    assert direct.of_this_era(read_head(message), headers) is None


async def test_hanging_up_cancels_a_plain_call(fake_hub: Any, served: Any, modern_request: Any) -> None:
    async with served(fake_hub) as wire:
        message, headers = modern_request("tools/call", {"name": "bench_wait", "arguments": {}})
        async with wire.open(message, headers):
            await fake_hub.signals.arrivals.get()
        await asyncio.wait_for(fake_hub.signals.cancelled.wait(), 5)


async def test_a_cancelled_notification_ends_a_plain_call_of_its_session(fake_hub: Any, served: Any) -> None:
    async with served(fake_hub) as wire:
        session = await wire.initialize()
        call = {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": "bench_wait"}}
        waiting = asyncio.create_task(wire.send(call, session))
        await fake_hub.signals.arrivals.get()
        assert (await wire.send(call, session)).status == 400
        cancel = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 7}}
        assert (await wire.send(cancel, session)).status == 202
        answer = await waiting
    assert fake_hub.signals.cancelled.is_set()
    assert answer.json["error"] == {"code": -32800, "message": "Request cancelled"}
