"""Series as the API answers them, and how their labels and numbers are written."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from hub_connector_prometheus.promql import label_reference, quoted

Labels = dict[str, str]
_LONGEST_CELL = 120
NOTHING = "-"
"""A cell without a figure; an empty one is easily taken for a missing column."""
_NO_LABEL = '""'
"""A label a series lacks, as PromQL matches it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One series with its points.

    Attributes:
        labels: Its label set, the metric's name among them.
        points: Unix seconds and value, oldest first. Of a native histogram, the count of its observations.
        histogram: Whether it is a native histogram.
    """

    labels: Labels
    points: Sequence[tuple[float, float]]
    histogram: bool = False


def parse_series(result: Any) -> list[Series]:
    """The series of a vector or a matrix."""
    return [_one(cast("dict[str, Any]", item)) for item in cast("list[Any]", result)]


def _one(item: dict[str, Any]) -> Series:
    histogram = "histogram" in item or (bool(item.get("histograms")) and not item.get("values"))
    raw: list[Any] = (
        (item.get("histograms") or [item["histogram"]])
        if histogram
        else (item["values"] if "values" in item else [item["value"]])
    )
    points = [(float(at), float(value["count"] if histogram else value)) for at, value in raw]
    return Series(labels=item.get("metric") or {}, points=points, histogram=histogram)


def number(value: float, digits: int = 4) -> str:
    """A number with few digits; whole numbers in full. `NaN`, `+Inf` and `-Inf` as Prometheus writes them."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    if abs(value) >= 10**digits and abs(value) < 1e15:
        return str(round(value))
    return f"{value:.{digits}g}"


@dataclass(frozen=True, slots=True)
class LabelColumns:
    """Labels of several series, told once where they are all the same.

    Attributes:
        common: Labels that every series has with the same value.
        varying: Names of the others, in order.
    """

    common: Labels
    varying: tuple[str, ...]

    @classmethod
    def of(cls, label_sets: Sequence[Labels]) -> "LabelColumns":
        """Split the labels of these sets."""
        if not label_sets:
            return cls({}, ())
        first = label_sets[0]
        common = {name: value for name, value in first.items() if all(s.get(name) == value for s in label_sets)}
        names = {name: None for labels in label_sets for name in labels if name not in common}
        return cls(common, tuple(sorted(names, key=lambda name: (name != "__name__", name))))

    def of_shown(self, label_sets: Iterable[Labels]) -> "LabelColumns":
        """Without the varying labels that none of these sets has."""
        present = {name for labels in label_sets for name in labels}
        return LabelColumns(self.common, tuple(name for name in self.varying if name in present))

    def cells(self, labels: Labels) -> list[str]:
        """The varying labels of one set; `""` for one it lacks."""
        return [shortened(labels[name]) if labels.get(name) else _NO_LABEL for name in self.varying]

    def headings(self, taken: Iterable[str]) -> list[str]:
        """Names of the columns; a label named like one of the `taken` columns is marked."""
        reserved = set(taken)
        return [f"label:{name}" if name in reserved else name for name in self.varying]


def written(labels: Labels) -> str:
    """A label set as PromQL writes it: `up{job="api"}`; long values are cut."""
    name = labels.get("__name__", "")
    inside = ", ".join(
        f"{label_reference(key)}={quoted(shortened(value))}" for key, value in labels.items() if key != "__name__"
    )
    return f"{name}{{{inside}}}" if inside or not name else name


def shortened(text: str, longest: int = _LONGEST_CELL) -> str:
    """One line of at most so many characters."""
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"
