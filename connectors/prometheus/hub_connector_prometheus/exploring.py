"""What metrics and labels there are: find_metrics, labels, and the card of one metric."""

import re
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import cast

from hub.plugin import InvalidArguments, Moment, NotFound, Table
from hub_connector_prometheus.asking import remarks
from hub_connector_prometheus.narrow import label_spread
from hub_connector_prometheus.near import explain_empty, near
from hub_connector_prometheus.promql import as_selector, label_reference, selector
from hub_connector_prometheus.series import NOTHING, Labels, parse_series, shortened
from hub_connector_prometheus.server import LOOK_BACK, MOST_NAMES, PrometheusServer, together
from hub_connector_prometheus.shapes import items, mapping, texts
from hub_connector_prometheus.times import iso
from hub_connector_prometheus.units import named_unit
from hub_connector_prometheus.wire import Answer
from hub_connector_prometheus.words import has_words

Metadata = dict[str, tuple[str, str, str]]
_FAMILIES = frozenset({"histogram", "gaugehistogram", "summary"})
_PARTS = ("_bucket", "_sum", "_count")
_HELP_SHOWN = 100
_SERIES_COUNTED = 5_000
_LABELS_COUNTED = 12
_SHORT_LIST = 12
_EXAMPLES = 8


async def find_metrics(server: PrometheusServer, search: str, match: str, limit: int, source: str) -> Table | str:
    """Metrics whose name or help has all words of the search, best first.

    Raises:
        ConnectorError: The server rejects `match` or does not answer.
    """
    head = [f"source: {source}"] if source else []
    match = as_selector(match)
    if match:
        now = time.time()
        answer = await server.label_values("__name__", now - LOOK_BACK, now, match, MOST_NAMES)
        names = texts(answer.data)
        metadata = await server.metadata()
        head += remarks(answer)
    else:
        names, metadata = await together(server.metric_names(), server.metadata())
    grouped = families(names, metadata)
    described = {name: described_by(name, metadata) for name in grouped}
    found = [name for name, (_, text, _) in described.items() if has_words(search, name, text, *grouped[name])]
    found.sort(key=lambda name: (search.strip() not in (name, *grouped[name]), not has_words(search, name), name))
    within = f" among series matching {match}" if match else ""
    if not found:
        if match and not described:
            return "\n".join([*head, f"no series match {match}", *await explain_empty(server, match)])
        return "\n".join([*head, f"no metric matches {search!r}{within}", *_why_no_metric(search, described)])
    matching = f" of {len(described)} metrics{within} match" if search else f" metrics{within}"
    head.append(f"{len(found)}{matching}" + (f"; {limit} shown" if len(found) > limit else ""))
    if len(found) > limit and not search:
        head.append(f"by prefix: {_prefixes(found)}")
    elif len(found) > limit:
        head.append("add words to narrow it, or raise limit")
    if not metadata:
        head.append("the server keeps no types and help texts")
    if any(name not in grouped[name] and described[name][0] == "histogram" for name in found[:limit]):
        head.append("a histogram x is queried as x_bucket, x_sum, x_count")
    rows = [
        [name, described[name][0], shortened(described[name][1], _HELP_SHOWN) or NOTHING] for name in found[:limit]
    ]
    return Table(columns=["metric", "type", "help"], rows=rows, note="\n".join(head))


def _why_no_metric(search: str, described: Metadata) -> list[str]:
    """Near names, or which of several words match at all, and what there is."""
    if close := near(search.strip(), described):
        return [f"near: {', '.join(close)}"]
    words = search.split()
    counts = [sum(has_words(word, name, text) for name, (_, text, _) in described.items()) for word in words]
    lines = [f"{len(described)} metrics by prefix: {_prefixes(described)}"]
    if any(counts):
        told = ", ".join(f"{word} {count}" for word, count in zip(words, counts, strict=True))
        lines.insert(0, f"metrics with each word alone: {told}")
    elif not search.replace("_", "").replace(":", "").replace(" ", "").isalnum():
        lines.insert(0, "search takes plain words, no patterns")
    return lines


