"""PromQL's aggregation operators: many series become one per group, step by step."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

from hub_connector_prometheus.simulation import statistics
from hub_connector_prometheus.simulation.errors import ExecutionError
from hub_connector_prometheus.simulation.labels import NAME, Labels, excluding, labels_of, only
from hub_connector_prometheus.simulation.numbers import format_plain
from hub_connector_prometheus.simulation.vectors import Row, Value, present

Key = Callable[[Labels], Labels]

_REDUCERS: Mapping[str, Callable[[Sequence[float]], float]] = {
    "sum": statistics.total,
    "avg": statistics.mean,
    "min": statistics.smallest,
    "max": statistics.largest,
    "count": lambda values: float(len(values)),
    "group": lambda values: 1.0,  # noqa: ARG005  only that there are values counts
    "stddev": lambda values: math.sqrt(statistics.variance(values)),
    "stdvar": statistics.variance,
}


def grouping(labels: frozenset[str], *, without: bool) -> Key:
    """The function that gives a series the labels of its group."""
    dropped = labels | {NAME}
    return (lambda of: excluding(of, dropped)) if without else (lambda of: only(of, labels))


def aggregate(operator: str, rows: Sequence[Row], key: Key, parameter: Sequence[float] | str | None) -> list[Row]:
    """Apply an aggregation operator.

    Args:
        operator: Its name in lower case.
        rows: The vector, with unique labels.
        key: From `grouping`.
        parameter: A number per step, or the label name of count_values.

    Raises:
        ExecutionError: The label name of count_values is none, or the number of topk or bottomk is no integer.
    """
    groups: dict[Labels, list[Row]] = {}
    for row in rows:
        groups.setdefault(key(row.labels), []).append(row)
    if isinstance(parameter, str):
        return [row for labels, members in groups.items() for row in _count_values(labels, members, parameter)]
    if operator in ("topk", "bottomk"):
        counts = _checked_counts(parameter or ())
        return [row for members in groups.values() for row in _extremes(members, counts, top=operator == "topk")]
    if operator == "quantile":
        fractions = parameter or ()
        return [
            Row(
                labels,
                [
                    statistics.quantile(fraction, values) if values else None
                    for fraction, values in zip(fractions, _by_step(members), strict=True)
                ],
            )
            for labels, members in groups.items()
        ]
    reduce = _REDUCERS[operator]
    return [
        Row(labels, [reduce(values) if values else None for values in _by_step(members)])
        for labels, members in groups.items()
    ]


def _by_step(rows: Sequence[Row]) -> Iterable[list[float]]:
    for values in zip(*(row.values for row in rows), strict=True):
        yield [value for value in values if value is not None]


def _checked_counts(counts: Sequence[float]) -> list[int]:
    for count in counts:
        if not -(2.0**63) <= count < 2.0**63:
            raise ExecutionError(f"Scalar value {format_plain(count)} overflows int64")
    return [int(count) for count in counts]


def _extremes(rows: Sequence[Row], counts: Sequence[int], *, top: bool) -> list[Row]:
    kept: list[list[Value]] = [[None] * len(counts) for _ in rows]
    order: Sequence[int] = range(len(rows))
    for step, count in enumerate(counts):
        if count < 1:
            continue
        candidates = [(value, index) for index, row in enumerate(rows) if (value := row.values[step]) is not None]
        candidates.sort(key=lambda candidate: _rank(candidate[0], top=top))
        chosen = candidates[:count]
        order = [index for _, index in chosen] if len(counts) == 1 else order
        for value, index in chosen:
            kept[index][step] = value
    return present(Row(rows[index].labels, kept[index]) for index in order)


def _rank(value: float, *, top: bool) -> tuple[bool, float]:
    """NaN comes last, whichever end is asked for."""
    return (math.isnan(value), 0.0 if math.isnan(value) else -value if top else value)


def _count_values(labels: Labels, rows: Sequence[Row], name: str) -> list[Row]:
    if not name.isidentifier() or not name.isascii():
        raise ExecutionError(f'invalid label name "{name}"')
    steps = len(rows[0].values)
    counts: dict[str, list[Value]] = {}
    for step, values in enumerate(_by_step(rows)):
        for value in values:
            column = counts.setdefault(format_plain(value), [None] * steps)
            column[step] = (column[step] or 0.0) + 1
    rest = [pair for pair in labels if pair[0] != name]
    return [Row(labels_of([*rest, (name, text)]), column) for text, column in counts.items()]
