"""What a series did over a range, in one row: extremes, mean, last value, trend, step change and when."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from hub_connector_prometheus.series import NOTHING, Series, number
from hub_connector_prometheus.times import Window, clock

_FEWEST_POINTS = 8
_SHORTEST_SEGMENT = 3
_STEP_EXPLAINS = 0.7
"""Share of the variance that two levels have to explain; a straight ramp reaches 0.75, so a line is tried too."""
_FLAT = 0.05
"""A fitted change below this share of the series' size is no trend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A lasting change of level.

    Attributes:
        at: Unix seconds of the first point on the new level.
    """

    at: float
    before: float
    after: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """One series over a range; the figures leave NaN and infinities out.

    Attributes:
        low: Minimum; NaN where no finite point is, like the other figures.
        last: The last point, whatever it is.
        trend: `flat`, `up 35%`, `down 0.2` or the like; without a figure where a step tells it.
        change: A step, a beginning or an end within the range; empty where there is none.
        weight: How much it changed, for sorting.
        left_out: Points that are NaN or infinite.
    """

    low: float
    high: float
    mean: float
    last: float
    trend: str
    change: str
    weight: float
    left_out: int

    def cells(self) -> list[str]:
        """In the order of `COLUMNS`."""
        figures = [NOTHING if math.isnan(value) else number(value) for value in (self.low, self.high, self.mean)]
        return [*figures, number(self.last), self.trend or NOTHING, self.change or NOTHING]


COLUMNS = ("min", "max", "mean", "last", "trend", "step change")


def summarise(series: Series, window: Window) -> Summary:
    """Sum a series up; it has one point at least."""
    points = [(at, value) for at, value in series.points if math.isfinite(value)]
    left_out = len(series.points) - len(points)
    last = series.points[-1][1]
    if not points:
        nothing = math.nan
        return Summary(
            low=nothing, high=nothing, mean=nothing, last=last, trend="", change="", weight=0.0, left_out=left_out
        )
    values = [value for _, value in points]
    step = find_step(points)
    size = max(abs(value) for value in values)
    bounds = _bounds(series, window)
    weight = 2.0 if bounds else 0.0
    if step is not None:
        weight += abs(step.after - step.before) / size
    told = f"{number(step.before)}→{number(step.after)} at {clock(step.at, window)}Z" if step is not None else ""
    return Summary(
        low=min(values),
        high=max(values),
        mean=mean(values),
        last=last,
        trend=trend(points) if step is None else ("up" if step.after > step.before else "down"),
        change="; ".join(text for text in (bounds, told) if text),
        weight=weight,
        left_out=left_out,
    )


def most_changed(series: Sequence[Series], count: int) -> Sequence[Series]:
    """At most so many of the series: those that vary most for their size, found by one look at each."""
    if len(series) <= count:
        return series

    def spread(one: Series) -> float:
        values = [value for _, value in one.points if math.isfinite(value)]
        size = max(map(abs, values), default=0.0)
        return (max(values) - min(values)) / size if size else 0.0

    return sorted(series, key=spread, reverse=True)[:count]


def level(series: Series) -> tuple[float, float]:
    """Mean and maximum of its finite points; NaN where there is none."""
    values = [value for _, value in series.points if math.isfinite(value)]
    return mean(values), max(values, default=math.nan)


def mean(values: Sequence[float]) -> float:
    """The mean; NaN of nothing."""
    return math.fsum(values) / len(values) if values else math.nan


def trend(points: Sequence[tuple[float, float]]) -> str:
    """What a line through the points says; `flat` where it rises or falls by little or explains little."""
    if len(points) < _SHORTEST_SEGMENT:
        return ""
    slope, explained = _line(points)
    change = slope * (points[-1][0] - points[0][0])
    middle = mean([value for _, value in points])
    size = max(abs(value) for _, value in points)
    if size == 0 or abs(change) < _FLAT * size or explained < 0.3:
        return "flat"
    direction = "up" if change > 0 else "down"
    start = middle - change / 2
    share = abs(change / start) if start else math.inf
    return f"{direction} {share:.0%}" if share <= 10 else f"{direction} {number(abs(change), 3)}"


def _line(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Slope of the least-squares line, and the share of the variance it explains."""
    middle_x = mean([at for at, _ in points])
    middle_y = mean([value for _, value in points])
    xx = math.fsum((at - middle_x) ** 2 for at, _ in points)
    yy = math.fsum((value - middle_y) ** 2 for _, value in points)
    xy = math.fsum((at - middle_x) * (value - middle_y) for at, value in points)
    if xx == 0 or yy == 0:
        return 0.0, 0.0
    return xy / xx, xy * xy / (xx * yy)


def find_step(points: Sequence[tuple[float, float]]) -> Step | None:
    """The split into two levels that explains the points best, if it explains them well and better than a line."""
    count = len(points)
    if count < _FEWEST_POINTS:
        return None
    middle = mean([value for _, value in points])
    centred = [value - middle for _, value in points]
    total = math.fsum(value * value for value in centred)
    sums = list(accumulate(centred))
    best, at = 0.0, 0
    for index in range(_SHORTEST_SEGMENT, count - _SHORTEST_SEGMENT + 1):
        left = sums[index - 1]
        explained = left * left / index + (sums[-1] - left) ** 2 / (count - index)
        if explained > best:
            best, at = explained, index
    if total == 0 or best / total < _STEP_EXPLAINS or (1 - best / total) > 0.6 * (1 - _line(points)[1]):
        return None
    before = mean([value for _, value in points[:at]])
    after = mean([value for _, value in points[at:]])
    if abs(after - before) < _FLAT * max(abs(before), abs(after)):
        return None
    return Step(at=points[at][0], before=before, after=after)


def _bounds(series: Series, window: Window) -> str:
    """Whether the series begins or ends well within the range."""
    first, last = series.points[0][0], series.points[-1][0]
    told: list[str] = []
    if first - window.start > 2 * window.step:
        told.append(f"starts {clock(first, window)}Z")
    if window.end - last > 2 * window.step:
        told.append(f"ends {clock(last, window)}Z")
    return ", ".join(told)
