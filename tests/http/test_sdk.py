"""Vendor SDKs through the client: every request of theirs is guarded, and their threads end with the call."""

import asyncio
import io
import json
import threading
import time
from collections.abc import Callable, Generator
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from hub.errors import (
    DeadlineExceeded,
    InvalidArguments,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    ResponseTooLarge,
    ServiceUnavailable,
)
from hub.http.client import ServiceClient
from hub.http.exchange import Exchange, current_exchange
from hub.http.sdk import WorkAbandoned
from hub.testing.faults import Received, fault_server, http_answer
from hub.testing.http import no_escape

OpenClient = Callable[..., AbstractAsyncContextManager[ServiceClient]]


@pytest.fixture(autouse=True)
def guarded() -> Generator[None]:
    with no_escape():
        yield


async def echo(request: Received, _: asyncio.StreamWriter) -> bytes:
    if request.target.startswith("/status/"):
        return http_answer(
            b'{"message": "no"}', status=int(request.target[8:]), headers={"content-type": "application/json"}
        )
    if request.target == "/away":
        return http_answer(status=302, headers={"location": "http://localhost:1/x"})
    if request.target == "/moved":
        return http_answer(status=302, headers={"location": "/there"})
    if request.target == "/never":
        await asyncio.Event().wait()
    told = {"method": request.method, "target": request.target, "body": request.body.decode(), **request.headers}
    return http_answer(json.dumps(told).encode(), headers={"content-type": "application/json", "set-cookie": "a=b"})


async def test_a_session_reaches_the_service_with_the_clients_credential(open_client: OpenClient) -> None:
    def work(session: requests.Session) -> Any:
        session.headers["Authorization"] = "Bearer placeholder"
        session.auth = ("user", "pass")
        session.cookies.set("c", "1")
        answer = session.get(f"{server.url}/a%2Fb", params={"q": "x y"}, timeout=(3, 5))
        assert not answer.cookies
        return answer.json()

    real = {"Authorization": "Bearer real"}
    async with fault_server(echo) as server, open_client(server.url, auth_headers=lambda: real) as client:
        told = await client.run_sdk(work)
    assert told["target"] == "/a%2Fb?q=x+y"
    assert told["authorization"] == "Bearer real"
    assert "cookie" not in told
    assert "python-requests" not in told["user-agent"]


async def test_https_written_by_an_sdk_is_taken_for_the_base_urls_scheme(open_client: OpenClient) -> None:
    async with fault_server(echo) as server, open_client(server.url) as client:
        url = server.url.replace("http:", "https:")
        assert (await client.run_sdk(lambda session: session.get(f"{url}/x").json()))["target"] == "/x"


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:1/x",
        "https://evil.example/",
        "http://user:pw@127.0.0.1/",
        "http://127.0.0.1:1/",
        "{base}/../x",
    ],
)
async def test_no_other_host_is_called(open_client: OpenClient, url: str) -> None:
    async with fault_server(echo) as server, open_client(server.url + "/base") as client:
        with pytest.raises(InvalidArguments):
            await client.run_sdk(lambda session: session.get(url.format(base=server.url + "/base")))
    assert server.requests == []


async def test_redirects_are_followed_to_the_service_only_and_never_for_a_write(open_client: OpenClient) -> None:
    async with fault_server(echo) as server, open_client(server.url) as client:
        assert (await client.run_sdk(lambda session: session.get(f"{server.url}/moved").json()))[
            "target"
        ] == "/there"
        with pytest.raises(InvalidArguments, match="localhost:1"):
            await client.run_sdk(lambda session: session.get(f"{server.url}/away"))
        assert await client.run_sdk(lambda session: session.post(f"{server.url}/moved").status_code) == 302
        location = await client.run_sdk(
            lambda s: s.get(f"{server.url}/away", allow_redirects=False).headers["location"]
        )
    assert location == "http://localhost:1/x"
    assert [request.method for request in server.requests].count("POST") == 1


