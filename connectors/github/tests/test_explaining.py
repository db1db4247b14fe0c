from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import respx
from hub_connector_github.explaining import MOST_REQUESTS
from hub_connector_github.simulation.history import red_run_id

from hub.plugin import NotFound
from hub.sandbox.story import Story

Call = Callable[..., Awaitable[str]]
REPOSITORY = "/repos/octo/shop"
RUNS = f"{REPOSITORY}/actions/runs"


@pytest.fixture
def red(router: respx.Router, run_json: Callable[..., Any], job_json: Callable[..., Any]) -> Callable[..., None]:
    """Makes a repository with one red run, found by id, branch, commit or pull request."""

    def make(
        run: dict[str, Any] | None = None,
        jobs: list[dict[str, Any]] | None = None,
        green: dict[str, Any] | None = None,
        base: str = "",
        total: int | None = None,
        commits: int = 12,
    ) -> None:
        shown = run_json() if run is None else run
        listed = [job_json()] if jobs is None else jobs
        router.get(path=f"{RUNS}/20000001").respond(json=shown)
        router.get(path=f"{RUNS}/20000001/attempts/1/jobs").respond(
            json={"total_count": len(listed) if total is None else total, "jobs": listed}
        )
        router.get(path=RUNS).respond(json={"total_count": 1, "workflow_runs": [shown]})
        greens = [] if green is None else [green]
        router.get(path=f"{REPOSITORY}/actions/workflows/ci.yml/runs").respond(
            json={"total_count": len(greens), "workflow_runs": greens}
        )
        pull = {"number": 5, "title": "Add a cart", "head": {"sha": "a" * 40}, "base": {"ref": base}, "url": "x"}
        router.get(path=f"{REPOSITORY}/pulls/5").respond(json=pull)
        commit = {
            "sha": "b" * 40,
            "commit": {
                "message": "Break it\n\nmore",
                "author": {"name": "Tom"},
                "committer": {"date": "2026-11-22"},
            },
            "author": None,
        }
        router.get(path__regex=rf"{REPOSITORY}/compare/.*").respond(
            json={"url": "x", "total_commits": commits, "commits": [commit] * min(commits, 100)}
        )
        router.get(path__regex=rf"{REPOSITORY}/check-runs/.*").respond(
            json=[
                {"path": "a.py", "start_line": 3, "annotation_level": "failure", "message": "broken\nhere"},
                {"path": ".github", "start_line": 1, "annotation_level": "warning", "message": "old node"},
                {"path": ".github", "start_line": 1, "annotation_level": "notice", "message": "fine"},
                {
                    "path": ".github",
                    "start_line": 1,
                    "annotation_level": "failure",
                    "message": "Process completed with exit code 1.",
                },
            ]
        )
        router.get(path__regex=rf"{REPOSITORY}/actions/jobs/\d+/logs").respond(
            text="2026-11-22T12:00:30.1Z E   KeyError: 'x'\n2026-11-22T12:00:31.1Z ##[error]it is broken\n"
        )

    return make


async def test_the_storys_pull_request_is_explained_within_its_bounds(simulated: Any, story: Story) -> None:
    told = await simulated("explain_failure", target=f"#{story.pull_request}")
    assert story.error in told
    assert "unit (3.11): failure in step 5 Run unit tests" in told
    assert "test_pricing.py:88" in told
    assert len(simulated.exchanges) <= MOST_REQUESTS
    assert len(told) < 6_000  # about four characters a token


@pytest.mark.parametrize("target", ["run", "main", "short", "long", "address", None])
async def test_whatever_names_it_the_requests_stay_within_their_bound(
    target: str | None, simulated: Any, story: Story
) -> None:
    run = str(red_run_id(story))
    named = {
        "run": run,
        "main": "main",
        "short": story.bad_release.commit[:8],
        "long": story.bad_release.commit,
        "address": f"https://github.com/{story.repository}/actions/runs/{run}",
        None: None,
    }[target]
    told = await simulated("explain_failure", **({"target": named} if named else {}))
    assert "failed jobs: " in told
    assert ("annotations were not read, to stay within 8 requests" in told) == (target == "short")
    assert len(simulated.exchanges) <= MOST_REQUESTS


