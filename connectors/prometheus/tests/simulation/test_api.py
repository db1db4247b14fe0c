"""The simulated HTTP APIs: what they answer, and how they refuse."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from hub_connector_prometheus.simulation.app import create_app
from hub_connector_prometheus.simulation.vectors import MAX_SAMPLES

from hub.sandbox.story import NOTICE, Story

NOW = 1_799_958_000.0
STORY = Story.beginning(lambda: NOW)
DEPLOY = STORY.deploy_at.timestamp()


class Present:
    """A clock that a test moves."""

    seconds = NOW


@pytest.fixture
def present() -> Present:
    return Present()


@pytest.fixture
async def client(present: Present) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app(STORY, lambda: present.seconds))
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as opened:
        yield opened


async def api(client: httpx.AsyncClient, path: str, **parameters: Any) -> Any:
    answer = await client.get(f"/api/v1{path}", params=parameters)
    assert answer.is_success, answer.text
    return answer.json()["data"]


async def refusal(client: httpx.AsyncClient, path: str, **parameters: Any) -> tuple[int, str, str]:
    answer = await client.get(f"/api/v1{path}", params=parameters)
    body = answer.json()
    assert body["status"] == "error"
    return answer.status_code, body["errorType"], body["error"]


# Queries


async def test_a_query_answers_the_same_to_get_and_post(client: httpx.AsyncClient) -> None:
    parameters = {"query": "sum by (job) (up)", "time": "2027-01-14T15:00:00Z"}
    by_get = await client.get("/api/v1/query", params=parameters)
    by_post = await client.post("/api/v1/query", data=parameters)
    assert by_get.json() == by_post.json()
    assert by_get.json()["data"]["result"][0] == {"metric": {"job": "checkout"}, "value": [1_799_938_800, "3"]}


async def test_each_type_of_expression_has_its_type_of_result(client: httpx.AsyncClient) -> None:
    kinds = {
        query: (await api(client, "/query", query=query))["resultType"] for query in ("up", "1", "'a'", "up[1m]")
    }
    assert kinds == {"up": "vector", "1": "scalar", "'a'": "string", "up[1m]": "matrix"}


async def test_numbers_are_written_as_prometheus_writes_them(client: httpx.AsyncClient) -> None:
    queries = ("0/0", "1/0", "-1/0", "1e20", "1e21", "0.1+0.2", "1e-7", "0.00001", "3", "-0.5", "100*1e15")
    written = [(await api(client, "/query", query=query))["result"][1] for query in queries]
    expected = ["NaN", "+Inf", "-Inf", "100000000000000000000", "1000000000000000000000", "0.30000000000000004"]
    assert written == [*expected, "0.0000001", "0.00001", "3", "-0.5", "100000000000000000"]


async def test_a_range_query_gives_a_point_for_every_step_with_both_ends(client: httpx.AsyncClient) -> None:
    data = await api(client, "/query_range", query="count(up)", start=DEPLOY, end=DEPLOY + 60, step="15s")
    assert data["resultType"] == "matrix"
    assert [point[0] for point in data["result"][0]["values"]] == [DEPLOY + 15 * n for n in range(5)]


async def test_series_of_a_range_query_come_in_the_order_of_their_labels(client: httpx.AsyncClient) -> None:
    data = await api(client, "/query_range", query="up", start=DEPLOY, end=DEPLOY + 60, step=30)
    labels = [sorted(series["metric"].items()) for series in data["result"]]
    assert labels == sorted(labels)


async def test_more_than_11000_points_are_refused(client: httpx.AsyncClient) -> None:
    status, kind, text = await refusal(client, "/query_range", query="up", start=0, end=11_001, step=1)
    assert (status, kind) == (400, "bad_data")
    assert text.startswith("exceeded maximum resolution of 11,000 points per timeseries")
    assert await api(client, "/query_range", query="vector(1)", start=0, end=11_000, step=1)


@pytest.mark.parametrize(
    ("path", "parameters", "names"),
    [
        ("/query", {"query": "sum("}, 'invalid parameter "query": 1:5: parse error'),
        ("/query", {}, 'invalid parameter "query": 1:1: parse error: no expression found'),
        ("/query", {"query": "up", "time": "yesterday"}, 'invalid parameter "time": cannot parse "yesterday"'),
        ("/query", {"query": "up", "time": "inf"}, 'invalid parameter "time"'),
        ("/query", {"query": "up", "limit": "-1"}, 'invalid parameter "limit"'),
        ("/query_range", {"query": "up", "end": 2, "step": 1}, 'invalid parameter "start"'),
        ("/query_range", {"query": "up", "start": 2, "end": 1, "step": 1}, 'invalid parameter "end"'),
        ("/query_range", {"query": "up", "start": 1, "end": 2, "step": 0}, 'invalid parameter "step": zero'),
        (
            "/query_range",
            {"query": "up", "start": 1, "end": 2, "step": "x"},
            'invalid parameter "step": cannot parse',
        ),
        ("/query_range", {"query": "up[1m]", "start": 1, "end": 2, "step": 1}, 'expression type "range vector"'),
        ("/series", {}, "no match[] parameter provided"),
        ("/series", {"match[]": "rate(up[1m])"}, 'invalid parameter "match[]"'),
        ("/series", {"match[]": "up offset 1m"}, 'invalid parameter "match[]"'),
        ("/labels", {"start": 2, "end": 1}, 'invalid parameter "end"'),
        ("/label/a-b/values", {}, 'invalid label name: "a-b"'),
        ("/rules", {"type": "x"}, "invalid query parameter type"),
    ],
)
async def test_a_wrong_parameter_is_bad_data_and_named(
    client: httpx.AsyncClient, path: str, parameters: dict[str, Any], names: str
) -> None:
    status, kind, text = await refusal(client, path, **parameters)
    assert (status, kind) == (400, "bad_data")
    assert names in text


async def test_a_function_that_the_sandbox_lacks_is_named_as_such(client: httpx.AsyncClient) -> None:
    status, kind, text = await refusal(client, "/query", query="holt_winters(up[5m], 0.5, 0.5)")
    assert (status, kind) == (400, "bad_data")
    assert 'the sandbox does not support the function "holt_winters"' in text


async def test_colliding_series_are_an_execution_error(client: httpx.AsyncClient) -> None:
    assert (await refusal(client, "/query", query="up * on (job) up"))[:2] == (422, "execution")


@pytest.mark.parametrize(
    "query",
    ["max_over_time(up[100y:1ms])", 'count_over_time({__name__=~".+"}[15d])', "avg_over_time(ALERTS[100y])"],
)
async def test_a_query_over_too_much_is_refused_or_answered_but_never_endless(
    client: httpx.AsyncClient, query: str
) -> None:
    answer = await client.get("/api/v1/query", params={"query": query, "stats": "all"})
    if answer.is_success:
        assert answer.json()["data"]["stats"]["samples"]["totalQueryableSamples"] <= MAX_SAMPLES
    else:
        # On a machine that is busy or measures coverage, its time is over before its samples are too many.
        assert (answer.status_code, answer.json()["errorType"]) in ((422, "execution"), (503, "timeout"))


async def test_a_query_whose_timeout_is_over_is_a_timeout(client: httpx.AsyncClient) -> None:
    query = "sum(rate(http_requests_total[1d]))"
    assert (await refusal(client, "/query", query=query, timeout="1ms"))[:2] == (503, "timeout")


async def test_a_limit_cuts_and_says_so(client: httpx.AsyncClient) -> None:
    for path, parameters in (
        ("/query", {"query": "up"}),
        ("/query_range", {"query": "up", "start": DEPLOY, "end": DEPLOY, "step": 1}),
        ("/series", {"match[]": "up"}),
        ("/labels", {}),
        ("/label/job/values", {}),
    ):
        body = (await client.get(f"/api/v1{path}", params={**parameters, "limit": 2})).json()
        data = body["data"] if isinstance(body["data"], list) else body["data"]["result"]
        assert len(data) == 2
        assert body["warnings"] == ["results truncated due to limit"]
        assert "warnings" not in (await client.get(f"/api/v1{path}", params={**parameters, "limit": 500})).json()


async def test_statistics_come_when_they_are_asked_for(client: httpx.AsyncClient) -> None:
    assert "stats" not in await api(client, "/query", query="up")
    stats = (await api(client, "/query", query="up", stats="all"))["stats"]
    assert stats["samples"]["totalQueryableSamples"] == 14


# Looking series up


async def test_labels_values_and_series_cover_rules_as_well(client: httpx.AsyncClient) -> None:
    assert {"alertname", "job", "version"} <= set(await api(client, "/labels"))
    names = await api(client, "/label/__name__/values")
    assert {"ALERTS", "job:http_errors:ratio_rate5m", "up"} <= set(names)
    found = await api(client, "/series", **{"match[]": f'ALERTS{{alertname="{STORY.alert}"}}'})
    assert [series["alertstate"] for series in found] == ["firing", "pending"]


async def test_a_series_is_found_only_where_it_existed(client: httpx.AsyncClient) -> None:
    match = {"match[]": 'app_build_info{job="checkout"}'}
    before = await api(client, "/series", start=DEPLOY - 600, end=DEPLOY - 60, **match)
    after = await api(client, "/series", start=DEPLOY + 600, end=DEPLOY + 660, **match)
    assert {series["version"] for series in before} == {"1.42.0"}
    assert {series["version"] for series in after} == {"1.43.0"}
    assert len(await api(client, "/series", start=DEPLOY - 60, end=DEPLOY + 600, **match)) == 6


async def test_metadata_can_be_asked_for_one_metric(client: httpx.AsyncClient) -> None:
    found = await api(client, "/metadata", metric="http_requests_total")
    assert list(found) == ["http_requests_total"]
    assert found["http_requests_total"][0]["type"] == "counter"
    assert len(await api(client, "/metadata", limit=3)) == 3


# The server


async def test_rules_can_be_filtered(client: httpx.AsyncClient) -> None:
    async def names(**parameters: Any) -> list[str]:
        groups = (await api(client, "/rules", **parameters))["groups"]
        return [rule["name"] for group in groups for rule in group["rules"]]

    assert len(await names()) == 6
    assert len(await names(type="record")) == 2
    assert await names(**{"rule_name[]": STORY.alert}) == [STORY.alert]
    assert await names(**{"match[]": '{severity="warning"}'}) == ["CheckoutLatencyHigh"]
    assert await names(**{"rule_group[]": "nothing"}) == []


async def test_rules_carry_their_alerts_unless_told_otherwise(client: httpx.AsyncClient) -> None:
    async def alerts(**parameters: Any) -> int:
        (group,) = (await api(client, "/rules", type="alert", **parameters))["groups"]
        return sum(len(rule["alerts"]) for rule in group["rules"])

    assert await alerts() == 3
    assert await alerts(exclude_alerts="true") == 0


async def test_the_alertmanager_beside_it_is_where_it_says(client: httpx.AsyncClient) -> None:
    (manager,) = (await api(client, "/alertmanagers"))["activeAlertmanagers"]
    assert manager["url"] == "http://sandbox/alertmanager/api/v2/alerts"
    assert (await client.get(manager["url"])).is_success


async def test_targets_can_be_asked_for_by_pool_and_state(client: httpx.AsyncClient) -> None:
    assert len((await api(client, "/targets"))["activeTargets"]) == 14
    assert len((await api(client, "/targets", scrapePool="node"))["activeTargets"]) == 2
    assert (await api(client, "/targets", state="dropped"))["activeTargets"] == []


async def test_alerts_are_firing_with_their_values_filled_in(client: httpx.AsyncClient) -> None:
    alerts = {alert["labels"]["alertname"]: alert for alert in (await api(client, "/alerts"))["alerts"]}
    alert = alerts[STORY.alert]
    assert alert["state"] == "firing"
    assert alert["activeAt"] == "2027-01-14T14:07:00.000Z"
    assert float(alert["value"]) > 0.05
    assert alert["value"].endswith("e-02")
    assert alert["annotations"]["summary"].endswith("% of requests to checkout fail")
    assert alerts["CheckoutErrorBudgetBurn"]["state"] == "pending"


async def test_the_world_goes_on_with_the_clock(client: httpx.AsyncClient, present: Present) -> None:
    before = (await api(client, "/query", query="sum(http_requests_total)"))["result"][0]["value"]
    present.seconds += 60
    after = (await api(client, "/query", query="sum(http_requests_total)"))["result"][0]["value"]
    assert after[0] == before[0] + 60
    assert float(after[1]) > float(before[1])


async def test_every_answer_says_that_it_is_from_a_sandbox(client: httpx.AsyncClient) -> None:
    for path in ("/", "/api/v1/query?query=up", "/api/v1/query?query=(", "/nothing", "/alertmanager/api/v2/alerts"):
        assert (await client.get(path)).headers["x-hub-sandbox"] == NOTICE
    for path in ("/", "/-/healthy", "/-/ready", "/alertmanager/-/healthy"):
        assert NOTICE in (await client.get(path)).text
    assert NOTICE in (await api(client, "/status/buildinfo"))["buildUser"]
    assert NOTICE in (await api(client, "/status/config"))["yaml"]
    assert NOTICE in json.dumps((await client.get("/alertmanager/api/v2/status")).json())


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/v2/alerts", "/api/v1/admin/tsdb/delete_series"])
async def test_what_does_not_exist_is_not_found(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 404


# Alertmanager


def silence(**changes: Any) -> dict[str, Any]:
    return {
        "matchers": [{"name": "alertname", "value": "Checkout.*", "isRegex": True}],
        "startsAt": "2027-01-14T20:20:00Z",
        "endsAt": "2027-01-14T22:00:00Z",
        "createdBy": "maya.lindqvist",
        "comment": "rolling back",
    } | changes


async def posted(client: httpx.AsyncClient, body: object) -> str:
    answer = await client.post("/alertmanager/api/v2/silences", json=body)
    assert answer.is_success, answer.text
    return answer.json()["silenceID"]


async def states(client: httpx.AsyncClient, **parameters: Any) -> list[str]:
    alerts = (await client.get("/alertmanager/api/v2/alerts", params=parameters)).json()
    return [alert["status"]["state"] for alert in alerts]


async def test_only_firing_alerts_reach_the_alertmanager(client: httpx.AsyncClient) -> None:
    alerts = (await client.get("/alertmanager/api/v2/alerts")).json()
    assert [alert["labels"]["alertname"] for alert in alerts] == [STORY.alert, "CheckoutLatencyHigh"]
    assert alerts[0]["startsAt"] == "2027-01-14T14:08:00.000Z"


async def test_a_silence_suppresses_until_it_is_expired(client: httpx.AsyncClient) -> None:
    identifier = await posted(client, silence())
    assert await states(client) == ["suppressed", "suppressed"]
    assert await states(client, silenced="false") == []
    assert (await client.delete(f"/alertmanager/api/v2/silence/{identifier}")).status_code == 200
    assert await states(client) == ["active", "active"]
    found = (await client.get(f"/alertmanager/api/v2/silence/{identifier}")).json()
    assert found["status"] == {"state": "expired"}


async def test_a_silence_ends_by_itself(client: httpx.AsyncClient, present: Present) -> None:
    await posted(client, silence(endsAt="2027-01-14T21:00:00Z"))
    present.seconds += 3600
    assert await states(client) == ["active", "active"]


async def test_a_silence_that_begins_later_is_pending(client: httpx.AsyncClient) -> None:
    await posted(client, silence(startsAt="2027-01-14T21:00:00Z"))
    assert await states(client) == ["active", "active"]
    (found,) = (await client.get("/alertmanager/api/v2/silences")).json()
    assert found["status"]["state"] == "pending"


async def test_a_changed_silence_keeps_its_id_unless_its_matchers_change(client: httpx.AsyncClient) -> None:
    first = await posted(client, silence())
    assert await posted(client, silence(id=first, comment="still rolling back")) == first
    other = [{"name": "alertname", "value": STORY.alert, "isRegex": False, "isEqual": True}]
    second = await posted(client, silence(id=first, matchers=other))
    assert second != first
    assert await states(client) == ["suppressed", "active"]


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ([], "not an object"),
        (silence(matchers=[]), "at least one matcher required"),
        (silence(matchers=[{"name": "a", "value": ".*", "isRegex": True}]), "must not match the empty string"),
        (silence(matchers=[{"name": "a", "value": "(", "isRegex": True}]), "error parsing regexp"),
        (silence(matchers=[{"name": "a"}]), "a matcher needs"),
        (silence(endsAt="2027-01-14T19:00:00Z"), "end time can't be in the past"),
        (silence(endsAt="soon"), "endsAt in body must be a date-time"),
        (silence(startsAt="2027-01-14T23:00:00Z"), "end time must be after start time"),
        (silence(comment=""), "comment in body is required"),
    ],
)
async def test_a_wrong_silence_is_refused(client: httpx.AsyncClient, body: object, names: str) -> None:
    answer = await client.post("/alertmanager/api/v2/silences", json=body)
    assert answer.status_code == 400
    assert names in answer.json()


async def test_an_unknown_silence_is_not_found(client: httpx.AsyncClient) -> None:
    path = "/alertmanager/api/v2/silence/5b0f9a3e-0000-0000-0000-000000000000"
    assert (await client.get(path)).status_code == 404
    assert (await client.delete(path)).status_code == 404


async def test_alerts_and_silences_can_be_filtered(client: httpx.AsyncClient) -> None:
    assert len(await states(client, filter='severity="critical"')) == 1
    assert len(await states(client, filter='severity=~"crit.*|warning"')) == 2
    assert len(await states(client, receiver="platform-.*")) == 0
    assert (await client.get("/alertmanager/api/v2/alerts", params={"filter": "?"})).status_code == 400
    await posted(client, silence())
    assert len((await client.get("/alertmanager/api/v2/silences", params={"active": "false"})).json()) == 0
    found = await client.get("/alertmanager/api/v2/silences", params={"filter": 'alertname=~"Checkout.*"'})
    assert len(found.json()) == 1


async def test_groups_hold_the_alerts(client: httpx.AsyncClient) -> None:
    groups = (await client.get("/alertmanager/api/v2/alerts/groups")).json()
    assert [len(group["alerts"]) for group in groups] == [1, 1]
    await posted(client, silence())
    assert (await client.get("/alertmanager/api/v2/alerts/groups", params={"muted": "false"})).json() == []


async def test_silences_have_an_upper_bound(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub_connector_prometheus.simulation.alertmanager.MAX_SILENCES", 2)
    await posted(client, silence())
    await posted(client, silence())
    assert (await client.post("/alertmanager/api/v2/silences", json=silence())).status_code == 400
