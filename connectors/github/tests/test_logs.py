from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import respx
from hub_connector_github.simulation.history import red_run_id

from hub.plugin import InvalidArguments, NotFound
from hub.sandbox.story import Story

Call = Callable[..., Awaitable[str]]
JOBS = "/repos/octo/shop/actions/runs/20000001/jobs"
LOG = "".join(
    f"2026-11-22T12:00:{second:02}.1Z {text}\n"
    for second, text in [
        (20, "setting up"),
        (22, "##[group]Run pytest"),
        (22, "##[endgroup]"),
        (30, "E   KeyError: 'x'"),
        (31, "##[error]Process completed with exit code 1."),
    ]
)


def offer(router: respx.Router, jobs: list[dict[str, Any]], log: str = LOG) -> None:
    router.get(path=JOBS).respond(json={"total_count": len(jobs), "jobs": jobs})
    for job in jobs:
        path = f"/repos/octo/shop/actions/jobs/{job['id']}"
        router.get(path=path).respond(json=job)
        router.get(path=f"{path}/logs").respond(text=log)


async def test_one_line_among_120000_is_found(simulated: Call, story: Story) -> None:
    told = await simulated(
        "get_logs", run=str(red_run_id(story)), job="integration", grep="out of memory|OOMKilled"
    )
    assert "log: 120,000 lines" in told
    assert "1 of 120,000 lines match" in told
    assert "Killed process" in told
    assert len(told) < 2_000


async def test_by_default_the_end_of_the_failed_step_is_shown(
    call: Call, router: respx.Router, job_json: Callable[..., Any]
) -> None:
    offer(router, [job_json()])
    told = await call("get_logs", run="20000001")
    assert told.splitlines() == [
        "job 30000001 unit: failure; log: 5 lines",
        "step 2 Run tests (failure, 3m38s): lines 2-5",
        "lines 2-5 shown",
        "2: ##[group]Run pytest",
        "3: ##[endgroup]",
        "4: E   KeyError: 'x'",
        "5: ##[error]Process completed with exit code 1.",
    ]


async def test_never_more_than_asked_and_where_the_rest_is(
    call: Call, router: respx.Router, job_json: Callable[..., Any]
) -> None:
    offer(router, [job_json()])
    told = await call("get_logs", job="30000001", tail=1)
    assert "lines 5-5 shown (the end); earlier: cursor=4" in told
    told = await call("get_logs", job="30000001", cursor=2, limit=2)
    assert "lines 2-3 shown; more: cursor=4" in told
    assert "cursor 9 is past the end" in await call("get_logs", job="30000001", cursor=9)


@pytest.mark.parametrize("step", ["1", "Set up job", "set*", "up job"])
async def test_a_step_by_number_name_or_glob(
    step: str, call: Call, router: respx.Router, job_json: Callable[..., Any]
) -> None:
    offer(router, [job_json()])
    told = await call("get_logs", job="30000001", step=step)
    assert "step 1 Set up job (success, 2s): lines 1-1" in told


async def test_an_unknown_step_is_answered_with_the_steps_there_are(
    call: Call, router: respx.Router, job_json: Callable[..., Any]
) -> None:
    offer(router, [job_json()])
    with pytest.raises(InvalidArguments, match=r"no step 'deploy'.*1 Set up job.*2 Run tests"):
        await call("get_logs", job="30000001", step="deploy")


async def test_a_step_without_lines_of_its_own_is_explained(
    call: Call, router: respx.Router, job_json: Callable[..., Any]
) -> None:
    job = job_json()
    job["steps"].append(
        {"number": 3, "name": "Quick", "conclusion": "success", "started_at": "2026-11-22T13:00:00Z"}
    )
    offer(router, [job])
    told = await call("get_logs", job="30000001", step="Quick")
    assert "no lines" in told
    assert "told apart by their times" in told


async def test_several_failed_jobs_are_named(
    call: Call, router: respx.Router, job_json: Callable[..., Any]
) -> None:
    offer(router, [job_json(), job_json(id=30_000_002, name="lint")])
    with pytest.raises(InvalidArguments, match=r"2 failed jobs; say which.*unit \(30000001, failure\); lint"):
        await call("get_logs", run="20000001")