async def test_failed_jobs_errors_annotations_and_commits_since_green(
    call: Call, red: Callable[..., None], run_json: Callable[..., Any]
) -> None:
    red(green=run_json(id=20_000_000, conclusion="success", head_sha="c" * 40))
    told = (await call("explain_failure", target="20000001")).splitlines()
    assert told[0].startswith("run 20000001: CI #7 (ci.yml) failure; push on main at aaaaaaa by maya")
    assert "- job 30000001 unit: failure in step 2 Run tests after 4m00s" in told
    assert "1: E   KeyError: 'x'" in told
    assert "2: ##[error]it is broken" in told
    assert "- a.py:3 failure: broken here" in told
    assert "- warning: old node" in told
    assert not any("fine" in line or "Process completed" in line for line in told)
    assert any("last green on main: run 20000000" in line and "12 commits since" in line for line in told)
    assert "- bbbbbbb 2026-11-22 Tom: Break it" in told
    assert "- and 4 older" in told
    assert told[-1] == "more: github_get_logs job=30000001, with grep, step or tail"


@pytest.mark.parametrize(
    ("event", "said"),
    [("push", "flaky, or something outside"), ("workflow_dispatch", "inputs that may differ: Add a cart")],
)
async def test_the_same_commit_that_was_green_before_is_told(
    event: str, said: str, call: Call, red: Callable[..., None], run_json: Callable[..., Any]
) -> None:
    red(run_json(event=event), green=run_json(id=20_000_000, conclusion="success"))
    assert said in await call("explain_failure", target="20000001")


async def test_of_too_many_commits_none_is_taken_for_the_newest(
    call: Call, red: Callable[..., None], run_json: Callable[..., Any]
) -> None:
    red(green=run_json(conclusion="success", head_sha="c" * 40), commits=101)
    told = await call("explain_failure", target="20000001")
    assert f"101 commits since, too many to list here: github_compare base={'c' * 40} head={'a' * 40}" in told
    assert "bbbbbbb" not in told


async def test_without_a_green_run_the_base_branch_is_compared(call: Call, red: Callable[..., None]) -> None:
    red(base="develop")
    told = await call("explain_failure", target="#5")
    assert "PR #5 Add a cart" in told
    assert "no green run on main yet; 12 commits since develop:" in told


async def test_without_green_run_and_base_that_is_said(call: Call, red: Callable[..., None]) -> None:
    red()
    assert "no green run of this workflow on main before" in await call("explain_failure", target="20000001")


async def test_commits_that_are_gone_are_said_to_be(
    call: Call, red: Callable[..., None], router: respx.Router, run_json: Callable[..., Any]
) -> None:
    red(green=run_json(conclusion="success", head_sha="c" * 40))
    router.get(path__regex=rf"{REPOSITORY}/compare/.*").respond(404, json={"message": "Not Found"})
    assert "gone (force-pushed or deleted)" in await call("explain_failure", target="20000001")
    router.get(path__regex=rf"{REPOSITORY}/compare/.*").respond(403, json={"message": "no contents"})
    assert "what changed could not be read" in await call("explain_failure", target="20000001")


async def test_what_cannot_be_read_leaves_the_rest(
    call: Call, red: Callable[..., None], router: respx.Router
) -> None:
    red()
    router.get(path__regex=rf"{REPOSITORY}/actions/jobs/\d+/logs").respond(410)
    router.get(path__regex=rf"{REPOSITORY}/check-runs/.*").respond(403, json={"message": "no checks"})
    told = await call("explain_failure", target="20000001")
    assert "log: The log of job 30000001 (unit) has expired" in told
    assert "annotations of job 30000001 could not be read" in told
    assert "- job 30000001 unit: failure" in told


async def test_other_failed_jobs_are_named_with_what_was_not_read(
    call: Call, red: Callable[..., None], job_json: Callable[..., Any]
) -> None:
    steps = [{"number": 9, "name": "Lint", "conclusion": "failure", "status": "completed"}]
    same = job_json(id=30_000_002, name="unit 2", completed_at="2026-11-22T12:05:00Z")
    other = job_json(id=30_000_003, name="lint", steps=steps, completed_at="2026-11-22T12:06:00Z")
    red(jobs=[same, job_json(), other])
    told = await call("explain_failure", target="20000001")
    assert "not read, and failed in another step: 30000003 (lint)" in told
    assert "- unit: a.py:3 failure" in told
    red(jobs=[job_json(), same])
    assert "they failed in the same step" in await call("explain_failure", target="20000001")
    red(jobs=[job_json(id=30_000_000 + number, check_run_url=None) for number in range(1, 12)])
    assert "- and 3 more; get_run lists them" in await call("explain_failure", target="20000001")


