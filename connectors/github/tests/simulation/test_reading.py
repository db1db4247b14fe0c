"""Reading runs, commits, artifacts and deployments over HTTP."""

import hashlib
import io
import zipfile
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import pytest

from hub.sandbox.story import NOTICE, Story

Present = Any  # the fixture's own class lives in conftest.py, which tests cannot import
REPO = "/repos/shop-sandbox/checkout"
DAY = 86_400


async def get(client: httpx.AsyncClient, path: str, /, **query: Any) -> Any:
    answer = await client.get(path, params=query)
    assert answer.is_success, answer.text
    return answer.json()


async def runs(client: httpx.AsyncClient, **query: Any) -> list[dict[str, Any]]:
    return (await get(client, f"{REPO}/actions/runs", **query))["workflow_runs"]


FILTERS: tuple[tuple[dict[str, str], Callable[[dict[str, Any]], bool]], ...] = (
    ({"status": "failure"}, lambda run: run["conclusion"] == "failure"),
    ({"status": "completed"}, lambda run: run["status"] == "completed"),
    ({"status": "in_progress"}, lambda run: run["status"] == "in_progress" and run["conclusion"] is None),
    ({"branch": "main"}, lambda run: run["head_branch"] == "main"),
    ({"event": "schedule"}, lambda run: run["event"] == "schedule"),
    ({"actor": "Tomas.Rey"}, lambda run: run["actor"]["login"] == "tomas.rey"),
    ({"created": ">=2027-01-13"}, lambda run: run["created_at"] >= "2027-01-13"),
    ({"created": "2027-01-01..2027-01-03"}, lambda run: "2027-01-01" <= run["created_at"] < "2027-01-04"),
    ({"created": "<2027-01-01"}, lambda run: run["created_at"] < "2027-01-01"),
    ({"created": "2027-01-10"}, lambda run: run["created_at"].startswith("2027-01-10")),
    ({"created": "*..2026-12-31T12:00:00+01:00"}, lambda run: run["created_at"] <= "2026-12-31T11:00:00Z"),
)


@pytest.mark.parametrize(("query", "fits"), FILTERS)
async def test_runs_are_filtered_and_come_newest_first(
    query: dict[str, str], fits: Callable[[dict[str, Any]], bool], client: httpx.AsyncClient
) -> None:
    every = [run for page in (1, 2, 3) for run in await runs(client, per_page=100, page=page)]
    found = [run for page in (1, 2, 3) for run in await runs(client, per_page=100, page=page, **query)]
    assert found
    assert [run["id"] for run in found] == [run["id"] for run in every if fits(run)]
    times = [run["created_at"] for run in found]
    assert times == sorted(times, reverse=True)


async def test_a_state_that_there_is_not_has_no_runs(client: httpx.AsyncClient) -> None:
    assert await runs(client, status="broken") == []


async def test_pages_are_linked(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"{REPO}/actions/runs", params={"per_page": 7, "branch": "main"})
    total, seen = answer.json()["total_count"], list[int]()
    assert set(answer.links) == {"next", "last"}
    last = answer.links["last"]["url"]
    while True:
        seen += [run["id"] for run in answer.json()["workflow_runs"]]
        if "next" not in answer.links:
            break
        answer = await client.get(answer.links["next"]["url"])
    assert str(answer.url) == last
    assert set(answer.links) == {"prev", "first"}
    assert len(set(seen)) == len(seen) == total


@pytest.mark.parametrize(("per_page", "shown"), [(1000, 100), (0, 30), ("x", 30), (5, 5)])
async def test_a_page_has_thirty_items_and_a_hundred_at_most(
    per_page: Any, shown: int, client: httpx.AsyncClient
) -> None:
    assert len(await runs(client, per_page=per_page)) == shown


