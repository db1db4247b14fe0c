"""The connector's part of the sandbox: a simulated Prometheus with the story of a bad deploy in its series."""

import time
from collections.abc import Mapping
from typing import Any

from hub.plugin import Sandbox
from hub.sandbox.story import Clock, Story


def prometheus_sandbox(clock: Clock = time.time) -> Sandbox:
    """A simulated Prometheus and Alertmanager that tell the story as of the clock's present.

    Args:
        clock: The present in unix seconds, which samples and alerts follow.
    """
    from hub_connector_prometheus.simulation.app import ALERTMANAGER_PATH, create_app

    story = Story.beginning(clock)
    errors, requests = (
        f"sum(rate(http_requests_total{{{matchers}}}[1m]))"
        for matchers in (f'job="{story.service}", code=~"5.."', f'job="{story.service}"')
    )
    by_code = f'sum by (code) (rate(http_requests_total{{job="{story.service}"}}[5m]))'

    def settings(url: str) -> Mapping[str, Any]:
        return {"url": url, "alertmanager": url + ALERTMANAGER_PATH}

    return Sandbox(
        app=create_app(story, clock),
        settings=settings,
        try_calls=(
            ("alerts", {"state": "firing"}),
            (
                "query_range",
                {
                    "query": f"{errors} / {requests}",
                    "start": _utc(story, minutes=-30),
                    "end": _utc(story, minutes=30),
                },
            ),
            ("compare", {"query": by_code, "at": _utc(story, minutes=0), "window": "30m"}),
        ),
    )


def _utc(story: Story, *, minutes: float) -> str:
    return story.after(minutes=minutes).strftime("%Y-%m-%dT%H:%M:%SZ")
