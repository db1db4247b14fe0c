"""Who is let in, what goes wrong on demand, and how OAuth tokens end and rotate."""

from collections.abc import Callable
from typing import Any

import pytest
from hub_connector_jira.simulation.faults import Fault
from hub_connector_jira.simulation.options import (
    CLIENT_ID,
    CLIENT_SECRET,
    CLOUD_ID,
    EMAIL,
    REFRESH_TOKEN,
    SiteOptions,
)

from hub.sandbox.story import NOTICE

Api = Any  # the fixture's own class lives in conftest.py, which tests cannot import
Present = Any  # the same
Opening = Callable[[SiteOptions], Any]
GATEWAY = f"/ex/jira/{CLOUD_ID}/rest/api/3"


async def exchanged(api: Api, token: str = REFRESH_TOKEN, **change: str) -> Any:
    form = {
        "grant_type": "refresh_token",
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "refresh_token": token,
    }
    return await api.client.post("/oauth/token", data={**form, **change}, auth=None)


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


async def test_every_answer_says_it_is_from_a_sandbox(cloud: Api) -> None:
    for path in ("/", "/rest/api/3/myself", "/nosuch"):
        assert (await cloud.client.get(path)).headers["x-hub-sandbox"] == NOTICE


@pytest.mark.parametrize("credential", [None, (EMAIL, "wrong"), ("someone@shop.example", "sandbox-api-token")])
async def test_nobody_comes_in_without_the_right_token(cloud: Api, credential: tuple[str, str] | None) -> None:
    answer = await cloud.client.get("/rest/api/3/myself", auth=credential)
    assert answer.status_code == 401
    assert answer.json()["message"] == "Client must be authenticated to access this resource."
    assert answer.headers.get("x-seraph-loginreason") == ("AUTHENTICATED_FAILED" if credential else None)


async def test_the_edition_can_be_asked_without_a_credential(cloud: Api, server: Api) -> None:
    for api, kind in ((cloud, "Cloud"), (server, "Server")):
        assert (await api.client.get(f"{api.api}/serverInfo", auth=None)).json()["deploymentType"] == kind
    assert (await cloud.client.get("/_edge/tenant_info", auth=None)).json() == {"cloudId": CLOUD_ID}


async def test_data_center_takes_its_personal_access_token_alone(server: Api) -> None:
    assert (await server.get("/myself"))["name"] == "maya.lindqvist"
    for headers in ({"authorization": "Bearer wrong"}, {"authorization": "Basic eDp5"}):
        assert (await server.client.get("/rest/api/2/myself", headers=headers)).status_code == 401


async def test_paths_and_methods_that_do_not_exist_are_refused(cloud: Api, server: Api) -> None:
    assert (await cloud.client.get("/rest/api/3/nosuch")).status_code == 404
    assert (await cloud.client.delete("/rest/api/3/myself")).status_code == 405
    assert (await server.client.get("/rest/api/3/myself")).status_code == 404
    assert (await server.client.post("/rest/api/2/search/jql", json={"jql": "project = SHOP"})).status_code == 404


async def test_a_body_that_is_no_json_or_too_large_is_refused(cloud: Api) -> None:
    assert (await cloud.client.post("/rest/api/3/search/jql", content=b"{")).status_code == 400
    assert (await cloud.client.post("/rest/api/3/issue", content=b"x" * 2**21)).status_code == 413


async def test_a_limit_that_is_reached_says_which_and_until_when(cloud: Api) -> None:
    cloud.site.faults.arm(
        Fault(status=429, path="/search", reason="jira-quota-tenant-based", retry_after=90, times=2)
    )
    assert (await cloud.send("GET", "/myself")).status_code == 200
    for _ in range(2):
        answer = await cloud.send("POST", "/search/jql", {"jql": "project = SHOP"})
        assert answer.status_code == 429
        assert answer.headers["ratelimit-reason"] == "jira-quota-tenant-based"
        assert answer.headers["retry-after"] == "90"
        assert answer.headers["x-ratelimit-remaining"] == "0"
        assert answer.headers["x-ratelimit-reset"] == "2027-01-14T20:21Z"
    assert (await cloud.send("POST", "/search/jql", {"jql": "project = SHOP"})).status_code == 200


async def test_failures_are_armed_over_http_and_by_a_header_too(cloud: Api) -> None:
    body = {"status": 503, "path": "/issue", "method": "PUT", "after": 1}
    assert (await cloud.client.post("/sandbox/faults", json=body)).status_code == 204
    await cloud.put("/issue/SHOP-1842", {"fields": {"summary": "One"}})
    assert (await cloud.send("PUT", "/issue/SHOP-1842", {"fields": {"summary": "Two"}})).status_code == 503
    assert (await cloud.get("/issue/SHOP-1842"))["fields"]["summary"] == "One"
    answer = await cloud.client.get("/rest/api/3/myself", headers={"x-sandbox-fault": "500"})
    assert answer.status_code == 500
    assert (await cloud.client.post("/sandbox/faults", json={"status": 500, "odd": 1})).status_code == 400


