"""SandboxHost: apps on loopback ports within the running loop."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import httpx
import pytest

from hub.connector.sandboxes import ASGIApp
from hub.errors import StartError
from hub.sandbox.host import SandboxHost

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]


def saying(text: str) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": text.encode()})

    return app


async def get(url: str) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.get(url)


async def test_each_app_answers_on_its_own_loopback_port_as_soon_as_serve_returns() -> None:
    async with SandboxHost() as host:
        one, two = await host.serve("one", saying("first")), await host.serve("two", saying("second"))
        assert one != two
        assert one.startswith("http://127.0.0.1:")
        assert host.urls == {"one": one, "two": two}
        assert (await get(one)).text == "first"
        assert (await get(two)).text == "second"


async def test_answers_name_the_sandbox_as_their_server() -> None:
    async with SandboxHost() as host:
        answer = await get(await host.serve("one", saying("x")))
    assert answer.headers["server"] == "hub-sandbox"


async def test_signal_handlers_are_left_alone() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    async with SandboxHost() as host:
        await host.serve("one", saying("x"))
        assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


async def test_after_closing_the_port_is_free_and_no_task_is_left() -> None:
    tasks = asyncio.all_tasks()
    host = SandboxHost()
    url = await host.serve("one", saying("x"))
    async with httpx.AsyncClient(trust_env=False) as client:
        await client.get(url)
        await host.aclose()  # while the client still holds its connection
    await host.aclose()
    assert host.urls == {}
    with pytest.raises(httpx.ConnectError):
        await get(url)
    assert asyncio.all_tasks() == tasks


async def test_an_answer_under_way_is_finished_before_the_host_closes() -> None:
    started, go_on = asyncio.Event(), asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise NotImplementedError
        started.set()
        await go_on.wait()
        await saying("done")(scope, receive, send)

    host = SandboxHost()
    asking = asyncio.ensure_future(get(await host.serve("slow", app)))
    await started.wait()
    closing = asyncio.ensure_future(host.aclose())
    go_on.set()
    await closing
    assert (await asking).text == "done"


async def test_an_answer_that_takes_too_long_is_cut_off_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("hub.sandbox.host._CLOSING_SECONDS", 0)
    started = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise NotImplementedError
        started.set()
        await asyncio.Event().wait()

    host = SandboxHost()
    asking = asyncio.ensure_future(get(await host.serve("stuck", app)))
    await started.wait()
    await host.aclose()
    assert (await asking).status_code == 503
    assert not [record for record in caplog.records if record.exc_info]


async def test_a_name_can_be_served_once() -> None:
    async with SandboxHost() as host:
        await host.serve("one", saying("x"))
        with pytest.raises(StartError, match="already being served"):
            await host.serve("one", saying("y"))


async def test_an_app_whose_own_start_fails_is_a_start_error_and_the_rest_goes_on() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no world today"})

    async with SandboxHost() as host:
        url = await host.serve("one", saying("x"))
        with pytest.raises(StartError, match="'broken' failed while starting"):
            await host.serve("broken", app)
        assert (await get(url)).text == "x"
        assert list(host.urls) == ["one"]


async def test_the_lifespan_of_an_app_runs_around_its_serving() -> None:
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            for _ in range(2):
                event = (await receive())["type"]
                seen.append(event)
                await send({"type": f"{event}.complete"})
        else:
            await saying("x")(scope, receive, send)

    async with SandboxHost() as host:
        await get(await host.serve("one", app))
        assert seen == ["lifespan.startup"]
    assert seen == ["lifespan.startup", "lifespan.shutdown"]
