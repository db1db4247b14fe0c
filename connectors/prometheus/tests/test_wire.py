from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import respx

from hub.plugin import (
    AuthenticationFailed,
    ConnectorError,
    InvalidRequest,
    NotFound,
    PermissionDenied,
    RateLimited,
    ServiceUnavailable,
)

Call = Callable[..., Awaitable[str]]
ANSWER = {"status": "success", "data": {"resultType": "scalar", "result": [1, "1"]}}


@pytest.mark.parametrize(
    ("status", "body", "error", "said"),
    [
        (401, {"text": "Unauthorized\n"}, AuthenticationFailed, "wants a credential"),
        (403, {"text": "no access"}, PermissionDenied, "does not permit this"),
        (404, {"text": "404 page not found"}, NotFound, "does not offer /api/v1/query"),
        (404, {"html": "<h1>nginx</h1>"}, NotFound, "does not offer /api/v1/query"),
        (400, {"text": "unsupported path requested"}, NotFound, "does not offer /api/v1/query"),
        (400, {"json": {"status": "error", "error": "bad time"}}, InvalidRequest, "bad time"),
        (422, {"json": {"status": "error", "errorType": "422", "error": "too long"}}, InvalidRequest, "too long"),
        (
            422,
            {"json": {"status": "error", "error": "err-mimir-max-series-per-query"}},
            InvalidRequest,
            "err-mimir",
        ),
        (429, {"json": {"status": "error", "error": "too many"}}, RateLimited, "limits the rate"),
        (500, {"json": {"message": "grafana broke"}}, ServiceUnavailable, "grafana broke"),
        (
            503,
            {"json": {"status": "error", "errorType": "timeout", "error": "timed out"}},
            ServiceUnavailable,
            "timed out",
        ),
        (200, {"html": "<title>Sign in</title>"}, ServiceUnavailable, "something other than Prometheus's API"),
        (200, {"json": {"data": 1}}, ServiceUnavailable, "something other than Prometheus's API"),
    ],
)
async def test_every_failure_of_the_service_is_told_apart(
    call: Call, router: respx.Router, status: int, body: dict[str, Any], error: type[ConnectorError], said: str
) -> None:
    router.post("/api/v1/query").respond(status, **body)
    with pytest.raises(error) as refused:
        await call("query", query="up")
    assert said in refused.value.message


@pytest.mark.parametrize(
    ("access", "setting"),
    [
        ({"bearer_token": "canary"}, "connectors.prometheus.bearer_token"),
        ({"username": "me", "password": "canary"}, "connectors.prometheus.password"),
        ({"headers": {"X-Api-Key": "canary"}}, "connectors.prometheus.headers"),
        ({"cert_file": "client.pem"}, "connectors.prometheus.cert_file"),
        ({}, "No credential is set; set connectors.prometheus.bearer_token or connectors.prometheus.password"),
    ],
)
async def test_a_rejected_credential_names_its_setting_and_not_itself(
    call: Call, router: respx.Router, url: str, access: dict[str, Any], setting: str
) -> None:
    secure = url.replace("http:", "https:")
    router.post(f"{secure}/api/v1/query").respond(401, text=f"bad {'canary' if 'cert_file' not in access else ''}")
    with pytest.raises(AuthenticationFailed) as refused:
        await call("query", query="up", with_settings={"url": secure, **access})
    assert setting in refused.value.hint
    assert not access or "canary" not in str(refused.value)


async def test_a_missing_tenant_is_told_from_a_missing_credential(
    call: Call, router: respx.Router, url: str
) -> None:
    route = router.post("/api/v1/query").respond(401, text="no org id")
    with pytest.raises(AuthenticationFailed) as refused:
        await call("query", query="up")
    assert refused.value.hint == "It wants a tenant; set connectors.prometheus.tenant"
    with pytest.raises(AuthenticationFailed):
        await call("query", query="up", with_settings={"url": url, "tenant": "payments"})
    assert route.calls.last.request.headers["x-scope-orgid"] == "payments"


