"""Evaluates a PromQL syntax tree at many moments at once: every series is a row with a value per step."""

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import cast

from hub_connector_prometheus.simulation import functions, operators
from hub_connector_prometheus.simulation.aggregation import aggregate, grouping
from hub_connector_prometheus.simulation.labels import without_name
from hub_connector_prometheus.simulation.nodes import (
    Aggregation,
    Anchor,
    Binary,
    Call,
    Negation,
    Node,
    Number,
    Selector,
    String,
    Subquery,
    type_of,
)
from hub_connector_prometheus.simulation.range_functions import (
    RANGE_FUNCTIONS,
    RangeFunction,
    predict_linear,
    quantile_over_time,
)
from hub_connector_prometheus.simulation.vectors import (
    Budget,
    Latest,
    Row,
    Samples,
    Storage,
    Value,
    merge_spans,
    merged,
    present,
)

DEFAULT_LOOKBACK_MS = 300_000
DEFAULT_SUBQUERY_STEP_MS = 15_000


class Evaluation:
    """One query at its moments.

    Args:
        storage: Where the series are.
        moments: Unix milliseconds, ascending; one for an instant query.
        bounds: Start and end of the query, for `@ start()` and `@ end()`; by default first and last moment.
        lookback_ms: How old the last sample of a series may be.
        budget: Counts the samples; by default one of its own.
    """

    def __init__(
        self,
        storage: Storage,
        moments: Sequence[int],
        *,
        bounds: tuple[int, int] | None = None,
        lookback_ms: int = DEFAULT_LOOKBACK_MS,
        budget: Budget | None = None,
    ) -> None:
        self._storage = storage
        self._moments = moments
        self._bounds = bounds or (moments[0], moments[-1])
        self._lookback_ms = lookback_ms
        self.budget = budget or Budget()

    # What an expression can be

    def vector(self, node: Node) -> list[Row]:
        """The rows of an expression of type instant vector; labels are unique.

        Raises:
            ExecutionError: It cannot be evaluated over this data.
            QueryTimeout: It takes too long.
        """
        match node:
            case Selector():
                return [
                    Row(found.labels, [None if sample is None else sample[1] for sample in found.samples])
                    for found in self._latest(node)
                ]
            case Call():
                return self._call(node)
            case Aggregation():
                key = grouping(node.labels, without=node.without)
                return present(aggregate(node.operator, self.vector(node.body), key, self._parameter(node)))
            case Negation():
                return functions.mapped(self.vector(node.body), lambda value, _: -value)
            case Binary():
                return self._binary(node)
            case _:
                raise TypeError(f"{type(node).__name__} is no instant vector")

    def scalar(self, node: Node) -> list[float]:
        """The number per step of an expression of type scalar.

        Raises:
            ExecutionError: It cannot be evaluated over this data.
            QueryTimeout: It takes too long.
        """
        match node:
            case Number():
                return [node.value] * len(self._moments)
            case Negation():
                return [-value for value in self.scalar(node.body)]
            case Binary():
                return operators.between_scalars(node.operator, self.scalar(node.left), self.scalar(node.right))
            case Call(function="time"):
                return [moment / 1000 for moment in self._moments]
            case Call(function="pi"):
                return [math.pi] * len(self._moments)
            case Call(function="scalar"):
                return self._only_value(self.vector(node.arguments[0]))
            case _:
                raise TypeError(f"{type(node).__name__} is no scalar")

    def matrix(self, node: Node) -> list[Samples]:
        """The raw samples of an expression of type range vector, for all windows together.

        Raises:
            ExecutionError: It cannot be evaluated over this data.
            QueryTimeout: It takes too long.
        """
        if isinstance(node, Selector):
            length = node.range_ms or 0
            ends = self._shifted(node.at, node.offset_ms)
            spans = merge_spans((end - length, end) for end in ends)
            found = self._storage.samples(node.matchers, spans, self.budget)
            return [samples for samples in found if samples.times]
        return self._subquery(cast("Subquery", node))

    def _parameter(self, node: Aggregation) -> list[float] | str | None:
        if node.parameter is None or isinstance(node.parameter, String):
            return node.parameter and node.parameter.value
        return self.scalar(node.parameter)

    # Selectors

    def _shifted(self, at: Anchor | None, offset_ms: int) -> list[int]:
        if at is None:
            return [moment - offset_ms for moment in self._moments]
        anchor = self._bounds[at == "end"] if isinstance(at, str) else round(at * 1000)
        return [anchor - offset_ms] * len(self._moments)

    def _latest(self, node: Selector) -> list[Latest]:
        moments = self._shifted(node.at, node.offset_ms)
        found = self._storage.latest(node.matchers, moments, self._lookback_ms, self.budget)
        return [latest for latest in found if any(sample is not None for sample in latest.samples)]

    def _subquery(self, node: Subquery) -> list[Samples]:
        step = node.step_ms or DEFAULT_SUBQUERY_STEP_MS
        ends = self._shifted(node.at, node.offset_ms)
        spans = merge_spans((end - node.range_ms, end) for end in ends)
        grids = [range((start // step + 1) * step, end + 1, step) for start, end in spans]
        self.budget.spend(sum((grid.stop - grid.start) // step + 1 for grid in grids))
        moments = [moment for grid in grids for moment in grid]
        if not moments:
            return []
        inner = Evaluation(
            self._storage, moments, bounds=self._bounds, lookback_ms=self._lookback_ms, budget=self.budget
        )
        found: list[Samples] = []
        for row in inner.vector(node.body):
            pairs = [
                (moment, value) for moment, value in zip(moments, row.values, strict=True) if value is not None
            ]
            found.append(Samples(row.labels, [moment for moment, _ in pairs], [value for _, value in pairs]))
        return found

    def _windows(self, node: Node, function: RangeFunction, *, keep_name: bool = False) -> list[Row]:
        ranged = cast("Selector | Subquery", node)
        length = ranged.range_ms or 0
        ends = self._shifted(ranged.at, ranged.offset_ms)
        rows: list[Row] = []
        for samples in self.matrix(node):
            window, times = function(samples.times, samples.values), samples.times
            values: list[Value] = []
            self.budget.check_time()
            for step, end in enumerate(ends):
                start = end - length
                values.append(window(step, bisect_right(times, start), bisect_right(times, end), start, end))
            rows.append(Row(samples.labels if keep_name else without_name(samples.labels), values))
        return merged(present(rows))

    # Functions

    def _call(self, node: Call) -> list[Row]:
        name, arguments = node.function, node.arguments
        if (function := RANGE_FUNCTIONS.get(name)) is not None:
            return self._windows(arguments[0], function, keep_name=name == "last_over_time")
        if name in functions.VALUE_FUNCTIONS:
            of_value = functions.VALUE_FUNCTIONS[name]
            rows = [row for body in arguments for row in self.vector(body)] if arguments else [self._time_row()]
            return functions.mapped(rows, lambda value, _: of_value(value))
        special = _SPECIAL[name]
        return special(self, node)

    def _time_row(self) -> Row:
        return Row((), [moment / 1000 for moment in self._moments])

    def _only_value(self, rows: Sequence[Row]) -> list[float]:
        values: list[float] = []
        for step in range(len(self._moments)):
            found = [value for row in rows if (value := row.values[step]) is not None]
            values.append(found[0] if len(found) == 1 else math.nan)
        return values

    def quantile_over_time(self, node: Call) -> list[Row]:
        """The function of that name."""
        return self._windows(node.arguments[1], quantile_over_time(self.scalar(node.arguments[0])))

    def predict_linear(self, node: Call) -> list[Row]:
        """The function of that name."""
        seconds = self.scalar(node.arguments[1])
        return self._windows(node.arguments[0], predict_linear(seconds, self._moments))

    def clamped(self, node: Call) -> list[Row]:
        """The functions clamp, clamp_min and clamp_max."""
        nothing = [math.inf] * len(self._moments)
        bounds = [self.scalar(argument) for argument in node.arguments[1:]]
        low = [-number for number in nothing] if node.function == "clamp_max" else bounds[0]
        high = nothing if node.function == "clamp_min" else bounds[-1]
        rows = self.vector(node.arguments[0])
        return present(functions.mapped(rows, lambda value, step: functions.clamp(value, low[step], high[step])))

    def rounded(self, node: Call) -> list[Row]:
        """The function round."""
        body, *rest = node.arguments
        nearest = self.scalar(rest[0]) if rest else [1.0] * len(self._moments)
        rows = self.vector(body)
        return functions.mapped(rows, lambda value, step: functions.round_to(value, nearest[step]))

    def timestamps(self, node: Call) -> list[Row]:
        """The function timestamp: of the sample for a plain selector, of the evaluation for all else."""
        body = node.arguments[0]
        if isinstance(body, Selector):
            return merged(
                Row(
                    without_name(found.labels),
                    [None if sample is None else sample[0] / 1000 for sample in found.samples],
                )
                for found in self._latest(body)
            )
        return functions.mapped(self.vector(body), lambda _, step: self._moments[step] / 1000)

    def absent(self, node: Call) -> list[Row]:
        """The functions absent and absent_over_time."""
        body = node.arguments[0]
        over_time = node.function == "absent_over_time"
        rows = (
            self._windows(body, RANGE_FUNCTIONS["present_over_time"], keep_name=True)
            if over_time
            else self.vector(body)
        )
        values: list[Value] = [
            None if any(row.values[step] is not None for row in rows) else 1.0 for step in range(len(self._moments))
        ]
        return present([Row(functions.labels_if_absent(body), values)])

    # Operators

    def _binary(self, node: Binary) -> list[Row]:
        if type_of(node.left) == "scalar":
            rows = operators.with_scalar(node, self.vector(node.right), self.scalar(node.left), scalar_left=True)
        elif type_of(node.right) == "scalar":
            rows = operators.with_scalar(node, self.vector(node.left), self.scalar(node.right), scalar_left=False)
        else:
            rows = operators.between_vectors(node, self.vector(node.left), self.vector(node.right))
        return present(rows)


def _texts(nodes: Sequence[Node]) -> list[str]:
    return [node.value for node in nodes if isinstance(node, String)]


def _label_replace(evaluation: Evaluation, node: Call) -> list[Row]:
    target, replacement, source, pattern = _texts(node.arguments[1:])
    return functions.label_replace(evaluation.vector(node.arguments[0]), target, replacement, source, pattern)


def _label_join(evaluation: Evaluation, node: Call) -> list[Row]:
    target, separator, *sources = _texts(node.arguments[1:])
    return functions.label_join(evaluation.vector(node.arguments[0]), target, separator, sources)


_SPECIAL: dict[str, Callable[[Evaluation, Call], list[Row]]] = {
    "absent": Evaluation.absent,
    "absent_over_time": Evaluation.absent,
    "clamp": Evaluation.clamped,
    "clamp_max": Evaluation.clamped,
    "clamp_min": Evaluation.clamped,
    "histogram_quantile": lambda self, node: functions.histogram_quantile(
        self.scalar(node.arguments[0]), self.vector(node.arguments[1])
    ),
    "label_join": _label_join,
    "label_replace": _label_replace,
    "predict_linear": Evaluation.predict_linear,
    "quantile_over_time": Evaluation.quantile_over_time,
    "round": Evaluation.rounded,
    "sort": lambda self, node: functions.sort(self.vector(node.arguments[0]), descending=False),
    "sort_desc": lambda self, node: functions.sort(self.vector(node.arguments[0]), descending=True),
    "timestamp": Evaluation.timestamps,
    "vector": lambda self, node: [Row((), self.scalar(node.arguments[0]))],
}
