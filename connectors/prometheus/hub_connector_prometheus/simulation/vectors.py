"""What evaluation works with: the storage it reads, and rows that hold one series over all steps of a query."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Protocol

from hub_connector_prometheus.simulation.errors import ExecutionError, QueryTimeout
from hub_connector_prometheus.simulation.labels import Labels, Matcher

MAX_SAMPLES = 1_000_000
MAX_SECONDS = 10.0
Value = float | None
"""None where the series has no sample."""


@dataclass(frozen=True, slots=True)
class Row:
    """One series of a result: a value for each step of the query."""

    labels: Labels
    values: Sequence[Value]


@dataclass(frozen=True, slots=True)
class Samples:
    """Raw samples of one series, in order of time.

    Attributes:
        times: Unix milliseconds.
    """

    labels: Labels
    times: Sequence[int]
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class Latest:
    """For each of some moments the last sample before it, as (unix milliseconds, value)."""

    labels: Labels
    samples: Sequence[tuple[int, float] | None]


class Budget:
    """Bounds what one query may read and how long it may take.

    Args:
        samples: How many samples it may read.
        seconds: How long it may take, from now on.
    """

    def __init__(self, samples: int = MAX_SAMPLES, seconds: float = MAX_SECONDS) -> None:
        self.used = 0
        self._samples = samples
        self._deadline = monotonic() + seconds

    def spend(self, samples: int) -> None:
        """Count samples before they are read or gone through once more.

        Raises:
            ExecutionError: They are too many.
            QueryTimeout: The time is over.
        """
        self.used += samples
        if self.used > self._samples:
            raise ExecutionError(
                "query processing would load too many samples into memory in query execution "
                f"(the sandbox allows {self._samples:,})"
            )
        self.check_time()

    def check_time(self) -> None:
        """End a query whose time is over.

        Raises:
            QueryTimeout: It is.
        """
        if monotonic() > self._deadline:
            raise QueryTimeout("query timed out in expression evaluation")


class Storage(Protocol):
    """Where series come from."""

    def latest(
        self, matchers: Sequence[Matcher], moments: Sequence[int], lookback_ms: int, budget: Budget
    ) -> list[Latest]:
        """The last sample of every matching series before each moment.

        There is none where it is `lookback_ms` old or the series went stale.

        Raises:
            ExecutionError: The budget is used up.
            QueryTimeout: The time is over.
        """
        ...

    def samples(
        self, matchers: Sequence[Matcher], spans: Sequence[tuple[int, int]], budget: Budget
    ) -> list[Samples]:
        """All samples of every matching series in the spans, which are open on the left and in order of time.

        Raises:
            ExecutionError: The budget is used up.
            QueryTimeout: The time is over.
        """
        ...


def labels_text(labels: Labels) -> str:
    """A label set as errors show it."""
    return "{" + ", ".join(f'{name}="{value}"' for name, value in labels) + "}"


def merged(rows: Iterable[Row]) -> list[Row]:
    """Rows with unique labels: rows of the same labels become one where they have no step in common.

    Raises:
        ExecutionError: Two series have the same labels at the same time.
    """
    unique: dict[Labels, Row] = {}
    for row in rows:
        other = unique.get(row.labels)
        if other is None:
            unique[row.labels] = row
            continue
        values: list[Value] = []
        for first, second in zip(other.values, row.values, strict=True):
            if first is not None and second is not None:
                raise ExecutionError("vector cannot contain metrics with the same labelset")
            values.append(second if first is None else first)
        unique[row.labels] = Row(row.labels, values)
    return list(unique.values())


def present(rows: Iterable[Row]) -> list[Row]:
    """The rows that have a value at any step."""
    return [row for row in rows if any(value is not None for value in row.values)]


def merge_spans(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans in order and without overlaps."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