async def test_a_lost_answer_hides_a_write_that_was_done(cloud: Api) -> None:
    cloud.site.faults.arm(Fault(status=503, lose=True))
    assert (await cloud.send("PUT", "/issue/SHOP-1842", {"fields": {"summary": "Done"}})).status_code == 503
    assert (await cloud.get("/issue/SHOP-1842"))["fields"]["summary"] == "Done"


async def test_a_captcha_in_the_way_is_told_by_a_header(server: Api) -> None:
    server.site.faults.arm(Fault(status=403, login_reason="AUTHENTICATION_DENIED"))
    answer = await server.send("GET", "/myself")
    assert (answer.status_code, answer.headers["x-seraph-loginreason"]) == (403, "AUTHENTICATION_DENIED")


async def test_requests_are_written_down(cloud: Api) -> None:
    await cloud.get("/myself")
    await cloud.post("/search/jql", {"jql": "project = SHOP"})
    assert cloud.site.requests == ["GET /rest/api/3/myself", "POST /rest/api/3/search/jql"]


async def test_a_refresh_token_gives_access_and_the_next_refresh_token(cloud: Api, present: Present) -> None:
    first = (await exchanged(cloud)).json()
    assert first["refresh_token"] != REFRESH_TOKEN
    assert (first["token_type"], first["expires_in"]) == ("Bearer", 3600)
    access = bearer(first["access_token"])
    assert (await cloud.client.get(f"{GATEWAY}/myself", headers=access, auth=None)).status_code == 200
    sites = (await cloud.client.get("/oauth/token/accessible-resources", headers=access, auth=None)).json()
    assert [site["id"] for site in sites] == [CLOUD_ID]
    present.seconds += 3600
    late = await cloud.client.get(f"{GATEWAY}/myself", headers=access, auth=None)
    assert (late.status_code, late.json()) == (401, {"code": 401, "message": "Unauthorized"})
    second = (await exchanged(cloud, first["refresh_token"])).json()
    again = await cloud.client.get(f"{GATEWAY}/myself", headers=bearer(second["access_token"]), auth=None)
    assert again.status_code == 200
    assert cloud.site.grants.refreshes == 2


async def test_a_refresh_token_may_be_used_again_for_ten_minutes(cloud: Api, present: Present) -> None:
    await exchanged(cloud)
    present.seconds += 599
    assert (await exchanged(cloud)).status_code == 200


async def test_a_refresh_token_reused_later_ends_the_whole_grant(cloud: Api, present: Present) -> None:
    first = (await exchanged(cloud)).json()
    second = (await exchanged(cloud, first["refresh_token"])).json()
    present.seconds += 601
    reused = await exchanged(cloud)
    assert (reused.status_code, reused.json()["error"]) == (403, "invalid_grant")
    assert (await exchanged(cloud, second["refresh_token"])).status_code == 403
    headers = bearer(second["access_token"])
    assert (await cloud.client.get(f"{GATEWAY}/myself", headers=headers, auth=None)).status_code == 401


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"client_secret": "wrong"}, 401),
        ({"grant_type": "password"}, 400),
        ({"refresh_token": "unknown"}, 403),
    ],
)
async def test_a_wrong_exchange_is_refused(cloud: Api, change: dict[str, str], status: int) -> None:
    assert (await exchanged(cloud, **change)).status_code == status


async def test_a_missing_scope_is_not_a_wrong_token(opening: Opening) -> None:
    async with opening(SiteOptions(scopes=("read:jira-work", "offline_access"))) as api:
        headers = bearer((await exchanged(api)).json()["access_token"])
        read = await api.client.post(
            f"{GATEWAY}/search/jql", json={"jql": "project = SHOP"}, headers=headers, auth=None
        )
        assert read.status_code == 200
        for method, path in (("PUT", "/issue/SHOP-1842"), ("GET", "/myself"), ("GET", "/user/search?query=maya")):
            answer = await api.client.request(method, GATEWAY + path, json={}, headers=headers, auth=None)
            assert (answer.status_code, answer.json()["message"]) == (401, "Unauthorized; scope does not match")
        panel = f"/ex/jira/{CLOUD_ID}/rest/dev-status/latest/issue/summary?issueId=10001842"
        assert (await api.client.get(panel, headers=headers, auth=None)).status_code == 401
