"""The hub over standard input and output."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any

import pytest
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters

from hub.config.models import ServerTable
from hub.server import unanswered
from hub.server.stdio import serve_stdio
from hub.server.unanswered import Unanswered

ERAS = pytest.mark.parametrize("mode", ["legacy", "2026-07-28", "auto"])
HELLO = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
ENVELOPE = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": dict[str, Any](),
}

PROGRAM = """
import asyncio, importlib.util, sys
from hub.server.lines import claimed_stdio
from hub.server.stdio import run_stdio
spec = importlib.util.spec_from_file_location("fixture_hub", {conftest!r})
module = sys.modules["fixture_hub"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)

async def main():
    with claimed_stdio() as (read, write):
        await run_stdio(module.FakeHub().as_hub(), read, write)

asyncio.run(main())
"""


def request(number: Any, method: str, params: Any = None) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params or {}}


class Peer:
    """A client at the level of lines."""

    def __init__(self, reader: asyncio.StreamReader, write: int, transport: asyncio.ReadTransport) -> None:
        self._reader = reader
        self._write = write
        self.pause = transport.pause_reading
        self.resume = transport.resume_reading

    def send(self, *messages: Any) -> None:
        for message in messages:
            line = message if isinstance(message, bytes) else json.dumps(message).encode()
            os.write(self._write, line + b"\n")

    def close(self) -> None:
        with contextlib.suppress(OSError):
            os.close(self._write)

    async def receive(self) -> Any:
        line = await self._reader.readline()
        return json.loads(line) if line else None

    async def initialize(self) -> None:
        self.send(request(0, "initialize", HELLO), {"jsonrpc": "2.0", "method": "notifications/initialized"})
        assert (await self.receive())["id"] == 0


@pytest.fixture
def piped() -> Callable[..., Any]:
    """Gives a context manager that serves a hub over two pipes."""

    @contextlib.asynccontextmanager
    async def serve(hub: Any, stop: asyncio.Event | None = None) -> AsyncGenerator[Peer]:
        to_server, from_client = os.pipe()[::-1]
        from_server, to_client = os.pipe()
        reader = asyncio.StreamReader(limit=2**24)
        loop = asyncio.get_running_loop()
        transport, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(from_server, "rb")
        )
        serving = asyncio.create_task(serve_stdio(hub.as_hub(), from_client, to_client, stop or asyncio.Event()))
        peer = Peer(reader, to_server, transport)
        try:
            yield peer
        finally:
            peer.close()
            await serving
            os.close(to_client)
            os.close(from_client)
            transport.close()

    return serve


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A program that serves the fixture hub over its standard input and output."""
    path = tmp_path / "serve.py"
    path.write_text(PROGRAM.format(conftest=str(Path(__file__).with_name("conftest.py"))))
    return path


@ERAS
async def test_a_client_starts_the_program_and_calls_tools(program: Path, mode: str) -> None:
    heard: list[str | None] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        heard.append(message)

    parameters = StdioServerParameters(command=sys.executable, args=[str(program)])
    async with Client(parameters, mode=mode) as client:
        assert len((await client.list_tools()).tools) == 8
        shouted = await client.call_tool("bench_shout")  # prints, which must not reach the wire
        await client.call_tool("bench_steps", progress_callback=hear)
    assert getattr(shouted.content[0], "text", "") == "shouted"
    assert heard == ["one", "two"]


@pytest.mark.parametrize("era", ["2025-11-25", "2026-07-28"])
def test_the_end_of_the_input_loses_no_answer(program: Path, era: str) -> None:
    call = {"name": "bench_echo", "arguments": {"text": "last"}}
    if era == "2025-11-25":
        messages = [request(0, "initialize", HELLO), {"jsonrpc": "2.0", "method": "notifications/initialized"}]
        messages += [request(1, "tools/call", call)]
    else:
        messages = [request(1, "tools/call", {**call, "_meta": ENVELOPE})]
    lines = "".join(json.dumps(message) + "\n" for message in messages)
    done = subprocess.run([sys.executable, str(program)], input=lines.encode(), capture_output=True, check=True)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert answers[-1]["id"] == 1
    assert answers[-1]["result"]["content"] == [{"type": "text", "text": "last"}]