async def test_what_an_sdk_mounts_is_ignored(open_client: OpenClient) -> None:
    async with fault_server(echo) as server, open_client(server.url) as client:

        def work(session: requests.Session) -> int:
            session.mount(server.url, HTTPAdapter(max_retries=3))
            return session.get(f"{server.url}/x").status_code

        assert await client.run_sdk(work) == 200


async def test_an_error_answer_reaches_the_sdk_and_comes_out_as_the_hubs_error(open_client: OpenClient) -> None:
    class VendorError(Exception):
        pass

    async with fault_server(echo) as server, open_client(server.url) as client:

        def gives_up(session: requests.Session) -> None:
            if session.get(f"{server.url}/status/404").status_code == 404:
                raise VendorError(f"GET {server.url} failed with cookies and all")

        def copes(session: requests.Session) -> Any:
            session.get(f"{server.url}/status/404")
            return session.get(f"{server.url}/x").json()["target"]

        def fails_on_its_own(session: requests.Session) -> None:
            copes(session)
            raise VendorError("its own fault")

        with pytest.raises(NotFound, match=r"Fake has nothing there \(404\): no"):
            await client.run_sdk(gives_up)
        assert await client.run_sdk(copes) == "/x"
        with pytest.raises(VendorError, match="its own fault"):
            await client.run_sdk(fails_on_its_own)


async def test_the_clients_refusals_come_out_even_if_the_sdk_wraps_them(open_client: OpenClient) -> None:
    async with fault_server(echo) as server, open_client(server.url, rate_limit="1/hour", max_bytes=100) as client:

        def wraps(session: requests.Session) -> None:
            try:
                session.get(f"{server.url}/x")
            except Exception as error:
                raise ValueError("wrapped") from error

        with pytest.raises(ResponseTooLarge):
            await client.run_sdk(wraps)
        with pytest.raises(RateLimited):
            await client.run_sdk(wraps)


async def test_reads_of_an_sdk_are_repeated_and_writes_are_not(open_client: OpenClient) -> None:
    async def drops(request: Received, _: asyncio.StreamWriter) -> None:
        return None

    async with fault_server(drops) as server, open_client(server.url) as client:
        with pytest.raises(ServiceUnavailable):
            await client.run_sdk(lambda session: session.get(server.url))
        with pytest.raises(OutcomeUnknown):
            await client.run_sdk(lambda session: session.post(server.url))
        with pytest.raises(ServiceUnavailable):
            await client.run_sdk(lambda session: session.post(server.url), safe=True)
    assert [request.method for request in server.requests] == ["GET"] * 3 + ["POST"] * 4


async def test_an_sdk_refuses_to_run_on_the_event_loop(open_client: OpenClient) -> None:
    async with fault_server(echo) as server, open_client(server.url) as client:
        kept: list[requests.Session] = []
        await client.run_sdk(kept.append)
        with pytest.raises(RuntimeError, match="inside run_sdk"):
            kept[0].get(server.url)


async def test_cancelling_ends_the_request_and_refuses_the_next_one(open_client: OpenClient) -> None:
    ended = threading.Event()
    swallowed: list[str] = []

    async with fault_server(echo) as server, open_client(server.url) as client:

        def stubborn(session: requests.Session) -> None:
            try:
                for _ in range(3):
                    try:
                        session.get(f"{server.url}/never")
                    except Exception as error:  # noqa: BLE001  an SDK's retry loop
                        swallowed.append(repr(error))
            except WorkAbandoned:
                ended.set()
                raise

        task = asyncio.create_task(client.run_sdk(stubborn))
        await server.received()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(ended.wait, 5)
    assert len(server.requests) == 1
    assert swallowed == []


async def test_work_that_is_cancelled_while_it_computes_cannot_send_any_more(open_client: OpenClient) -> None:
    computing, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    async with fault_server(echo) as server, open_client(server.url) as client:

        def work(session: requests.Session) -> None:
            computing.set()
            go_on.wait(5)
            try:
                session.post(f"{server.url}/late")
            finally:
                ended.set()

        task = asyncio.create_task(client.run_sdk(work))
        await asyncio.to_thread(computing.wait, 5)
        task.cancel()
        await asyncio.wait([task])
        go_on.set()
        assert await asyncio.to_thread(ended.wait, 5)
    assert server.requests == []


