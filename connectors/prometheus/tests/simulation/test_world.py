"""The simulated world is coherent: it tells one story, and its counters count."""

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hub_connector_prometheus.simulation.labels import NAME, value_of
from hub_connector_prometheus.simulation.traffic import Flow, noise
from hub_connector_prometheus.simulation.world import METADATA
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

Simulated = Any  # the fixture's own class lives in conftest.py, which tests cannot import
ERROR_RATIO = (
    'sum(rate(http_requests_total{job="checkout",code=~"5.."}[5m]))'
    ' / sum(rate(http_requests_total{job="checkout"}[5m]))'
)
P99 = 'histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket{job="checkout"}[5m])))'
shared = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)


@pytest.mark.parametrize("hours", [-300, -30, -6, -1, -0.1])
def test_before_the_deploy_about_two_in_a_thousand_requests_fail(world: Simulated, hours: float) -> None:
    assert 0.0008 < world.value(ERROR_RATIO, hours * 3600) < 0.004


@pytest.mark.parametrize("hours", [0.2, 0.5, 2, 6])
def test_after_the_deploy_about_seven_in_a_hundred_fail(world: Simulated, hours: float) -> None:
    assert 0.055 < world.value(ERROR_RATIO, hours * 3600) < 0.085


def test_the_deploy_makes_the_slowest_requests_slower(world: Simulated) -> None:
    assert world.value(P99, -600) < 0.6
    assert world.value(P99, 600) > 2


def test_only_checkout_and_what_depends_on_it_change_at_the_deploy(world: Simulated) -> None:
    ratio = (
        'sum by (job) (rate(http_requests_total{code=~"5.."}[10m])) / sum by (job) (rate(http_requests_total[10m]))'
    )
    changed = {
        value_of(row.labels, "job")
        for row in world.at(ratio, -60, 1200)
        if row.values[1] > 3 * (row.values[0] or 0)
    }
    assert changed == {"checkout", "frontend"}


def test_the_old_version_vanishes_instance_by_instance(world: Simulated) -> None:
    counts = [
        {value_of(row.labels, "version"): row.values[0] for row in world.at(versions, seconds)}
        for versions in ['count by (version) (app_build_info{job="checkout"})']
        for seconds in (-1, 20, 60, 120)
    ]
    assert counts == [{"1.42.0": 3}, {"1.42.0": 2, "1.43.0": 1}, {"1.42.0": 1, "1.43.0": 2}, {"1.43.0": 3}]


def test_the_deploy_leaves_its_time_in_a_metric(world: Simulated) -> None:
    assert world.value('deployment_timestamp_seconds{version="1.43.0"}', 60) == world.story.deploy_at.timestamp()


def test_the_exception_counted_is_the_one_of_the_story_and_counts_what_fails(world: Simulated) -> None:
    raised = world.value(
        f'sum(increase(checkout_exceptions_total{{exception="{world.story.exception}"}}[1h]))', 7200
    )
    failed = world.value('sum(increase(http_requests_total{job="checkout",code="500",method="POST"}[1h]))', 7200)
    assert raised == pytest.approx(failed, rel=0.05)


@shared
@given(seconds=st.floats(-14 * 86_400, 6 * 3600))
def test_requests_counted_by_code_and_by_duration_agree(world: Simulated, seconds: float) -> None:
    by_code = world.at("sum by (job) (rate(http_requests_total[10m]))", seconds)
    by_duration = world.at("sum by (job) (rate(http_request_duration_seconds_count[10m]))", seconds)
    for one, two in zip(by_code, by_duration, strict=True):
        assert one.labels == two.labels
        assert one.values[0] == pytest.approx(two.values[0], rel=0.12)


@shared
@given(start=st.integers(-14 * 86_400, 5 * 3600))
def test_counters_fall_only_when_their_process_restarts(world: Simulated, start: int) -> None:
    span = (world.deploy_ms + start * 1000, world.deploy_ms + (start + 900) * 1000)
    for series in world.series:
        name = value_of(series.labels, NAME)
        if not name.endswith(("_total", "_bucket", "_count", "_sum")):
            continue
        falls = sum(two < one for one, two in pairwise(series.value(at) for at in series.times(*span)))
        assert falls <= 1
        if falls:
            assert value_of(series.labels, "instance").startswith(("checkout", "payment-1")) or "container_" in name


@shared
@given(seconds=st.floats(-14 * 86_400, 6 * 3600))
def test_histogram_buckets_are_cumulative(world: Simulated, seconds: float) -> None:
    found: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for row in world.at("http_request_duration_seconds_bucket", seconds):
        key = value_of(row.labels, "instance"), value_of(row.labels, "version")
        found.setdefault(key, []).append((float(value_of(row.labels, "le")), row.values[0]))
    for buckets in found.values():
        counts = [count for _, count in sorted(buckets)]
        assert counts == sorted(counts)
        assert counts[0] >= 0