async def test_a_closed_pull_request_is_missing_from_its_runs(client: httpx.AsyncClient) -> None:
    (closed, *_) = await runs(client, branch="tax-rules-by-region")
    (opened, *_) = await runs(client, branch="tax-region-fallback")
    assert closed["pull_requests"] == []
    assert [pull["number"] for pull in opened["pull_requests"]] == [619]
    (without, *_) = await runs(client, branch="tax-region-fallback", exclude_pull_requests="true")
    assert without["pull_requests"] == []


async def test_a_run_that_is_under_way_goes_on_by_the_clock(client: httpx.AsyncClient, present: Present) -> None:
    (run,) = await runs(client, status="in_progress")
    jobs = (await get(client, run["jobs_url"]))["jobs"]
    assert {job["status"] for job in jobs} == {"completed", "in_progress"}
    assert {step["status"] for job in jobs for step in job["steps"]} == {"completed", "in_progress", "queued"}
    present.seconds += 1200
    done = await get(client, run["url"])
    assert (done["status"], done["conclusion"]) == ("completed", "success")
    assert {job["conclusion"] for job in (await get(client, run["jobs_url"]))["jobs"]} == {"success"}


async def test_the_jobs_of_an_earlier_attempt_are_kept(client: httpx.AsyncClient) -> None:
    run = next(run for run in await runs(client, per_page=100) if run["run_attempt"] == 2)
    first = (await get(client, f"{run['url']}/attempts/1/jobs"))["jobs"]
    second = (await get(client, f"{run['url']}/jobs"))["jobs"]
    every = (await get(client, f"{run['url']}/jobs", filter="all"))["jobs"]
    assert every == first + second
    assert {job["run_attempt"] for job in first} == {1}
    assert {job["run_attempt"] for job in second} == {2}
    before = {job["name"]: job for job in first}
    for job in second:
        assert job["id"] != before[job["name"]]["id"]
        same = job["started_at"] == before[job["name"]]["started_at"]
        assert same == (job["name"] != "integration")
    assert (await get(client, run["previous_attempt_url"]))["conclusion"] == "failure"
    assert (await client.get(f"{run['url']}/attempts/3")).status_code == 404


# Git


async def test_the_release_that_failed_is_compared_with_the_one_before(
    client: httpx.AsyncClient, story: Story
) -> None:
    found = await get(client, f"{REPO}/compare/v1.42.0...v1.43.0")
    assert (found["status"], found["behind_by"]) == ("ahead", 0)
    assert found["total_commits"] == found["ahead_by"] == len(found["commits"])
    last = found["commits"][-1]
    assert last["sha"] == story.bad_release.commit
    assert last["commit"]["message"] == f"{story.pull_request_title} (#{story.pull_request})"
    assert last["author"]["login"] == story.author.handle
    assert "checkout/pricing.py" in {file["filename"] for file in found["files"]}
    back = await get(client, f"{REPO}/compare/v1.43.0...v1.42.0")
    assert (back["status"], back["ahead_by"], back["behind_by"]) == ("behind", 0, found["ahead_by"])
    assert (await get(client, f"{REPO}/compare/main...main"))["status"] == "identical"
    assert (await get(client, f"{REPO}/compare/main...tax-region-fallback"))["status"] == "ahead"


@pytest.mark.parametrize("ref", ["main", "heads/main", "v1.43.0", "tags/v1.43.0", "9f3c2b7"])
async def test_a_ref_of_any_kind_leads_to_its_commit(ref: str, client: httpx.AsyncClient, story: Story) -> None:
    assert (await get(client, f"{REPO}/commits/{ref}"))["sha"] == story.bad_release.commit
    answer = await client.get(f"{REPO}/commits/{ref}", headers={"Accept": "application/vnd.github.sha"})
    assert answer.text == story.bad_release.commit


async def test_an_unknown_commit_cannot_be_processed(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"{REPO}/commits/nothing")
    assert (answer.status_code, answer.json()["message"]) == (422, "No commit found for SHA: nothing")


