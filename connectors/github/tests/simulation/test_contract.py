"""Every answer of the simulated API fits what GitHub publishes about it."""

from typing import Any

import httpx
import pytest

Vendor = Any  # the fixture's own class lives in conftest.py, which tests cannot import
REPO = "/repos/shop-sandbox/checkout"
TEMPLATE = "/repos/{owner}/{repo}"
STATUSES = ("success", "failure", "cancelled", "timed_out", "skipped", "in_progress", "queued", "waiting")


async def runs(client: httpx.AsyncClient, **query: Any) -> list[dict[str, Any]]:
    answer = await client.get(f"{REPO}/actions/runs", params=query)
    assert answer.is_success, answer.text
    return answer.json()["workflow_runs"]


async def one_job(client: httpx.AsyncClient, conclusion: str) -> dict[str, Any]:
    for run in await runs(client, per_page=100):
        for job in (await client.get(run["jobs_url"])).json()["jobs"]:
            if job["conclusion"] == conclusion:
                return job
    raise LookupError(conclusion)


@pytest.mark.parametrize(
    "path",
    [
        "/rate_limit",
        "/user",
        TEMPLATE,
        f"{TEMPLATE}/actions/workflows",
        f"{TEMPLATE}/actions/artifacts",
        f"{TEMPLATE}/branches/{{branch}}",
        f"{TEMPLATE}/actions/workflows/{{workflow_id}}",
    ],
)
async def test_answers_without_a_run(path: str, client: httpx.AsyncClient, vendor: Vendor) -> None:
    filled = path.format(owner="shop-sandbox", repo="checkout", branch="main", workflow_id="deploy.yml")
    answer = await client.get(filled)
    assert answer.status_code == 200
    vendor.answer("GET", path, 200, answer.json())


@pytest.mark.parametrize("status", STATUSES)
async def test_runs_jobs_and_artifacts_in_every_state(
    status: str, client: httpx.AsyncClient, vendor: Vendor
) -> None:
    listing = await client.get(f"{REPO}/actions/runs", params={"status": status, "per_page": 4})
    vendor.answer("GET", f"{TEMPLATE}/actions/runs", 200, listing.json())
    found = listing.json()["workflow_runs"]
    assert found
    for run in found:
        url, template = f"{REPO}/actions/runs/{run['id']}", f"{TEMPLATE}/actions/runs/{{run_id}}"
        attempt = f"attempts/{run['run_attempt']}"
        for rest in ("", "/jobs", "/timing", "/artifacts", "/approvals", "/pending_deployments"):
            vendor.answer("GET", template + rest, 200, (await client.get(url + rest)).json())
        for rest, described in (
            (attempt, "attempts/{attempt_number}"),
            (f"{attempt}/jobs", "attempts/{attempt_number}/jobs"),
        ):
            vendor.answer("GET", f"{template}/{described}", 200, (await client.get(f"{url}/{rest}")).json())
        for job in (await client.get(f"{url}/jobs")).json()["jobs"]:
            answer = await client.get(f"{REPO}/actions/jobs/{job['id']}")
            vendor.answer("GET", f"{TEMPLATE}/actions/jobs/{{job_id}}", 200, answer.json())


async def test_every_run_of_the_month_and_its_jobs(client: httpx.AsyncClient, vendor: Vendor) -> None:
    for page in (1, 2, 3):
        answer = await client.get(f"{REPO}/actions/runs", params={"per_page": 100, "page": page})
        vendor.answer("GET", f"{TEMPLATE}/actions/runs", 200, answer.json())
    for run in (await runs(client, per_page=100))[::9]:
        jobs = (await client.get(f"{REPO}/actions/runs/{run['id']}/jobs", params={"filter": "all"})).json()
        vendor.answer("GET", f"{TEMPLATE}/actions/runs/{{run_id}}/jobs", 200, jobs)


async def test_runs_of_a_workflow(client: httpx.AsyncClient, vendor: Vendor) -> None:
    answer = await client.get(f"{REPO}/actions/workflows/deploy.yml/runs")
    vendor.answer("GET", f"{TEMPLATE}/actions/workflows/{{workflow_id}}/runs", 200, answer.json())


async def test_an_artifact(client: httpx.AsyncClient, vendor: Vendor) -> None:
    listed = (await client.get(f"{REPO}/actions/artifacts")).json()["artifacts"]
    template = f"{TEMPLATE}/actions/artifacts/{{artifact_id}}"
    vendor.answer("GET", template, 200, (await client.get(f"{REPO}/actions/artifacts/{listed[0]['id']}")).json())
    archive = await client.get(listed[0]["archive_download_url"])
    assert archive.content == b""
    vendor.answer("GET", f"{template}/{{archive_format}}", archive.status_code, None)


async def test_logs_are_redirects(client: httpx.AsyncClient, vendor: Vendor) -> None:
    job = await one_job(client, "failure")
    answer = await client.get(f"{REPO}/actions/jobs/{job['id']}/logs")
    vendor.answer("GET", f"{TEMPLATE}/actions/jobs/{{job_id}}/logs", answer.status_code, None)
    answer = await client.get(f"{REPO}/actions/runs/{job['run_id']}/logs")
    vendor.answer("GET", f"{TEMPLATE}/actions/runs/{{run_id}}/logs", answer.status_code, None)
    answer = await client.get(f"{REPO}/actions/runs/{job['run_id']}/attempts/1/logs")
    vendor.answer(
        "GET", f"{TEMPLATE}/actions/runs/{{run_id}}/attempts/{{attempt_number}}/logs", answer.status_code, None
    )


