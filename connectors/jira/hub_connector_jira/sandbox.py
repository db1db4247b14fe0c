"""The connector's part of the sandbox: a simulated Jira with the story of a bad deploy in its issues."""

import time
from collections.abc import Mapping
from typing import Any

from hub.plugin import Sandbox, Secret
from hub.sandbox.story import Clock, Story


def jira_sandbox(clock: Clock = time.time, *, data_center: bool = False) -> Sandbox:
    """A simulated Jira that tells the story as of the clock's present.

    Args:
        clock: The present in unix seconds.
        data_center: Jira Data Center instead of Jira Cloud.
    """
    from hub_connector_jira.simulation.app import create_site
    from hub_connector_jira.simulation.options import API_TOKEN, EMAIL, PERSONAL_ACCESS_TOKEN

    story = Story.beginning(clock)
    project = story.issue_key.partition("-")[0]

    def settings(url: str) -> Mapping[str, Any]:
        if data_center:
            return {"url": url, "personal_access_token": Secret(PERSONAL_ACCESS_TOKEN)}
        return {"url": url, "email": EMAIL, "api_token": Secret(API_TOKEN)}

    return Sandbox(
        app=create_site(story, clock, data_center=data_center),
        settings=settings,
        try_calls=(
            ("get_issue", {"issue": story.issue_key}),
            (
                "search",
                {"jql": f"project = {project} AND statusCategory != Done ORDER BY priority DESC, updated DESC"},
            ),
            ("read_attachment", {"issue": story.issue_key, "attachment": "failed-orders.csv"}),
        ),
    )
