"""Dispatching, running again, cancelling and reviewing, and what becomes of the runs."""

from typing import Any

import httpx
import pytest
from hub_connector_github.simulation.history import red_run_id

from hub.sandbox.story import Story

Present = Any  # the fixture's own class lives in conftest.py, which tests cannot import
Opened = Any
REPO = "/repos/shop-sandbox/checkout"
DISPATCHES = f"{REPO}/actions/workflows/deploy.yml/dispatches"
STAGING = {"environment": "staging", "version": "1.42.0"}


async def get(client: httpx.AsyncClient, path: str, **query: Any) -> Any:
    answer = await client.get(path, params=query)
    assert answer.is_success, answer.text
    return answer.json()


async def dispatched(client: httpx.AsyncClient, **inputs: Any) -> dict[str, Any]:
    body = {"ref": "main", "inputs": {**STAGING, **inputs}, "return_run_details": True}
    answer = await client.post(DISPATCHES, json=body)
    assert answer.status_code == 200, answer.text
    return await get(client, answer.json()["run_url"])


async def jobs_of(client: httpx.AsyncClient, run: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {job["name"]: job for job in (await get(client, run["jobs_url"]))["jobs"]}


async def one_of(client: httpx.AsyncClient, status: str) -> dict[str, Any]:
    (run, *_) = (await get(client, f"{REPO}/actions/runs", status=status))["workflow_runs"]
    return run


# Dispatch


async def test_a_dispatched_run_goes_from_queued_to_done(client: httpx.AsyncClient, present: Present) -> None:
    run = await dispatched(client)
    assert (run["status"], run["event"]) == ("queued", "workflow_dispatch")
    assert run["display_title"] == "Deploy 1.42.0 to staging"
    assert run["actor"]["login"] == "shop-agent"
    assert (await get(client, f"{REPO}/actions/runs"))["workflow_runs"][0]["id"] == run["id"]
    present.seconds += 10
    assert (await get(client, run["url"]))["status"] == "in_progress"
    present.seconds += 1200
    assert (await get(client, run["url"]))["conclusion"] == "success"
    assert list(await jobs_of(client, run)) == ["prepare", "deploy (staging)", "verify"]


async def test_a_dispatch_without_details_answers_nothing(client: httpx.AsyncClient) -> None:
    before = (await get(client, f"{REPO}/actions/runs"))["total_count"]
    answer = await client.post(DISPATCHES, json={"ref": "main", "inputs": STAGING})
    assert (answer.status_code, answer.content) == (204, b"")
    assert (await get(client, f"{REPO}/actions/runs"))["total_count"] == before + 1


async def test_a_dry_run_deploys_nothing(client: httpx.AsyncClient, present: Present) -> None:
    run = await dispatched(client, environment="production", dry_run=True)
    present.seconds += 300
    jobs = await jobs_of(client, run)
    assert {name: job["conclusion"] for name, job in jobs.items()} == {
        "prepare": "success",
        "deploy (production)": "skipped",
        "verify": "skipped",
    }
    assert (await get(client, run["url"]))["conclusion"] == "success"


@pytest.mark.parametrize(
    ("workflow", "body", "said"),
    [
        ("deploy.yml", {"inputs": STAGING}, '"ref" wasn\'t supplied.'),
        ("deploy.yml", {"ref": "none", "inputs": STAGING}, "No ref found for: none"),
        (
            "deploy.yml",
            {"ref": "main", "inputs": {"environment": "staging"}},
            "Required input 'version' not provided",
        ),
        ("deploy.yml", {"ref": "main", "inputs": {**STAGING, "to": 1}}, 'Unexpected inputs provided: ["to"]'),
        (
            "deploy.yml",
            {"ref": "main", "inputs": {**STAGING, "environment": "moon"}},
            "Provided value 'moon' for input 'environment' not in the list of allowed values",
        ),
        ("deploy.yml", {"ref": "main", "inputs": {**STAGING, "dry_run": "maybe"}}, "Provided value 'maybe'"),
        ("deploy.yml", {"ref": "main", "inputs": {str(n): n for n in range(26)}}, "No more than 25 properties"),
        ("deploy.yml", {"ref": "main", "inputs": [1]}, "it is not an object"),
        ("deploy.yml", {"ref": "main", "what": 1}, '"what" is not a permitted key.'),
        ("ci.yml", {"ref": "main"}, "Workflow does not have 'workflow_dispatch' trigger"),
        ("stale.yml", {"ref": "main"}, "disabled workflow"),
    ],
)
async def test_a_wrong_dispatch_is_refused_with_the_reason(
    workflow: str, body: dict[str, Any], said: str, client: httpx.AsyncClient
) -> None:
    answer = await client.post(f"{REPO}/actions/workflows/{workflow}/dispatches", json=body)
    assert answer.status_code == 422
    assert said in answer.json()["message"]


async def test_an_old_server_does_not_know_of_run_details(opened: Opened) -> None:
    async with opened(enterprise="3.17.2") as client:
        body: dict[str, Any] = {"ref": "main", "inputs": STAGING, "return_run_details": True}
        answer = await client.post(f"/api/v3{DISPATCHES}", json=body)
        assert answer.status_code == 422
        assert '"return_run_details" is not a permitted key.' in answer.json()["message"]
        del body["return_run_details"]
        assert (await client.post(f"/api/v3{DISPATCHES}", json=body)).status_code == 204
        assert (await client.get("/api/v3/meta")).json()["installed_version"] == "3.17.2"
        assert (await client.get(REPO)).status_code == 404


# Again


async def test_running_failed_jobs_again_cures_what_is_flaky_and_nothing_else(
    client: httpx.AsyncClient, story: Story, present: Present
) -> None:
    url = f"{REPO}/actions/runs/{red_run_id(story)}"
    before = await get(client, url)
    assert (await client.post(f"{url}/rerun-failed-jobs")).status_code == 201
    run = await get(client, url)
    assert (run["status"], run["conclusion"], run["run_attempt"]) == ("queued", None, 2)
    assert (run["created_at"], run["id"]) == (before["created_at"], before["id"])
    assert run["run_started_at"] > before["run_started_at"]
    assert run["triggering_actor"]["login"] == "shop-agent"
    present.seconds += 30
    assert (await get(client, url))["status"] == "in_progress"
    present.seconds += 1800
    done, jobs = await get(client, url), await jobs_of(client, run)
    assert done["conclusion"] == "failure"
    assert jobs["integration"]["conclusion"] == "success"
    assert jobs["lint"]["completed_at"] < run["run_started_at"] < jobs["integration"]["started_at"]
    assert {job["run_attempt"] for job in jobs.values()} == {2}


async def test_running_all_jobs_again_starts_each_of_them(
    client: httpx.AsyncClient, story: Story, present: Present
) -> None:
    url = f"{REPO}/actions/runs/{red_run_id(story)}"
    assert (await client.post(f"{url}/rerun", json={"enable_debug_logging": True})).status_code == 201
    present.seconds += 60
    run = await get(client, url)
    assert all(job["started_at"] >= run["run_started_at"] for job in (await jobs_of(client, run)).values())


async def test_running_one_job_again_runs_it_and_what_needs_it(client: httpx.AsyncClient, present: Present) -> None:
    run = next(
        run
        for run in (await get(client, f"{REPO}/actions/runs", status="success", per_page=100))["workflow_runs"]
        if run["name"] == "CI"
    )
    before = await jobs_of(client, run)
    assert (await client.post(f"{REPO}/actions/jobs/{before['lint']['id']}/rerun")).status_code == 201
    present.seconds += 900
    after = await jobs_of(client, run)
    assert {name for name, job in after.items() if job["started_at"] != before[name]["started_at"]} == {
        "lint",
        "image",
    }


async def test_what_is_running_cannot_be_run_again(client: httpx.AsyncClient) -> None:
    run = await one_of(client, "in_progress")
    answer = await client.post(f"{run['url']}/rerun")
    assert (answer.status_code, answer.json()["message"]) == (403, "This workflow is already running")


async def test_a_green_run_has_no_failed_jobs_to_run_again(client: httpx.AsyncClient) -> None:
    run = await one_of(client, "success")
    assert (await client.post(f"{run['url']}/rerun-failed-jobs")).status_code == 403


async def test_after_thirty_days_nothing_is_run_again(client: httpx.AsyncClient, present: Present) -> None:
    run = await one_of(client, "failure")
    present.seconds += 31 * 86_400
    answer = await client.post(f"{run['url']}/rerun")
    assert (answer.status_code, "30 days" in answer.json()["message"]) == (403, True)


# Cancel


async def test_a_cancelled_run_keeps_what_was_done(client: httpx.AsyncClient, present: Present) -> None:
    run = await one_of(client, "in_progress")
    done = [name for name, job in (await jobs_of(client, run)).items() if job["conclusion"] == "success"]
    assert (await client.post(f"{run['url']}/cancel")).status_code == 202
    assert (await get(client, run["url"]))["status"] == "in_progress"
    present.seconds += 15
    after = await get(client, run["url"])
    assert (after["status"], after["conclusion"]) == ("completed", "cancelled")
    ends = {name: job["conclusion"] for name, job in (await jobs_of(client, run)).items()}
    assert {name for name, end in ends.items() if end == "success"} == set(done)
    assert set(ends.values()) == {"success", "cancelled"}
    assert (await client.post(f"{run['url']}/cancel")).status_code == 409


@pytest.mark.parametrize("status", ["queued", "waiting"])
async def test_what_has_not_begun_can_be_cancelled(
    status: str, client: httpx.AsyncClient, present: Present
) -> None:
    run = await one_of(client, status)
    assert (await client.post(f"{run['url']}/cancel")).status_code == 202
    present.seconds += 3
    assert (await get(client, run["url"]))["conclusion"] == "cancelled"
    assert (await get(client, f"{run['url']}/pending_deployments")) == []


# Reviews


async def review(client: httpx.AsyncClient, run: dict[str, Any], state: str) -> httpx.Response:
    (waiting,) = await get(client, f"{run['url']}/pending_deployments")
    body = {"environment_ids": [waiting["environment"]["id"]], "state": state, "comment": "Seen"}
    return await client.post(f"{run['url']}/pending_deployments", json=body)


async def test_an_approved_rollback_goes_on_and_deploys(client: httpx.AsyncClient, present: Present) -> None:
    run = await one_of(client, "waiting")
    (deployment,) = (await review(client, run, "approved")).json()
    assert deployment["environment"] == "production"
    assert (await get(client, run["url"]))["status"] != "waiting"
    assert await get(client, f"{run['url']}/pending_deployments") == []
    present.seconds += 60
    assert (await get(client, run["url"]))["status"] == "in_progress"
    present.seconds += 1200
    assert (await get(client, run["url"]))["conclusion"] == "success"
    latest, replaced, *_ = await get(client, f"{REPO}/deployments", environment="production")
    assert latest["id"] == deployment["id"]
    states = [(await get(client, one["statuses_url"]))[0]["state"] for one in (latest, replaced)]
    assert states == ["success", "inactive"]
    (word,) = await get(client, f"{run['url']}/approvals")
    assert (word["state"], word["comment"], word["user"]["login"]) == ("approved", "Seen", "shop-agent")


async def test_a_rejected_deployment_fails_its_run(client: httpx.AsyncClient) -> None:
    run = await one_of(client, "waiting")
    assert (await review(client, run, "rejected")).status_code == 200
    after = await get(client, run["url"])
    assert (after["status"], after["conclusion"]) == ("completed", "failure")
    jobs = await jobs_of(client, run)
    assert (jobs["deploy (production)"]["conclusion"], jobs["verify"]["conclusion"]) == ("failure", "skipped")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"environment_ids": [1], "state": "approved", "comment": ""},
        {"environment_ids": [], "state": "approved", "comment": ""},
        {"environment_ids": [1], "state": "perhaps", "comment": ""},
        {"environment_ids": "production", "state": "approved", "comment": ""},
    ],
)
async def test_a_wrong_review_is_refused(body: dict[str, Any], client: httpx.AsyncClient) -> None:
    run = await one_of(client, "waiting")
    assert (await client.post(f"{run['url']}/pending_deployments", json=body)).status_code == 422
    assert (await get(client, run["url"]))["status"] == "waiting"


@pytest.mark.parametrize(("content", "status"), [(b"{", 400), (b"[]", 400), (b" " * 70_000, 413)])
async def test_a_body_that_is_no_object_is_refused(content: bytes, status: int, client: httpx.AsyncClient) -> None:
    assert (await client.post(DISPATCHES, content=content)).status_code == status


async def test_two_sandboxes_share_nothing(opened: Opened) -> None:
    async with opened() as one, opened() as other:
        before = (await get(other, f"{REPO}/actions/runs"))["total_count"]
        await dispatched(one)
        assert (await get(other, f"{REPO}/actions/runs"))["total_count"] == before
