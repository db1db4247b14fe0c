"""Evaluating PromQL for a reader: now, or over a range, from request to table."""

import math
from collections.abc import Sequence
from typing import Any, cast

from hub.plugin import Duration, Moment, ResponseTooLarge, Table
from hub_connector_prometheus.narrow import MOST_FETCHED, too_many
from hub_connector_prometheus.near import explain_empty
from hub_connector_prometheus.promql import bare_selector, is_counter, topk
from hub_connector_prometheus.series import (
    NOTHING,
    LabelColumns,
    Series,
    number,
    parse_series,
    shortened,
    written,
)
from hub_connector_prometheus.server import PrometheusServer
from hub_connector_prometheus.shapes import items, mapping
from hub_connector_prometheus.summary import COLUMNS, most_changed, summarise
from hub_connector_prometheus.times import Window, ago, clock, iso, settled, window
from hub_connector_prometheus.units import unit_of
from hub_connector_prometheus.wire import Answer

POINTS_SUMMED = 240
POINTS_SHOWN = 60
_CUT = "results truncated due to limit"
_MOST_REMARKS = 5
_CANDIDATES = 5
"""Series looked at closely for each that is shown; of thousands the others are left aside by a glance."""


async def instant(server: PrometheusServer, query: str, at: Moment | None, limit: int, source: str) -> Table | str:
    """An instant query as a table of label sets and values.

    Raises:
        ConnectorError: The server rejects the query or does not answer.
    """
    moment = settled(ago(0) if at is None else at)
    answer = await _within_cap(server.query(query, moment, max(MOST_FETCHED, limit)), query)
    head = heading(query, f"at {iso(moment)}", source, answer)
    data = mapping(answer.data)
    kind, result = data.get("resultType"), items(data.get("result"))
    if kind in ("scalar", "string"):
        return "\n".join([*head, str(result[1])])
    series = parse_series(result)
    if not series:
        return await nothing_found(server, query, head, moment, moment)
    shown = series[:limit]
    columns = LabelColumns.of([one.labels for one in series]).of_shown([one.labels for one in shown])
    head += about(query, columns, series)
    if len(shown) < len(series):
        sets = [one.labels for one in series]
        single = f"last_over_time({query.strip()})" if kind == "matrix" else query
        head += too_many(single, sets, len(shown), "the first", at_least=was_cut(answer))
    if kind == "matrix":
        rows = [
            [*columns.cells(one.labels), iso(when), number(value, 6)] for one in shown for when, value in one.points
        ]
        return Table(
            columns=[*columns.headings(("time", "value")), "time", "value"], rows=rows, note="\n".join(head)
        )
    rows = [[*columns.cells(one.labels), number(one.points[0][1], 6)] for one in shown]
    return Table(columns=[*columns.headings(("value",)), "value"], rows=rows, note="\n".join(head))


async def over_range(
    server: PrometheusServer,
    query: str,
    start: Moment,
    end: Moment,
    step: Duration | None,
    limit: int,
    source: str,
    *,
    points: bool,
) -> Table | str:
    """A range query: one summary per series, or the points themselves.

    Raises:
        InvalidArguments: The range is empty.
        ConnectorError: The server rejects the query or does not answer.
    """
    span = window(start, end, step, POINTS_SHOWN if points else POINTS_SUMMED)
    answer, series = await fetch_range(server, query, span, limit)
    head = heading(query, str(span), source, answer)
    if not series:
        return await nothing_found(server, query, head, span.start, span.end)
    sets = [one.labels for one in series]
    summaries = [(one, summarise(one, span)) for one in most_changed(series, limit * _CANDIDATES)]
    summaries.sort(key=lambda item: (-item[1].weight, -_finite(item[1].high)))
    columns = LabelColumns.of(sets).of_shown([one.labels for one, _ in summaries[:limit]])
    head += about(query, columns, series)
    if len(series) > limit:
        head += too_many(query, sets, limit, "those that changed most", at_least=was_cut(answer))
    if left_out := sum(item.left_out for _, item in summaries):
        head.append(f"{left_out} points are NaN or infinite; the figures leave them out")
    if points:
        return _points_table([one for one, _ in summaries[:limit]], columns, span, head)
    if len(series) > 1:
        head.append("order: largest change first")
    return Table(
        columns=[*columns.headings(COLUMNS), *COLUMNS],
        rows=[[*columns.cells(one.labels), *summary.cells()] for one, summary in summaries[:limit]],
        note="\n".join(head),
    )