def families(names: Iterable[str], metadata: Metadata) -> dict[str, list[str]]:
    """The names by family, sorted: the parts of a histogram or summary stand under its name, others alone."""
    found: dict[str, list[str]] = {}
    for name in sorted(names):
        found.setdefault(_family(name, metadata), []).append(name)
    return dict(sorted(found.items()))


def _family(name: str, metadata: Metadata) -> str:
    for part in _PARTS:
        base = name.removesuffix(part)
        if base != name and base in metadata and metadata[base][0] in _FAMILIES:
            return base
    return name


def described_by(name: str, metadata: Metadata) -> tuple[str, str, str]:
    """Type, help and unit; OpenMetrics describes `x_total` under `x`."""
    kind, text, unit = metadata.get(name) or metadata.get(name.removesuffix("_total")) or ("", "", "")
    return kind or "unknown", text, unit or named_unit(name)


def _prefixes(names: Iterable[str]) -> str:
    counted = Counter(re.split(r"[_:.]", name, maxsplit=1)[0] for name in names)
    return ", ".join(f"{prefix} {count}" for prefix, count in counted.most_common(_SHORT_LIST))


async def labels(
    server: PrometheusServer, name: str, match: str, start: Moment | None, search: str, limit: int, source: str
) -> Table | str:
    """Label names, or the values of one label.

    Raises:
        InvalidArguments: `start` lies in the future.
        ConnectorError: The server rejects `match` or does not answer.
    """
    match = as_selector(match)
    end = time.time()
    begin = end - LOOK_BACK if start is None else start.seconds
    if begin >= end:
        raise InvalidArguments(f"start ({iso(begin)}) lies in the future")
    asked = limit + 1 if not search else MOST_NAMES
    if name:
        answer = await server.label_values(name, begin, end, match, asked)
    else:
        answer = await server.label_names(begin, end, match, asked)
    found = [value for value in texts(answer.data) if has_words(search, value)]
    subject = f"values of {name}" if name else "label names"
    head = [f"source: {source}"] if source else []
    head.append(f"{subject}{f' in {match}' if match else ''}, {iso(round(begin))} to {iso(round(end))}")
    head += [line for line in remarks(answer) if "truncated due to limit" not in line]
    if not found:
        return "\n".join([*head, "none", *await _why_no_labels(server, name, match, search, begin, end)])
    if len(found) > limit:
        whole = len(found) if len(found) > limit + 1 or search else f"more than {limit}"
        head.append(f"{limit} of {whole} shown; narrow it by match or search, or raise limit")
    else:
        head.append(f"{len(found)} in all")
    return Table(
        columns=["value" if name else "label"], rows=[[value] for value in found[:limit]], note="\n".join(head)
    )


async def _why_no_labels(
    server: PrometheusServer, name: str, match: str, search: str, begin: float, end: float
) -> list[str]:
    if search:
        return [f"nothing contains {search!r}; leave search out to see all"]
    if not name:
        if match:
            return [f"no series match {match}", *await explain_empty(server, match)]
        return ["the server has no series in this time"]
    others = [
        one for one in texts((await server.label_names(begin, end, match, MOST_NAMES)).data) if one != "__name__"
    ]
    close = near(name, others)
    if match and not others:
        return [f"no series match {match}", *await explain_empty(server, match)]
    return [f"near: {', '.join(close)}" if close else f"labels there are: {', '.join(others[:_SHORT_LIST])}"]


