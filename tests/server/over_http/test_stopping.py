"""Starting and stopping the HTTP server."""

import asyncio
import contextlib
import os
import signal
import socket
import time
from typing import Any

import pytest

from hub.config.models import ServerTable
from hub.errors import ConfigError, StartError
from hub.server import uvicorn_protocol
from hub.server.http import run_http, serve_http


async def test_a_busy_port_is_said_in_one_line(fake_hub: Any) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(StartError) as caught:
            async with serve_http(fake_hub.as_hub(), port=port):
                raise AssertionError
    assert str(caught.value) == f"Port {port} is in use. Set [server] port or --port"


async def test_an_address_that_is_not_this_machines_is_said(fake_hub: Any) -> None:
    for host in ("no-such-host.invalid", "192.0.2.1"):
        fake_hub.keys = {"k": None}
        with pytest.raises(StartError) as caught:
            async with serve_http(fake_hub.as_hub(), host=host, port=0):
                raise AssertionError
        assert "[server] host" in caught.value.hint


async def test_port_0_takes_a_free_one_and_says_which(fake_hub: Any, served: Any) -> None:
    async with served(fake_hub) as first, served(fake_hub) as second:
        assert first.address.port != second.address.port
        assert first.address.mcp == f"http://127.0.0.1:{first.address.port}/mcp"


async def test_open_streams_do_not_hold_up_the_end(make_hub: Any, served: Any, modern_request: Any) -> None:
    hub = make_hub(server=ServerTable(port=0, sse=True))
    message, headers = modern_request("subscriptions/listen", {"notifications": {"toolsListChanged": True}})
    async with contextlib.AsyncExitStack() as streams:
        async with served(hub) as wire:
            session = await wire.initialize()
            listen, get, old = [
                await streams.enter_async_context(stream)
                for stream in (
                    wire.stream(message, headers),
                    wire.stream(None, session, verb="GET"),
                    wire.stream(None, {}, verb="GET", path="/sse"),
                )
            ]
            assert [status for status, _ in (listen, get, old)] == [200, 200, 200]
            await listen[1].message()
            await old[1].next()
            stopping = time.monotonic()
        assert time.monotonic() - stopping < 1.5
        assert "result" in await listen[1].message()  # it ends with its result, as the specification wants
        assert await get[1].next() is None
        assert await old[1].next() is None


async def test_a_call_in_flight_finishes_and_answers(fake_hub: Any, served: Any) -> None:
    async with served(fake_hub) as wire:
        session = await wire.initialize()
        wait = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "bench_wait"}}
        modern = asyncio.create_task(wire.ask("tools/call", {"name": "bench_wait"}))
        earlier = asyncio.create_task(wire.send(wait, session))
        for _ in range(2):
            await fake_hub.signals.arrivals.get()
        asyncio.get_running_loop().call_later(0.1, fake_hub.signals.release.set)
    assert fake_hub.drained == 10.0
    for answer in (await modern, await earlier):
        assert answer.json["result"]["content"][0]["text"] == "released"


async def test_a_call_that_never_ends_is_cut_off(make_hub: Any, served: Any) -> None:
    hub = make_hub(server=ServerTable(port=0, drain=0.05))
    async with served(hub) as wire:
        session = await wire.initialize()
        wait = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "bench_wait"}}
        earlier = asyncio.create_task(wire.send(wait, session))
        modern = asyncio.create_task(wire.ask("tools/call", {"name": "bench_wait"}))
        for _ in range(2):
            await hub.signals.arrivals.get()
        stopping = time.monotonic()
    assert time.monotonic() - stopping < 6
    assert hub.signals.cancelled.is_set()
    assert "session ended" in (await earlier).json["error"]["message"]
    assert (await modern).status == 503


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_the_program(fake_hub: Any, number: int) -> None:
    ready = asyncio.Event()
    running = asyncio.create_task(run_http(fake_hub.as_hub(), port=0, ready=lambda _: ready.set()))
    await ready.wait()
    os.kill(os.getpid(), number)
    await asyncio.wait_for(running, 3)
    assert fake_hub.drained == 10.0


async def test_a_second_signal_does_not_wait_for_calls(make_hub: Any) -> None:
    hub = make_hub(server=ServerTable(port=0, drain=60))
    drains = asyncio.Event()

    async def drain(_: float) -> None:
        drains.set()
        await asyncio.Event().wait()

    hub.drain = drain
    ready = asyncio.Event()
    running = asyncio.create_task(run_http(hub.as_hub(), port=0, ready=lambda _: ready.set()))
    await ready.wait()
    os.kill(os.getpid(), signal.SIGTERM)
    await drains.wait()
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(running, 3)


async def test_a_hangup_signal_reads_the_settings_again_and_serves_on(fake_hub: Any) -> None:
    read = asyncio.Event()

    async def reload() -> frozenset[str]:
        read.set()
        raise ConfigError("hub.toml is wrong")

    fake_hub.reload = reload
    ready = asyncio.Event()
    running = asyncio.create_task(run_http(fake_hub.as_hub(), port=0, ready=lambda _: ready.set()))
    await ready.wait()
    os.kill(os.getpid(), signal.SIGHUP)
    await read.wait()
    assert not running.done()
    os.kill(os.getpid(), signal.SIGTERM)
    await running


@pytest.mark.parametrize("beginning", [b"", b"POST /mcp HT", b"POST /mcp HTTP/1.1\r\nHost: x\r\n", b"\r\n"])
async def test_a_request_that_does_not_arrive_is_hung_up_on(
    fake_hub: Any, served: Any, beginning: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uvicorn_protocol, "SECONDS", 0.0)
    async with served(fake_hub) as wire:
        reader, writer = await asyncio.open_connection(wire.address.host, wire.address.port)
        writer.write(beginning)
        assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()


async def test_a_slow_body_is_hung_up_on_and_a_slow_call_is_not(
    fake_hub: Any, served: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uvicorn_protocol, "SECONDS", 0.0)
    async with served(fake_hub) as wire:
        calling = asyncio.create_task(wire.ask("tools/call", {"name": "bench_wait"}))
        await fake_hub.signals.started.wait()
        reader, writer = await asyncio.open_connection(wire.address.host, wire.address.port)
        host = f"127.0.0.1:{wire.address.port}"
        head = f"POST /mcp HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n"
        writer.write(head.encode() + b"{")
        assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()
        fake_hub.signals.release.set()
        assert (await calling).status == 200