async def test_the_end_of_the_input_waits_for_a_call_in_flight(fake_hub: Any, piped: Any) -> None:
    async with piped(fake_hub) as peer:
        await peer.initialize()
        peer.send(request(1, "tools/call", {"name": "bench_wait"}))
        await fake_hub.signals.started.wait()
        peer.close()
        fake_hub.signals.release.set()
        assert (await peer.receive())["result"]["content"][0]["text"] == "released"


async def test_a_call_that_never_ends_does_not_keep_the_program(make_hub: Any, piped: Any) -> None:
    hub = make_hub(server=ServerTable(drain=0.05))
    async with piped(hub) as peer:
        await peer.initialize()
        peer.send(request(1, "tools/call", {"name": "bench_wait"}))
        await hub.signals.started.wait()
        peer.close()
        assert (await peer.receive())["error"]["message"] == "Connection closed"
        await hub.signals.cancelled.wait()


async def test_an_open_subscription_does_not_keep_the_program(fake_hub: Any, piped: Any) -> None:
    listen: dict[str, Any] = {"notifications": {"toolsListChanged": True}, "_meta": ENVELOPE}
    async with piped(fake_hub) as peer:
        peer.send(request(1, "subscriptions/listen", listen))
        assert (await peer.receive())["method"] == "notifications/subscriptions/acknowledged"
        fake_hub.change("tools")
        assert (await peer.receive())["method"] == "notifications/tools/list_changed"
        peer.close()
        assert "result" in await peer.receive()


async def test_a_client_of_the_older_era_hears_of_changes(fake_hub: Any, piped: Any) -> None:
    async with piped(fake_hub) as peer:
        await peer.initialize()
        peer.send(request(1, "ping"))
        await peer.receive()
        fake_hub.change("tools")
        assert (await peer.receive())["method"] == "notifications/tools/list_changed"


async def test_stopping_lets_the_call_in_flight_answer(fake_hub: Any, piped: Any) -> None:
    stop = asyncio.Event()
    async with piped(fake_hub, stop) as peer:
        await peer.initialize()
        peer.send(request(1, "tools/call", {"name": "bench_wait"}))
        await fake_hub.signals.started.wait()
        stop.set()
        fake_hub.signals.release.set()
        assert (await peer.receive())["result"]["content"][0]["text"] == "released"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_program_though_its_input_stays_open(program: Path, number: int) -> None:
    with subprocess.Popen(
        [sys.executable, str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(request(0, "initialize", HELLO)).encode() + b"\n")
        process.stdin.flush()
        assert process.stdout.readline()
        process.send_signal(number)
        assert process.wait(10) == 0


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"nonsense", -32700),
        (b'{"jsonrpc":"2.0","id":1,"method":"ping","method":"ping"}', -32600),
        (b"[]", -32600),
        (b'{"jsonrpc":"1.0","id":1,"method":"ping"}', -32600),
        (b"\xff\xfe", -32700),
        (b"x" * 2000, -32600),
    ],
)
async def test_a_line_that_is_no_message_is_answered_and_the_next_one_served(
    make_hub: Any, piped: Any, line: bytes, code: int
) -> None:
    async with piped(make_hub(server=ServerTable(max_request_bytes=1024))) as peer:
        await peer.initialize()
        peer.send(line, b"", request(2, "ping"))
        answer = await peer.receive()
        assert (answer["id"], answer["error"]["code"]) == (None, code)
        assert (await peer.receive())["id"] == 2


async def test_an_id_in_flight_is_not_taken_twice(fake_hub: Any, piped: Any) -> None:
    async with piped(fake_hub) as peer:
        await peer.initialize()
        peer.send(request(1, "tools/call", {"name": "bench_wait"}))
        await fake_hub.signals.started.wait()
        peer.send(request(1, "tools/call", {"name": "bench_echo"}))
        assert (await peer.receive())["error"]["message"] == "A request with the id 1 is still being answered"
        fake_hub.signals.release.set()
        assert (await peer.receive())["result"]["content"][0]["text"] == "released"
    assert len(fake_hub.calls) == 1


