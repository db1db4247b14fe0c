"""The unit of a query's result, read off metric names and functions; silent where it would be a guess.

Conventions: https://prometheus.io/docs/practices/naming/
"""

from itertools import pairwise

from hub_connector_prometheus.promql import is_counter, selectors, tokens

_UNITS = frozenset(
    {
        "seconds",
        "milliseconds",
        "bytes",
        "ratio",
        "celsius",
        "volts",
        "amperes",
        "joules",
        "grams",
        "meters",
        "hertz",
    }
)
_PER_SECOND = frozenset({"rate", "irate"})
_KEEPING = frozenset(
    {
        "sum", "avg", "min", "max", "topk", "bottomk", "quantile", "increase", "delta", "idelta",
        "sum_over_time", "avg_over_time", "min_over_time", "max_over_time", "last_over_time", "quantile_over_time",
        "histogram_quantile", "sort", "sort_desc", "abs", "ceil", "floor", "round",
        "clamp", "clamp_min", "clamp_max", "label_replace", "label_join", "by", "without",
    }
)  # fmt: skip
_TIMESTAMPS = ("_timestamp_seconds", "start_time_seconds", "boot_time_seconds")
_ENDINGS = ("_total", "_bucket", "_sum", "_count", "_created")


def unit_of(query: str) -> str:
    """Such as `bytes per second`; empty where names and functions do not settle it."""
    parts = tokens(query)
    called = {text for (kind, text), (_, after) in pairwise(parts) if kind == "word" and after == "("}
    changes_unit = any(
        (kind, text) == ("word", "bool") or (kind == "operator" and text in "*/%^") for kind, text in parts
    )
    if changes_unit or not called <= _KEEPING | _PER_SECOND:
        return ""
    metrics = {selector.metric for selector in selectors(query)}
    reads_buckets = "histogram_quantile" in called
    units = {"" if metric.endswith("_bucket") and not reads_buckets else named_unit(metric) for metric in metrics}
    per_second = bool(called & _PER_SECOND) and not reads_buckets
    if len(units) != 1:
        return ""
    unit = units.pop()
    if per_second and (unit or all(is_counter(metric) for metric in metrics)):
        return f"{unit} per second".lstrip()
    return unit


def named_unit(metric: str) -> str:
    """The unit in a metric's name: `node_memory_free_bytes` is in bytes."""
    if metric.endswith(("_count", "_created")):
        return ""
    if metric.endswith(_TIMESTAMPS):
        return "unix seconds"
    for ending in _ENDINGS:
        metric = metric.removesuffix(ending)
    unit = metric.rpartition("_")[2]
    return unit if unit in _UNITS else ""
