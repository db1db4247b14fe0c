"""The endpoints of the Prometheus HTTP API that evaluate PromQL or look series up."""

from collections.abc import Mapping, Sequence
from time import perf_counter

from hub_connector_prometheus.simulation.errors import QueryError
from hub_connector_prometheus.simulation.evaluator import DEFAULT_LOOKBACK_MS, Evaluation
from hub_connector_prometheus.simulation.labels import NAME, Labels, value_of
from hub_connector_prometheus.simulation.nodes import Node, String, Type, type_of
from hub_connector_prometheus.simulation.numbers import format_number, format_plain, format_time
from hub_connector_prometheus.simulation.parser import parse
from hub_connector_prometheus.simulation.requests import Answer, Handler, Parameters, bad_parameter, limited
from hub_connector_prometheus.simulation.rules import RuleStore
from hub_connector_prometheus.simulation.vectors import MAX_SECONDS, Budget

MAX_POINTS = 11_000
_NAMES: Mapping[Type, str] = {
    "matrix": "range vector",
    "string": "string",
    "scalar": "scalar",
    "vector": "instant vector",
}


class Queries:
    """Answers from the series of the world and its rules.

    Args:
        store: The series.
        begin_ms: The oldest moment that is kept.
    """

    def __init__(self, store: RuleStore, begin_ms: int) -> None:
        self._store = store
        self._begin_ms = begin_ms

    @property
    def handlers(self) -> dict[str, Handler]:
        """The endpoints by path below /api/v1, all for GET and POST."""
        return {
            "/query": self.query,
            "/query_range": self.query_range,
            "/query_exemplars": self.exemplars,
            "/labels": self.labels,
            "/series": self.series,
        }

    def query(self, parameters: Parameters) -> Answer:
        """`/query`: an expression at one moment."""
        moment = parameters.time("time", parameters.now_ms)
        begun = perf_counter()
        node = _parsed(parameters)
        evaluation = self._evaluation([moment], parameters)
        kind = type_of(node)
        time = format_time(moment)
        result: list[object]
        if isinstance(node, String):
            result = [time, node.value]
        elif kind == "scalar":
            result = [time, format_plain(evaluation.scalar(node)[0])]
        elif kind == "matrix":
            result = [
                _series(samples.labels, samples.times, samples.values)
                for samples in sorted(evaluation.matrix(node), key=lambda samples: samples.labels)
            ]
        else:
            result = [
                {"metric": dict(row.labels), "value": [time, format_number(row.values[0])]}
                for row in evaluation.vector(node)
                if row.values[0] is not None
            ]
        cut = limited(result, parameters.count("limit") if kind in ("vector", "matrix") else 0)
        return Answer(
            {"resultType": kind, "result": cut.data} | _stats(parameters, evaluation, begun), cut.warnings
        )

    def query_range(self, parameters: Parameters) -> Answer:
        """`/query_range`: an expression at many moments."""
        start, end = parameters.time("start"), parameters.time("end")
        if end < start:
            raise bad_parameter("end", "end timestamp must not be before start time")
        step = parameters.duration("step")
        if step <= 0:
            raise bad_parameter(
                "step", "zero or negative query resolution step widths are not accepted. Try a positive integer"
            )
        if (end - start) / step > MAX_POINTS:
            raise QueryError(
                "exceeded maximum resolution of 11,000 points per timeseries. "
                "Try decreasing the query resolution (?step=XX)"
            )
        begun = perf_counter()
        node = _parsed(parameters)
        kind = type_of(node)
        if kind not in ("vector", "scalar"):
            raise bad_parameter(
                "query",
                f'invalid expression type "{_NAMES[kind]}" for range query, must be Scalar or instant Vector',
            )
        moments = range(start, end + 1, step)
        evaluation = self._evaluation(moments, parameters, bounds=(start, end))
        result: list[object]
        if kind == "scalar":
            result = [_series((), moments, evaluation.scalar(node))]
        else:
            rows = sorted(evaluation.vector(node), key=lambda row: row.labels)
            result = [_series(row.labels, moments, row.values) for row in rows]
        cut = limited(result, parameters.count("limit"))
        return Answer(
            {"resultType": "matrix", "result": cut.data} | _stats(parameters, evaluation, begun), cut.warnings
        )

    def exemplars(self, parameters: Parameters) -> Answer:
        """`/query_exemplars`: the sandbox keeps none."""
        _parsed(parameters)
        return Answer([])

    def series(self, parameters: Parameters) -> Answer:
        """`/series`: label sets of the series that match."""
        found = self._label_sets(parameters, required=True)
        return limited([dict(labels) for labels in found], parameters.count("limit"))

    def labels(self, parameters: Parameters) -> Answer:
        """`/labels`: names of labels."""
        names = sorted({name for labels in self._label_sets(parameters) for name, _ in labels})
        return limited([*names], parameters.count("limit"))

    def label_values(self, name: str, parameters: Parameters) -> Answer:
        """`/label/{name}/values`: values of one label."""
        values = sorted({value for labels in self._label_sets(parameters) if (value := value_of(labels, name))})
        return limited([*values], parameters.count("limit"))

    def tsdb(self, parameters: Parameters) -> Answer:
        """`/status/tsdb`: where the series come from."""
        limit = parameters.count("limit", 10)
        found = self._store.label_sets((), parameters.now_ms - DEFAULT_LOOKBACK_MS, parameters.now_ms)
        pairs: dict[str, int] = {}
        values: dict[str, set[str]] = {}
        names: dict[str, int] = {}
        for labels in found:
            for name, value in labels:
                pairs[f"{name}={value}"] = pairs.get(f"{name}={value}", 0) + 1
                values.setdefault(name, set()).add(value)
            metric = value_of(labels, NAME)
            names[metric] = names.get(metric, 0) + 1
        size = {name: sum(len(value) for value in found) for name, found in values.items()}
        head = {
            "numSeries": len(found),
            "numLabelPairs": len(pairs),
            "chunkCount": len(found),
            "minTime": self._begin_ms,
            "maxTime": parameters.now_ms,
        }
        return Answer(
            {
                "headStats": head,
                "seriesCountByMetricName": _most(names, limit),
                "labelValueCountByLabelName": _most({name: len(found) for name, found in values.items()}, limit),
                "memoryInBytesByLabelName": _most(size, limit),
                "seriesCountByLabelValuePair": _most(pairs, limit),
            }
        )

    def _evaluation(
        self, moments: Sequence[int], parameters: Parameters, bounds: tuple[int, int] | None = None
    ) -> Evaluation:
        lookback = parameters.duration("lookback_delta", DEFAULT_LOOKBACK_MS)
        seconds = min(parameters.duration("timeout", round(MAX_SECONDS * 1000)) / 1000, MAX_SECONDS)
        return Evaluation(self._store, moments, bounds=bounds, lookback_ms=lookback, budget=Budget(seconds=seconds))

    def _label_sets(self, parameters: Parameters, *, required: bool = False) -> list[Labels]:
        start, end = parameters.time("start", self._begin_ms), parameters.time("end", parameters.now_ms)
        if end < start:
            raise bad_parameter("end", "end timestamp must not be before start time")
        selectors = parameters.selectors(required=required) or [()]
        return sorted({labels for matchers in selectors for labels in self._store.label_sets(matchers, start, end)})


def _parsed(parameters: Parameters) -> Node:
    try:
        return parse(parameters.text("query"))
    except QueryError as error:
        raise bad_parameter("query", str(error)) from None


def _series(labels: Labels, moments: Sequence[int], values: Sequence[float | None]) -> dict[str, object]:
    points = [
        [format_time(moment), format_number(value)]
        for moment, value in zip(moments, values, strict=True)
        if value is not None
    ]
    return {"metric": dict(labels), "values": points}


def _stats(parameters: Parameters, evaluation: Evaluation, begun: float) -> dict[str, object]:
    if not parameters.text("stats"):
        return {}
    took = round(perf_counter() - begun, 6)
    timings = {"evalTotalTime": took, "innerEvalTime": took, "execQueueTime": 0, "execTotalTime": took}
    timings |= {"resultSortTime": 0, "queryPreparationTime": 0}
    samples = {"totalQueryableSamples": evaluation.budget.used, "peakSamples": evaluation.budget.used}
    return {"stats": {"timings": timings, "samples": samples}}


def _most(counts: Mapping[str, int], limit: int) -> list[dict[str, object]]:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [{"name": name, "value": count} for name, count in ordered[: limit or None]]
