"""Why a query came back empty: metrics, labels and values that do not exist, with those that are near."""

import math
import time
from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from hub.plugin import ConnectorError
from hub_connector_prometheus.promql import Matcher, Selector, selector, selectors
from hub_connector_prometheus.server import LOOK_BACK, PrometheusServer, soon
from hub_connector_prometheus.shapes import texts

_MOST_SELECTORS = 3
_MOST_VALUES = 200
_SHOWN = 5
_SHORT_NAME = 4
_ALL_EXIST = f"every metric and label value in it exists (last {LOOK_BACK / 3600:g}h)"
_FILTERED = (
    ": a filter such as `> 0`, the time, or a range like [1m] that holds fewer than two samples leaves nothing"
)
_THEN = ", but perhaps not yet at the time asked for, or no longer kept: status tells the retention"


def near(name: str, known: Iterable[str], count: int = _SHOWN) -> list[str]:
    """Known names that resemble this one or share its words, best first."""
    names = list(known)
    lowered = name.lower()
    by_lowered = {other.lower(): other for other in names}
    cutoff = 0.6 if len(name) <= _SHORT_NAME else 0.75
    close = [by_lowered[other] for other in get_close_matches(lowered, by_lowered, n=count, cutoff=cutoff)]
    words = [word for word in lowered.replace(".", "_").split("_") if len(word) > 2]
    if len(close) < count and words:
        scored = [(sum(word in other.lower() for word in words), other) for other in names]
        needed = len(words) // 2 + 1
        close += [other for score, other in sorted(scored, key=lambda item: (-item[0], item[1])) if score >= needed]
    return list(dict.fromkeys(close))[:count]


async def explain_empty(
    server: PrometheusServer, query: str, start: float = math.inf, end: float = math.inf
) -> list[str]:
    """Lines that say what in the query matches nothing. A failure of the look-up is told, not raised.

    Args:
        server: That answered without series.
        query: As asked.
        start: Unix seconds of the first moment asked for; infinite for now.
        end: Of the last one.
    """
    now = time.time()
    if now + 60 < start < math.inf:
        return ["the time asked for lies in the future"]
    found = list(dict.fromkeys(selectors(query)))[:_MOST_SELECTORS]
    if not found:
        return []
    try:
        lines = await soon(_explain_all(server, found))
    except ConnectorError as error:
        return [f"near names could not be looked up: {error.message}"]
    return lines or [_ALL_EXIST + (_THEN if end < now - LOOK_BACK else _FILTERED)]


async def _explain_all(server: PrometheusServer, found: Sequence[Selector]) -> list[str]:
    names = await server.metric_names()
    return [line for one in found for line in await _explain(server, one, names)]


async def _explain(server: PrometheusServer, wanted: Selector, names: Sequence[str]) -> list[str]:
    if wanted.metric and wanted.metric not in names:
        close = near(wanted.metric, names)
        return [f"no metric {wanted.metric} in the last {LOOK_BACK / 3600:g}h; {_nearest(close)}"]
    lines: list[str] = []
    for matcher in wanted.matchers:
        lines += await _explain_matcher(server, wanted.metric, matcher)
    return lines


async def _explain_matcher(server: PrometheusServer, metric: str, matcher: Matcher) -> list[str]:
    """Only matchers that ask for a value can fail by a wrong name."""
    if matcher.operator not in ("=", "=~") or not matcher.value:
        return []
    now = time.time()
    scope = selector(metric) if metric else ""
    subject = metric or "the series"
    answer = await server.label_values(matcher.name, now - LOOK_BACK, now, scope, _MOST_VALUES)
    values = texts(answer.data)
    if not values:
        labels = texts((await server.label_names(now - LOOK_BACK, now, scope, _MOST_VALUES)).data)
        others = [label for label in labels if label != "__name__"]
        return [f"{subject} has no label {matcher.name}; its labels: {', '.join(others[:20]) or 'none'}"]
    if matcher.operator == "=~":
        chosen = [Matcher(matcher.name, "=~", matcher.value)]
        if (await server.series(selector(metric, chosen), now - LOOK_BACK, now, 1)).data:
            return []
    elif matcher.value in values or len(values) >= _MOST_VALUES:
        return []
    close = near(matcher.value, values) if matcher.operator == "=" else []
    listed = ", ".join(close or values[:_SHOWN])
    more = f" and {len(values) - _SHOWN} more" if not close and len(values) > _SHOWN else ""
    return [f"no {matcher} in {subject}; {'near' if close else 'it has'}: {listed}{more}"]


def _nearest(names: Sequence[str]) -> str:
    return f"near: {', '.join(names)}" if names else "find_metrics searches names and help texts"
