import json
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest
import respx
from hub_connector_github import acting
from hub_connector_github.connector import GitHub

from hub.plugin import InvalidArguments, InvalidRequest
from hub.testing import mock_services

Call = Callable[..., Awaitable[str]]
REPOSITORY = "/repos/octo/shop"
RUN = f"{REPOSITORY}/actions/runs/20000001"
DISPATCH = f"{REPOSITORY}/actions/workflows/deploy.yml/dispatches"
DETAILS = {"workflow_run_id": 77, "run_url": "x", "html_url": "https://github.com/octo/shop/actions/runs/77"}


def sent(route: respx.Route) -> list[Any]:
    return [json.loads(call.request.content) if call.request.content else None for call in cast("Any", route.calls)]


async def test_a_started_workflow_tells_its_run(call: Call, router: respx.Router) -> None:
    route = router.post(path=DISPATCH).respond(200, json=DETAILS)
    told = await call("run_workflow", workflow="deploy.yml", ref="main", inputs={"version": "1"})
    assert told.startswith("started deploy.yml on main: run 77\nhttps://github.com/octo/shop/actions/runs/77")
    assert sent(route) == [{"ref": "main", "inputs": {"version": "1"}, "return_run_details": True}]


async def started(build: Callable[..., GitHub], router: respx.Router) -> tuple[str, list[float]]:
    """What starting a workflow tells, and how long it waited for the run to show up."""
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    connector = build()
    repository = connector.repositories.get(None)
    with mock_services(router):
        told = await acting.run_workflow(repository, "deploy.yml", "main", {}, "github", sleep)
    await connector.http.aclose()
    return told, waits


@pytest.mark.parametrize("status", [400, 422])
async def test_a_server_that_refuses_to_be_asked_for_the_run_is_asked_plainly(
    status: int, build: Callable[..., GitHub], router: respx.Router, run_json: Callable[..., Any]
) -> None:
    refusal = {"message": "Invalid request.", "errors": ['"return_run_details" is not a permitted key.']}
    route = router.post(path=DISPATCH)
    date = {"date": "Sun, 22 Nov 2026 12:00:00 GMT"}
    route.side_effect = [respx.MockResponse(status, json=refusal), respx.MockResponse(204, headers=date)]
    runs = router.get(path=f"{REPOSITORY}/actions/workflows/deploy.yml/runs")
    late = run_json(id=88, event="workflow_dispatch")
    runs.side_effect = [
        respx.MockResponse(json={"total_count": 0, "workflow_runs": []}),
        respx.MockResponse(json={"total_count": 1, "workflow_runs": [late, run_json(head_branch="other")]}),
    ]
    told, waits = await started(build, router)
    assert "run 88" in told
    assert len(waits) == 2
    assert sent(route) == [{"ref": "main", "return_run_details": True}, {"ref": "main"}]
    assert runs.calls.last.request.url.params["created"] == ">=2026-11-22T11:59:55Z"


async def test_a_server_that_ignores_the_question_has_its_run_looked_for(
    build: Callable[..., GitHub], router: respx.Router, run_json: Callable[..., Any]
) -> None:
    router.post(path=DISPATCH).respond(204)
    runs = router.get(path=f"{REPOSITORY}/actions/workflows/deploy.yml/runs")
    runs.respond(json={"total_count": 2, "workflow_runs": [run_json(id=88), run_json(id=89)]})
    told, _ = await started(build, router)
    assert "one of these, started at the same time: 88 by maya" in told
    runs.respond(json={"total_count": 0, "workflow_runs": []})
    told, waits = await started(build, router)
    assert "has not shown up yet" in told
    assert len(waits) == 6


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"json": {"message": 'Unexpected inputs provided: ["x"]'}}, r"Unexpected inputs.*list_workflows"),
        ({"text": "no json"}, "status 422"),
        ({"text": "{", "headers": {"content-type": "application/json"}}, "status 422"),
    ],
)
async def test_a_refused_start_says_why(
    answer: dict[str, Any], said: str, call: Call, router: respx.Router
) -> None:
    route = router.post(path=DISPATCH)
    route.return_value = respx.MockResponse(422, **answer)
    with pytest.raises(InvalidRequest, match=said):
        await call("run_workflow", workflow="deploy.yml", ref="main")
    assert route.call_count == 1


async def test_too_many_inputs_are_refused_before_anything_is_sent(call: Call) -> None:
    with pytest.raises(InvalidArguments, match="at most 25"):
        await call("run_workflow", workflow="deploy.yml", ref="main", inputs={f"i{n}": "x" for n in range(26)})


@pytest.mark.parametrize(
    ("arguments", "ending", "body"),
    [
        ({}, "rerun-failed-jobs", None),
        ({"all": True}, "rerun", None),
        ({"debug": True}, "rerun-failed-jobs", {"enable_debug_logging": True}),
    ],
)
async def test_a_run_is_repeated(
    arguments: dict[str, Any],
    ending: str,
    body: Any,
    call: Call,
    router: respx.Router,
    run_json: Callable[..., Any],
) -> None:
    router.get(path=RUN).respond(json=run_json())
    route = router.post(path=f"{RUN}/{ending}").respond(201, json={})
    told = await call("rerun", run="20000001", **arguments)
    assert told.startswith("attempt 2 of run 20000001 begins")
    assert sent(route) == [body]


