"""The connector's part of the sandbox: a simulated GitHub whose runs and logs tell of the bad deploy."""

import time
from collections.abc import Mapping
from typing import Any

from hub.plugin import Sandbox, Secret
from hub.sandbox.story import Clock, Story


def github_sandbox(clock: Clock = time.time) -> Sandbox:
    """A simulated GitHub that tells the story as of the clock's present.

    Args:
        clock: The present in unix seconds, which runs follow.
    """
    from hub_connector_github.simulation.access import SANDBOX_TOKEN
    from hub_connector_github.simulation.app import create_app
    from hub_connector_github.simulation.history import red_run_id

    story = Story.beginning(clock)

    def settings(url: str) -> Mapping[str, Any]:
        return {"base_url": url, "token": Secret(SANDBOX_TOKEN), "repositories": [story.repository]}

    return Sandbox(
        app=create_app(story, clock),
        settings=settings,
        try_calls=(
            ("list_runs", {"status": "failure", "since": story.after(hours=-48).strftime("%Y-%m-%dT%H:%M:%SZ")}),
            ("explain_failure", {"target": f"#{story.pull_request}"}),
            ("get_logs", {"run": str(red_run_id(story)), "job": "integration", "grep": "out of memory"}),
        ),
    )