async def test_the_commit_of_the_release_leads_to_its_pull_request(client: httpx.AsyncClient, story: Story) -> None:
    (pull,) = await get(client, f"{REPO}/commits/{story.bad_release.commit}/pulls")
    assert (pull["number"], pull["state"], pull["merged_at"] is not None) == (617, "closed", True)
    detailed = await get(client, f"{REPO}/pulls/617")
    assert (detailed["merged"], detailed["commits"]) == (True, 3)
    assert detailed["merge_commit_sha"] == story.bad_release.commit
    assert detailed["additions"] == sum(file["additions"] for file in await get(client, f"{REPO}/pulls/617/files"))


async def test_open_pull_requests_have_branches_and_merged_ones_do_not(client: httpx.AsyncClient) -> None:
    pulls = await get(client, f"{REPO}/pulls")
    branches = {branch["name"] for branch in await get(client, f"{REPO}/branches")}
    assert branches == {"main", *(pull["head"]["ref"] for pull in pulls)}
    (found,) = await get(client, f"{REPO}/pulls", head="shop-sandbox:tax-region-fallback")
    assert found["number"] == 619
    assert (await client.get(f"{REPO}/branches/tax-rules-by-region")).status_code == 404


async def test_commits_can_be_listed_by_time_and_path(client: httpx.AsyncClient) -> None:
    recent = await get(client, f"{REPO}/commits", since="2027-01-08T12:00:00Z", path="checkout/pricing.py")
    assert [commit["sha"][:7] for commit in recent] == ["9f3c2b7"]


async def test_hunks_count_their_lines(client: httpx.AsyncClient) -> None:
    files = [file for pull in (617, 619, 618) for file in await get(client, f"{REPO}/pulls/{pull}/files")]
    for file in files:
        head, *lines = file["patch"].split("\n")
        before, after = (int(part.split(",")[1]) for part in head.split("@@")[1].split())
        assert before == sum(not line.startswith("+") for line in lines)
        assert after == sum(not line.startswith("-") for line in lines)
        assert file["changes"] == file["additions"] + file["deletions"] > 0


async def test_workflow_files_are_there_as_json_and_raw(client: httpx.AsyncClient) -> None:
    listed = await get(client, f"{REPO}/contents/.github/workflows")
    assert [file["name"] for file in listed] == ["ci.yml", "deploy.yml", "nightly.yml", "stale.yml"]
    path = f"{REPO}/contents/.github/workflows/deploy.yml"
    raw = await client.get(path, headers={"Accept": "application/vnd.github.raw+json"})
    assert "workflow_dispatch:" in raw.text
    assert (await get(client, path))["size"] == len(raw.content)
    assert (await client.get(f"{REPO}/contents/README.md")).status_code == 404


# Checks


async def test_a_failing_test_is_annotated_where_it_stands(client: httpx.AsyncClient, story: Story) -> None:
    (run, *_) = await runs(client, branch="tax-rules-by-region")
    jobs = (await get(client, run["jobs_url"]))["jobs"]
    unit = next(job for job in jobs if job["conclusion"] == "failure" and job["name"].startswith("unit"))
    found = await get(client, f"{unit['check_run_url']}/annotations")
    assert [(one["path"], one["start_line"], one["message"]) for one in found] == [
        ("tests/orders/test_pricing.py", 88, story.error),
        (".github", 5, "Process completed with exit code 1."),
    ]
    check = await get(client, unit["check_run_url"])
    assert check["output"]["annotations_count"] == 2
    suite = await get(client, f"{REPO}/check-suites/{run['check_suite_id']}/check-runs")
    assert [one["id"] for one in suite["check_runs"]] == [job["id"] for job in jobs]


# Artifacts


