from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import respx
from hub_connector_github.times import between, percentile, seconds_of, span
from hub_connector_github.workflows import inputs_of

from hub.plugin import InvalidArguments, NotFound
from hub.sandbox.story import Story

Call = Callable[..., Awaitable[str]]
REPOSITORY = "/repos/octo/shop"
RUNS = f"{REPOSITORY}/actions/runs"


@pytest.mark.parametrize(
    ("seconds", "told"), [(None, ""), (0, "0s"), (59.4, "59s"), (61, "1m01s"), (3660, "1h01m"), (90_000, "1d01h")]
)
def test_lengths_of_time_are_short(seconds: float | None, told: str) -> None:
    assert span(seconds) == told


def test_percentiles_are_values_that_were_there() -> None:
    assert percentile([3, 1, 2], 0.5) == 2
    assert percentile(range(1, 101), 0.95) == 95
    assert percentile([], 0.5) is None


def test_times_that_are_none_have_no_length() -> None:
    assert seconds_of("x") is None
    assert between("", "2026-01-01T00:00:00Z") is None
    assert between("2026-01-01T00:00:01Z", "2026-01-01T00:00:00Z") == 0
    assert seconds_of("1970-01-01T00:01:00") == 60


async def test_statistics_name_rates_durations_waits_and_flaky_jobs(simulated: Call) -> None:
    told = await simulated("run_stats", since="30d")
    assert "took p50/p95" in told
    assert "ci.yml" in told
    assert "flaky jobs" in told
    assert "integration" in told


async def test_figures_are_what_the_runs_say(
    call: Call, router: respx.Router, run_json: Callable[..., Any], job_json: Callable[..., Any]
) -> None:
    runs = [
        run_json(id=1, conclusion="success", run_attempt=2),
        run_json(id=2),
        run_json(id=3, conclusion="success", head_sha="b" * 40),
        run_json(id=4, conclusion="cancelled"),
        run_json(id=5, status="in_progress", conclusion=None),
    ]
    route = router.get(path=RUNS).respond(json={"total_count": 5, "workflow_runs": runs})
    passed = job_json(conclusion="success", run_attempt=2)
    for run in range(2, 5):
        router.get(path=f"{RUNS}/{run}/jobs").respond(json={"total_count": 0, "jobs": []})
    router.get(path=f"{RUNS}/1/jobs").respond(json={"total_count": 2, "jobs": [job_json(), passed]})
    told = await call("run_stats", since="2026-11-01T00:00:00Z", branch="main")
    assert route.calls.last.request.url.params["created"] == ">=2026-11-01T00:00:00Z"
    assert "ci.yml\t5\t67%\t1\t1\t4m12s/4m12s\t20s/20s\t1" in told
    assert "- unit: 1 time, mostly in step Run tests; runs 1" in told
    assert "- ci.yml at aaaaaaa: 1 success, 2 failure" in told


async def test_no_runs_have_no_figures(call: Call, router: respx.Router) -> None:
    router.get(path=RUNS).respond(json={"total_count": 0, "workflow_runs": []})
    assert "no runs; widen since" in await call("run_stats")


async def test_of_very_many_runs_the_newest_are_counted(
    call: Call, router: respx.Router, run_json: Callable[..., Any]
) -> None:
    runs = [run_json(id=number, conclusion="skipped") for number in range(1, 101)]
    router.get(path=RUNS).respond(json={"total_count": 900, "workflow_runs": runs})
    told = await call("run_stats")
    assert "figures of the newest 300" in told
    assert "none found" in told


async def test_workflows_tell_their_triggers_and_inputs(simulated: Call, story: Story) -> None:
    told = await simulated("list_workflows")
    assert "deploy.yml" in told
    assert "environment!:choice(staging|production)=staging" in told
    assert "1 with 'deploy'" in await simulated("list_workflows", search="deploy")
    assert "no workflows; there are ci.yml" in await simulated("list_workflows", search="nothing")
    card = await simulated("workflow", kind="resource", owner="shop-sandbox", repo="checkout", file="deploy.yml")
    assert "input environment!" in card
    assert "the last:" in card


def offer_workflows(router: respx.Router, files: dict[str, str | int]) -> None:
    """Workflows by path, each with its file's text or the status that answers for it."""
    from base64 import b64encode

    rows = [
        {"id": number, "name": path, "path": path, "state": "active", "url": "x"}
        for number, path in enumerate(files, 1)
    ]
    router.get(path=f"{REPOSITORY}/actions/workflows").respond(json={"total_count": len(rows), "workflows": rows})
    for path, content in files.items():
        route = router.get(path=f"{REPOSITORY}/contents/{path}")
        if isinstance(content, int):
            route.respond(content, json={"message": "no"})
        else:
            route.respond(json={"content": b64encode(content.encode()).decode()})


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("on: push", "push\t"),
        ("on: [push, workflow_dispatch]", "push, workflow_dispatch\tnone"),
        (
            "on:\n  workflow_dispatch:\n    inputs:\n      v: {required: true, type: number}",
            "workflow_dispatch\tv!:number",
        ),
        ("on:\n  workflow_dispatch:\n    inputs:\n      v: {default: 1.10}", "workflow_dispatch\tv=1.10"),
        ("{", "unknown: "),
        ("on: {x: &a [*a]}", "unknown: "),
        ("", "\t"),
        ("x" * 300_000, "unknown: "),
        (404, "its file is not on the default branch"),
        (403, "unknown: GitHub Actions does not permit this"),
    ],
)
async def test_whatever_a_workflow_file_holds(
    content: str | int, told: str, call: Call, router: respx.Router
) -> None:
    offer_workflows(router, {".github/workflows/a.yml": content})
    assert told in await call("list_workflows")