async def test_commits_files_and_deployments(client: httpx.AsyncClient, vendor: Vendor) -> None:
    for commit in (await client.get(f"{REPO}/commits")).json():
        vendor.fits("commit", commit)
    vendor.fits("commit", (await client.get(f"{REPO}/commits/v1.43.0")).json())
    compared = (await client.get(f"{REPO}/compare/v1.42.0...v1.43.0")).json()
    for commit in [compared["base_commit"], compared["merge_base_commit"], *compared["commits"]]:
        vendor.fits("commit", commit)
    for file in [*compared["files"], *(await client.get(f"{REPO}/pulls/617/files")).json()]:
        vendor.fits("diff-entry", file)
    for deployment in (await client.get(f"{REPO}/deployments")).json():
        vendor.fits("deployment", deployment)


# Writes


async def written(
    client: httpx.AsyncClient, vendor: Vendor, url: str, path: str, body: dict[str, Any] | None = None
) -> httpx.Response:
    if body is not None:
        vendor.request("POST", path, body)
    answer = await client.post(url, json=body) if body is not None else await client.post(url)
    vendor.answer("POST", path, answer.status_code, answer.json() if answer.content else None)
    return answer


async def test_dispatching(client: httpx.AsyncClient, vendor: Vendor) -> None:
    url, path = f"{REPO}/actions/workflows/deploy.yml", f"{TEMPLATE}/actions/workflows/{{workflow_id}}"
    inputs = {"environment": "staging", "version": "1.42.0"}
    body: dict[str, Any] = {"ref": "main", "inputs": inputs}
    assert (await written(client, vendor, f"{url}/dispatches", f"{path}/dispatches", body)).status_code == 204
    body |= {"return_run_details": True}
    assert (await written(client, vendor, f"{url}/dispatches", f"{path}/dispatches", body)).status_code == 200
    body |= {"inputs": {**inputs, "environment": "moon"}}
    assert (await written(client, vendor, f"{url}/dispatches", f"{path}/dispatches", body)).status_code == 422


@pytest.mark.parametrize("rest", ["rerun", "rerun-failed-jobs"])
async def test_running_again(rest: str, client: httpx.AsyncClient, vendor: Vendor) -> None:
    (run, *_) = await runs(client, status="failure")
    url, path = f"{REPO}/actions/runs/{run['id']}/{rest}", f"{TEMPLATE}/actions/runs/{{run_id}}/{rest}"
    assert (await written(client, vendor, url, path)).status_code == 201
    assert (await written(client, vendor, url, path, {"enable_debug_logging": True})).status_code == 403


async def test_running_a_job_again(client: httpx.AsyncClient, vendor: Vendor) -> None:
    job = await one_job(client, "failure")
    url, path = f"{REPO}/actions/jobs/{job['id']}/rerun", f"{TEMPLATE}/actions/jobs/{{job_id}}/rerun"
    assert (await written(client, vendor, url, path)).status_code == 201


@pytest.mark.parametrize("rest", ["cancel", "force-cancel"])
async def test_cancelling(rest: str, client: httpx.AsyncClient, vendor: Vendor) -> None:
    (run,) = await runs(client, status="in_progress")
    url, path = f"{REPO}/actions/runs/{run['id']}/{rest}", f"{TEMPLATE}/actions/runs/{{run_id}}/{rest}"
    assert (await written(client, vendor, url, path)).status_code == 202
    done = (await runs(client, status="success"))[0]
    url = f"{REPO}/actions/runs/{done['id']}/{rest}"
    assert (await written(client, vendor, url, path)).status_code == 409


async def test_reviewing(client: httpx.AsyncClient, vendor: Vendor) -> None:
    (run,) = await runs(client, status="waiting")
    rest = "pending_deployments"
    url, path = f"{REPO}/actions/runs/{run['id']}/{rest}", f"{TEMPLATE}/actions/runs/{{run_id}}/{rest}"
    (waiting,) = (await client.get(url)).json()
    body = {"environment_ids": [waiting["environment"]["id"]], "state": "approved", "comment": "Roll back"}
    assert (await written(client, vendor, url, path, body)).status_code == 200
    assert (await written(client, vendor, url, path, body)).status_code == 422


# Errors


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/user", 401),
        (f"{TEMPLATE}", 404),
        (f"{TEMPLATE}/actions/runs/{{run_id}}", 404),
        (f"{TEMPLATE}/branches/{{branch}}", 404),
    ],
)
async def test_errors(path: str, status: int, client: httpx.AsyncClient, vendor: Vendor) -> None:
    filled = path.format(owner="shop-sandbox", repo="nothing", run_id=1, branch="none")
    headers = {"Authorization": "Bearer wrong"} if status == 401 else {}
    answer = await client.get(filled, headers=headers)
    assert answer.status_code == status
    vendor.answer("GET", path, status, answer.json())


def test_the_judge_can_find_fault(vendor: Vendor) -> None:
    with pytest.raises(AssertionError):
        vendor.answer("GET", f"{TEMPLATE}/actions/runs/{{run_id}}", 200, {"id": "1"})
    with pytest.raises(AssertionError):
        vendor.fits("diff-entry", {"status": "gone"})
