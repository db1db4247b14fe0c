"""PromQL functions over range vectors: each looks at the samples of one series within one window."""

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from hub_connector_prometheus.simulation import statistics
from hub_connector_prometheus.simulation.vectors import Value

Window = Callable[[int, int, int, int, int], Value]
"""`(step, first, last, start_ms, end_ms)`: at this step samples[first:last] lie in the window from start to end."""

RangeFunction = Callable[[Sequence[int], Sequence[float]], Window]
"""Prepares one series (times in milliseconds, values) for all its windows."""

_EXTRAPOLATION_LIMIT = 1.1


def _extrapolated(*, counter: bool, per_second: bool) -> RangeFunction:
    """Rate, increase and delta: the change between the first and the last sample, extended to the window's ends.

    Prometheus extends by the distance to an end of the window, or by half the mean interval between samples where
    that distance is more than 1.1 intervals: the series then began or ended inside. A counter is not extended
    below zero (Prometheus docs, "Query functions", rate and increase).
    """

    def prepare(times: Sequence[int], values: Sequence[float]) -> Window:
        lost = _lost_at_resets(values) if counter else None

        def window(step: int, first: int, last: int, start: int, end: int) -> Value:  # noqa: ARG001  the common signature
            if last - first < 2:
                return None
            first_value = values[first]
            change = values[last - 1] - first_value
            if lost is not None:
                change += lost[last - 1] - lost[first]
            sampled = (times[last - 1] - times[first]) / 1000
            interval = sampled / (last - first - 1)
            before, after = (times[first] - start) / 1000, (end - times[last - 1]) / 1000
            if counter and change > 0 and first_value >= 0:
                before = min(before, sampled * (first_value / change))
            limit = interval * _EXTRAPOLATION_LIMIT
            covered = (
                sampled + (before if before < limit else interval / 2) + (after if after < limit else interval / 2)
            )
            result = change * (covered / sampled)
            return result / ((end - start) / 1000) if per_second else result

        return window

    return prepare


def _lost_at_resets(values: Sequence[float]) -> list[float]:
    """For each sample, how much the counter lost in all resets up to it."""
    lost, found = 0.0, [0.0]
    for position in range(1, len(values)):
        if values[position] < values[position - 1]:
            lost += values[position - 1]
        found.append(lost)
    return found


def _last_two(*, counter: bool, per_second: bool) -> RangeFunction:
    def prepare(times: Sequence[int], values: Sequence[float]) -> Window:
        def window(step: int, first: int, last: int, start: int, end: int) -> Value:  # noqa: ARG001  the common signature
            if last - first < 2:
                return None
            previous, latest = values[last - 2], values[last - 1]
            change = latest if counter and latest < previous else latest - previous
            return change / ((times[last - 1] - times[last - 2]) / 1000) if per_second else change

        return window

    return prepare


def _over_values(reduce: Callable[[Sequence[float]], float]) -> RangeFunction:
    def prepare(times: Sequence[int], values: Sequence[float]) -> Window:  # noqa: ARG001  the common signature
        def window(step: int, first: int, last: int, start: int, end: int) -> Value:  # noqa: ARG001  the common signature
            return reduce(values[first:last]) if last > first else None

        return window

    return prepare


def _deriv(times: Sequence[int], values: Sequence[float]) -> Window:
    def window(step: int, first: int, last: int, start: int, end: int) -> Value:  # noqa: ARG001  the common signature
        if last - first < 2:
            return None
        return statistics.linear_regression(times[first:last], values[first:last], times[first])[0]

    return window


def predict_linear(seconds: Sequence[float], moments: Sequence[int]) -> RangeFunction:
    """Value expected so many seconds after the moment of each step."""

    def prepare(times: Sequence[int], values: Sequence[float]) -> Window:
        def window(step: int, first: int, last: int, start: int, end: int) -> Value:  # noqa: ARG001  the common signature
            if last - first < 2:
                return None
            slope, value = statistics.linear_regression(times[first:last], values[first:last], moments[step])
            return slope * seconds[step] + value

        return window

    return prepare


def quantile_over_time(fractions: Sequence[float]) -> RangeFunction:
    """Quantile of the window's values, one fraction for each step."""

    def prepare(times: Sequence[int], values: Sequence[float]) -> Window:  # noqa: ARG001  the common signature
        def window(step: int, first: int, last: int, start: int, end: int) -> Value:  # noqa: ARG001  the common signature
            return statistics.quantile(fractions[step], values[first:last]) if last > first else None

        return window

    return prepare


def _changes(values: Sequence[float]) -> float:
    return float(sum(one != two and not (math.isnan(one) and math.isnan(two)) for one, two in pairwise(values)))


def _resets(values: Sequence[float]) -> float:
    return float(sum(two < one for one, two in pairwise(values)))


RANGE_FUNCTIONS: Mapping[str, RangeFunction] = {
    "rate": _extrapolated(counter=True, per_second=True),
    "increase": _extrapolated(counter=True, per_second=False),
    "delta": _extrapolated(counter=False, per_second=False),
    "irate": _last_two(counter=True, per_second=True),
    "idelta": _last_two(counter=False, per_second=False),
    "deriv": _deriv,
    "changes": _over_values(_changes),
    "resets": _over_values(_resets),
    "avg_over_time": _over_values(statistics.mean),
    "min_over_time": _over_values(statistics.smallest),
    "max_over_time": _over_values(statistics.largest),
    "sum_over_time": _over_values(statistics.total),
    "count_over_time": _over_values(lambda values: float(len(values))),
    "last_over_time": _over_values(lambda values: values[-1]),
    "present_over_time": _over_values(lambda values: 1.0),  # noqa: ARG005  only that there are values counts
    "stddev_over_time": _over_values(lambda values: math.sqrt(statistics.variance(values))),
    "stdvar_over_time": _over_values(statistics.variance),
}
"""Functions whose only argument is a range vector."""
