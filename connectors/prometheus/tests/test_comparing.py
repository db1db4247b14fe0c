import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
import respx
from hub_connector_prometheus.comparing import compared_windows

from hub.plugin import Duration, InvalidArguments, Moment

Call = Callable[..., Awaitable[str]]
DEPLOY = 1_767_276_300  # 2026-01-01T14:05:00Z


def server(router: respx.Router, before: dict[str, str], after: dict[str, str]) -> list[dict[str, str]]:
    """Answers with one value a code, before the deploy and after it; returns the forms it was sent."""
    asked: list[dict[str, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        asked.append(form)
        start = float(form["start"])
        chosen = before if start < DEPLOY else after
        result: list[dict[str, Any]] = [
            {"metric": {"job": "checkout", "code": code}, "values": [[start + n, value] for n in range(3)]}
            for code, value in chosen.items()
        ]
        return httpx.Response(200, json={"status": "success", "data": {"resultType": "matrix", "result": result}})

    router.post("/api/v1/query_range").mock(side_effect=answer)
    return asked


async def test_before_and_after_stand_side_by_side_largest_change_first(call: Call, router: respx.Router) -> None:
    server(router, {"200": "100", "304": "5", "401": "2"}, {"200": "90", "500": "7", "401": "44"})
    text = await call("compare", query="x", at="2026-01-01T14:05:00Z", window="30m")
    assert "before: 2026-01-01T13:35:00Z to 2026-01-01T14:05:00Z, step 10s" in text
    assert "after: 2026-01-01T14:05:00Z to 2026-01-01T14:35:00Z, step 10s" in text
    assert 'common labels: {job="checkout"}' in text
    assert text.splitlines()[-5:] == [
        "code\tmean before\tmean after\tdifference\tmax before\tmax after",
        "500\t-\t7\tnew\t-\t7",
        "304\t5\t-\tgone\t5\t-",
        "401\t2\t44\t22 times\t2\t44",
        "200\t100\t90\t-10.0%\t100\t90",
    ]


async def test_an_offset_compares_with_the_same_time_a_day_earlier(call: Call, router: respx.Router) -> None:
    asked = server(router, {"200": "1"}, {"200": "1"})
    await call("compare", query="x", at="2026-01-01T14:05:00Z", window="1h", offset="1d")
    starts = sorted(float(form["start"]) for form in asked)
    assert starts == [DEPLOY - 86400, DEPLOY]
    assert {form["step"] for form in asked} == {"15"}


async def test_what_rises_from_zero_is_told_in_figures(call: Call, router: respx.Router) -> None:
    server(router, {"500": "0", "200": "0"}, {"500": "0.35", "200": "0"})
    text = await call("compare", query="x", at="2026-01-01T14:05:00Z")
    assert "500\t0\t0.35\t+0.35" in text
    assert "200\t0\t0\t0%" in text


async def test_a_window_without_any_series_is_named(call: Call, router: respx.Router) -> None:
    server(router, {}, {"200": "1"})
    text = await call("compare", query="x", at="2026-01-01T14:05:00Z")
    assert "no series at all in the window before\n" in text
    assert "windows shortened" not in text


async def test_windows_that_had_to_be_shortened_are_told(call: Call, router: respx.Router) -> None:
    server(router, {"200": "1"}, {"200": "1"})
    assert "windows shortened to 15m: `at` is only that long ago" in await call("compare", query="x", at="now-15m")


async def test_nothing_in_either_window_is_explained(call: Call, router: respx.Router) -> None:
    server(router, {}, {})
    router.get("/api/v1/label/__name__/values").respond(json={"status": "success", "data": ["x_total"]})
    assert "no metric y_total" in await call("compare", query="y_total", at="2026-01-01T14:05:00Z")


def test_a_window_that_reaches_into_the_future_ends_now_and_so_does_its_elder() -> None:
    now = time.time()
    before, after = compared_windows(Moment(now - 900), Duration(3600), None)
    assert after.end == pytest.approx(now, abs=2)
    assert before.length == after.length
    assert before.end == after.start


def test_by_default_the_last_hour_is_held_against_the_one_before() -> None:
    before, after = compared_windows(None, Duration(3600), None)
    assert (before.length, after.length, before.end) == (3600, 3600, after.start)


@pytest.mark.parametrize(
    ("at", "length", "offset"),
    [
        (None, Duration(0), None),
        (None, Duration(1), Duration(0)),
        (Moment(time.time() + 86_400), Duration(1), None),
    ],
)
def test_windows_that_cannot_be_are_refused(at: Moment | None, length: Duration, offset: Duration | None) -> None:
    with pytest.raises(InvalidArguments):
        compared_windows(at, length, offset)