async def test_time_over_tells_a_read_from_a_write(open_client: OpenClient) -> None:
    async with fault_server(echo) as server, open_client(server.url) as client:
        with pytest.raises(DeadlineExceeded):
            await client.run_sdk(lambda session: session.get(f"{server.url}/never"), timeout=0.1)
        with pytest.raises(OutcomeUnknown):
            await client.run_sdk(lambda session: session.post(f"{server.url}/never"), timeout=0.1)
        over = threading.Event()
        with pytest.raises(DeadlineExceeded):
            await client.run_sdk(lambda _: over.wait(5), timeout=0.1)
        over.set()


async def test_the_requests_of_an_sdk_count_for_the_call(open_client: OpenClient) -> None:
    exchange = Exchange(deadline=time.monotonic() + 20)
    token = current_exchange.set(exchange)
    async with fault_server(echo) as server, open_client(server.url) as client:
        await client.run_sdk(lambda session: [session.post(server.url).content for _ in range(3)])
        assert (exchange.requests, exchange.unanswered_writes) == (3, 0)
        with pytest.raises(OutcomeUnknown):
            await client.run_sdk(lambda session: session.post(f"{server.url}/never"), timeout=0.1)
        await asyncio.sleep(0)
        assert (exchange.requests, exchange.unanswered_writes) == (4, 1)
    current_exchange.reset(token)


async def test_closing_the_client_ends_the_work(open_client: OpenClient) -> None:
    async with fault_server(echo) as server, open_client(server.url) as client:
        task = asyncio.create_task(client.run_sdk(lambda session: session.get(f"{server.url}/never")))
        await server.received()
        await client.aclose()
        with pytest.raises(ServiceUnavailable, match="closed"):
            await task


async def test_work_that_waits_for_a_thread_when_the_client_closes_is_told_so(open_client: OpenClient) -> None:
    begun, over = threading.Event(), threading.Event()

    def work(_: requests.Session) -> None:
        begun.set()
        over.wait(5)

    async with open_client("http://127.0.0.1:1", max_connections=1) as client:
        tasks = [asyncio.create_task(client.run_sdk(work)) for _ in range(2)]
        await asyncio.to_thread(begun.wait, 5)
        await client.aclose()
        with pytest.raises(ServiceUnavailable, match="closed"):
            await tasks[1]
        over.set()
        await tasks[0]


async def test_threads_are_bounded_and_survive_many_cancellations(open_client: OpenClient) -> None:
    async with fault_server(echo) as server, open_client(server.url, max_connections=4) as client:

        async def some() -> None:
            task = asyncio.create_task(client.run_sdk(lambda session: session.get(f"{server.url}/x").status_code))
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task])

        await asyncio.gather(*(some() for _ in range(200)))
        names = {thread.name for thread in threading.enumerate() if thread.name.startswith("hub-sdk")}
        assert len(names) <= 4
        answers = await asyncio.gather(
            *(client.run_sdk(lambda session: session.get(f"{server.url}/x").status_code) for _ in range(20))
        )
    assert answers == [200] * 20


@pytest.mark.parametrize(
    ("body", "sent"),
    [(b"bytes", b"bytes"), ("t\u00e9xt", b"t\xc3\xa9xt"), (io.BytesIO(b"file"), b"file"), ({"a": "1"}, b"a=1")],
)
async def test_bodies_of_every_kind_are_sent(open_client: OpenClient, body: Any, sent: bytes) -> None:
    async with fault_server(echo) as server, open_client(server.url) as client:
        await client.run_sdk(lambda session: session.put(server.url, data=body))
        await client.run_sdk(lambda session: session.put(server.url, data=iter([b"a", b"b"])))
    assert [request.body for request in server.requests] == [sent, b"ab"]