async def test_grep_searches_all_jobs_that_fit(
    call: Call, router: respx.Router, job_json: Callable[..., Any]
) -> None:
    offer(router, [job_json(id=30_000_000 + number, name=f"unit ({number})") for number in range(1, 8)])
    told = await call("get_logs", run="20000001", job="unit*", grep="KeyError", context=0)
    assert told.count("4: E   KeyError: 'x'") == 5
    assert "not searched: unit (6) (30000006, failure); unit (7)" in told
    few = await call("get_logs", run="20000001", job="unit*", grep="KeyError", limit=2)
    assert few.count("1 of 5 lines match") == 2
    with pytest.raises(InvalidArguments, match="7 jobs fit"):
        await call("get_logs", run="20000001", job="unit*")
    with pytest.raises(InvalidArguments, match="one job"):
        await call("get_logs", run="20000001", job="unit*", grep="x", cursor=3)


async def test_without_a_job_grep_searches_those_that_failed(
    call: Call, router: respx.Router, job_json: Callable[..., Any]
) -> None:
    passed = job_json(id=30_000_003, name="docs", conclusion="success")
    offer(router, [passed, job_json(), job_json(id=30_000_002, name="lint")])
    told = await call("get_logs", run="20000001", grep="KeyError")
    assert "unit: failure" in told
    assert "lint: failure" in told
    assert "docs" not in told
    offer(router, [passed])
    assert "1 of 5 lines match" in await call("get_logs", run="20000001", grep="KeyError")


async def test_a_small_number_is_an_id_where_it_is_no_name(
    call: Call, router: respx.Router, job_json: Callable[..., Any]
) -> None:
    offer(router, [job_json(id=7, name="3"), job_json(id=3, name="unit")])
    assert (await call("get_logs", run="20000001", job="3")).startswith("job 7 3:")
    assert (await call("get_logs", run="20000001", job="7")).startswith("job 7 3:")
    assert (await call("get_logs", job="3")).startswith("job 3 unit:")


async def test_matches_beyond_the_limit_are_counted(
    call: Call, router: respx.Router, job_json: Callable[..., Any]
) -> None:
    offer(router, [job_json()])
    told = await call("get_logs", job="30000001", grep="e", limit=1, context=0)
    assert "5 of 5 lines match 'e'; the first 1 shown, more: cursor=2" in told
    told = await call("get_logs", job="30000001", grep="e", tail=1, cursor=2, context=0)
    assert "4 of 5 lines from line 2 match 'e'; the last 1 shown" in told


async def test_a_regular_expression_that_matches_nothing_is_explained(
    call: Call, router: respx.Router, job_json: Callable[..., Any]
) -> None:
    offer(router, [job_json()])
    assert "no regular expression" in await call("get_logs", job="30000001", grep="^Key[Ee]rror$")


@pytest.mark.parametrize(
    "arguments",
    [{"limit": 0}, {"limit": 5000}, {"context": 51}, {"tail": 0, "limit": 1, "cursor": 0}, {"cursor": -1}],
)
async def test_what_is_out_of_bounds_is_refused(
    arguments: dict[str, int], call: Call, router: respx.Router, job_json: Callable[..., Any]
) -> None:
    offer(router, [job_json()])
    with pytest.raises(InvalidArguments):
        await call("get_logs", job="30000001", **arguments)


async def test_a_jobs_name_needs_its_run(call: Call) -> None:
    with pytest.raises(InvalidArguments, match="needs its run"):
        await call("get_logs", job="unit")


async def test_an_unknown_job_is_answered_with_the_jobs_there_are(
    call: Call, router: respx.Router, job_json: Callable[..., Any]
) -> None:
    offer(router, [job_json(id=30_000_000 + number, name=f"unit {number}") for number in range(1, 15)])
    with pytest.raises(NotFound, match=r"No job is called 'deploy'.*unit 1 .*and 2 more jobs"):
        await call("get_logs", run="20000001", job="deploy")


async def test_a_run_without_jobs_is_said_to_have_none(call: Call, router: respx.Router) -> None:
    offer(router, [])
    with pytest.raises(NotFound, match="has no jobs yet"):
        await call("get_logs", run="20000001")


async def test_the_job_in_an_address_is_the_one_meant(
    call: Call, router: respx.Router, job_json: Callable[..., Any]
) -> None:
    offer(router, [job_json()])
    told = await call("get_logs", run="https://github.com/octo/shop/actions/runs/20000001/job/30000001")
    assert told.startswith("job 30000001")


async def test_of_very_many_jobs_none_is_guessed(
    call: Call, router: respx.Router, job_json: Callable[..., Any]
) -> None:
    jobs = [job_json(id=30_000_000 + number, name=f"j{number}", conclusion="success") for number in range(1, 101)]
    router.get(path=JOBS).respond(json={"total_count": 9000, "jobs": jobs})
    with pytest.raises(InvalidArguments, match="9,000 jobs; say which"):
        await call("get_logs", run="20000001")