async def test_a_missing_path_prefix_is_suspected_where_there_is_no_query_api(
    call: Call, router: respx.Router
) -> None:
    router.post("/api/v1/query").respond(404, text="404 page not found")
    with pytest.raises(NotFound) as refused:
        await call("query", query="up")
    assert "connectors.prometheus.url may lack a path prefix" in refused.value.hint


async def test_the_errors_of_a_source_name_it_and_its_settings(call: Call, router: respx.Router, url: str) -> None:
    router.post("/api/v1/query").respond(401)
    settings = {"sources": {"eu": {"url": url, "bearer_token": "t"}, "us": {"url": "http://us.test"}}}
    with pytest.raises(AuthenticationFailed) as refused:
        await call("query", query="up", source="eu", with_settings=settings)
    assert 'Prometheus source "eu"' in refused.value.message
    assert "connectors.prometheus.sources.eu.bearer_token" in refused.value.hint


@pytest.mark.parametrize("status", [405, 501])
async def test_a_server_that_takes_no_post_is_asked_by_get(call: Call, router: respx.Router, status: int) -> None:
    router.post("/api/v1/query").respond(status)
    route = router.get("/api/v1/query").respond(json=ANSWER)
    assert (await call("query", query="1")).endswith("\n1")
    assert route.calls.last.request.url.params["query"] == "1"


async def test_a_query_is_repeated_after_a_failure_since_it_only_reads(call: Call, router: respx.Router) -> None:
    route = router.post("/api/v1/query")
    route.side_effect = [httpx_response(502), httpx_response(200)]
    assert (await call("query", query="1")).endswith("\n1")
    assert route.call_count == 2


def httpx_response(status: int) -> Any:
    import httpx

    return httpx.Response(status, json=ANSWER if status == 200 else {})


@pytest.mark.parametrize("status", [400, 404])
async def test_a_server_without_an_endpoint_says_so_and_keeps_its_other_tools(
    call: Call, router: respx.Router, status: int
) -> None:
    router.get("/api/v1/rules").respond(status, text="unsupported path")
    router.get("/api/v1/targets").respond(status, text="unsupported path")
    for tool in ("rules", "targets"):
        with pytest.raises(NotFound) as refused:
            await call(tool)
        assert f"does not offer /api/v1/{tool}" in refused.value.message
        assert "the other tools still work" in refused.value.hint


async def test_every_request_carries_credential_and_tenant(call: Call, router: respx.Router, url: str) -> None:
    router.post("/api/v1/query").respond(json=ANSWER)
    router.get("/api/v1/targets").respond(json={"status": "success", "data": {"activeTargets": []}})
    settings = {"url": url, "username": "me", "password": "secret", "tenant": "a|b", "headers": {"X-Team": "pay"}}
    await call("query", query="1", with_settings=settings)
    await call("targets", with_settings=settings)
    calls: list[Any] = list(router.calls)
    assert len(calls) == 2
    for made in calls:
        assert made.request.headers["authorization"] == "Basic bWU6c2VjcmV0"
        assert made.request.headers["x-scope-orgid"] == "a|b"
        assert made.request.headers["x-team"] == "pay"


async def test_a_path_prefix_is_kept_by_raw_calls_and_the_sdk(call: Call, router: respx.Router, url: str) -> None:
    router.post("/prometheus/api/v1/query").respond(json=ANSWER)
    router.get("/prometheus/api/v1/targets").respond(json={"status": "success", "data": {"activeTargets": []}})
    settings = {"url": f"{url}/prometheus/"}
    assert (await call("query", query="1", with_settings=settings)).endswith("\n1")
    assert await call("targets", with_settings=settings) == "no targets"


async def test_the_sdks_own_retries_do_not_multiply_requests(call: Call, router: respx.Router) -> None:
    route = router.get("/api/v1/targets").respond(401, text="no")
    with pytest.raises(AuthenticationFailed):
        await call("targets")
    assert route.call_count == 1
