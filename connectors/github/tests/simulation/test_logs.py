"""Where logs are, what they hold, and when there are none."""

import io
import re
import tracemalloc
import zipfile
from datetime import datetime
from typing import Any

import httpx
import pytest
from hub_connector_github.simulation.history import red_run_id
from hub_connector_github.simulation.logs import log_chunks
from hub_connector_github.simulation.world import World

from hub.sandbox.story import Story

Present = Any  # the fixture's own class lives in conftest.py, which tests cannot import
Opened = Any
NOW = 1_799_958_000.0
REPO = "/repos/shop-sandbox/checkout"
LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z ")


async def located(client: httpx.AsyncClient, path: str) -> str:
    answer = await client.get(path)
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]


async def fetched(client: httpx.AsyncClient, location: str) -> httpx.Response:
    """Ask as a client does that leaves its credential at home."""
    request = client.build_request("GET", location)
    del request.headers["authorization"]
    return await client.send(request)


async def jobs_of(client: httpx.AsyncClient, story: Story) -> dict[str, dict[str, Any]]:
    answer = await client.get(f"{REPO}/actions/runs/{red_run_id(story)}/jobs")
    return {job["name"]: job for job in answer.json()["jobs"]}


async def one_of(client: httpx.AsyncClient, status: str) -> dict[str, Any]:
    (run, *_) = (await client.get(f"{REPO}/actions/runs", params={"status": status})).json()["workflow_runs"]
    return run


async def test_the_longest_log_tells_once_what_killed_it(client: httpx.AsyncClient, story: Story) -> None:
    job = (await jobs_of(client, story))["integration"]
    answer = await fetched(client, await located(client, f"{REPO}/actions/jobs/{job['id']}/logs"))
    assert answer.content.startswith("\ufeff".encode())
    lines = answer.text.removeprefix("\ufeff").splitlines()
    assert len(lines) == 120_000
    assert all(LINE.match(line) for line in lines)
    killed = [number for number, line in enumerate(lines) if "Killed process" in line]
    assert len(killed) == 1
    assert 60_000 < killed[0] < 110_000
    assert sum("exit code 137" in line for line in lines) == 1


async def test_the_times_in_a_log_lie_in_the_steps_of_its_job(client: httpx.AsyncClient, story: Story) -> None:
    for job in (await jobs_of(client, story)).values():
        if job["name"] == "integration" or not job["steps"]:
            continue
        answer = await fetched(client, await located(client, f"{REPO}/actions/jobs/{job['id']}/logs"))
        times = [line.partition(" ")[0] for line in answer.text.removeprefix("\ufeff").splitlines()]
        assert times == sorted(times)
        begins = {datetime.fromisoformat(step["started_at"]) for step in job["steps"]}
        assert datetime.fromisoformat(times[0]).replace(microsecond=0) in begins
        assert times[-1] <= job["completed_at"]


async def test_the_failing_test_stands_in_its_log_with_colours_and_an_error_mark(
    client: httpx.AsyncClient, story: Story
) -> None:
    job = next(
        job
        for job in (await jobs_of(client, story)).values()
        if job["name"].startswith("unit") and job["conclusion"] == "failure"
    )
    text = (await fetched(client, await located(client, f"{REPO}/actions/jobs/{job['id']}/logs"))).text
    assert story.error in text
    assert "\x1b[31m" in text
    assert "##[group]Run pytest" in text
    assert "##[error]Process completed with exit code 1." in text


async def test_a_runs_logs_are_a_zip_with_every_job_and_step(client: httpx.AsyncClient) -> None:
    run = await one_of(client, "success")
    content = (await fetched(client, await located(client, f"{REPO}/actions/runs/{run['id']}/logs"))).content
    jobs = (await client.get(run["jobs_url"])).json()["jobs"]
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        assert archive.testzip() is None
    assert f"0_{jobs[0]['name']}.txt" in names
    assert f"{jobs[0]['name']}/1_Set up job.txt" in names


async def test_a_log_is_refused_to_who_brings_a_credential(client: httpx.AsyncClient, story: Story) -> None:
    job = (await jobs_of(client, story))["lint"]
    location = await located(client, f"{REPO}/actions/jobs/{job['id']}/logs")
    answer = await client.get(location)
    assert answer.status_code == 400
    assert answer.headers["x-ms-error-code"] == "InvalidAuthenticationInfo"


async def test_the_address_of_a_log_is_signed_and_good_for_a_minute(
    client: httpx.AsyncClient, story: Story, present: Present
) -> None:
    job = (await jobs_of(client, story))["lint"]
    location = await located(client, f"{REPO}/actions/jobs/{job['id']}/logs")
    assert (await fetched(client, location.replace("sig=", "sig=0"))).status_code == 403
    assert (await fetched(client, location.replace(str(job["id"]), "1"))).status_code == 403
    present.seconds += 59
    assert (await fetched(client, location)).status_code == 200
    present.seconds += 2
    assert (await fetched(client, location)).status_code == 403


async def test_logs_can_seem_to_be_on_another_host(opened: Opened, story: Story) -> None:
    async with opened(blob_origin="https://blobs.example") as client:
        job = (await jobs_of(client, story))["lint"]
        location = await located(client, f"{REPO}/actions/jobs/{job['id']}/logs")
    assert location.startswith("https://blobs.example/")


@pytest.mark.parametrize("status", ["in_progress", "queued", "skipped"])
async def test_a_job_that_is_not_done_has_no_log(status: str, client: httpx.AsyncClient) -> None:
    run = await one_of(client, status)
    job = (await client.get(run["jobs_url"])).json()["jobs"][-1]
    assert (await client.get(f"{REPO}/actions/jobs/{job['id']}/logs")).status_code == 404
    if status != "skipped":
        assert (await client.get(f"{REPO}/actions/runs/{run['id']}/logs")).status_code == 404


async def test_an_old_log_is_gone(client: httpx.AsyncClient, story: Story, present: Present) -> None:
    job = (await jobs_of(client, story))["lint"]
    present.seconds += 21 * 86_400
    for path in (f"jobs/{job['id']}", f"runs/{job['run_id']}"):
        answer = await client.get(f"{REPO}/actions/{path}/logs")
        assert answer.status_code == 410
        assert "expired" in answer.json()["message"]


def test_a_log_is_never_held_whole(story: Story) -> None:
    world = World(story, lambda: NOW)
    run = world.runs.run(red_run_id(story), NOW)
    assert run is not None
    (job,) = [job for job in run.attempts[0].jobs() if job.plan.definition.name == "integration"]
    tracemalloc.start()
    try:
        size = sum(map(len, log_chunks(run, job)))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size > 10_000_000
    assert peak < 2_000_000


def test_a_log_is_the_same_every_time(story: Story) -> None:
    def content() -> list[bytes]:
        world = World(story, lambda: NOW)
        run = world.runs.run(red_run_id(story), NOW)
        assert run is not None
        return [b"".join(log_chunks(run, job)) for job in run.attempts[0].jobs()[:4]]

    assert content() == content()
