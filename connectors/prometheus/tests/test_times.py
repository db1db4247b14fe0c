import pytest
from hub_connector_prometheus.times import (
    MOST_POINTS,
    Window,
    age,
    clock,
    fitting_step,
    lasting,
    moment_of,
    roughly,
    window,
)
from hypothesis import given
from hypothesis import strategies as st

from hub.connector.annotations import parse_duration
from hub.plugin import Duration, InvalidArguments, Moment

NOON = 1_767_268_800.0  # 2026-01-01T12:00:00Z


@pytest.mark.parametrize(
    ("length", "step"), [(60, 1), (3600, 15), (6 * 3600, 120), (86400, 600), (7 * 86400, 3600), (90 * 86400, 43200)]
)
def test_the_automatic_step_is_round_and_gives_about_240_points(length: float, step: float) -> None:
    assert fitting_step(length, 240) == step


@given(st.floats(min_value=0.01, max_value=1e10), st.integers(min_value=1, max_value=11_000))
def test_no_step_ever_gives_more_points_than_wanted(length: float, points: int) -> None:
    assert length / fitting_step(length, points) <= points


@given(st.floats(min_value=0.001, max_value=1e6), st.floats(min_value=1, max_value=1e9))
def test_a_window_stays_below_the_servers_bound_whatever_step_is_asked_for(step: float, length: float) -> None:
    span = window(Moment(NOON), Moment(NOON + length), Duration(step), 240)
    assert span.length / span.step < MOST_POINTS
    assert span.raised == (span.step != step)


def test_a_raised_step_is_told() -> None:
    span = window(Moment(NOON), Moment(NOON + 86400), Duration(1), 240)
    assert (
        str(span)
        == "2026-01-01T12:00:00Z to 2026-01-02T12:00:00Z, step 10s (raised: 11,000 points a series is the most)"
    )


def test_moments_from_the_clock_are_cut_to_the_second_and_written_ones_kept() -> None:
    span = window(Moment(NOON + 0.123456), Moment(NOON + 60.25), None, 60)
    assert (span.start, span.end) == (NOON, NOON + 60.25)
    assert str(span) == "2026-01-01T12:00:00Z to 2026-01-01T12:01:00.250Z, step 2s"


def test_an_empty_range_is_refused() -> None:
    with pytest.raises(InvalidArguments, match="is not before end"):
        window(Moment(NOON), Moment(NOON), None, 240)
    with pytest.raises(InvalidArguments, match="longer than 0s"):
        window(Moment(NOON), Moment(NOON + 1), Duration(0), 240)


def test_times_within_a_window_are_as_short_as_they_can_be() -> None:
    day = Window(start=NOON, end=NOON + 3600, step=60)
    assert clock(NOON + 300, day) == "12:05"
    assert clock(NOON + 301, day) == "12:05:01"
    assert clock(NOON + 86400, Window(start=NOON, end=NOON + 86400, step=600)) == "01-02 12:00"


@given(st.integers(min_value=1, max_value=10**9))
def test_lengths_are_written_so_that_they_can_be_read_back(length: int) -> None:
    assert parse_duration(lasting(length)) == length


@pytest.mark.parametrize(("length", "text"), [(0, "0s"), (0.25, "250ms"), (1.5, "1.5s"), (90, "1m30s")])
def test_short_lengths_are_written_exactly(length: float, text: str) -> None:
    assert lasting(length) == text


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        ("2026-01-01T11:59:48.123456789Z", "12s"),
        ("2026-01-01T12:55:00+01:00", "5m"),
        ("2025-12-30T12:00:00Z", "2d"),
        ("0001-01-01T00:00:00Z", "never"),
        ("", "?"),
    ],
)
def test_the_age_of_a_go_time_is_told_roughly(moment: str, text: str) -> None:
    assert age(moment, NOON) == text


def test_a_clock_that_runs_ahead_gives_no_negative_age() -> None:
    assert roughly(-3) == "0s"


def test_a_time_of_the_api_is_told_to_the_second_in_utc() -> None:
    assert moment_of("2026-01-01T12:00:00.123456789Z") == "2026-01-01T12:00:00Z"
    assert moment_of("2026-01-01T13:00:00+01:00") == "2026-01-01T12:00:00Z"
    assert moment_of("whenever") == "?"