async def metric_card(server: PrometheusServer, name: str) -> str:
    """Everything about one metric: type, help, unit, labels with their cardinality, and a query to start with.

    Raises:
        NotFound: There is no such metric.
        ConnectorError: The server does not answer.
    """
    names, metadata = await together(server.metric_names(), server.metadata())
    known = frozenset(cast("list[str]", names))
    stored = next((one for one in (name, *(f"{name}{part}" for part in (*_PARTS, "_total"))) if one in known), "")
    if not stored:
        close = near(name, families(known, metadata))
        raise NotFound(
            f"{server.label} has no metric {name} in the last {LOOK_BACK / 3600:g} hours",
            hint=f"Near: {', '.join(close)}" if close else "find_metrics searches names and help texts",
        )
    kind, text, unit = described_by(name, metadata)
    now = time.time()
    count = _counted(await server.query(f"count({selector(stored)})", now, 1))
    lines = [f"metric: {name}", f"type: {kind}", f"unit: {unit or 'not told'}", f"help: {text or 'none'}"]
    lines.append(f"series: {count} now" + (f" of {stored}" if stored != name else ""))
    if 0 < count <= _SERIES_COUNTED:
        found = cast("list[Labels]", (await server.series(selector(stored), now - 300, now, _SERIES_COUNTED)).data)
        lines += _label_lines(found)
    else:
        lines += await _counted_labels(server, stored, now)
    lines.append(f"query: {_first_query(name, stored, kind)}")
    return "\n".join(lines)


def _label_lines(sets: Sequence[Labels]) -> list[str]:
    values: dict[str, set[str]] = {}
    for one in sets:
        for label, value in one.items():
            values.setdefault(label, set()).add(value)
    values.pop("__name__", None)
    lines = ["labels (number of values: examples):"]
    order = dict(label_spread(sets))
    for label in sorted(values, key=lambda label: (order.get(label, 1), label)):
        examples = sorted(values[label])
        more = ", …" if len(examples) > _EXAMPLES else ""
        told = ", ".join(shortened(text, 60) for text in examples[:_EXAMPLES])
        lines.append(f"  {label} {len(examples)}: {told}{more}")
    return lines


async def _counted_labels(server: PrometheusServer, metric: str, now: float) -> list[str]:
    """Cardinality counted by the server, for metrics with too many series to fetch."""
    answer = await server.label_names(now - LOOK_BACK, now, selector(metric), MOST_NAMES)
    found = [label for label in texts(answer.data) if label != "__name__"]
    counts = await together(
        *(
            server.query(f"count(count by ({label_reference(label)}) ({selector(metric)}))", now, 1)
            for label in found[:_LABELS_COUNTED]
        )
    )
    lines = ["labels (number of values now):"]
    for label, counted in zip(found, counts, strict=False):
        lines.append(f"  {label} {_counted(counted)}")
    if len(found) > _LABELS_COUNTED:
        lines.append(f"  not counted: {', '.join(found[_LABELS_COUNTED:])}")
    return lines


def _counted(answer: Answer) -> int:
    found = parse_series(items(mapping(answer.data).get("result")))
    return int(found[0].points[0][1]) if found else 0


def _first_query(name: str, stored: str, kind: str) -> str:
    """A query to start with, by the metric's type."""
    if kind == "histogram" and stored.endswith("_bucket"):
        return f"histogram_quantile(0.95, sum by (le) (rate({selector(stored)}[5m])))"
    if kind == "histogram":
        return f"histogram_quantile(0.95, sum(rate({selector(stored)}[5m])))"
    if kind == "summary":
        return f"rate({selector(f'{name}_sum')}[5m]) / rate({selector(f'{name}_count')}[5m])"
    if kind == "counter" or stored.endswith("_total"):
        return f"sum(rate({selector(stored)}[5m]))"
    return selector(stored)


async def matching_metrics(server: PrometheusServer, prefix: str) -> list[str]:
    """Names for completion: those that start with the prefix, then those that contain it."""
    names, metadata = await together(server.metric_names(), server.metadata())
    known = families(names, metadata)
    starting = [name for name in known if name.startswith(prefix)]
    return starting + [name for name in known if prefix and prefix in name and not name.startswith(prefix)]


async def matching_jobs(server: PrometheusServer, prefix: str) -> list[str]:
    """Names of jobs and services for completion."""
    now = time.time()
    found = await together(
        *(server.label_values(label, now - LOOK_BACK, now, "", 1000) for label in ("service", "job"))
    )
    names = {name for answer in found for name in texts(answer.data)}
    return sorted(name for name in names if name.startswith(prefix))
