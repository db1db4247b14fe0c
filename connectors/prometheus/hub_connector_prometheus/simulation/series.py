"""Simulated series, scraped every 15 seconds, and the store that finds and reads them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from hub_connector_prometheus.simulation.labels import NAME, Labels, Matcher, selects, value_of
from hub_connector_prometheus.simulation.traffic import Curve
from hub_connector_prometheus.simulation.vectors import Budget, Latest, Samples

SCRAPE_INTERVAL_MS = 15_000


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One series of the simulated world.

    Attributes:
        offset_ms: When within the scrape interval its target is scraped.
        first_ms: Its first sample, in unix milliseconds.
        stale_ms: The scrape that no longer found it; None while it lives.
        origin_ms: The deploy; the curve counts its seconds from there.
    """

    labels: Labels
    curve: Curve
    offset_ms: int
    first_ms: int
    stale_ms: int | None
    origin_ms: int

    @classmethod
    def scraped(
        cls, labels: Labels, curve: Curve, *, offset_ms: int, origin_ms: int, begin_ms: int, end_ms: int | None
    ) -> "Series":
        """A series that exists from `begin_ms` up to `end_ms`."""

        def next_scrape(moment: int) -> int:
            return -((offset_ms - moment) // SCRAPE_INTERVAL_MS) * SCRAPE_INTERVAL_MS + offset_ms

        stale = None if end_ms is None else next_scrape(end_ms)
        return cls(labels, curve, offset_ms, next_scrape(begin_ms), stale, origin_ms)

    def exists_between(self, start_ms: int, end_ms: int) -> bool:
        """Whether it has samples in a span of time."""
        return self.first_ms <= end_ms and (self.stale_ms is None or self.stale_ms > start_ms)

    def value(self, time_ms: int) -> float:
        """Its sample of a scrape."""
        return self.curve((time_ms - self.origin_ms) / 1000)

    def scrape_before(self, moment_ms: int) -> int:
        """The last scrape of its target that is not later."""
        return (moment_ms - self.offset_ms) // SCRAPE_INTERVAL_MS * SCRAPE_INTERVAL_MS + self.offset_ms

    def last_sample(self, moment_ms: int, lookback_ms: int) -> tuple[int, float] | None:
        """The sample an instant query at a moment sees."""
        scrape = self.scrape_before(moment_ms)
        gone = self.stale_ms is not None and scrape >= self.stale_ms
        if gone or scrape < self.first_ms or moment_ms - scrape >= lookback_ms:
            return None
        return scrape, self.value(scrape)

    def times(self, start_ms: int, end_ms: int) -> range:
        """Its scrapes in a span, open on the left."""
        first = max(self.scrape_before(start_ms) + SCRAPE_INTERVAL_MS, self.first_ms)
        last = self.scrape_before(end_ms)
        if self.stale_ms is not None:
            last = min(last, self.stale_ms - SCRAPE_INTERVAL_MS)
        return range(first, last + 1, SCRAPE_INTERVAL_MS)


class SeriesStore:
    """All series of the world up to the present.

    Args:
        series: Every series that ever exists.
        now_ms: The present; nothing is known after it.
    """

    def __init__(self, series: Iterable[Series], now_ms: Callable[[], int]) -> None:
        self._series = tuple(series)
        self._by_name: dict[str, list[Series]] = {}
        for item in self._series:
            self._by_name.setdefault(value_of(item.labels, NAME), []).append(item)
        self._now_ms = now_ms

    def as_of(self, now_ms: int) -> "SeriesStore":
        """The same series with another present."""
        return SeriesStore(self._series, lambda: now_ms)

    def select(self, matchers: Sequence[Matcher]) -> list[Series]:
        """The matching series, whenever they exist."""
        name = next((item.value for item in matchers if item.name == NAME and item.operator == "="), None)
        names = [name] if name is not None else list(self._by_name)
        return [item for name in names for item in self._by_name.get(name, ()) if selects(matchers, item.labels)]

    def latest(
        self, matchers: Sequence[Matcher], moments: Sequence[int], lookback_ms: int, budget: Budget
    ) -> list[Latest]:
        """As in `Storage`."""
        now = self._now_ms()
        found: list[Latest] = []
        for series in self.select(matchers):
            budget.spend(len(moments))
            samples = [
                series.last_sample(min(moment, now), lookback_ms - max(0, moment - now)) for moment in moments
            ]
            found.append(Latest(series.labels, samples))
        return found

    def samples(
        self, matchers: Sequence[Matcher], spans: Sequence[tuple[int, int]], budget: Budget
    ) -> list[Samples]:
        """As in `Storage`."""
        now = self._now_ms()
        found: list[Samples] = []
        for series in self.select(matchers):
            ranges = [series.times(start, min(end, now)) for start, end in spans]
            budget.spend(sum(len(times) for times in ranges))
            times = [time for scrapes in ranges for time in scrapes]
            curve, origin = series.curve, series.origin_ms
            found.append(Samples(series.labels, times, [curve((time - origin) / 1000) for time in times]))
        return found
