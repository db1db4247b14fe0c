from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import respx
from hub_connector_github.simulation.history import red_run_id

from hub.plugin import InvalidArguments
from hub.sandbox.story import Story

Call = Callable[..., Awaitable[str]]
RUNS = "/repos/octo/shop/actions/runs"


async def test_failed_runs_can_be_listed(simulated: Call, story: Story) -> None:
    told = await simulated("list_runs", status="failure", workflow="ci.yml")
    assert "with workflow=ci.yml, status=failure" in told
    assert str(red_run_id(story)) in told


async def test_a_cursor_goes_on_where_the_page_ended(simulated: Call) -> None:
    first = await simulated("list_runs", limit=3)
    assert 'more: cursor="2x3"' in first
    second = await simulated("list_runs", limit=3, cursor="2x3")
    ids = [{line.split("\t")[0] for line in told.splitlines()} for told in (first, second)]
    assert not {one for one in ids[0] & ids[1] if one.isdigit()}


@pytest.mark.parametrize("cursor", ["x", "2", "0x3", "2x500", "2xx"])
async def test_what_is_no_cursor_is_refused(simulated: Call, cursor: str) -> None:
    with pytest.raises(InvalidArguments, match="no cursor"):
        await simulated("list_runs", cursor=cursor)


async def test_a_limit_out_of_bounds_is_refused(simulated: Call) -> None:
    with pytest.raises(InvalidArguments, match="from 1 to 100"):
        await simulated("list_runs", limit=1000)


async def test_all_filters_reach_github(call: Call, router: respx.Router) -> None:
    route = router.get(path="/repos/octo/shop/actions/workflows/ci.yml/runs").respond(
        json={"total_count": 0, "workflow_runs": []}
    )
    told = await call(
        "list_runs",
        workflow="ci.yml",
        status="timed_out",
        branch="feature/a",
        event="push",
        actor="maya",
        sha="a" * 40,
        since="2026-11-01T00:00:00Z",
    )
    assert dict(route.calls.last.request.url.params) == {
        "actor": "maya",
        "branch": "feature/a",
        "event": "push",
        "status": "timed_out",
        "created": ">=2026-11-01T00:00:00Z",
        "head_sha": "a" * 40,
        "per_page": "20",
    }
    assert "no runs; branch is the exact name" in told


async def test_a_short_sha_is_made_whole(call: Call, router: respx.Router) -> None:
    router.get(path="/repos/octo/shop/commits/abcdef1").respond(json={"sha": "b" * 40, "url": "x"})
    route = router.get(path=RUNS).respond(json={"total_count": 0, "workflow_runs": []})
    await call("list_runs", sha="abcdef1")
    assert route.calls.last.request.url.params["head_sha"] == "b" * 40


async def test_runs_without_a_usable_workflow_file_are_found_among_the_completed(
    call: Call, router: respx.Router, run_json: Callable[..., Any]
) -> None:
    runs = [run_json(), run_json(id=20_000_002, conclusion="startup_failure")]
    route = router.get(path=RUNS).respond(json={"total_count": 2, "workflow_runs": runs})
    told = await call("list_runs", status="startup_failure")
    assert route.calls.last.request.url.params["status"] == "completed"
    assert "of the 2 looked at, 1 ended with startup_failure" in told
    assert "20000002" in told
    route.respond(json={"total_count": 1, "workflow_runs": runs[:1]})
    assert "0 ended with startup_failure" in await call("list_runs", status="startup_failure")


async def test_an_empty_repository_is_said_to_be_empty(call: Call, router: respx.Router) -> None:
    router.get(path=RUNS).respond(json={"total_count": 0, "workflow_runs": []})
    assert "no workflow has run yet" in await call("list_runs")


async def test_github_finds_a_thousand_at_most(
    call: Call, router: respx.Router, run_json: Callable[..., Any]
) -> None:
    router.get(path=RUNS).respond(json={"total_count": 5000, "workflow_runs": [run_json()]})
    told = await call("list_runs", branch="main", limit=100, cursor="10x100")
    assert "GitHub lists the newest 1,000 only" in told
    assert "cursor" not in told.splitlines()[-1]


async def test_a_run_tells_its_jobs_failed_ones_first(simulated: Call, story: Story) -> None:
    told = await simulated("get_run", run=str(red_run_id(story)))
    rows = [line.split("\t") for line in told.splitlines() if "\t" in line]
    assert rows[0][:3] == ["job", "name", "state"]
    assert rows[1][2] == "failure"
    assert "Run unit tests" in told


async def test_a_run_by_its_address_with_an_attempt(
    call: Call, router: respx.Router, run_json: Callable[..., Any]
) -> None:
    router.get(path=f"{RUNS}/20000001/attempts/2").respond(
        json=run_json(run_attempt=2, pull_requests=[{"number": 5}])
    )
    router.get(path=f"{RUNS}/20000001/attempts/2/jobs").respond(json={"total_count": 0, "jobs": []})
    told = await call("get_run", run="https://github.com/octo/shop/actions/runs/20000001/attempts/2")
    assert "attempt 2 (earlier ones: pass attempt)" in told
    assert "pull request: #5" in told
    assert "no jobs" in told


async def test_of_a_thousand_jobs_some_are_shown_and_all_are_counted(
    call: Call, router: respx.Router, run_json: Callable[..., Any], job_json: Callable[..., Any]
) -> None:
    router.get(path=f"{RUNS}/20000001").respond(json=run_json(status="waiting", conclusion=None))
    jobs = [
        job_json(id=30_000_000 + number, name=f"test [{number}]", conclusion="success") for number in range(1, 1201)
    ]
    jobs[700]["conclusion"] = "failure"
    for page in range(1, 13):
        router.get(path=f"{RUNS}/20000001/jobs", params={"page": str(page)}).respond(
            json={"total_count": 1200, "jobs": jobs[(page - 1) * 100 : page * 100]}
        )
    told = await call("get_run", run="20000001")
    assert "jobs: 1,200: 999 success, 1 failure (of the first 1,000)" in told
    assert told.splitlines()[-31].startswith("30000701\ttest [701]")
    assert "30 of 1,000 jobs shown" in told
    assert "review_deployment answers" in told
    narrowed = await call("get_run", run="20000001", jobs="test [70*")
    assert "11 fit 'test [70*'" in narrowed
