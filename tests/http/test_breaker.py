"""The circuit breaker: a service that does not answer is not asked by every call."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest

from hub.errors import OutcomeUnknown, ServiceUnavailable
from hub.http.breaker import FAILURES_TO_OPEN, LONGEST_PAUSE, SHORTEST_PAUSE, Breaker
from hub.http.client import ServiceClient
from hub.http.clock import Clock
from hub.testing.faults import Received, fault_server, http_answer
from hub.testing.http import FastClock

OpenClient = Callable[..., AbstractAsyncContextManager[ServiceClient]]


class Hands:
    """A clock that stands still until somebody moves it."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.clock = Clock(now=lambda: self.seconds)


@pytest.fixture
def hands() -> Hands:
    return Hands()


def opened(hands: Hands) -> Breaker:
    breaker = Breaker("Fake", "connectors.fake.url")
    for _ in range(FAILURES_TO_OPEN):
        breaker.enter(hands.clock)
        breaker.failed(hands.clock)
    return breaker


def test_it_stays_closed_while_answers_come_in_between(hands: Hands) -> None:
    breaker = Breaker("Fake")
    for _ in range(FAILURES_TO_OPEN - 1):
        breaker.failed(hands.clock)
    breaker.answered()
    breaker.failed(hands.clock)
    assert breaker.enter(hands.clock) is False


def test_an_open_one_refuses_at_once_and_names_the_setting(hands: Hands) -> None:
    with pytest.raises(ServiceUnavailable, match=r"not asked again\..*connectors\.fake\.url") as refused:
        opened(hands).enter(hands.clock)
    assert refused.value.retry_after == pytest.approx(SHORTEST_PAUSE)


def test_after_the_pause_a_single_request_tries(hands: Hands) -> None:
    breaker = opened(hands)
    hands.seconds += SHORTEST_PAUSE
    assert breaker.enter(hands.clock) is True
    with pytest.raises(ServiceUnavailable):
        breaker.enter(hands.clock)
    breaker.left()
    assert breaker.enter(hands.clock) is True


def test_the_pause_doubles_up_to_a_minute_and_an_answer_ends_it(hands: Hands) -> None:
    breaker = opened(hands)
    pauses: list[float | None] = []
    for _ in range(6):
        hands.seconds += LONGEST_PAUSE
        assert breaker.enter(hands.clock)
        breaker.failed(hands.clock)
        breaker.left()
        with pytest.raises(ServiceUnavailable) as refused:
            breaker.enter(hands.clock)
        pauses.append(refused.value.retry_after)
    assert pauses == [10, 20, 40, 60, 60, 60]
    hands.seconds += LONGEST_PAUSE
    assert breaker.enter(hands.clock)
    breaker.answered()
    breaker.left()
    assert breaker.enter(hands.clock) is False
    assert breaker.down_since is None


async def test_a_service_that_is_gone_is_asked_no_more_and_logged_once(
    open_client: OpenClient, clock: FastClock, caplog: pytest.LogCaptureFixture
) -> None:
    async def close(_: Received, writer: asyncio.StreamWriter) -> bytes:
        writer.close()
        return b""

    async with fault_server(close) as server, open_client(server.url) as client:
        for _ in range(FAILURES_TO_OPEN):
            with pytest.raises(OutcomeUnknown):
                await client.post("/")
        reached = len(server.requests)
        for _ in range(3):
            with pytest.raises(ServiceUnavailable, match="not asked again"):
                await client.post("/")
        assert len(server.requests) == reached == FAILURES_TO_OPEN
        assert "has not answered since" in client.health()
    logged = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert [record.message for record in logged] == ["Fake does not answer; calls to it fail at once until it does"]


async def test_errors_that_the_service_itself_answers_do_not_open_it(open_client: OpenClient) -> None:
    async def broken(_: Received, __: asyncio.StreamWriter) -> bytes:
        return http_answer(status=500)

    async with fault_server(broken) as server, open_client(server.url) as client:
        for _ in range(FAILURES_TO_OPEN * 2):
            with pytest.raises(ServiceUnavailable, match="500"):
                await client.post("/")
    assert len(server.requests) == FAILURES_TO_OPEN * 2


async def test_health_says_what_is_left_of_the_budget(open_client: OpenClient) -> None:
    async def fine(_: Received, __: asyncio.StreamWriter) -> bytes:
        return http_answer()

    async with fault_server(fine) as server, open_client(server.url, rate_limit="300/minute") as client:
        await client.get("/")
        assert client.health() == "Fake lets 299 of 300/minute through at once"
