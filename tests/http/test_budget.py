"""Budgets and pauses: when the next request may leave."""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.config.rates import Rate
from hub.connector.service import Service
from hub.errors import ConfigError, ConnectorError, PermissionDenied, RateLimited
from hub.http.budget import LONGEST_PAUSE, Budget, Gate
from hub.http.client import ServiceClient
from hub.http.clock import Clock
from hub.http.vendor_limits import pause_asked, retry_after
from hub.testing.faults import Received, fault_server, http_answer
from hub.testing.http import FastClock

OpenClient = Callable[..., AbstractAsyncContextManager[ServiceClient]]


@given(st.integers(1, 20), st.integers(1, 60), st.lists(st.floats(0, 30), min_size=1, max_size=80))
def test_no_window_ever_holds_more_than_the_budget(count: int, seconds: int, gaps: list[float]) -> None:
    budget, now, starts = Budget(Rate(count, seconds)), 0.0, list[float]()
    for gap in gaps:
        now += gap
        starts.append(budget.reserve(now))
    assert starts == sorted(starts)
    for i in range(len(starts) - count):
        assert starts[i + count] - starts[i] >= seconds - 1e-6


async def ok(_: Received, __: asyncio.StreamWriter) -> bytes:
    return http_answer()


async def test_requests_wait_for_the_budget_and_then_pass(open_client: OpenClient, clock: FastClock) -> None:
    async with fault_server(ok) as server, open_client(server.url, rate_limit="2/10s") as client:
        for _ in range(5):
            await client.get("/")
    assert len(server.requests) == 5
    assert sum(clock.waits) == pytest.approx(20, abs=0.5)


async def test_a_budget_used_up_for_longer_than_the_wait_allowed_is_refused(open_client: OpenClient) -> None:
    async with fault_server(ok) as server, open_client(server.url, rate_limit="1/minute") as client:
        await client.get("/")
        with pytest.raises(RateLimited, match=r"budget for Fake is used up\. Try again in 60 s") as refused:
            await client.post("/")
    assert refused.value.retry_after == pytest.approx(60, abs=1)
    assert len(server.requests) == 1


class Timetable:
    """A clock that stands still, but for waits; what is planned for one of them happens while it lasts."""

    def __init__(self) -> None:
        self.waits: list[float] = []
        self.plan: dict[int, Callable[[], None]] = {}
        self.clock = Clock(now=lambda: sum(self.waits), sleep=self.sleep)

    async def sleep(self, seconds: float) -> None:
        self.plan.pop(len(self.waits), lambda: None)()
        self.waits.append(seconds)


async def test_a_request_in_turn_for_the_budget_obeys_a_pause_asked_for_meanwhile() -> None:
    gate, times = Gate("Fake", "1/10s"), Timetable()
    await gate.enter(100, times.clock)
    times.plan[0] = lambda: gate.close(15)
    await gate.enter(100, times.clock)
    assert times.waits[:2] == [10, 5]
    assert times.clock.now() == 20


async def test_a_request_in_turn_for_the_budget_is_refused_when_the_pause_is_too_long_to_wait_for() -> None:
    gate, times = Gate("Fake", "1/10s"), Timetable()
    await gate.enter(100, times.clock)
    times.plan[0] = lambda: gate.close(60)
    with pytest.raises(RateLimited, match="asked for a pause") as refused:
        await gate.enter(100, times.clock)
    assert refused.value.retry_after == 50


async def test_waits_one_after_the_other_do_not_add_up_beyond_the_longest() -> None:
    gate, times = Gate("Fake", None), Timetable()
    gate.close(15)
    times.plan[0] = lambda: gate.close(30)
    with pytest.raises(RateLimited):
        await gate.enter(100, times.clock)
    assert times.waits == [15]


def test_a_rate_that_is_none_is_a_configuration_error() -> None:
    with pytest.raises(ConfigError, match="rate limit of Fake"):
        ServiceClient(Service(base_url="http://x", label="Fake", rate_limit="fast"))


async def storm(_: Received, __: asyncio.StreamWriter) -> bytes:
    return http_answer(status=429, headers={"retry-after": "30"})


async def test_a_pause_closes_the_service_for_everybody(open_client: OpenClient, clock: FastClock) -> None:
    async with fault_server(storm) as server, open_client(server.url) as client:
        for _ in range(20):
            with pytest.raises(RateLimited) as refused:
                await client.get("/")
            assert refused.value.retry_after == pytest.approx(30, abs=1)
    assert len(server.requests) == 1
    assert clock.waits == []


async def test_a_short_pause_is_waited_for_and_the_read_repeated(open_client: OpenClient, clock: FastClock) -> None:
    async def once(_: Received, __: asyncio.StreamWriter) -> bytes:
        return (
            await storm(_, __)
            if len(server.requests) > 1
            else http_answer(status=429, headers={"retry-after": "3"})
        )

    async def then_ok(_: Received, __: asyncio.StreamWriter) -> bytes:
        return http_answer() if len(server.requests) > 1 else await once(_, __)

    async with fault_server(then_ok) as server, open_client(server.url) as client:
        await client.get("/")
    assert clock.waits == [pytest.approx(3, abs=0.2)]


