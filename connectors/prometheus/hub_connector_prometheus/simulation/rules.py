"""The recording and alerting rules of the sandbox, and the series that evaluating them gives."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from hub.sandbox.story import NOTICE, Story
from hub_connector_prometheus.simulation.evaluator import Evaluation
from hub_connector_prometheus.simulation.labels import (
    NAME,
    Labels,
    Matcher,
    labels_of,
    selects,
    without_name,
)
from hub_connector_prometheus.simulation.nodes import Node
from hub_connector_prometheus.simulation.parser import parse
from hub_connector_prometheus.simulation.series import SeriesStore
from hub_connector_prometheus.simulation.vectors import Budget, Latest, Row, Samples, Value, present
from hub_connector_prometheus.simulation.world import RETENTION_DAYS

INTERVAL_MS = 15_000
GROUP = "checkout"
GROUP_FILE = "/etc/prometheus/rules/sandbox.yml"
_WATCHED_MS = (-900_000, 1_800_000)
"""Around the deploy; alerts change state nowhere else."""
_OLDEST_MS = -RETENTION_DAYS * 86_400_000
_ALERTS, _ALERTS_FOR_STATE = "ALERTS", "ALERTS_FOR_STATE"
_PART = re.compile(r"\{\{ \$(?:labels\.(\w+)|value \| (humanizePercentage|humanizeDuration)) \}\}")

_ERRORS = 'sum by (job) (rate(http_requests_total{{job=~"{job}", code=~"5.."}}[{range}]))'
_REQUESTS = 'sum by (job) (rate(http_requests_total{{job=~"{job}"}}[{range}]))'


def _error_ratio(job: str, over: str) -> str:
    return f"{_ERRORS.format(job=job, range=over)} / {_REQUESTS.format(job=job, range=over)}"


@dataclass(frozen=True, kw_only=True)
class RecordingRule:
    """Keeps the result of an expression as a series of its own."""

    name: str
    expression: str

    @cached_property
    def node(self) -> Node:
        """The expression's syntax tree."""
        return parse(self.expression)


@dataclass(frozen=True, kw_only=True)
class AlertingRule(RecordingRule):
    """Fires for every series of an expression that lasts for some time."""

    for_ms: int
    labels: Mapping[str, str]
    annotations: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class AlertPeriod:
    """One alert from when its expression became true.

    Attributes:
        active_ms: Since when it is true: pending.
        firing_ms: Since when it fires; None if it ended before.
        end_ms: When it was over; None while it lasts.
    """

    rule: AlertingRule
    labels: Labels
    active_ms: int
    firing_ms: int | None
    end_ms: int | None

    def state(self, moment_ms: int) -> str | None:
        """`pending`, `firing` or nothing."""
        if moment_ms < self.active_ms or (self.end_ms is not None and moment_ms >= self.end_ms):
            return None
        return "firing" if self.firing_ms is not None and moment_ms >= self.firing_ms else "pending"


def recording_rules() -> tuple[RecordingRule, ...]:
    """The recording rules."""
    return (
        RecordingRule(name="job:http_requests:rate5m", expression="sum by (job) (rate(http_requests_total[5m]))"),
        RecordingRule(name="job:http_errors:ratio_rate5m", expression=_error_ratio(".+", "5m")),
    )


