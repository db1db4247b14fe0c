"""The month of runs tells one story, whenever one looks."""

from collections import Counter
from itertools import pairwise
from typing import Any

import pytest
from hub_connector_github.simulation.history import red_run_id
from hub_connector_github.simulation.logs import line_count
from hub_connector_github.simulation.runs import Run
from hub_connector_github.simulation.timeline import JobTimes
from hub_connector_github.simulation.workflows import ROLL_OUT
from hub_connector_github.simulation.world import World
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.sandbox.story import Story

NOW = 1_799_958_000.0


def world_at(now: float) -> World:
    return World(Story.beginning(lambda: now), lambda: now)


@pytest.fixture(scope="module")
def world() -> World:
    return world_at(NOW)


def state(run: Run, now: float = NOW) -> tuple[str, str | None]:
    return run.state(run.latest(now), now)


def jobs(run: Run, now: float = NOW) -> dict[str, JobTimes]:
    return {job.plan.definition.name: job for job in run.jobs(run.latest(now), now)}


def red_run(world: World) -> Run:
    run = world.runs.run(red_run_id(world.story), NOW)
    assert run is not None
    return run


def titled(world: World, title: str) -> Run:
    (run,) = [run for run in world.runs.visible(NOW) if run.title == title and run.event == "workflow_dispatch"][:1]
    return run


def test_there_are_some_two_hundred_runs_of_all_kinds(world: World) -> None:
    runs = world.runs.visible(NOW)
    assert 180 <= len(runs) <= 240
    assert {run.workflow.file for run in runs} == {"ci.yml", "deploy.yml", "nightly.yml"}
    assert {state(run) for run in runs} >= {
        *(("completed", end) for end in ("success", "failure", "cancelled", "timed_out", "skipped")),
        *((now, None) for now in ("queued", "in_progress", "waiting")),
    }
    assert Counter(len(run.attempts) for run in runs)[2] >= 8


def test_the_last_check_of_the_pull_request_fails_with_the_exception_of_the_story(world: World) -> None:
    run = red_run(world)
    assert (run.pull_request, run.event, state(run)) == (617, "pull_request", ("completed", "failure"))
    ends = {name: job.conclusion for name, job in jobs(run).items()}
    assert ends["integration"] == "failure"
    assert Counter(end for name, end in ends.items() if name.startswith("unit")) == {"failure": 1, "cancelled": 2}
    (unit,) = [job for name, job in jobs(run).items() if name.startswith("unit") and job.conclusion == "failure"]
    assert unit.plan.cause is not None
    assert any(world.story.error in line for line in unit.plan.cause.printed)


def test_its_integration_job_has_a_log_of_120000_lines(world: World) -> None:
    run = red_run(world)
    assert line_count(run, jobs(run)["integration"]) == 120_000


def test_the_commit_of_the_release_is_as_red(world: World) -> None:
    (run,) = [
        run for run in world.runs.visible(NOW) if run.sha == world.story.bad_release.commit and run.event == "push"
    ]
    assert state(run) == ("completed", "failure")
    assert run.branch == "main"


def test_the_rollout_begins_when_the_story_says(world: World) -> None:
    for release in world.story.releases:
        (run,) = [
            run
            for run in world.runs.visible(NOW)
            if run.title == f"Deploy {release.version} to production"
            and run.attempts[0].reviews
            and run.attempts[0].reviews[0].state == "approved"
        ]
        (step,) = [step for step in jobs(run)["deploy (production)"].steps if step.step.name == ROLL_OUT]
        assert step.started == release.deployed_at.timestamp()
        assert state(run)[1] == ("failure" if release == world.story.bad_release else "success")
        assert world.repository.resolve(run.sha, NOW) is not None


def test_what_is_deployed_is_what_main_was(world: World) -> None:
    for release in world.story.releases:
        deployed = release.deployed_at.timestamp()
        assert world.repository.branches(deployed)["main"].sha == release.commit


def test_the_rollback_waits_for_a_review(world: World) -> None:
    run = titled(world, "Deploy 1.42.0 to production")
    assert state(run) == ("waiting", None)
    assert list(jobs(run)) == ["prepare", "deploy (production)"]


def test_jobs_that_need_others_begin_after_them(world: World) -> None:
    for run in world.runs.visible(NOW):
        for attempt in run.attempts:
            found = {job.plan.definition.name: job for job in attempt.jobs()}
            for job in found.values():
                if job.plan.definition.name in attempt.carried:
                    continue
                assert job.created >= attempt.created
                assert job.created <= job.started <= job.completed
                for needed in job.plan.definition.needs:
                    assert found[needed].completed <= job.started


def test_steps_follow_each_other_within_their_job(world: World) -> None:
    for run in world.runs.visible(NOW):
        for job in jobs(run).values():
            for before, after in pairwise(job.steps):
                assert before.completed <= after.started
            if job.steps:
                assert job.started <= job.steps[0].started
                assert job.steps[-1].completed <= job.completed


def test_a_job_that_failed_once_and_then_passed_is_flaky(world: World) -> None:
    again = [run for run in world.runs.visible(NOW) if len(run.attempts) == 2]
    for run in again:
        first, second = ({job.plan.definition.name: job for job in one.jobs()} for one in run.attempts)
        assert first["integration"].conclusion == "failure"
        assert second["integration"].conclusion == "success"
        assert state(run) == ("completed", "success")


def test_ids_are_unique_and_grow_with_time(world: World) -> None:
    runs = world.runs.visible(NOW)[::-1]
    assert [run.id for run in runs] == sorted({run.id for run in runs})
    ids = [job.plan.id for run in runs for attempt in run.attempts for job in attempt.jobs()]
    assert len(ids) == len(set(ids))


def test_runs_of_a_workflow_are_numbered_in_order(world: World) -> None:
    for file in ("ci.yml", "deploy.yml", "nightly.yml"):
        numbers = [run.number for run in world.runs.visible(NOW)[::-1] if run.workflow.file == file]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


@settings(max_examples=25, deadline=None)
@given(later=st.integers(1800, 86_400 - 1))
def test_the_past_is_the_same_however_long_after_the_deploy_one_looks(later: int) -> None:
    deploy = world_at(NOW).story.deploy_at.timestamp()
    early, late = world_at(deploy + 1800), world_at(deploy + later)
    assert early.story == late.story

    def facts(one: World) -> list[Any]:
        return [
            (run.id, run.number, run.sha, [job.plan.id for job in run.attempts[0].jobs()])
            for run in one.runs.visible(deploy + 20 * 60)
        ]

    assert facts(early) == facts(late)
    assert {state(run, deploy + later)[0] for run in late.runs.visible(deploy + later)} >= {"waiting", "queued"}


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 30 * 86_400))
def test_every_run_ends_and_stays_as_it_ended(later: int) -> None:
    world = world_at(NOW)
    for run in world.runs.visible(NOW):
        if state(run)[0] == "completed":
            assert state(run, NOW + later) == state(run)