async def test_a_write_is_not_repeated_after_429_and_says_when(open_client: OpenClient) -> None:
    async def limited(_: Received, __: asyncio.StreamWriter) -> bytes:
        return http_answer(status=429, headers={"retry-after": "3"})

    async with fault_server(limited) as server, open_client(server.url) as client:
        with pytest.raises(RateLimited, match="Try again in 3 s"):
            await client.post("/")
    assert len(server.requests) == 1


async def test_503_is_repeated_with_the_pause_it_asks_for(open_client: OpenClient, clock: FastClock) -> None:
    async def failing(_: Received, __: asyncio.StreamWriter) -> bytes:
        return http_answer() if len(server.requests) > 2 else http_answer(status=503, headers={"retry-after": "2"})

    async with fault_server(failing) as server, open_client(server.url) as client:
        await client.get("/")
    assert clock.waits == [2.0, 2.0]


async def test_a_403_of_a_spent_budget_is_a_rate_limit_and_another_is_not(open_client: OpenClient) -> None:
    async def github(request: Received, _: asyncio.StreamWriter) -> bytes:
        spent = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(time.time()) + 120)}
        left = {"x-ratelimit-remaining": "12", "x-ratelimit-reset": str(int(time.time()) + 120)}
        return http_answer(status=403, headers=spent if request.target == "/spent" else left)

    async with fault_server(github) as server, open_client(server.url) as client:
        with pytest.raises(PermissionDenied):
            await client.get("/left")
        with pytest.raises(RateLimited) as limited:
            await client.get("/spent")
        assert limited.value.retry_after == pytest.approx(120, abs=2)
    assert len(server.requests) == 2


NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"retry-after": "-5"}, 0),
        ({"retry-after": "1e9"}, LONGEST_PAUSE),
        ({"retry-after": "9" * 400}, LONGEST_PAUSE),
        ({"retry-after": "NaN"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": format_datetime(NOW + timedelta(seconds=90), usegmt=True)}, 90),
        ({"retry-after": format_datetime(NOW - timedelta(days=9), usegmt=True)}, 0),
        ({"retry-after": "2026-03-01T12:00:30Z"}, 30),
        ({"retry-after": "Wed, 99 Foo 2026"}, None),
    ],
)
def test_retry_after_is_read_in_every_form_and_capped(headers: Mapping[str, str], seconds: float | None) -> None:
    assert retry_after({**headers, "date": format_datetime(NOW, usegmt=True)}) == seconds


@pytest.mark.parametrize(
    ("status", "headers", "seconds"),
    [
        (429, {}, 1.0),
        (429, {"retry-after": "garbage"}, 1.0),
        (429, {"x-ratelimit-reset": "17"}, 17),
        (429, {"x-ratelimit-reset": "2026-03-01T12:01Z"}, 60),
        (429, {"x-ratelimit-reset": str(int(NOW.timestamp()) + 5)}, 5),
        (403, {"retry-after": "4"}, 4),
        (403, {"x-ratelimit-remaining": "0"}, None),
        (403, {}, None),
        (200, {"retry-after": "4"}, None),
        (503, {"retry-after": "4"}, None),
    ],
)
def test_a_pause_is_known_by_status_and_headers(
    status: int, headers: Mapping[str, str], seconds: float | None
) -> None:
    assert pause_asked(status, {**headers, "date": format_datetime(NOW, usegmt=True)}) == seconds


@pytest.mark.parametrize(
    ("status", "headers", "says", "pause"),
    [
        (403, {}, 60.0, 60),
        (429, {}, 60.0, 60),
        (403, {"retry-after": "90"}, 60.0, 90),
        (403, {}, 1e9, LONGEST_PAUSE),
        (429, {}, None, 1),
        (403, {}, None, None),
        (500, {}, 60.0, None),
    ],
)
async def test_a_connector_may_know_a_pause_that_no_header_tells(
    open_client: OpenClient, status: int, headers: Mapping[str, str], says: float | None, pause: float | None
) -> None:
    async def limited(_: Received, __: asyncio.StreamWriter) -> bytes:
        return http_answer(status=status, headers=headers)

    def told(_: object) -> float | None:
        return says

    async with fault_server(limited) as server, open_client(server.url, untold_pause=told) as client:
        with pytest.raises(ConnectorError) as refused:
            await client.post("/")
    assert refused.value.retry_after == pause


async def test_a_connector_that_fails_to_read_a_pause_leaves_the_status_as_it_is(open_client: OpenClient) -> None:
    async def forbidden(_: Received, __: asyncio.StreamWriter) -> bytes:
        return http_answer(status=403)

    def broken(_: object) -> float:
        raise KeyError

    async with fault_server(forbidden) as server, open_client(server.url, untold_pause=broken) as client:
        with pytest.raises(PermissionDenied):
            await client.post("/")


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_no_header_makes_a_pause_endless_or_negative(after: str, reset: str, date: str) -> None:
    pause = pause_asked(429, {"retry-after": after, "x-ratelimit-reset": reset, "date": date})
    assert pause is not None
    assert 0 <= pause <= LONGEST_PAUSE