def alerting_rules(story: Story) -> tuple[AlertingRule, ...]:
    """The alerting rules; every alert says that it is simulated."""
    labels = {"service": story.service, "team": story.team, "sandbox": "true"}
    notes = {"runbook_url": story.runbook, "sandbox": NOTICE}
    p99 = (
        "histogram_quantile(0.99, sum by (job, le) "
        f'(rate(http_request_duration_seconds_bucket{{job="{story.service}"}}[5m])))'
    )
    return (
        AlertingRule(
            name=story.alert,
            expression=f"{_error_ratio(story.service, '5m')} > 0.02",
            for_ms=60_000,
            labels={**labels, "severity": "critical"},
            annotations={
                "summary": "{{ $value | humanizePercentage }} of requests to {{ $labels.job }} fail",
                "description": "More than 2% of requests have been answered with a 5xx status for a minute.",
                **notes,
            },
        ),
        AlertingRule(
            name="CheckoutLatencyHigh",
            expression=f"{p99} > 1",
            for_ms=120_000,
            labels={**labels, "severity": "warning"},
            annotations={
                "summary": "p99 of {{ $labels.job }} is {{ $value | humanizeDuration }}",
                "description": "The slowest 1% of requests have taken more than a second for two minutes.",
                **notes,
            },
        ),
        AlertingRule(
            name="CheckoutErrorBudgetBurn",
            expression=f"{_error_ratio(story.service, '1h')} > 0.01",
            for_ms=2 * 86_400_000,
            labels={**labels, "severity": "ticket"},
            annotations={"summary": "{{ $labels.job }} burns its monthly error budget ten times too fast", **notes},
        ),
        AlertingRule(
            name="InstanceDown",
            expression="up == 0",
            for_ms=300_000,
            labels={"sandbox": "true", "severity": "critical"},
            annotations={"summary": "{{ $labels.instance }} of {{ $labels.job }} cannot be scraped", **notes},
        ),
    )


def expand(template: str, labels: Mapping[str, str], value: float) -> str:
    """Fill an annotation's template (Prometheus docs, "Template reference"; the parts the rules above use)."""

    def filled(part: re.Match[str]) -> str:
        label, form = part.groups()
        if label:
            return labels.get(label, "")
        return f"{value * 100:.4g}%" if form == "humanizePercentage" else f"{value:.4g}s"

    return _PART.sub(filled, template)


