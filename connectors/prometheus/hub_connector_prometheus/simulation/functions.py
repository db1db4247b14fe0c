"""PromQL functions over instant vectors that need nothing but their arguments."""

import calendar
import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from hub_connector_prometheus.simulation import statistics
from hub_connector_prometheus.simulation.errors import BadRegex, ExecutionError
from hub_connector_prometheus.simulation.labels import (
    NAME,
    Labels,
    Matcher,
    compile_regex,
    excluding,
    labels_of,
    value_of,
    without_name,
)
from hub_connector_prometheus.simulation.nodes import Node, Selector
from hub_connector_prometheus.simulation.vectors import Row, Value, merged

_LABEL_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_REFERENCE = re.compile(r"\$(?:(\$)|(\w+)|\{(\w+)\})")


def _or_nan(function: Callable[[float], float]) -> Callable[[float], float]:
    def total(value: float) -> float:
        try:
            return float(function(value))
        except ValueError:
            return math.nan
        except OverflowError:
            return math.inf

    return total


def _logarithm(function: Callable[[float], float]) -> Callable[[float], float]:
    return _or_nan(lambda value: -math.inf if value == 0 else function(value))


def _whole(function: Callable[[float], float]) -> Callable[[float], float]:
    return lambda value: float(function(value)) if math.isfinite(value) else value


def _sign(value: float) -> float:
    return value if value == 0 or math.isnan(value) else math.copysign(1.0, value)


def _date(part: Callable[[datetime], int]) -> Callable[[float], float]:
    def of_time(value: float) -> float:
        try:
            return float(part(datetime.fromtimestamp(value, UTC)))
        except (ValueError, OverflowError, OSError):  # beyond the years 1 to 9999
            return math.nan

    return of_time


VALUE_FUNCTIONS: Mapping[str, Callable[[float], float]] = {
    "abs": abs,
    "ceil": _whole(math.ceil),
    "floor": _whole(math.floor),
    "exp": _or_nan(math.exp),
    "ln": _logarithm(math.log),
    "log2": _logarithm(math.log2),
    "log10": _logarithm(math.log10),
    "sqrt": _or_nan(math.sqrt),
    "sgn": _sign,
    "minute": _date(lambda moment: moment.minute),
    "hour": _date(lambda moment: moment.hour),
    "day_of_week": _date(lambda moment: moment.isoweekday() % 7),
    "day_of_month": _date(lambda moment: moment.day),
    "day_of_year": _date(lambda moment: moment.timetuple().tm_yday),
    "days_in_month": _date(lambda moment: calendar.monthrange(moment.year, moment.month)[1]),
    "month": _date(lambda moment: moment.month),
    "year": _date(lambda moment: moment.year),
}
"""Functions of one value."""


def mapped(rows: Sequence[Row], function: Callable[[float, int], Value]) -> list[Row]:
    """Apply a function of value and step to every value; the metric's name goes."""
    return merged(
        Row(
            without_name(row.labels),
            [None if value is None else function(value, step) for step, value in enumerate(row.values)],
        )
        for row in rows
    )


def clamp(value: float, low: float, high: float) -> Value:
    """The value within bounds; nothing if the bounds cross."""
    if low > high:
        return None
    return math.nan if any(map(math.isnan, (value, low, high))) else max(low, min(high, value))


def round_to(value: float, nearest: float) -> float:
    """The nearest multiple, halves up."""
    inverse = 1 / nearest if nearest else math.inf
    scaled = value * inverse
    whole = math.floor(scaled + 0.5) if math.isfinite(scaled) else scaled
    return whole / inverse if inverse else math.nan


def sort(rows: Sequence[Row], *, descending: bool) -> list[Row]:
    """By value, NaN last; series of a range query keep their order, as in Prometheus."""
    if any(len(row.values) != 1 for row in rows):
        return list(rows)

    def key(row: Row) -> tuple[bool, float]:
        value = row.values[0] or 0.0
        return (math.isnan(value), 0.0 if math.isnan(value) else -value if descending else value)

    return sorted(rows, key=key)


def histogram_quantile(fractions: Sequence[float], rows: Sequence[Row]) -> list[Row]:
    """Quantiles of classic histograms, one for each set of labels apart from `le`."""
    groups: dict[Labels, list[tuple[float, Row]]] = {}
    for row in rows:
        try:
            bound = float(value_of(row.labels, "le"))
        except ValueError:
            continue
        groups.setdefault(excluding(row.labels, frozenset(("le", NAME))), []).append((bound, row))
    results: list[Row] = []
    for labels, members in groups.items():
        values: list[Value] = []
        for step, fraction in enumerate(fractions):
            buckets = [(bound, value) for bound, row in members if (value := row.values[step]) is not None]
            values.append(statistics.bucket_quantile(fraction, buckets) if buckets else None)
        results.append(Row(labels, values))
    return results


def label_replace(rows: Sequence[Row], target: str, replacement: str, source: str, pattern: str) -> list[Row]:
    """Set a label from another one where the regular expression matches its whole value.

    Raises:
        ExecutionError: The target is no label name, the pattern no regular expression, or labels collide.
    """
    try:
        regex = compile_regex(pattern)
    except BadRegex as error:
        raise ExecutionError(f"invalid regular expression in label_replace(): {error}") from None
    _require_label_name(target, "label_replace")

    def replaced(labels: Labels) -> Labels:
        match = regex.fullmatch(value_of(labels, source))
        if match is None:
            return labels
        return _with_label(labels, target, _REFERENCE.sub(lambda part: _referenced(part, match), replacement))

    return merged(Row(replaced(row.labels), row.values) for row in rows)


def _referenced(part: re.Match[str], match: re.Match[str]) -> str:
    dollar, plain, braced = part.groups()
    if dollar:
        return "$"
    name = plain or braced
    try:
        return match.group(int(name) if name.isdigit() else name) or ""
    except IndexError:
        return ""


def label_join(rows: Sequence[Row], target: str, separator: str, sources: Sequence[str]) -> list[Row]:
    """Set a label to the values of others.

    Raises:
        ExecutionError: The target is no label name, or labels collide.
    """
    _require_label_name(target, "label_join")
    return merged(
        Row(
            _with_label(row.labels, target, separator.join(value_of(row.labels, name) for name in sources)),
            row.values,
        )
        for row in rows
    )


def _require_label_name(name: str, function: str) -> None:
    if _LABEL_NAME.fullmatch(name) is None:
        raise ExecutionError(f"invalid destination label name in {function}(): {name}")


def _with_label(labels: Labels, name: str, value: str) -> Labels:
    return labels_of([*(pair for pair in labels if pair[0] != name), (name, value)])


def labels_if_absent(node: Node) -> Labels:
    """What absent() can say about a series that is not there: labels that have to equal a value."""
    if not isinstance(node, Selector):
        return ()
    names = [matcher.name for matcher in node.matchers]
    return labels_of((matcher.name, matcher.value) for matcher in node.matchers if _is_sure(matcher, names))


def _is_sure(matcher: Matcher, names: Sequence[str]) -> bool:
    return matcher.operator == "=" and matcher.name != NAME and names.count(matcher.name) == 1
