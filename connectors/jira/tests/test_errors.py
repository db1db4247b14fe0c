"""One test for each status that Jira documents."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
import respx
from hub_connector_jira.simulation.faults import Fault

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

OpenDesk = Callable[..., Any]


def answering(status: int, **answer: Any) -> respx.Router:
    router = respx.Router(assert_all_called=False)
    router.route().respond(status, **answer)
    return router


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, InvalidRequest),
        (401, AuthenticationFailed),
        (403, PermissionDenied),
        (404, NotFound),
        (409, InvalidRequest),
        (413, InvalidRequest),
        (422, InvalidRequest),
        (429, RateLimited),
        (500, ServiceUnavailable),
        (503, ServiceUnavailable),
    ],
)
async def test_every_documented_status_is_an_error_of_its_kind(
    status: int, error: type[ConnectorError], open_desk: OpenDesk
) -> None:
    said = {"errorMessages": ["That is wrong."], "errors": {"summary": "Too long."}}
    with pytest.raises(error) as raised:
        await open_desk(answering(status, json=said)).call("comment", issue="SHOP-1", text="x")
    assert type(raised.value) is error
    assert f"({status})" in raised.value.message
    assert "That is wrong.; summary: Too long" in raised.value.message


@pytest.mark.parametrize("status", [502, 504])
async def test_a_write_that_a_gateway_answered_is_unknown(status: int, open_desk: OpenDesk) -> None:
    with pytest.raises(OutcomeUnknown):
        await open_desk(answering(status)).call("comment", issue="SHOP-1", text="x")


async def test_a_rejected_credential_is_named(open_desk: OpenDesk) -> None:
    for settings, key in (({}, "api_token"), ({"data_center": True}, "personal_access_token")):
        desk = open_desk(answering(401), **settings)
        with pytest.raises(AuthenticationFailed) as raised:
            await desk.call("search", jql="a = b")
        assert raised.value.hint.startswith(f"Check connectors.jira.{key}")
        assert len(desk.requests) == 1


@pytest.mark.parametrize("reason", ["AUTHENTICATED_FAILED", "AUTHENTICATION_DENIED"])
async def test_an_answer_for_a_stranger_is_a_rejected_credential(reason: str, open_desk: OpenDesk) -> None:
    desk = open_desk(answering(200, json={"issues": []}, headers={"x-seraph-loginreason": reason}))
    with pytest.raises(AuthenticationFailed, match="answered as to a stranger"):
        await desk.call("search", jql="a = b")


async def test_a_captcha_is_told(open_desk: OpenDesk) -> None:
    headers = {"x-seraph-loginreason": "AUTHENTICATION_DENIED"}
    with pytest.raises(PermissionDenied, match="captcha"):
        await open_desk(answering(403, headers=headers)).call("search", jql="a = b")


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("jira-quota-global-based", "all sites of the app share"),
        ("jira-quota-tenant-based", "hourly quota of points for this site"),
        ("jira-burst-based", "too many requests to this endpoint"),
        ("jira-per-issue-on-write", "too many writes to this one issue"),
        ("jira-something-new", "jira-something-new"),
    ],
)
async def test_each_rate_limit_says_which_it_is_and_when_to_come_back(
    reason: str, words: str, open_desk: OpenDesk
) -> None:
    headers = {"retry-after": "90", "ratelimit-reason": reason}
    with pytest.raises(RateLimited, match=words) as raised:
        await open_desk(answering(429, headers=headers)).call("comment", issue="SHOP-1", text="x")
    assert raised.value.retry_after == 90


async def test_a_rate_limit_without_retry_after_is_read_from_its_reset(open_desk: OpenDesk) -> None:
    headers = {
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": "2027-01-14T20:21:00Z",
        "date": "Thu, 14 Jan 2027 20:20:00 GMT",
    }
    with pytest.raises(RateLimited) as raised:
        await open_desk(answering(429, headers=headers)).call("comment", issue="SHOP-1", text="x")
    assert raised.value.retry_after == 60


async def test_reads_wait_out_a_short_limit_and_go_on(desk: Any) -> None:
    desk.site.faults.arm(Fault(status=429, path="/search/jql", retry_after=2))
    assert "SHOP-" in await desk.call("search", jql="project = SHOP", limit=1)
    assert desk.sent.count("POST /rest/api/3/search/jql") == 2


async def test_metadata_through_the_vendor_package_fails_with_the_hubs_errors(open_desk: OpenDesk) -> None:
    router = respx.Router(assert_all_called=False)
    dated = {"retry-after": "Fri, 15 Jan 2027 20:20:00 GMT", "date": "Fri, 15 Jan 2027 20:18:30 GMT"}
    router.get(path="/rest/api/3/field").side_effect = [
        httpx.Response(403, json={"errorMessages": ["no"]}, headers={"set-cookie": "secret=1"}),
        httpx.Response(429, headers=dated),
    ]
    desk = open_desk(router)
    with pytest.raises(PermissionDenied) as raised:
        await desk.call("find_fields")
    assert "secret" not in str(raised.value)
    with pytest.raises(RateLimited):
        await desk.call("find_fields")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"json": {"message": "plain"}}, ": plain"),
        ({"json": {"errorMessage": "other"}}, ": other"),
        ({"json": {"errors": {}}}, "(400)"),
        ({"json": []}, "(400)"),
        ({"text": "<html>"}, "(400)"),
    ],
)
async def test_errors_of_other_shapes_are_read_too(body: dict[str, Any], words: str, open_desk: OpenDesk) -> None:
    with pytest.raises(InvalidRequest) as raised:
        await open_desk(answering(400, **body)).call("comment", issue="SHOP-1", text="x")
    assert raised.value.message.endswith(words)
