"""The kit for authors: respx mocks the whole client, and a fixture catches whatever gets past it."""

import asyncio
import http.client
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Generator
from contextlib import AbstractAsyncContextManager, suppress
from typing import Any

import httpx
import pytest
import requests
import respx

from hub.connector.base import Connector, ConnectorContext
from hub.connector.settings import ConnectorSettings
from hub.errors import OutcomeUnknown, RateLimited, ResponseTooLarge
from hub.http.client import ServiceClient
from hub.testing.faults import Received, fault_server, http_answer
from hub.testing.http import mock_services, no_escape

OpenClient = Callable[..., AbstractAsyncContextManager[ServiceClient]]
URL = "https://api.example.com"


class ShopSettings(ConnectorSettings):
    url: str = URL


class Shop(Connector[ShopSettings]):
    """A connector as its author writes it."""

    async def stock(self) -> int:
        return (await self.http.get("/stock")).json()["count"]


def shop() -> Shop:
    return Shop(ShopSettings(), ConnectorContext(namespace="shop", open_service=ServiceClient))


@pytest.fixture
def mocked() -> Generator[respx.Router]:
    router = respx.Router(base_url=URL)
    with mock_services(router):
        yield router


async def test_a_connector_talks_to_the_mock(mocked: respx.Router) -> None:
    route = mocked.get("/stock").respond(json={"count": 3})
    with no_escape():
        assert await shop().stock() == 3
    calls: Any = route.calls
    assert calls[0].request.headers["user-agent"].startswith("mcp-integration-hub/")


async def test_an_unexpected_request_raises(mocked: respx.Router) -> None:
    with pytest.raises(AssertionError, match="not mocked"):
        await shop().stock()


async def ok(_: Received, __: asyncio.StreamWriter) -> bytes:
    return http_answer(b"fine")


async def test_the_mock_is_gone_afterwards(open_client: OpenClient) -> None:
    async with fault_server(ok) as server, open_client(server.url) as client:
        with mock_services(respx.Router()), pytest.raises(AssertionError):
            await client.get("/")
        assert (await client.get("/")).text == "fine"


async def test_budgets_retries_and_caps_hold_under_the_mock(mocked: respx.Router) -> None:
    client = shop().http
    flaky = mocked.get("/flaky")
    flaky.side_effect = [httpx.ConnectError("x"), httpx.ReadError("x"), httpx.Response(200, text="ok")]
    assert (await client.get("/flaky")).text == "ok"
    write = mocked.post("/write").mock(side_effect=httpx.ReadTimeout("x"))
    with pytest.raises(OutcomeUnknown):
        await client.post("/write")
    assert write.call_count == 1
    mocked.get("/big").respond(content=b"x" * 100)
    with pytest.raises(ResponseTooLarge):
        await client.get("/big", max_bytes=99)
    mocked.get("/limited").respond(429, headers={"retry-after": "100"})
    with pytest.raises(RateLimited):
        await client.get("/limited")


async def test_a_mocked_stream_is_read_in_pieces(mocked: respx.Router) -> None:
    mocked.get("/log").respond(content=b"line\n" * 1000)
    async with shop().http.stream("GET", "/log") as answer:
        assert sum([len(chunk) async for chunk in answer.aiter_bytes(100)]) == 5000


async def test_no_escape_lets_the_client_through(open_client: OpenClient) -> None:
    with no_escape():
        async with fault_server(ok) as server, open_client(server.url) as client:
            assert (await client.get("/")).text == "fine"
            assert await client.run_sdk(lambda session: session.get(server.url).text) == "fine"


def by_requests(port: int) -> None:
    requests.get(f"http://127.0.0.1:{port}", timeout=5)


def by_http_client(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", "/")
    connection.getresponse().read()
    connection.close()


def by_urllib(port: int) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}", timeout=5) as answer:
        answer.read()


def by_httpx(port: int) -> None:
    httpx.get(f"http://127.0.0.1:{port}")


def by_httpx_async(port: int) -> None:
    async def get() -> None:
        async with httpx.AsyncClient() as client:
            await client.get(f"http://127.0.0.1:{port}")

    asyncio.run(get())


@pytest.mark.parametrize("escape", [by_requests, by_http_client, by_urllib, by_httpx, by_httpx_async])
async def test_no_escape_catches_every_other_way_out_even_if_it_is_swallowed(escape: Callable[[int], None]) -> None:
    def swallowing(port: int) -> None:
        with suppress(Exception):
            escape(port)

    async with fault_server(ok) as server:
        with pytest.raises(AssertionError, match=f"past the guarded client.*{server.port}"), no_escape():
            await asyncio.to_thread(swallowing, server.port)
        assert server.connections == 0
        await asyncio.to_thread(escape, server.port)
        assert server.connections == 1


def test_building_a_client_imports_no_http_library() -> None:
    code = (
        "import sys; from hub.plugin import Service, ServiceClient; ServiceClient(Service(base_url='http://x'));"
        "print([name for name in ('httpx', 'aiohttp', 'requests', 'stamina', 'limits') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