def test_nothing_is_known_after_the_present_or_before_the_retention(world: Simulated) -> None:
    now = 1_799_958_000.25 - world.deploy_ms / 1000
    assert world.at("up", now) != []
    assert world.at("up", now + 299) != []
    assert world.at("up", now + 400) == []
    assert world.at("count_over_time(up[1h])", now + 3540)[0].values[0] <= 5
    assert world.at("up", -15 * 86_400 + 60) != []
    assert world.at("up", -15 * 86_400 - 1) == []


def test_two_worlds_of_the_same_moment_are_the_same(world: Simulated) -> None:
    from hub_connector_prometheus.simulation.world import World

    at = world.deploy_ms + 3_600_000
    again = list(World(world.story).series())
    assert [(one.labels, one.value(at)) for one in again] == [(one.labels, one.value(at)) for one in world.series]


def test_every_metric_that_is_scraped_has_a_description(world: Simulated) -> None:
    families = {value_of(series.labels, NAME) for series in world.series}
    for suffix in ("_bucket", "_sum", "_count"):
        families = {name.removesuffix(suffix) for name in families}
    assert families - {"up", "scrape_duration_seconds"} == set(METADATA)


def test_noise_depends_on_its_key_alone() -> None:
    assert noise("a", 1) == noise("a", 1) != noise("a", 2)
    assert 0 <= noise("a", 1) < 1


@given(st.text(max_size=8), st.floats(-1e6, 1e6), st.floats(0.1, 1e4))
def test_a_flow_never_runs_slower_than_half_its_mean(name: str, seconds: float, later: float) -> None:
    flow = Flow(name, 10)
    assert flow.at(seconds + later) - flow.at(seconds) >= 5 * later - 1e-3


# Rules


@pytest.mark.parametrize(
    ("alert", "pending", "firing"),
    [("CheckoutErrorRateHigh", 120, 180), ("CheckoutLatencyHigh", 90, 210), ("CheckoutErrorBudgetBurn", 465, None)],
)
def test_alerts_follow_the_deploy(world: Simulated, alert: str, pending: int, firing: int | None) -> None:
    def states(seconds: float) -> set[str]:
        return {value_of(row.labels, "alertstate") for row in world.at(f'ALERTS{{alertname="{alert}"}}', seconds)}

    assert states(pending - 1) == set()
    assert states(pending) == {"pending"}
    if firing is not None:
        assert states(firing - 1) == {"pending"}
        assert states(firing) == {"firing"}
        assert states(6 * 3600) == {"firing"}
    else:
        assert states(6 * 3600) == {"pending"}


def test_the_alert_on_errors_fires_at_1408(world: Simulated) -> None:
    (period,) = [one for one in world.store.alert_periods if one.rule.name == world.story.alert]
    assert period.firing_ms == world.deploy_ms + 180_000


@shared
@given(steps=st.integers(-14 * 5760, 6 * 240))
def test_alerts_are_active_exactly_when_their_expression_is_true(world: Simulated, steps: int) -> None:
    seconds = steps * 15
    for rule in world.store.alerting:
        active = any(period.rule is rule for period, _ in world.store.alerts(world.deploy_ms + seconds * 1000))
        assert active == bool(world.at(rule.expression, seconds)), rule.name


def test_alerts_are_the_same_however_long_after_the_deploy_one_looks(
    world: Simulated, world_at: Callable[[float], Simulated]
) -> None:
    late = world_at(world.deploy_ms / 1000 + 24 * 3600)
    early = world_at(world.deploy_ms / 1000 + 30 * 60)
    assert late.story == early.story
    assert late.store.alert_periods == early.store.alert_periods == world.store.alert_periods


def test_a_recorded_series_holds_what_its_expression_gives(world: Simulated) -> None:
    for rule in world.store.recordings:
        recorded, direct = world.at(rule.name, 600), world.at(rule.expression, 600)
        assert [row.values for row in recorded] == [row.values for row in direct]
        assert {value_of(row.labels, NAME) for row in recorded} == {rule.name}


def test_every_alert_says_that_it_is_simulated(world: Simulated) -> None:
    for rule in world.store.alerting:
        assert rule.labels["sandbox"] == "true"
        assert "simulated data" in rule.annotations["sandbox"]


def test_values_are_finite(world: Simulated) -> None:
    assert all(math.isfinite(row.values[0]) for row in world.at('{__name__=~".+"}', 3600))
