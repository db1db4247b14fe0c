"""A simulated world with a fixed present."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hub_connector_prometheus.simulation.evaluator import Evaluation
from hub_connector_prometheus.simulation.parser import parse
from hub_connector_prometheus.simulation.rules import RuleStore
from hub_connector_prometheus.simulation.series import Series, SeriesStore
from hub_connector_prometheus.simulation.vectors import Row
from hub_connector_prometheus.simulation.world import World

from hub.sandbox.story import Story


@dataclass(frozen=True, repr=False)
class Simulated:
    """The world and its rules, asked by seconds after the deploy."""

    story: Story
    series: list[Series]
    store: RuleStore
    deploy_ms: int

    def at(self, expression: str, *seconds: float) -> list[Row]:
        """The rows of an instant vector, with a value for each of the moments."""
        moments = [self.deploy_ms + round(second * 1000) for second in seconds]
        return Evaluation(self.store, moments).vector(parse(expression))

    def value(self, expression: str, seconds: float) -> float:
        """The value of the only row."""
        (row,) = self.at(expression, seconds)
        assert row.values[0] is not None
        return row.values[0]


def simulate(now: float) -> Simulated:
    story = Story.beginning(lambda: now)
    series = list(World(story).series())

    def now_ms() -> int:
        return int(now * 1000)

    store = RuleStore(story, SeriesStore(series, now_ms), now_ms)
    return Simulated(story, series, store, round(story.deploy_at.timestamp() * 1000))


@pytest.fixture(scope="session")
def world() -> Simulated:
    """The world a little more than six hours after the deploy."""
    return simulate(1_799_958_000.25)


@pytest.fixture(scope="session")
def world_at() -> Callable[[float], Simulated]:
    """Builds the world as of a moment in unix seconds."""
    return simulate
