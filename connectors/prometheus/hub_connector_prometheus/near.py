"""Why a query came back empty: metrics, labels and values that do not exist, with those that are near."""

import time
from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from hub.plugin import ConnectorError
from hub_connector_prometheus.promql import Matcher, Selector, selector, selectors
from hub_connector_prometheus.server import LOOK_BACK, PrometheusServer
from hub_connector_prometheus.shapes import texts

_MOST_SELECTORS = 3
_MOST_VALUES = 200
_SHOWN = 5
_ALL_EXIST = (
    f"every metric and label value in it exists (last {LOOK_BACK / 3600:g}h): a filter such as `> 0`, the time, "
    "or a range like [1m] that holds fewer than two samples leaves nothing"
)


def near(name: str, known: Iterable[str], count: int = _SHOWN) -> list[str]:
    """Known names that resemble this one or share its words, best first."""
    names = list(known)
    lowered = name.lower()
    close = get_close_matches(name, names, n=count, cutoff=0.75)
    words = [word for word in lowered.replace(".", "_").split("_") if len(word) > 2]
    if len(close) < count and words:
        scored = [(sum(word in other.lower() for word in words), other) for other in names]
        needed = len(words) // 2 + 1
        close += [other for score, other in sorted(scored, key=lambda item: (-item[0], item[1])) if score >= needed]
    return list(dict.fromkeys(close))[:count]


async def explain_empty(server: PrometheusServer, query: str) -> list[str]:
    """Lines that say what in the query matches nothing. A failure of the look-up is told, not raised."""
    found = list(dict.fromkeys(selectors(query)))[:_MOST_SELECTORS]
    if not found:
        return []
    try:
        names = await server.metric_names()
        lines: list[str] = []
        for one in found:
            lines += await _explain(server, one, names)
    except ConnectorError as error:
        return [f"near names could not be looked up: {error.message}"]
    return lines or [_ALL_EXIST]


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
