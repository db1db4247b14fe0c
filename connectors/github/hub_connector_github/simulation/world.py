"""All that the simulated GitHub knows: made when it is first asked for, and moved by the clock and by writes."""

import time
from functools import cached_property

from hub.sandbox.story import Clock, Story
from hub_connector_github.simulation.development import repository_of
from hub_connector_github.simulation.history import History, first_id_at
from hub_connector_github.simulation.repository import Repository
from hub_connector_github.simulation.runs import RunStore


class World:
    """The repository of a story with its runs.

    Args:
        story: What happened.
        clock: The present in unix seconds.
    """

    def __init__(self, story: Story, clock: Clock = time.time) -> None:
        self.story = story
        self.clock = clock
        self.began = clock()

    @cached_property
    def repository(self) -> Repository:
        """Commits and pull requests."""
        return repository_of(self.story, self.began)

    @cached_property
    def runs(self) -> RunStore:
        """Workflow runs."""
        store = RunStore(first_id_at(self.story))
        History(self.story, self.repository, store).fill()
        return store