async def test_a_failed_job_on_a_later_page_is_found(
    call: Call, red: Callable[..., None], router: respx.Router, job_json: Callable[..., Any]
) -> None:
    path = f"{RUNS}/20000001/attempts/1/jobs"
    green = [job_json(id=30_001_000 + number, conclusion="success") for number in range(100)]
    router.get(path=path, params={"page": "1"}).respond(json={"total_count": 101, "jobs": green})
    router.get(path=path, params={"page": "2"}).respond(json={"total_count": 101, "jobs": [job_json()]})
    red()
    assert "failed jobs: 1 of 101" in await call("explain_failure", target="20000001")


async def test_a_failed_job_beyond_what_is_looked_at_is_not_denied(
    call: Call, red: Callable[..., None], job_json: Callable[..., Any]
) -> None:
    red(jobs=[job_json(conclusion="success")] * 100, total=900)
    assert "no failed job of the first 200 among 900 jobs" in await call("explain_failure", target="20000001")


async def test_a_run_that_never_had_jobs_is_explained(
    call: Call, red: Callable[..., None], run_json: Callable[..., Any]
) -> None:
    red(run_json(conclusion="startup_failure"), jobs=[])
    assert "the workflow file could not be used" in await call("explain_failure", target="20000001")


async def test_a_cancelled_run_tells_what_was_running(
    call: Call, red: Callable[..., None], run_json: Callable[..., Any], job_json: Callable[..., Any]
) -> None:
    red(
        run_json(conclusion="cancelled"),
        jobs=[job_json(conclusion="cancelled", steps=[{"number": 1, "name": "x"}])],
    )
    assert "- job 30000001 unit: cancelled in no step" in await call("explain_failure", target="20000001")


async def test_a_run_under_way_is_said_to_be(
    call: Call, red: Callable[..., None], run_json: Callable[..., Any]
) -> None:
    red(run_json(status="in_progress", conclusion=None, run_attempt=1))
    assert "still in_progress; what follows is as of now" in await call("explain_failure", target="20000001")


async def test_a_green_run_needs_no_explanation(
    call: Call, red: Callable[..., None], run_json: Callable[..., Any]
) -> None:
    red(run_json(conclusion="success"))
    assert "nothing to explain: it succeeded" in await call("explain_failure", target="20000001")


async def test_nothing_red_is_said_with_the_newest_runs(
    call: Call, red: Callable[..., None], run_json: Callable[..., Any]
) -> None:
    red(run_json(conclusion="success"))
    told = await call("explain_failure", target="main")
    assert "branch main: no failed workflow run; the newest of each workflow:" in told
    assert "20000001 CI: success" in told


async def test_several_red_workflows_are_named(
    call: Call, red: Callable[..., None], router: respx.Router, run_json: Callable[..., Any]
) -> None:
    red()
    runs = [run_json(), run_json(id=20_000_002, workflow_id=12, name="Lint"), run_json(id=1, conclusion="success")]
    router.get(path=RUNS).respond(json={"total_count": 3, "workflow_runs": runs})
    assert "also red: Lint run 20000002" in await call("explain_failure", target="a" * 40)


async def test_a_branch_without_runs_and_a_repository_without_failures(call: Call, router: respx.Router) -> None:
    router.get(path=RUNS).respond(json={"total_count": 0, "workflow_runs": []})
    assert await call("explain_failure", target="main") == "branch main: no workflow run found"
    assert await call("explain_failure") == "the newest failed run: no workflow run failed"


async def test_a_missing_pull_request_is_named(call: Call, router: respx.Router) -> None:
    router.get(path=f"{REPOSITORY}/pulls/6").respond(404, json={"message": "Not Found"})
    with pytest.raises(NotFound, match="has no pull request #6"):
        await call("explain_failure", target="#6")
