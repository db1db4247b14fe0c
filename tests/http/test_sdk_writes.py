"""Writes of vendor SDKs: one whose outcome is unknown is sent once, whatever the SDK makes of the failure."""

import asyncio
import threading
from collections.abc import Callable, Generator
from contextlib import AbstractAsyncContextManager, suppress
from typing import Any

import pytest
import requests

from hub.errors import OutcomeUnknown, ResponseTooLarge
from hub.http.client import ServiceClient
from hub.http.sdk import WorkAbandoned
from hub.testing.faults import Received, fault_server, http_answer
from hub.testing.http import no_escape

OpenClient = Callable[..., AbstractAsyncContextManager[ServiceClient]]


@pytest.fixture(autouse=True)
def guarded() -> Generator[None]:
    with no_escape():
        yield


async def answer(request: Received, _: asyncio.StreamWriter) -> bytes:
    if request.target == "/never":
        await asyncio.Event().wait()
    return http_answer(status=401 if request.target == "/refused" else 200)


def three_times(send: Callable[[], requests.Response]) -> str:
    """An SDK's own retry loop: it repeats whatever failed, and tells nobody."""
    for _ in range(3):
        try:
            if send().status_code < 500:
                return "done"
        except Exception:  # noqa: BLE001, S112  as such loops are
            continue
    return "gave up"


async def drop(_: Received, __: asyncio.StreamWriter) -> None:
    return None


async def bad_gateway(_: Received, __: asyncio.StreamWriter) -> bytes:
    return http_answer(status=502)


async def half_an_answer(_: Received, writer: asyncio.StreamWriter) -> None:
    writer.write(http_answer(b"half", status=201, headers={"content-length": "8"}))
    await writer.drain()
    writer.close()


@pytest.mark.parametrize("lost", [drop, bad_gateway, half_an_answer])
async def test_a_write_whose_outcome_is_unknown_is_not_sent_again_by_an_sdks_own_loop(
    open_client: OpenClient, lost: Any
) -> None:
    async with fault_server(lost) as server, open_client(server.url) as client:
        with pytest.raises(OutcomeUnknown):
            await client.run_sdk(lambda session: three_times(lambda: session.post(f"{server.url}/w")))
    assert [request.method for request in server.requests] == ["POST"]


async def test_a_write_whose_answer_is_too_large_is_not_sent_again_by_an_sdks_own_loop(
    open_client: OpenClient,
) -> None:
    async def large(_: Received, __: asyncio.StreamWriter) -> bytes:
        return http_answer(b"x" * 200, status=201)

    async with fault_server(large) as server, open_client(server.url, max_bytes=100) as client:
        with pytest.raises(ResponseTooLarge, match="answered with status 201"):
            await client.run_sdk(lambda session: three_times(lambda: session.post(f"{server.url}/w")))
    assert len(server.requests) == 1


async def test_a_write_of_unknown_outcome_stays_so_whatever_the_sdk_makes_of_it(open_client: OpenClient) -> None:
    def swallows_everything(session: requests.Session) -> str:
        for path in ("/w", "/look"):
            try:
                session.request("GET" if path == "/look" else "POST", server.url + path)
            except BaseException:  # noqa: BLE001, S112  the worst an SDK can do
                continue
        return "done"

    async with fault_server(drop) as server, open_client(server.url) as client:
        with pytest.raises(OutcomeUnknown):
            await client.run_sdk(swallows_everything)
    assert [request.target for request in server.requests] == ["/w"]


async def test_a_write_declared_safe_may_be_sent_again(open_client: OpenClient) -> None:
    async def fifth_time(_: Received, __: asyncio.StreamWriter) -> bytes:
        return http_answer(status=502 if len(server.requests) < 5 else 200)

    async with fault_server(fifth_time) as server, open_client(server.url) as client:
        done = await client.run_sdk(lambda s: three_times(lambda: s.post(f"{server.url}/w")), safe=True)
    assert done == "done"


async def test_a_write_that_was_never_sent_leaves_the_sdk_its_say(open_client: OpenClient) -> None:
    async with fault_server(answer) as server, open_client(server.url, rate_limit="1/hour") as client:
        await client.get("/x")
        told = await client.run_sdk(lambda session: three_times(lambda: session.post(f"{server.url}/w")))
    assert told == "gave up"
    assert [request.method for request in server.requests] == ["GET"]


async def test_a_write_that_the_service_itself_refused_may_be_followed_by_another(open_client: OpenClient) -> None:
    async with fault_server(answer) as server, open_client(server.url) as client:

        def renews_its_token(session: requests.Session) -> int:
            assert session.post(f"{server.url}/refused").status_code == 401
            return session.post(f"{server.url}/w").status_code

        assert await client.run_sdk(renews_its_token) == 200


async def test_a_write_under_way_beside_a_later_read_is_unknown_when_time_is_over(open_client: OpenClient) -> None:
    writing = threading.Event()

    async def service(request: Received, writer: asyncio.StreamWriter) -> bytes:
        if request.method == "POST":
            writing.set()
        return await answer(request, writer)

    async with fault_server(service) as server, open_client(server.url) as client:

        def two_at_once(session: requests.Session) -> None:
            def write() -> None:
                with suppress(WorkAbandoned):
                    session.post(f"{server.url}/never")

            other = threading.Thread(target=write, daemon=True)
            other.start()
            writing.wait(5)
            session.get(f"{server.url}/x")
            other.join(5)

        with pytest.raises(OutcomeUnknown):
            await client.run_sdk(two_at_once, timeout=0.5)
    assert [request.method for request in server.requests] == ["POST", "GET"]


async def test_a_write_under_way_when_the_client_closes_is_unknown(open_client: OpenClient) -> None:
    async with fault_server(answer) as server, open_client(server.url) as client:
        task = asyncio.create_task(client.run_sdk(lambda session: session.post(f"{server.url}/never")))
        await server.received()
        await client.aclose()
        with pytest.raises(OutcomeUnknown, match="the client was closed"):
            await task
