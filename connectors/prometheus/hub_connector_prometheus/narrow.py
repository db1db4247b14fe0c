"""Too many series: says by which labels they differ, and gives narrower queries that can be run as they are."""

from collections.abc import Sequence

from hub_connector_prometheus.promql import bare_selector, grouped, is_counter, selectors, tokens, topk
from hub_connector_prometheus.series import Labels

MOST_FETCHED = 2_000
"""Series asked of the server at most, where it knows `limit`; enough to see how the labels spread."""
_NARROW = 10
_MOST_LABELS = 8
_NOT_ADDITIVE = frozenset(
    {"avg", "quantile", "histogram_quantile", "avg_over_time", "quantile_over_time", "max", "min"}
)


def label_spread(label_sets: Sequence[Labels]) -> list[tuple[str, int]]:
    """How many values every label has, fewest first; labels that do not vary are left out.

    Labels that some series lack come last: the answer would be split by chance.
    """
    values: dict[str, set[str]] = {}
    for labels in label_sets:
        for name, value in labels.items():
            values.setdefault(name, set()).add(value)
    lacking = {name for name in values if any(name not in labels for labels in label_sets)}
    counted = [(name, len(found) + (name in lacking)) for name, found in values.items()]
    return sorted((item for item in counted if item[1] > 1), key=lambda item: (item[0] in lacking, *item[::-1]))


def narrower_queries(query: str, label_sets: Sequence[Labels]) -> list[str]:
    """Queries that answer with few series: the largest of these, and all aggregated by their coarsest label.

    Of bare counters and buckets the rates and the quantile are meant, of nameless selectors the metrics they hold.
    """
    bare = bare_selector(query)
    if bare is not None and not bare.metric:
        return [grouped("count", ["__name__"], query)]
    if bare is not None and bare.metric.endswith("_bucket"):
        return [f"histogram_quantile(0.95, sum by (le) (rate({bare}[5m])))"]
    if bare is not None and is_counter(bare.metric):
        query = f"rate({bare}[5m])"
    queries = [topk(_NARROW, query)]
    coarse = [name for name, count in label_spread(label_sets) if name != "__name__" and count <= 4 * _NARROW]
    if coarse:
        queries.append(grouped(_aggregation(query), coarse[:1], query))
    return queries


def too_many(query: str, label_sets: Sequence[Labels], shown: int, which: str, *, at_least: bool) -> list[str]:
    """The lines of a cut answer.

    Args:
        query: As asked.
        label_sets: Of all series that came.
        shown: Series that are shown.
        which: Of all, such as `the first`.
        at_least: Whether the server cut its answer too.
    """
    spread = ", ".join(f"{name} {count}" for name, count in _telling(label_sets)[:_MOST_LABELS])
    count = f"{len(label_sets)}{' or more' if at_least else ''}"
    return [
        f"{shown} of {count} series shown ({which}); values per label: {spread}",
        f"narrower: {' — or '.join(narrower_queries(query, label_sets))}",
    ]


def _telling(label_sets: Sequence[Labels]) -> list[tuple[str, int]]:
    """The spread of the labels that all series have; of all labels where there is no such one."""
    spread = label_spread(label_sets)
    return [item for item in spread if all(item[0] in labels for labels in label_sets)] or spread


def _aggregation(query: str) -> str:
    """`sum` where adding up makes sense by the functions used, else `max`."""
    words = {text for kind, text in tokens(query) if kind == "word"}
    ratio = any(kind == "operator" and text == "/" for kind, text in tokens(query))
    named_ratio = any(found.metric.endswith("_ratio") for found in selectors(query))
    return "max" if words & _NOT_ADDITIVE or ratio or named_ratio else "sum"
