import math
import random

import pytest
from hub_connector_prometheus.series import Series
from hub_connector_prometheus.summary import Summary, find_step, most_changed, summarise, trend
from hub_connector_prometheus.times import Window
from hypothesis import given
from hypothesis import strategies as st

START = 1_767_268_800.0  # 2026-01-01T12:00:00Z
STEP = 15.0


def summary_of(values: list[float], first: int = 0, last: int | None = None) -> Summary:
    points = [(START + STEP * index, value) for index, value in enumerate(values)][first:last]
    span = Window(start=START, end=START + STEP * (len(values) - 1), step=STEP)
    return summarise(Series(labels={}, points=points), span)


def at_intervals(values: list[float]) -> list[tuple[float, float]]:
    return [(START + STEP * index, value) for index, value in enumerate(values)]


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True, width=32), min_size=1, max_size=60))
def test_the_figures_are_in_order_for_any_values(values: list[float]) -> None:
    found = summary_of(values)
    finite = [value for value in values if math.isfinite(value)]
    assert found.left_out == len(values) - len(finite)
    if finite:
        slack = 1e-9 * max(abs(value) for value in finite)
        assert found.low - slack <= found.mean <= found.high + slack
    else:
        assert math.isnan(found.mean)
    assert len(found.cells()) == 6


@given(
    st.integers(min_value=5, max_value=230),
    st.floats(min_value=-1e6, max_value=1e6),
    st.floats(min_value=1, max_value=1e6),
)
def test_a_step_is_found_where_it_is(at: int, level: float, height: float) -> None:
    if height < 0.2 * abs(level):
        height += abs(level)
    found = find_step(at_intervals([level] * at + [level + height] * (241 - at)))
    assert found is not None
    assert found.at == START + STEP * at
    assert found.before == pytest.approx(level)
    assert found.after == pytest.approx(level + height)


def test_a_step_in_noise_is_told_with_both_levels_and_its_time() -> None:
    chance = random.Random(7)  # noqa: S311  noise, not a secret
    values = [chance.gauss(0.01 if index < 120 else 0.35, 0.01) for index in range(241)]
    found = summary_of(values)
    assert found.trend == "up"
    before, _, rest = found.change.partition("→")
    after, _, at = rest.partition(" at ")
    assert float(before) == pytest.approx(0.01, abs=0.005)
    assert float(after) == pytest.approx(0.35, abs=0.005)
    assert at == "12:30:00Z"


def test_noise_a_ramp_a_wave_and_a_spike_are_no_steps() -> None:
    chance = random.Random(3)  # noqa: S311  noise, not a secret
    shapes = {
        "noise": [chance.gauss(10, 1) for _ in range(241)],
        "ramp": [float(index) for index in range(241)],
        "wave": [10 + math.sin(index / 10) for index in range(241)],
        "spike": [1.0] * 120 + [50.0] * 2 + [1.0] * 119,
        "constant": [5.0] * 241,
        "zeros": [0.0] * 241,
        "wiggle": [100.0 + (index > 100) for index in range(241)],
    }
    assert {name: find_step(at_intervals(values)) for name, values in shapes.items()} == dict.fromkeys(shapes)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ([100 + index for index in range(101)], "up 100%"),
        ([200 - index for index in range(101)], "down 50%"),
        ([float(index) for index in range(101)], "up 100"),
        ([5.0] * 50, "flat"),
        ([0.0] * 50, "flat"),
        ([1000 + index * 0.1 for index in range(50)], "flat"),
        ([1.0, 2.0], ""),
    ],
)
def test_a_trend_is_told_as_a_share_where_there_is_something_to_share(values: list[float], told: str) -> None:
    assert trend(at_intervals(values)) == told


def test_a_series_that_begins_and_ends_within_the_range_says_when() -> None:
    found = summary_of([1.0] * 241, 20, 221)
    assert found.change == "starts 12:05:00Z, ends 12:55:00Z"
    assert found.weight > summary_of([1.0] * 241).weight


def test_not_a_number_stays_visible_as_the_last_value() -> None:
    found = summary_of([1.0, 2.0, math.nan])
    assert found.cells()[:4] == ["1", "2", "1.5", "NaN"]
    assert summary_of([math.inf]).cells()[:4] == ["-", "-", "-", "+Inf"]


def test_of_many_series_those_that_vary_most_are_kept() -> None:
    def series(name: str, values: list[float]) -> Series:
        return Series(labels={"n": name}, points=at_intervals(values))

    many = [series(f"flat{n}", [1000.0, 1001.0]) for n in range(50)]
    many += [
        series("step", [1.0, 9.0]),
        series("nothing", [math.nan]),
        series("zero", [0.0]),
        series("half", [4.0, 8.0]),
    ]
    assert [one.labels["n"] for one in most_changed(many, 2)] == ["step", "half"]
    assert most_changed(many, 100) is many