@pytest.mark.parametrize("by_address", [True, False])
async def test_one_job_is_repeated(
    by_address: bool, call: Call, router: respx.Router, job_json: Callable[..., Any]
) -> None:
    router.get(path=f"{REPOSITORY}/actions/jobs/30000001").respond(json=job_json())
    route = router.post(path=f"{REPOSITORY}/actions/jobs/30000001/rerun").respond(201, json={})
    address = "https://github.com/octo/shop/actions/runs/20000001/job/30000001"
    told = await call("rerun", **({"run": address} if by_address else {"job": 30_000_001}), debug=True)
    assert "job 30000001 (unit) and what depends on it, with debug logs" in told
    assert sent(route) == [{"enable_debug_logging": True}]


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({"status": "in_progress", "conclusion": None}, "is in_progress"),
        ({"conclusion": "success"}, "no job of it failed"),
    ],
)
async def test_what_cannot_be_repeated_is_refused_without_a_write(
    state: dict[str, Any], said: str, call: Call, router: respx.Router, run_json: Callable[..., Any]
) -> None:
    router.get(path=RUN).respond(json=run_json(**state))
    with pytest.raises(InvalidRequest, match=said):
        await call("rerun", run="20000001")


async def test_nothing_named_is_nothing_repeated(call: Call) -> None:
    with pytest.raises(InvalidArguments, match="Nothing to run again"):
        await call("rerun")


@pytest.mark.parametrize(("force", "ending"), [(False, "cancel"), (True, "force-cancel")])
async def test_a_run_is_cancelled(
    force: bool, ending: str, call: Call, router: respx.Router, run_json: Callable[..., Any]
) -> None:
    router.get(path=RUN).respond(json=run_json(status="in_progress", conclusion=None))
    route = router.post(path=f"{RUN}/{ending}").respond(202, json={})
    assert "is being cancelled" in await call("cancel_run", run="20000001", force=force)
    assert route.call_count == 1


async def test_a_run_that_ends_meanwhile_is_github_conflict(
    call: Call, router: respx.Router, run_json: Callable[..., Any]
) -> None:
    router.get(path=RUN).respond(json=run_json(status="in_progress", conclusion=None))
    router.post(path=f"{RUN}/cancel").respond(
        409, json={"message": "Cannot cancel a workflow run that is completed."}
    )
    with pytest.raises(InvalidRequest, match="Cannot cancel"):
        await call("cancel_run", run="20000001")


async def test_a_run_that_is_over_is_not_cancelled(
    call: Call, router: respx.Router, run_json: Callable[..., Any]
) -> None:
    router.get(path=RUN).respond(json=run_json())
    with pytest.raises(InvalidRequest, match="over already: failure"):
        await call("cancel_run", run="20000001")


def environment(number: int, name: str, able: bool = True) -> dict[str, Any]:
    return {
        "environment": {"id": number, "name": name},
        "wait_timer": 0,
        "wait_timer_started_at": None,
        "current_user_can_approve": able,
        "reviewers": [
            {"type": "Team", "reviewer": {"slug": "leads"}},
            {"type": "User", "reviewer": {"login": "a"}},
        ],
    }


@pytest.mark.parametrize(("decision", "state"), [("approve", "approved"), ("reject", "rejected")])
async def test_a_waiting_deployment_is_answered(
    decision: str, state: str, call: Call, router: respx.Router
) -> None:
    router.get(path=f"{RUN}/pending_deployments").respond(json=[environment(4, "production")])
    route = router.post(path=f"{RUN}/pending_deployments").respond(200, json=[])
    told = await call("review_deployment", run="20000001", decision=decision, comment="fine")
    assert told.startswith(f"{state} production for run 20000001")
    assert sent(route) == [{"environment_ids": [4], "state": state, "comment": "fine"}]


@pytest.mark.parametrize(
    ("pending", "arguments", "error", "said"),
    [
        ([], {}, InvalidRequest, "waits for no approval"),
        (
            [environment(1, "a"), environment(2, "b")],
            {},
            InvalidArguments,
            r"2 environments; name them.*team leads, a",
        ),
        ([environment(1, "a")], {"environments": ["c"]}, InvalidRequest, r"does not wait for c.*It waits for: a"),
        ([environment(1, "a", able=False)], {}, InvalidRequest, "may not review a"),
    ],
)
async def test_a_review_that_cannot_be_given_is_refused_without_a_write(
    pending: list[Any],
    arguments: dict[str, Any],
    error: type[Exception],
    said: str,
    call: Call,
    router: respx.Router,
) -> None:
    router.get(path=f"{RUN}/pending_deployments").respond(json=pending)
    with pytest.raises(error, match=said):
        await call("review_deployment", run="20000001", decision="approve", **arguments)


async def test_several_environments_are_answered_at_once(call: Call, router: respx.Router) -> None:
    pending = [environment(1, "a"), environment(2, "b")]
    router.get(path=f"{RUN}/pending_deployments").respond(json=pending)
    route = router.post(path=f"{RUN}/pending_deployments").respond(200, json=[])
    await call("review_deployment", run="20000001", decision="approve", environments=["b", "a"])
    assert sent(route)[0]["environment_ids"] == [2, 1]
