"""The same query over two windows of time, series by series."""

import math
import time
from collections.abc import Sequence

from hub.plugin import Duration, InvalidArguments, Moment, Table
from hub_connector_prometheus.asking import POINTS_SUMMED, about, fetch_range, nothing_found, remarks, was_cut
from hub_connector_prometheus.narrow import too_many
from hub_connector_prometheus.series import NOTHING, LabelColumns, Series, number, shortened
from hub_connector_prometheus.server import PrometheusServer, together
from hub_connector_prometheus.summary import level
from hub_connector_prometheus.times import Window, ago, lasting, settled, window


async def compare(
    server: PrometheusServer,
    query: str,
    at: Moment | None,
    length: Duration,
    offset: Duration | None,
    limit: int,
    source: str,
) -> Table | str:
    """The query over a window and over an earlier one of the same length, series by series.

    Raises:
        InvalidArguments: A length is not positive, or the window lies in the future.
        ConnectorError: The server rejects the query or does not answer.
    """
    before, after = compared_windows(at, length, offset)
    (old_answer, old), (new_answer, new) = await together(
        fetch_range(server, query, before, limit), fetch_range(server, query, after, limit)
    )
    head = [f"query: {shortened(query, 300)}", f"before: {before}", f"after: {after}"]
    if source:
        head.insert(0, f"source: {source}")
    if length.seconds - after.length >= 1:
        head.append(f"windows shortened to {lasting(after.length)}: `at` is only that long ago")
    head += remarks(old_answer, new_answer)
    if not old and not new:
        return await nothing_found(server, query, head, before.start, after.end)
    if not old or not new:
        head.append(f"no series at all in the window {'after' if old else 'before'}")
    label_sets = [one.labels for one in {_key(one): one for one in [*new, *old]}.values()]
    columns = LabelColumns.of(label_sets)
    head += about(query, columns, new or old)
    rows = _compared_rows(old, new, columns)
    if len(rows) > limit:
        head += too_many(
            query, label_sets, limit, "those that differ most", at_least=was_cut(old_answer) or was_cut(new_answer)
        )
    names = ("mean before", "mean after", "difference", "max before", "max after")
    if len(rows) > 1:
        head.append("order: largest difference first")
    return Table(columns=[*columns.headings(names), *names], rows=rows[:limit], note="\n".join(head))


def compared_windows(at: Moment | None, length: Duration, offset: Duration | None) -> tuple[Window, Window]:
    """The earlier and the later window; one that reaches into the future ends now.

    Raises:
        InvalidArguments: A length is not positive, or the window lies in the future.
    """
    now = time.time()
    if length.seconds <= 0 or (offset is not None and offset.seconds <= 0):
        raise InvalidArguments("window and offset must be longer than 0s")
    start = ago(length.seconds) if at is None else at
    if start.seconds >= now:
        raise InvalidArguments(f"at ({start.iso}) lies in the future", hint="It is where the later window begins")
    end = min(settled(start) + length.seconds, now)
    after = window(start, Moment(end), None, POINTS_SUMMED)
    distance = after.length if offset is None else offset.seconds
    return Window(start=after.start - distance, end=after.end - distance, step=after.step), after


def _key(one: Series) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(one.labels.items()))


def _compared_rows(old: Sequence[Series], new: Sequence[Series], columns: LabelColumns) -> list[list[str]]:
    earlier, later = {_key(one): one for one in old}, {_key(one): one for one in new}
    rows: list[tuple[float, list[str]]] = []
    for key in dict.fromkeys([*later, *earlier]):
        was, was_high = level(earlier[key]) if key in earlier else (None, None)
        is_now, is_high = level(later[key]) if key in later else (None, None)
        told, weight = _difference(was, is_now)
        figures = [
            _figure(was),
            _figure(is_now),
            told,
            _figure(was_high),
            _figure(is_high),
        ]
        rows.append((weight, [*columns.cells(dict(key)), *figures]))
    return [row for _, row in sorted(rows, key=lambda item: -item[0])]


def _figure(value: float | None) -> str:
    return NOTHING if value is None else number(value)


def _difference(was: float | None, now: float | None) -> tuple[str, float]:
    """In words, and as a weight to sort by."""
    if was is None:
        return "new", math.inf
    if now is None:
        return "gone", math.inf
    change = now - was
    if not math.isfinite(change):
        return NOTHING, 0.0
    if change == 0:
        return "0%", 0.0
    if was == 0:
        return f"{'+' if change > 0 else ''}{number(change)}", math.inf
    share = change / abs(was)
    told = f"{share:+.1%}" if abs(share) < 10 else f"{number(now / was, 3)} times"
    return told, abs(share)
