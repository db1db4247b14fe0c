"""Not sent, unknown or answered: what the client makes of every way in which an attempt can end."""

import asyncio
import random
import socket
import time
from collections.abc import Callable, Generator
from contextlib import AbstractAsyncContextManager

import pytest

from hub.errors import DeadlineExceeded, OutcomeUnknown, ServiceUnavailable
from hub.http.address import Origin
from hub.http.client import ServiceClient
from hub.http.clock import Clock
from hub.http.exchange import Exchange, current_exchange
from hub.http.guard import AddressGuard
from hub.http.outcome import NotSent
from hub.http.wire import Wire, replaced_wire
from hub.testing.faults import Received, fault_server, http_answer
from hub.testing.http import FastClock

OpenClient = Callable[..., AbstractAsyncContextManager[ServiceClient]]


@pytest.fixture
def exchange() -> Generator[Exchange]:
    traffic = Exchange(deadline=time.monotonic() + 30)
    token = current_exchange.set(traffic)
    yield traffic
    current_exchange.reset(token)


def closed_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


async def drop(_: Received, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def never(_: Received, __: asyncio.StreamWriter) -> bytes:
    await asyncio.Event().wait()
    return b""


async def ok(_: Received, __: asyncio.StreamWriter) -> bytes:
    return http_answer(b"fine")


async def test_a_get_and_a_post_reach_the_service_and_come_back(open_client: OpenClient) -> None:
    async with fault_server(ok) as server, open_client(server.url + "/base") as client:
        answer = await client.get("/items", params={"q": "a b"})
        await client.post("/items", json={"name": "ä"})
    assert (answer.status_code, answer.text) == (200, "fine")
    assert [(r.method, r.target) for r in server.requests] == [
        ("GET", "/base/items?q=a+b"),
        ("POST", "/base/items"),
    ]
    assert server.requests[1].body == b'{"name":"\xc3\xa4"}'
    assert server.requests[1].headers["content-type"] == "application/json"


async def test_a_url_reaches_the_service_with_its_escapes_as_written(open_client: OpenClient) -> None:
    async with fault_server(ok) as server, open_client(server.url) as client:
        await client.get(
            "/%41%2c/{id}", path_params={"id": "a/..b,~"}, params={"query": 'up{a="b"}', "t": ["1", "+"]}
        )
    assert server.requests[0].target == "/%41%2c/a%2F..b%2C~?query=up%7Ba%3D%22b%22%7D&t=1&t=%2B"


async def test_the_request_behind_an_answer_can_be_looked_at(open_client: OpenClient) -> None:
    async with fault_server(ok) as server, open_client(server.url) as client:
        answer = await client.get("/items")
    assert (answer.request.method, str(answer.url)) == ("GET", f"{server.url}/items")
    assert answer.json is not None
    assert answer.reason_phrase == "Answer"
    assert [chunk async for chunk in answer.aiter_bytes()] == [b"fine"]


async def test_a_dropped_write_was_sent_once_and_is_reported_as_unknown(
    open_client: OpenClient, exchange: Exchange
) -> None:
    async with fault_server(drop) as server, open_client(server.url) as client:
        with pytest.raises(OutcomeUnknown, match="may or may not have happened"):
            await client.post("/items", json={})
    assert len(server.requests) == 1
    assert (exchange.requests, exchange.unanswered_writes) == (1, 1)


async def test_a_refused_connection_was_not_sent_even_for_a_write(
    open_client: OpenClient, exchange: Exchange
) -> None:
    async with open_client(f"http://127.0.0.1:{closed_port()}") as client:
        with pytest.raises(
            ServiceUnavailable, match=r"Fake cannot be reached: connection refused.*connectors\.fake\.url"
        ):
            await client.post("/items", json={})
    assert (exchange.requests, exchange.unanswered_writes) == (0, 0)


async def test_a_write_is_repeated_when_it_was_certainly_not_sent(
    open_client: OpenClient, exchange: Exchange, clock: FastClock
) -> None:
    port = closed_port()
    served: list[bytes] = []
    listening: list[asyncio.Server] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.append(await reader.readuntil(b"{}"))
        writer.write(http_answer())
        await writer.drain()
        writer.close()

    async def come_up(_: float) -> None:
        listening.append(await asyncio.start_server(serve, "127.0.0.1", port))

    replaced_wire.set(Wire(clock=Clock(sleep=come_up)))
    async with open_client(f"http://127.0.0.1:{port}") as client:
        assert (await client.post("/items", json={})).status_code == 200
    listening[0].close()
    assert len(served) == 1
    assert (exchange.requests, exchange.unanswered_writes) == (1, 0)


async def test_a_read_is_repeated_after_a_dropped_connection(open_client: OpenClient, exchange: Exchange) -> None:
    async def twice_dropped(_: Received, writer: asyncio.StreamWriter) -> bytes | None:
        return None if len(server.requests) < 3 else http_answer(b"third")

    async with fault_server(twice_dropped) as server, open_client(server.url) as client:
        assert (await client.get("/")).text == "third"
    assert exchange.requests == len(server.requests) == 3


async def test_a_read_gives_up_after_three_attempts(open_client: OpenClient, exchange: Exchange) -> None:
    async with fault_server(drop) as server, open_client(server.url) as client:
        with pytest.raises(ServiceUnavailable, match="gave no answer: the connection was closed"):
            await client.get("/")
    assert exchange.requests == len(server.requests) == 3


async def test_no_repeat_goes_unseen_when_a_kept_connection_is_dropped(
    open_client: OpenClient, exchange: Exchange
) -> None:
    async def only_the_first(_: Received, writer: asyncio.StreamWriter) -> bytes | None:
        return http_answer(b"one") if len(server.requests) == 1 else None

    async with fault_server(only_the_first) as server, open_client(server.url) as client:
        await client.get("/")
        with pytest.raises(ServiceUnavailable):
            await client.get("/")
    assert len(server.requests) == exchange.requests == 4
    assert server.connections == 3


@pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH", "POST"])
async def test_a_write_on_a_kept_connection_that_is_dropped_is_sent_once(
    open_client: OpenClient, method: str
) -> None:
    async def only_the_first(_: Received, writer: asyncio.StreamWriter) -> bytes | None:
        return http_answer(b"one") if len(server.requests) == 1 else None

    async with fault_server(only_the_first) as server, open_client(server.url) as client:
        await client.get("/")
        with pytest.raises(OutcomeUnknown):
            await client.request(method, "/")
    assert [request.method for request in server.requests] == ["GET", method]
    assert server.connections == 1


async def test_a_closed_client_opens_again_at_the_next_request(open_client: OpenClient) -> None:
    async with fault_server(ok) as server, open_client(server.url) as client:
        for _ in range(2):
            assert (await client.get("/")).text == "fine"
            await client.aclose()


async def test_a_post_declared_safe_is_repeated(open_client: OpenClient) -> None:
    async def second(_: Received, writer: asyncio.StreamWriter) -> bytes | None:
        return None if len(server.requests) == 1 else http_answer(b"{}")

    async with fault_server(second) as server, open_client(server.url) as client:
        await client.post("/search", json={"q": 1}, safe=True)
    assert [request.body for request in server.requests] == [b'{"q":1}'] * 2


async def test_a_write_whose_answer_breaks_off_is_unknown(open_client: OpenClient, exchange: Exchange) -> None:
    async def half(_: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(http_answer(b"half", status=201, headers={"content-length": "8"}))
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async with fault_server(half) as server, open_client(server.url) as client:
        with pytest.raises(OutcomeUnknown, match="the answer broke off"):
            await client.post("/items", content=b"x")
    assert exchange.unanswered_writes == 1


async def test_a_gateway_that_gives_up_on_a_write_leaves_it_unknown(open_client: OpenClient) -> None:
    async def gateway(_: Received, __: asyncio.StreamWriter) -> bytes:
        return http_answer(status=504)

    async with fault_server(gateway) as server, open_client(server.url) as client:
        with pytest.raises(OutcomeUnknown, match="gateway"):
            await client.post("/items")
    assert len(server.requests) == 1


async def test_a_write_without_an_answer_in_time_is_unknown_and_a_read_late(
    open_client: OpenClient, exchange: Exchange
) -> None:
    async with fault_server(never) as server, open_client(server.url, timeout=0.1) as client:
        with pytest.raises(OutcomeUnknown):
            await client.post("/items")
        assert exchange.unanswered_writes == 1
        with pytest.raises(DeadlineExceeded):
            await client.get("/items")
    assert exchange.unanswered_writes == 1


async def test_a_write_waiting_for_a_connection_was_not_sent_when_time_is_over(
    open_client: OpenClient, exchange: Exchange
) -> None:
    async with fault_server(never) as server, open_client(server.url, max_connections=1) as client:
        holder = asyncio.create_task(client.get("/slow"))
        await server.received()
        with pytest.raises(DeadlineExceeded):
            await client.post("/items", timeout=0.05)
        holder.cancel()
    assert exchange.unanswered_writes == 0
    assert [request.method for request in server.requests] == ["GET"]


async def test_the_calls_deadline_shortens_the_services_timeout(
    open_client: OpenClient, exchange: Exchange
) -> None:
    exchange.deadline = time.monotonic() + 0.1
    async with fault_server(never) as server, open_client(server.url, timeout=20) as client:
        with pytest.raises(DeadlineExceeded):
            await client.get("/")
        exchange.deadline = time.monotonic() - 1
        with pytest.raises(DeadlineExceeded):
            await client.get("/")
    assert len(server.requests) == 1


async def test_a_dripping_body_ends_with_the_total_deadline(open_client: OpenClient) -> None:
    async def drip(_: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(http_answer(headers={"content-length": "100000000"}))
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0)

    started = time.monotonic()
    async with fault_server(drip) as server, open_client(server.url) as client:
        with pytest.raises(DeadlineExceeded):
            await client.get("/", timeout=0.2)
    assert time.monotonic() - started < 2


async def test_a_cancelled_write_is_counted_as_unanswered_only_if_it_was_sent(
    open_client: OpenClient, exchange: Exchange
) -> None:
    async with fault_server(never) as server, open_client(server.url, max_connections=1) as client:
        sent = asyncio.create_task(client.post("/sent"))
        await server.received()
        queued = asyncio.create_task(client.post("/queued"))
        while exchange.requests < 2:  # noqa: ASYNC110  a queued request rings no bell
            await asyncio.sleep(0)
        queued.cancel()
        await asyncio.wait([queued])
        assert (exchange.requests, exchange.unanswered_writes) == (1, 1)
        sent.cancel()
        await asyncio.wait([sent])
    assert (exchange.requests, exchange.unanswered_writes) == (1, 1)


async def test_the_client_works_after_a_thousand_random_cancellations(open_client: OpenClient) -> None:
    dice = random.Random(7)  # noqa: S311  the same cancellations in every run

    async def some_turns(most: int) -> None:
        for _ in range(dice.randrange(most)):
            await asyncio.sleep(0)

    async def slow(_: Received, __: asyncio.StreamWriter) -> bytes:
        await some_turns(20)
        return http_answer(b"x" * 3000)

    async with fault_server(slow) as server, open_client(server.url, max_connections=10) as client:

        async def cancelled_some_time() -> None:
            task = asyncio.create_task(client.get("/"))
            await some_turns(60)
            task.cancel()
            await asyncio.wait([task])

        for _ in range(10):
            await asyncio.gather(*(cancelled_some_time() for _ in range(100)))
        answers = await asyncio.gather(*(client.get("/") for _ in range(30)))
    assert [answer.status_code for answer in answers] == [200] * 30


async def test_oversized_or_malformed_answers_are_the_services_fault(open_client: OpenClient) -> None:
    async def huge_header(request: Received, __: asyncio.StreamWriter) -> bytes:
        if request.target == "/header":
            return http_answer(headers={"x-long": "y" * 300_000})
        return b"SSH-2.0-OpenSSH_9.2\r\n\r\n"

    async with fault_server(huge_header) as server, open_client(server.url) as client:
        for path in ("/header", "/ssh"):
            with pytest.raises(ServiceUnavailable, match="not valid HTTP"):
                await client.get(path)


async def test_outside_a_call_everything_works_too(open_client: OpenClient) -> None:
    assert current_exchange.get() is None
    async with fault_server(ok) as server, open_client(server.url) as client:
        assert (await client.get("/")).is_success


async def test_large_bodies_are_sent_whole(open_client: OpenClient) -> None:
    async with fault_server(ok) as server, open_client(server.url) as client:
        await client.request("PUT", "/blob", content=b"z" * 3_000_000, headers={"Content-Type": "application/x-z"})
    assert len(server.requests[0].body) == 3_000_000
    assert server.requests[0].headers["content-type"] == "application/x-z"


async def test_a_request_still_on_its_way_when_the_client_closes_is_known_as_not_sent() -> None:
    from hub.http.parcel import Parcel
    from hub.http.transport import AiohttpCarrier

    own = Origin("http", "127.0.0.1", closed_port())
    carrier = AiohttpCarrier(
        guard=AddressGuard({(own.host, own.port)}), own=own, tls=None, max_connections=1, proxy=None
    )
    await carrier.aclose()
    with pytest.raises(NotSent, match="client is closed"):
        await carrier.send(Parcel(method="POST", url=f"{own}/", headers={}, body=b"x"))
