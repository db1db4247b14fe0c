"""What one client can make the hub hold: requests without answers, and answers it does not read."""

import asyncio
import contextlib
from typing import Any

import pytest

from hub.config.models import ServerTable
from hub.server import sse

LIMIT = 64 * 1024


def call(number: int, name: str, *, padding: int = 0, **arguments: Any) -> dict[str, Any]:
    params = {"name": name, "arguments": arguments, "_meta": {"padding": "x" * padding}}
    return {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params}


def hello() -> list[dict[str, Any]]:
    client = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    return [
        {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": client},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
    ]


@pytest.fixture
def sse_streams(monkeypatch: pytest.MonkeyPatch) -> list[sse.SseStream]:
    """The streams opened by the test."""
    opened: list[sse.SseStream] = []

    class Remembered(sse.SseStream):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            opened.append(self)

    monkeypatch.setattr(sse, "SseStream", Remembered)
    return opened


async def test_an_sse_client_that_never_reads_is_refused_and_served_again_once_it_reads(
    make_hub: Any, served: Any, sse_streams: list[sse.SseStream]
) -> None:
    hub = make_hub(server=ServerTable(port=0, sse=True, max_concurrent_calls=4))
    accepted: list[int] = []
    async with served(hub) as wire, wire.stream(None, {}, verb="GET", path="/sse") as (_, events):
        path = await events.next()
        for message in hello():
            assert (await wire.send(message, path=path)).status == 202
        assert (await events.message())["id"] == 0
        (stream,) = sse_streams
        refused = None
        while refused is None and len(accepted) < 1000:
            number = len(accepted) + 1
            answer = await wire.send(call(number, "bench_echo", text="x" * 1_000_000), path=path)
            if answer.status == 202:
                accepted.append(number)
            else:
                refused = answer
        assert refused is not None
        assert (refused.status, refused.headers["retry-after"]) == (503, "1")
        assert len(stream.unanswered) <= 16
        assert stream.unanswered.held <= 4 * hub.settings.server.max_request_bytes
        assert stream.mailbox.held <= stream.unanswered.held
        assert {(await events.message())["id"] for _ in accepted} == set(accepted)
        assert len(stream.unanswered) == stream.unanswered.held == stream.mailbox.held == 0
        assert (await wire.send(call(1001, "bench_echo"), path=path)).status == 202
        assert (await events.message())["id"] == 1001


@pytest.mark.parametrize("transport", ["sse", "session"])
async def test_the_bytes_of_requests_without_answers_are_bounded(
    make_hub: Any, served: Any, transport: str
) -> None:
    hub = make_hub(server=ServerTable(port=0, sse=True, max_request_bytes=LIMIT))
    async with served(hub) as wire, contextlib.AsyncExitStack() as open_streams:
        if transport == "sse":
            stream = wire.stream(None, {}, verb="GET", path="/sse")
            _, events = await open_streams.enter_async_context(stream)
            to = {"path": await events.next()}
            for message in hello():
                await wire.send(message, **to)
        else:
            to = {"headers": await wire.initialize()}
        waiting: list[asyncio.Task[Any]] = []
        for number in range(1, 5):
            waiting.append(asyncio.create_task(wire.send(call(number, "bench_wait", padding=60_000), **to)))
            await hub.signals.arrivals.get()
        refused = await wire.send(call(5, "bench_wait", padding=60_000), **to)
        assert (refused.status, refused.headers["retry-after"]) == (503, "1")
        hub.signals.release.set()
        await asyncio.gather(*waiting)
    assert len(hub.calls) == 4


@pytest.mark.parametrize("progress", [False, True])
async def test_a_request_whose_client_hung_up_counts_for_as_long_as_it_runs(
    make_hub: Any, served: Any, progress: bool
) -> None:
    hub = make_hub(server=ServerTable(port=0, max_request_bytes=LIMIT))
    async with served(hub) as wire:
        session = await wire.initialize()
        for number in range(1, 5):
            message = call(number, "bench_wait", padding=60_000)
            if progress:
                message["params"]["_meta"]["progressToken"] = number
            async with wire.open(message, session):
                await hub.signals.arrivals.get()
        padded = {**call(5, "", padding=60_000), "method": "ping"}
        assert (await wire.send(padded, session)).status == 503
        hub.signals.release.set()
        async with asyncio.timeout(10):
            while (await wire.send(padded, session)).status != 200:
                pass
    assert not hub.signals.cancelled.is_set()


@pytest.mark.parametrize("era", ["session", "2026-07-28", "sse"])
async def test_a_busy_hub_refuses_a_call_says_when_to_retry_and_records_it(
    make_hub: Any, served: Any, era: str
) -> None:
    hub = make_hub(server=ServerTable(port=0, sse=True, max_concurrent_calls=1))
    async with served(hub) as wire, contextlib.AsyncExitStack() as open_streams:
        holding = asyncio.create_task(wire.ask("tools/call", {"name": "bench_wait"}))
        await hub.signals.started.wait()
        if era == "session":
            session = await wire.initialize()
            refused = (await wire.send(call(1, "bench_echo"), session)).json
        elif era == "sse":
            _, events = await open_streams.enter_async_context(wire.stream(None, {}, verb="GET", path="/sse"))
            path = await events.next()
            for message in (*hello(), call(1, "bench_echo")):
                await wire.send(message, path=path)
            await events.message()
            refused = await events.message()
        else:
            refused = (await wire.ask("tools/call", {"name": "bench_echo"})).json
        completing = {
            "ref": {"type": "ref/prompt", "name": "bench_review"},
            "argument": {"name": "tone", "value": "k"},
        }
        completed = (await wire.ask("completion/complete", completing)).json
        hub.signals.release.set()
        await holding
        again = (await wire.ask("tools/call", {"name": "bench_echo", "arguments": {"text": "x"}})).json
    assert refused["result"]["isError"] is True
    assert "Try again in 1 s" in refused["result"]["content"][0]["text"]
    assert again["result"]["content"][0]["text"] == "x"
    assert completed["result"]["completion"] == {"values": [], "hasMore": True}
    recorded = [(one.name, one.completes, error.code, error.retry_after) for one, error in hub.refused]
    assert recorded == [
        ("bench_echo", None, "quota_exceeded", 1.0),
        ("bench_review", "tone", "quota_exceeded", 1.0),
    ]
    assert [one.name for one in hub.calls] == ["bench_wait", "bench_echo"]