async def test_workflows_without_a_file_and_beyond_those_read(call: Call, router: respx.Router) -> None:
    files: dict[str, str | int] = {"dynamic/pages/deploy": 404}
    files |= {f".github/workflows/{number}.yml": "on: push" for number in range(25)}
    offer_workflows(router, files)
    told = await call("list_workflows")
    assert "GitHub itself" in told
    assert "the files of the first 20 were read" in told
    assert "not read" in told


async def test_a_card_tells_what_of_the_file_cannot_be_read(call: Call, router: respx.Router) -> None:
    router.get(path=f"{REPOSITORY}/actions/workflows/a.yml").respond(
        json={"id": 1, "name": "A", "path": ".github/workflows/a.yml", "url": "x"}
    )
    router.get(path=f"{REPOSITORY}/contents/.github/workflows/a.yml").respond(403, json={"message": "no"})
    router.get(path=f"{REPOSITORY}/actions/workflows/a.yml/runs").respond(
        json={"total_count": 0, "workflow_runs": []}
    )
    told = await call("workflow", kind="resource", owner="octo", repo="shop", file="a.yml")
    assert "its file could not be read" in told


def test_inputs_of_what_is_no_workflow_are_none() -> None:
    assert inputs_of(None) == {}
    assert inputs_of({"on": "push"}) == {}


async def test_deployments_tell_state_run_and_what_waits(simulated: Call, story: Story) -> None:
    told = await simulated("list_deployments")
    assert "waiting for approval:" in told
    assert "production, reviewers" in told
    assert story.bad_release.commit[:7] in told
    assert "deployment\tenvironment\tstate" in told
    second = await simulated("list_deployments", environment="production", cursor="2x2")
    assert "waiting" not in second
    assert 'more: cursor="3x2"' in second or "rows" not in second


async def test_deployments_of_one_commit_and_of_none(call: Call, router: respx.Router) -> None:
    waiting = router.get(path=RUNS).respond(403, json={"message": "no"})
    route = router.get(path=f"{REPOSITORY}/deployments").respond(json=[])
    told = await call("list_deployments", ref="a" * 40)
    assert route.calls.last.request.url.params["sha"] == "a" * 40
    assert "waiting for approval: could not be read" in told
    assert "no deployments; environment is the exact name" in told
    waiting.respond(json={"total_count": 0, "workflow_runs": []})
    told = await call("list_deployments", ref="main")
    assert route.calls.last.request.url.params["ref"] == "main"
    assert "waiting for approval: none" in told


async def test_a_deployment_without_status_says_so(
    call: Call, router: respx.Router, run_json: Callable[..., Any]
) -> None:
    router.get(path=RUNS).respond(json={"total_count": 9, "workflow_runs": [run_json(status="waiting")]})
    pending: dict[str, Any] = {
        "environment": {"id": 1, "name": "production"},
        "wait_timer": 30,
        "wait_timer_started_at": None,
        "current_user_can_approve": False,
        "reviewers": [],
    }
    router.get(path=f"{RUNS}/20000001/pending_deployments").respond(json=[pending])
    router.get(path=f"{REPOSITORY}/deployments").respond(json=[{"id": 4, "environment": "production", "url": "x"}])
    router.get(path=f"{REPOSITORY}/deployments/4/statuses").respond(json=[])
    told = await call("list_deployments")
    assert "production, wait timer 30 min from (not begun); this credential cannot approve" in told
    assert "(the newest 1 of 9 runs)" in told
    assert "no status yet" in told


async def test_a_comparison_tells_commits_and_files(simulated: Call, story: Story) -> None:
    told = await simulated("compare", base=story.good_release.commit, head="main", cursor="1x3")
    assert "common ancestor" in told
    assert 'more: cursor="2x3"' in told
    assert "files: " in told
    second = await simulated("compare", base=story.good_release.commit, head="main", cursor="2x3")
    assert story.bad_release.commit[:7] in second
    assert "files: " not in second


def comparison(**more: Any) -> dict[str, Any]:
    return {"url": "x", "ahead_by": 0, "behind_by": 0, "total_commits": 0, "commits": [], "files": [], **more}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (comparison(merge_base_commit={"sha": "c" * 40, "url": "x"}), "identical: both are at ccccccc"),
        (comparison(behind_by=3), "swap base and head"),
        (comparison(ahead_by=1, behind_by=2), "and lacks 2 commits of v1"),
        (comparison(ahead_by=1), "no files changed"),
        (
            comparison(files=[{"filename": "b", "previous_filename": "a", "status": "renamed"}]),
            "b +0 -0 renamed from a",
        ),
        (
            comparison(files=[{"filename": f"src/{n}", "status": "added", "changes": n} for n in range(300)]),
            "the 25 with most changes of 300 or more; by folder: src 300",
        ),
    ],
)
async def test_how_two_refs_relate(answer: dict[str, Any], said: str, call: Call, router: respx.Router) -> None:
    router.get(path=f"{REPOSITORY}/compare/v1...main").respond(json=answer)
    assert said in await call("compare", base="v1", head="main")


async def test_a_page_past_the_end_and_refs_without_common_history(call: Call, router: respx.Router) -> None:
    router.get(path=f"{REPOSITORY}/compare/v1...main").respond(json=comparison())
    assert "no more commits" in await call("compare", base="v1", head="main", cursor="5x30")
    router.get(path=f"{REPOSITORY}/compare/v1...other").respond(404, json={"message": "Not Found"})
    with pytest.raises(NotFound, match="no commits v1 and other in common"):
        await call("compare", base="v1", head="other")


async def test_a_comparison_cannot_reach_into_a_fork(call: Call) -> None:
    with pytest.raises(InvalidArguments, match="no branch, tag or commit of this repository"):
        await call("compare", base="main", head="stranger:main")