class RuleStore:
    """The world's series together with those that its rules make of them."""

    def __init__(self, story: Story, base: SeriesStore, now_ms: Callable[[], int]) -> None:
        self.recordings = recording_rules()
        self.alerting = alerting_rules(story)
        self._base = base
        self._now_ms = now_ms
        self._deploy_ms = round(story.deploy_at.timestamp() * 1000)

    @cached_property
    def alert_periods(self) -> tuple[AlertPeriod, ...]:
        """All alerts that ever become active."""
        start, end = (self._deploy_ms + offset for offset in _WATCHED_MS)
        moments = range(start, end + 1, INTERVAL_MS)
        found: list[AlertPeriod] = []
        base = self._base.as_of(end)
        for rule in self.alerting:
            for row in Evaluation(base, moments).vector(rule.node):
                found_labels = {**dict(without_name(row.labels)), **rule.labels, "alertname": rule.name}
                labels = labels_of(found_labels.items())
                active: int | None = None
                for moment, value in zip(moments, row.values, strict=True):
                    if value is not None and active is None:
                        active = moment
                    elif value is None and active is not None:
                        found.append(_period(rule, labels, active, moment))
                        active = None
                if active is not None:
                    found.append(_period(rule, labels, active, None))
        return tuple(found)

    def alerts(self, moment_ms: int) -> list[tuple[AlertPeriod, str]]:
        """The alerts pending or firing at a moment, with their state."""
        states = [(period, period.state(moment_ms)) for period in self.alert_periods]
        return [(period, state) for period, state in states if state is not None]

    def alert_value(self, period: AlertPeriod, moment_ms: int) -> float:
        """What the alert's expression gave when it was last evaluated."""
        moment = moment_ms // INTERVAL_MS * INTERVAL_MS
        for row in Evaluation(self._base, [moment]).vector(period.rule.node):
            if set(without_name(row.labels)) <= set(period.labels) and row.values[0] is not None:
                return row.values[0]
        return 0.0

    def latest(
        self, matchers: Sequence[Matcher], moments: Sequence[int], lookback_ms: int, budget: Budget
    ) -> list[Latest]:
        """As in `Storage`."""
        now = self._now_ms()
        grid = [min(moment, now) // INTERVAL_MS * INTERVAL_MS for moment in moments]
        seen = [at if moment - at < lookback_ms else None for moment, at in zip(moments, grid, strict=True)]
        unique = sorted({at for at in seen if at is not None})
        found: list[Latest] = []
        for row in self._derived(matchers, unique, budget):
            values = dict(zip(unique, row.values, strict=True))
            samples = [None if at is None or (value := values[at]) is None else (at, value) for at in seen]
            found.append(Latest(row.labels, samples))
        return self._base.latest(matchers, moments, lookback_ms, budget) + found

    def samples(
        self, matchers: Sequence[Matcher], spans: Sequence[tuple[int, int]], budget: Budget
    ) -> list[Samples]:
        """As in `Storage`."""
        now, oldest = self._now_ms(), self._deploy_ms + _OLDEST_MS
        grid = [
            moment
            for start, end in spans
            for moment in range(
                (max(start, oldest) // INTERVAL_MS + 1) * INTERVAL_MS, min(end, now) + 1, INTERVAL_MS
            )
        ]
        found: list[Samples] = []
        for row in self._derived(matchers, grid, budget):
            pairs = [(moment, value) for moment, value in zip(grid, row.values, strict=True) if value is not None]
            found.append(Samples(row.labels, [moment for moment, _ in pairs], [value for _, value in pairs]))
        return self._base.samples(matchers, spans, budget) + found

    def label_sets(self, matchers: Sequence[Matcher], start_ms: int, end_ms: int) -> list[Labels]:
        """Labels of the matching series that have samples in a span of time."""
        end_ms = min(end_ms, self._now_ms())
        stored = [item.labels for item in self._base.select(matchers) if item.exists_between(start_ms, end_ms)]
        changes = {moment for period in self.alert_periods for moment in (period.active_ms, period.firing_ms)}
        telling = {start_ms, end_ms} | {moment for moment in changes if moment is not None}
        moments = sorted(moment for moment in telling if start_ms <= moment <= end_ms)
        return stored + [row.labels for row in self._derived(matchers, moments, Budget())]

    def _derived(self, matchers: Sequence[Matcher], grid: Sequence[int], budget: Budget) -> list[Row]:
        """The series that rules make, at the moments of their evaluation."""
        if not grid:
            return []
        rows: list[Row] = []
        wanted = [matcher for matcher in matchers if matcher.name == NAME]
        for rule in self.recordings:
            if all(matcher.matches(rule.name) for matcher in wanted):
                found = Evaluation(self._base, grid, budget=budget).vector(rule.node)
                rows += [Row(labels_of([*row.labels, (NAME, rule.name)]), row.values) for row in found]
        for name in (_ALERTS, _ALERTS_FOR_STATE):
            if all(matcher.matches(name) for matcher in wanted):
                rows += [row for period in self.alert_periods for row in _alert_rows(name, period, grid)]
        return [row for row in present(rows) if selects(matchers, row.labels)]


def _period(rule: AlertingRule, labels: Labels, active_ms: int, end_ms: int | None) -> AlertPeriod:
    firing = active_ms + rule.for_ms
    fires = end_ms is None or firing < end_ms
    return AlertPeriod(
        rule=rule, labels=labels, active_ms=active_ms, firing_ms=firing if fires else None, end_ms=end_ms
    )


def _alert_rows(name: str, period: AlertPeriod, grid: Sequence[int]) -> list[Row]:
    states = [period.state(moment) for moment in grid]
    if name == _ALERTS_FOR_STATE:
        since = period.active_ms / 1000
        values: list[Value] = [None if state is None else since for state in states]
        return [Row(labels_of([*period.labels, (NAME, name)]), values)]
    return [
        Row(
            labels_of([*period.labels, (NAME, name), ("alertstate", wanted)]),
            [1.0 if state == wanted else None for state in states],
        )
        for wanted in ("pending", "firing")
    ]