async def test_a_cancelled_call_is_not_answered_and_its_id_is_free_again(fake_hub: Any, piped: Any) -> None:
    cancel = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}
    async with piped(fake_hub) as peer:
        await peer.initialize()
        peer.send(request(1, "tools/call", {"name": "bench_wait"}))
        await fake_hub.signals.started.wait()
        peer.send(cancel)
        await fake_hub.signals.cancelled.wait()
        peer.send(request(1, "ping"))
        assert (await peer.receive()) == {"jsonrpc": "2.0", "id": 1, "result": {}}


async def test_many_requests_at_once_are_all_answered(fake_hub: Any, piped: Any) -> None:
    async with piped(fake_hub) as peer:
        await peer.initialize()
        sending = asyncio.create_task(asyncio.to_thread(peer.send, *(request(n, "ping") for n in range(1, 3001))))
        answered = {(await peer.receive())["id"] for _ in range(3000)}
        await sending
    assert answered == set(range(1, 3001))


async def test_a_client_that_sends_many_calls_ahead_is_slowed_down_and_not_refused(
    make_hub: Any, piped: Any
) -> None:
    hub = make_hub(server=ServerTable(max_concurrent_calls=2))
    async with piped(hub) as peer:
        await peer.initialize()
        calls = [request(n, "tools/call", {"name": "bench_wait"}) for n in range(1, 21)]
        sending = asyncio.create_task(asyncio.to_thread(peer.send, *calls[:4], request(0, "ping"), *calls[4:]))
        assert (await peer.receive())["id"] == 0  # a ping gets past the calls that wait
        for _ in range(2):
            await hub.signals.arrivals.get()
        assert len(hub.calls) == 2
        hub.signals.release.set()
        answers = [await peer.receive() for _ in calls]
        await sending
    assert {answer["id"] for answer in answers} == set(range(1, 21))
    assert {answer["result"]["content"][0]["text"] for answer in answers} == {"released"}
    assert hub.refused == []


@pytest.mark.parametrize("cancelling", [False, True])
async def test_a_client_that_never_reads_is_not_read_from_either(
    make_hub: Any, piped: Any, monkeypatch: pytest.MonkeyPatch, cancelling: bool
) -> None:
    full = asyncio.Event()
    most, most_bytes = 0, 0

    class Watched(Unanswered):
        def add(self, head: Any, size: int) -> None:
            nonlocal most, most_bytes
            super().add(head, size)
            most, most_bytes = max(most, len(self)), max(most_bytes, self.held)

        async def room(self, size: int) -> None:
            if not self.has_room(size):
                full.set()
            await super().room(size)

    monkeypatch.setattr(unanswered, "Unanswered", Watched)
    settings = ServerTable(max_concurrent_calls=8, max_request_bytes=64 * 1024)
    text = "x" * 30_000
    messages: list[Any] = []
    for n in range(1, 301):
        messages.append(request(n, "tools/call", {"name": "bench_echo", "arguments": {"text": text}}))
        if cancelling:
            messages.append({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": n}})
    messages.append(request("last", "ping"))
    async with piped(make_hub(server=settings)) as peer:
        await peer.initialize()
        peer.pause()
        sending = asyncio.create_task(asyncio.to_thread(peer.send, *messages))
        await full.wait()
        peer.resume()
        seen = 0
        while (await peer.receive())["id"] != "last":
            seen += 1
        await sending
    assert seen == 300 or cancelling
    assert most <= 32
    assert most_bytes <= 4 * settings.max_request_bytes


async def test_the_caller_is_the_local_user(fake_hub: Any, piped: Any) -> None:
    async with piped(fake_hub) as peer:
        await peer.initialize()
        peer.send(request(1, "tools/call", {"name": "bench_echo"}))
        await peer.receive()
    assert [(call.principal.how, call.transport) for call in fake_hub.calls] == [("local", "stdio")]


def test_serving_over_stdio_imports_no_more_than_the_sdk_does() -> None:
    program = """
import json, sys
import mcp.server.lowlevel
before = set(sys.modules)
import hub.server.stdio, hub.server.lines
print(json.dumps(sorted({name.partition(".")[0] for name in set(sys.modules) - before})))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    added = set(json.loads(done.stdout)) - set(sys.stdlib_module_names)
    assert added <= {"hub"}, added
