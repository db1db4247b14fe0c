import time

from hub_connector_github.connector import GitHub
from hub_connector_github.simulation.history import red_run_id
from hub_connector_github.simulation.world import World

from hub.plugin import Secret
from hub.sandbox.story import Story
from hub.testing import ConnectorContract


def waiting_run(story: Story) -> str:
    """The deploy of the story that waits for approval."""
    now = time.time()
    found = [run for run in World(story).runs.visible(now) if run.state(run.latest(now), now)[0] == "waiting"]
    return str(found[0].id)


STORY = Story.beginning()
RED, WAITING = str(red_run_id(STORY)), waiting_run(STORY)


class TestContract(ConnectorContract):
    connector = GitHub
    settings = {"token": Secret("planted-github-token")}
    calls = {
        "get_run": {"run": RED},
        "compare": {"base": STORY.good_release.commit, "head": STORY.bad_release.commit},
        "read_artifact": {"run": RED},
        "run_workflow": {"workflow": STORY.workflow, "ref": "main", "inputs": {"version": "1.42.0"}},
        "rerun": {"run": RED},
        "cancel_run": {"run": WAITING},
        "review_deployment": {"run": WAITING, "decision": "approve"},
    }
