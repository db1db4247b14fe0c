"""Statistics that aggregations and functions over time share, with Prometheus's handling of NaN and limits."""

import math
from collections.abc import Sequence


def quantile(fraction: float, values: Sequence[float]) -> float:
    """Quantile with linear interpolation; infinite outside 0 to 1, NaN of nothing."""
    if not values or math.isnan(fraction):
        return math.nan
    if fraction < 0:
        return -math.inf
    if fraction > 1:
        return math.inf
    ordered = sorted(values, key=nan_first)
    rank = fraction * (len(ordered) - 1)
    lower = max(0, math.floor(rank))
    upper = min(len(ordered) - 1, lower + 1)
    weight = rank - math.floor(rank)
    return ordered[lower] * (1 - weight) + ordered[upper] * weight


def nan_first(value: float) -> tuple[bool, float]:
    """Sort key that puts NaN below all numbers."""
    return (not math.isnan(value), 0.0 if math.isnan(value) else value)


def smallest(values: Sequence[float]) -> float:
    """Minimum; NaN only if there is nothing else."""
    numbers = [value for value in values if not math.isnan(value)]
    return min(numbers) if numbers else math.nan


def largest(values: Sequence[float]) -> float:
    """Maximum; NaN only if there is nothing else."""
    numbers = [value for value in values if not math.isnan(value)]
    return max(numbers) if numbers else math.nan


def mean(values: Sequence[float]) -> float:
    """Arithmetic mean of at least one value."""
    return total(values) / len(values)


def total(values: Sequence[float]) -> float:
    """Sum; exact up to the last rounding where all values are finite."""
    try:
        return math.fsum(values)
    except (OverflowError, ValueError):  # overflow, or infinities of both signs
        return sum(values)


def variance(values: Sequence[float]) -> float:
    """Population variance of at least one value."""
    centre = mean(values)
    return total([(value - centre) * (value - centre) for value in values]) / len(values)


def linear_regression(times: Sequence[int], values: Sequence[float], origin: int) -> tuple[float, float]:
    """Slope per second and value at `origin`, by least squares; times in milliseconds."""
    if all(value == values[0] for value in values):
        return 0.0, values[0] if math.isfinite(values[0]) else math.nan
    seconds = [(time - origin) / 1000 for time in times]
    count = len(seconds)
    sum_x, sum_y = total(seconds), total(values)
    covariance = total([x * y for x, y in zip(seconds, values, strict=True)]) - sum_x * sum_y / count
    spread = total([x * x for x in seconds]) - sum_x * sum_x / count
    slope = covariance / spread
    return slope, sum_y / count - slope * sum_x / count


def bucket_quantile(fraction: float, buckets: Sequence[tuple[float, float]]) -> float:
    """Quantile of a classic histogram by linear interpolation within the bucket it falls into.

    Prometheus docs, "Query functions", histogram_quantile.

    Args:
        fraction: Between 0 and 1; infinite outside.
        buckets: Upper bound and cumulative count, in any order.
    """
    if math.isnan(fraction):
        return math.nan
    if fraction < 0:
        return -math.inf
    if fraction > 1:
        return math.inf
    counts: dict[float, float] = {}
    for bound, count in buckets:
        counts[bound] = counts.get(bound, 0.0) + count
    bounds = sorted(counts)
    if len(bounds) < 2 or bounds[-1] != math.inf:
        return math.nan
    cumulative: list[float] = []
    for bound in bounds:  # rates are extrapolated per bucket, so a higher bucket can come out lower by a rounding
        cumulative.append(max(counts[bound], cumulative[-1]) if cumulative else counts[bound])
    if cumulative[-1] == 0 or math.isnan(cumulative[-1]):
        return math.nan
    rank = fraction * cumulative[-1]
    chosen = next((index for index, count in enumerate(cumulative[:-1]) if count >= rank), len(bounds) - 1)
    if chosen == len(bounds) - 1:
        return bounds[-2]
    if chosen == 0 and bounds[0] <= 0:
        return bounds[0]
    start, below = (bounds[chosen - 1], cumulative[chosen - 1]) if chosen else (0.0, 0.0)
    within = cumulative[chosen] - below
    if within == 0:
        return math.nan
    return start + (bounds[chosen] - start) * ((rank - below) / within)
