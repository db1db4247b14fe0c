"""One test per documented status of GitHub, and what they become."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import respx

from hub.plugin import (
    AuthenticationFailed,
    ConnectorError,
    InvalidRequest,
    NotFound,
    OutcomeUnknown,
    PermissionDenied,
    RateLimited,
    ServiceUnavailable,
)

Call = Callable[..., Awaitable[str]]
RUNS = "/repos/octo/shop/actions/runs"
PENDING = f"{RUNS}/20000001/pending_deployments"


@pytest.mark.parametrize(
    ("status", "headers", "body", "error", "said"),
    [
        (
            401,
            {},
            {"message": "Bad credentials"},
            AuthenticationFailed,
            r"Bad credentials.*connectors\.github\.token",
        ),
        (
            403,
            {"x-accepted-github-permissions": "actions=read"},
            {"message": "Resource not accessible by personal access token"},
            PermissionDenied,
            r"not accessible by personal access token \(it needs actions=read\)",
        ),
        (403, {"retry-after": "90"}, {"message": "secondary rate limit"}, RateLimited, "90 s"),
        (403, {}, {"message": "You have exceeded a secondary rate limit."}, RateLimited, "60 s"),
        (429, {}, {"message": "slow down"}, RateLimited, "60 s"),
        (429, {"retry-after": "90"}, {"message": "secondary rate limit"}, RateLimited, "90 s"),
        (404, {}, {"message": "Not Found"}, NotFound, "octo/shop has no runs that the credential may see"),
        (
            422,
            {},
            {"message": "Validation Failed", "errors": [{"message": "bad created"}]},
            InvalidRequest,
            "bad created",
        ),
        (
            422,
            {},
            {"message": "Nope", "errors": [{"code": "invalid"}, "text"]},
            InvalidRequest,
            "Nope; invalid; text",
        ),
        (500, {}, {"message": "oops"}, ServiceUnavailable, "failed on its side"),
        (503, {}, {}, ServiceUnavailable, "failed on its side"),
    ],
)
async def test_an_error_of_a_read_says_what_to_do(
    status: int,
    headers: dict[str, str],
    body: dict[str, Any],
    error: type[ConnectorError],
    said: str,
    call: Call,
    router: respx.Router,
) -> None:
    router.get(path=RUNS).respond(status, headers=headers, json=body)
    with pytest.raises(error, match=said):
        await call("list_runs")


async def test_a_spent_hourly_budget_says_when_it_is_refilled(call: Call, router: respx.Router) -> None:
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(time.time()) + 600)}
    router.get(path=RUNS).respond(403, headers=headers, json={"message": "API rate limit exceeded for user ID 1."})
    with pytest.raises(RateLimited) as caught:
        await call("list_runs")
    assert 590 <= (caught.value.retry_after or 0) <= 601


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, AuthenticationFailed),
        (403, PermissionDenied),
        (404, NotFound),
        (422, InvalidRequest),
        (502, OutcomeUnknown),
    ],
)
async def test_an_error_of_a_write_is_told_and_nothing_is_sent_again(
    status: int, error: type[ConnectorError], call: Call, router: respx.Router, run_json: Callable[..., Any]
) -> None:
    router.get(path=f"{RUNS}/20000001").respond(json=run_json())
    write = router.post(path=f"{RUNS}/20000001/rerun-failed-jobs").respond(status, json={"message": "no"})
    with pytest.raises(error):
        await call("rerun", run="20000001")
    assert write.call_count == 1


async def test_what_cannot_be_read_is_the_services_fault(call: Call, router: respx.Router) -> None:
    router.get(path=RUNS).respond(json={"workflow_runs": 5, "total_count": 1})
    with pytest.raises(ServiceUnavailable, match=r"another form.*base_url"):
        await call("list_runs")


@pytest.mark.parametrize(
    "body", [{"json": {"message": "You have exceeded a secondary rate limit."}}, {"html": "x"}]
)
async def test_a_refused_write_tells_a_limit_from_a_missing_right(
    body: dict[str, Any], call: Call, router: respx.Router
) -> None:
    router.get(path=PENDING).respond(403, **body)
    with pytest.raises(RateLimited if "json" in body else PermissionDenied):
        await call("review_deployment", run="20000001", decision="approve")


async def test_html_is_said_to_be_html(call: Call, router: respx.Router) -> None:
    router.get(path=PENDING).respond(html="<html>login</html>")
    with pytest.raises(ServiceUnavailable, match="HTML"):
        await call("review_deployment", run="20000001", decision="approve")


# The three ways a log can be missing.


async def test_an_expired_log_is_said_to_have_expired(
    call: Call, router: respx.Router, job_json: Callable[..., Any]
) -> None:
    router.get(path="/repos/octo/shop/actions/jobs/30000001").respond(json=job_json())
    router.get(path="/repos/octo/shop/actions/jobs/30000001/logs").respond(410, json={"message": "Gone"})
    with pytest.raises(NotFound, match=r"has expired.*Only a rerun makes a new one"):
        await call("get_logs", job="30000001")


async def test_a_job_that_runs_has_no_log_yet(
    call: Call, router: respx.Router, job_json: Callable[..., Any]
) -> None:
    steps = [{"number": 3, "name": "Build", "status": "in_progress", "conclusion": None}]
    running = job_json(status="in_progress", conclusion=None, steps=steps)
    router.get(path="/repos/octo/shop/actions/jobs/30000001").respond(json=running)
    with pytest.raises(InvalidRequest, match=r"is in_progress; now 3 Build: GitHub gives its log once"):
        await call("get_logs", job="30000001")
    assert len(router.calls) == 1


async def test_a_missing_permission_is_named(
    call: Call, router: respx.Router, job_json: Callable[..., Any]
) -> None:
    router.get(path="/repos/octo/shop/actions/jobs/30000001").respond(json=job_json())
    router.get(path="/repos/octo/shop/actions/jobs/30000001/logs").respond(
        403,
        json={"message": "Must have admin rights to Repository."},
        headers={"x-accepted-github-permissions": "actions=read"},
    )
    with pytest.raises(PermissionDenied, match=r"it needs actions=read"):
        await call("get_logs", job="30000001")


@pytest.mark.parametrize("where", ["github", "storage"])
async def test_a_job_that_never_ran_has_no_log(
    where: str, call: Call, router: respx.Router, job_json: Callable[..., Any]
) -> None:
    router.get(path="/repos/octo/shop/actions/jobs/30000001").respond(json=job_json(conclusion="cancelled"))
    logs = router.get(path="/repos/octo/shop/actions/jobs/30000001/logs")
    if where == "github":
        logs.respond(404, json={"message": "Not Found"})
    else:
        logs.respond(302, headers={"location": "https://x.blob.core.windows.net/l"})
        router.get("https://x.blob.core.windows.net/l").respond(404, text="BlobNotFound")
    with pytest.raises(NotFound, match=r"\(unit, cancelled\) has no log"):
        await call("get_logs", job="30000001")