async def test_an_artifact_is_a_zip_with_the_test_results(client: httpx.AsyncClient) -> None:
    (run, *_) = await runs(client, branch="tax-rules-by-region")
    listed = (await get(client, run["artifacts_url"]))["artifacts"]
    artifact = next(one for one in listed if one["name"].startswith("test-results-unit"))
    location = (await client.get(artifact["archive_download_url"])).headers["location"]
    del client.headers["authorization"]
    content = (await client.get(location)).content
    assert len(content) == artifact["size_in_bytes"]
    assert f"sha256:{hashlib.sha256(content).hexdigest()}" == artifact["digest"]
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["junit.xml", "coverage.xml", "coverage.txt"]
        suite = ET.fromstring(archive.read("junit.xml"))[0]  # noqa: S314  made by the sandbox
        ET.fromstring(archive.read("coverage.xml"))  # noqa: S314  made by the sandbox
    assert suite.get("failures") == str(len(suite.findall("testcase/failure")))
    part = await client.get(location, headers={"Range": f"bytes={len(content) - 22}-"})
    assert (part.status_code, part.content) == (206, content[-22:])
    assert part.headers["content-range"] == f"bytes {len(content) - 22}-{len(content) - 1}/{len(content)}"
    assert (await client.get(location, headers={"Range": "bytes=999999-"})).status_code == 416


async def test_a_killed_job_leaves_no_artifact(client: httpx.AsyncClient) -> None:
    (run, *_) = await runs(client, branch="tax-rules-by-region")
    names = {one["name"] for one in (await get(client, run["artifacts_url"]))["artifacts"]}
    assert "test-results-integration" not in names


async def test_an_expired_artifact_is_listed_and_gone(client: httpx.AsyncClient, present: Present) -> None:
    (artifact, *_) = (await get(client, f"{REPO}/actions/artifacts"))["artifacts"]
    assert not artifact["expired"]
    present.seconds += 22 * DAY
    assert (await get(client, artifact["url"]))["expired"]
    answer = await client.get(artifact["archive_download_url"])
    assert (answer.status_code, answer.json()["message"]) == (410, "Artifact has expired")
    assert (await client.get(artifact["archive_download_url"].replace("/zip", "/tar"))).status_code == 404


# Deployments


async def test_production_holds_the_bad_release_and_waits_for_the_good_one(
    client: httpx.AsyncClient, story: Story
) -> None:
    waiting, current, *before = await get(client, f"{REPO}/deployments", environment="production")
    states = [
        [status["state"] for status in await get(client, one["statuses_url"])]
        for one in (waiting, current, *before)
    ]
    assert states[:2] == [["waiting"], ["success", "in_progress", "queued", "waiting"]]
    assert states[2] == ["inactive", "success", "in_progress", "queued", "waiting"]
    assert ["failure", "waiting"] in states
    assert current["sha"] == story.bad_release.commit
    assert all(one["production_environment"] for one in before)


async def test_production_needs_a_review_and_staging_does_not(client: httpx.AsyncClient) -> None:
    rules = {
        one["name"]: [rule["type"] for rule in one["protection_rules"]]
        for one in (await get(client, f"{REPO}/environments"))["environments"]
    }
    assert rules == {"staging": [], "production": ["required_reviewers"]}


async def test_who_let_the_bad_release_out_can_be_read(client: httpx.AsyncClient, story: Story) -> None:
    run = next(run for run in await runs(client) if run["display_title"] == "Deploy 1.43.0 to production")
    (review,) = await get(client, f"{run['url']}/approvals")
    assert (review["state"], review["user"]["login"]) == ("approved", story.manager.handle)
    assert "out-of-memory flake" in review["comment"]


# All


async def test_every_answer_says_that_it_is_simulated(client: httpx.AsyncClient) -> None:
    for path in (REPO, f"{REPO}/nothing", "/rate_limit", "/shop-sandbox/checkout/pull/617"):
        assert (await client.get(path)).headers["x-hub-sandbox"] == NOTICE


async def test_names_of_repositories_are_read_in_any_case(client: httpx.AsyncClient) -> None:
    assert (await get(client, "/repos/Shop-Sandbox/Checkout"))["full_name"] == "shop-sandbox/checkout"


async def test_an_unknown_path_or_method_is_not_found(client: httpx.AsyncClient) -> None:
    for answer in (await client.get(f"{REPO}/actions/nothing"), await client.delete(f"{REPO}/actions/runs")):
        assert (answer.status_code, answer.json()["message"]) == (404, "Not Found")