async def fetch_range(
    server: PrometheusServer, query: str, span: Window, limit: int
) -> tuple[Answer, list[Series]]:
    """The series of a range query; an answer beyond the size cap names a narrower query.

    Raises:
        ConnectorError: The server rejects the query or does not answer.
    """
    fetched = max(MOST_FETCHED, limit)
    answer = await _within_cap(server.query_range(query, span.start, span.end, span.step, fetched), query)
    return answer, [one for one in parse_series(items(mapping(answer.data).get("result"))) if one.points]


def _points_table(series: Sequence[Series], columns: LabelColumns, span: Window, head: list[str]) -> Table:
    """One row a moment, one column a series: the labels are told once, above."""
    names = [f"s{index}" for index in range(1, len(series) + 1)] if len(series) > 1 else ["value"]
    if len(series) > 1:
        for name, one in zip(names, series, strict=True):
            differing = {key: one.labels[key] for key in columns.varying if key in one.labels}
            head.append(f"{name}: {written(differing)}")
    by_time = [dict(one.points) for one in series]
    moments = sorted({at for values in by_time for at in values})
    rows = [
        [clock(at, span), *(number(values[at]) if at in values else NOTHING for values in by_time)]
        for at in moments
    ]
    return Table(columns=["time (UTC)", *names], rows=rows, note="\n".join(head))


def heading(query: str, times: str, source: str, answer: Answer | None = None) -> list[str]:
    """The first lines of an answer: what was asked, the resolved times, and what the server remarks."""
    lines = [f"query: {shortened(query, 300)}", f"time: {times}"]
    if source:
        lines.insert(0, f"source: {source}")
    return lines + ([] if answer is None else remarks(answer))


def remarks(*answers: Answer) -> list[str]:
    """Warnings and infos of the server, each once."""
    told = [f"warning: {shortened(text, 300)}" for answer in answers for text in answer.warnings]
    told += [f"info: {shortened(text, 300)}" for answer in answers for text in answer.infos]
    unique = list(dict.fromkeys(told))
    rest = len(unique) - _MOST_REMARKS
    return unique[:_MOST_REMARKS] + ([f"and {rest} more remarks of the server"] if rest > 0 else [])


def about(query: str, columns: LabelColumns, series: Sequence[Series]) -> list[str]:
    """What holds for all series: common labels, unit, counters, native histograms."""
    lines: list[str] = []
    if columns.common and not (set(columns.common) == {"__name__"} and columns.common["__name__"] in query):
        lines.append(f"{'labels' if len(series) == 1 else 'common labels'}: {written(columns.common)}")
    if unit := unit_of(query):
        lines.append(f"unit: {unit}")
    lines += _counter_advice(query)
    if any(one.histogram for one in series):
        lines.append("native histograms: the values are their counts; histogram_quantile(0.95, …) reads them")
    return lines


def _counter_advice(query: str) -> list[str]:
    """A counter that only ever rises says little; its rate is what a reader means."""
    bare = bare_selector(query)
    if bare is None or not is_counter(bare.metric):
        return []
    if bare.metric.endswith("_bucket"):
        quantile = f"histogram_quantile(0.95, sum by (le) (rate({bare}[5m])))"
        return [f"buckets of a histogram: counters of observations up to le; {quantile} is the 95th percentile"]
    return [f"a counter: a total since the process started; rate({bare}[5m]) is its rate per second"]


async def nothing_found(server: PrometheusServer, query: str, head: list[str], start: float, end: float) -> str:
    """The answer without series from start to end: why that may be, with near names."""
    return "\n".join([*head, "no series", *await explain_empty(server, query, start, end)])


async def _within_cap(call: Any, query: str) -> Answer:
    try:
        return cast("Answer", await call)
    except ResponseTooLarge as error:
        raise ResponseTooLarge(
            error.message, hint=f"Narrow it: {topk(10, query)} — or a sum by (…), a shorter range, a longer step"
        ) from None


def was_cut(answer: Answer) -> bool:
    """Whether the server left series out."""
    return any(_CUT in text for text in answer.warnings)


def _finite(value: float) -> float:
    return value if math.isfinite(value) else -math.inf
