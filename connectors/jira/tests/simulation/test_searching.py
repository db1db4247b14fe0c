"""Search: pages, fields, and how far it lags behind."""

from collections.abc import Callable
from typing import Any

import pytest
from hub_connector_jira.simulation.options import SiteOptions

Api = Any  # the fixture's own class lives in conftest.py, which tests cannot import
Present = Any  # the same
TASK = {"project": {"key": "SHOP"}, "issuetype": {"name": "Task"}}


async def test_pages_follow_tokens_to_the_last_one(cloud: Api) -> None:
    body: dict[str, Any] = {"jql": "project = SHOP ORDER BY key ASC", "fields": ["summary"], "maxResults": 100}
    sizes: list[int] = []
    found: list[str] = []
    while True:
        page = await cloud.post("/search/jql", body)
        sizes.append(len(page["issues"]))
        found += [issue["key"] for issue in page["issues"]]
        assert "total" not in page
        if page["isLast"]:
            assert "nextPageToken" not in page
            break
        body["nextPageToken"] = page["nextPageToken"]
    assert sizes == [100, 100, 60]
    assert found == [f"SHOP-{number}" for number in range(1586, 1846)]


async def test_only_ids_come_back_unless_fields_are_named(cloud: Api) -> None:
    page = await cloud.post("/search/jql", {"jql": "project = SHOP", "maxResults": 5000})
    assert len(page["issues"]) == 260
    assert page["issues"][0] == {"id": "10001845"}


async def test_a_page_with_fields_holds_a_hundred_at_most(cloud: Api) -> None:
    page = await cloud.post("/search/jql", {"jql": "project = SHOP", "maxResults": 5000, "fields": ["summary"]})
    assert len(page["issues"]) == 100


async def test_fields_are_named_by_id_or_all_or_left_out(cloud: Api) -> None:
    async def fields(*names: str) -> set[str]:
        page = await cloud.post("/search/jql", {"jql": "key = SHOP-1842", "fields": list(names)})
        return set(page["issues"][0]["fields"])

    assert await fields("summary", "status", "nosuch") == {"summary", "status"}
    everything = await fields("*all")
    assert {"summary", "comment", "customfield_10100", "worklog"} <= everything
    assert len(everything) > 75
    assert await fields("*navigable") == everything - {"comment", "worklog", "attachment"}
    assert await fields("*all", "-comment") == everything - {"comment"}


async def test_a_get_searches_the_same(cloud: Api) -> None:
    by_get = await cloud.get("/search/jql", jql="project = SHOP", fields="summary,status", maxResults=3)
    body = {"jql": "project = SHOP", "fields": ["summary", "status"], "maxResults": 3}
    assert by_get == await cloud.post("/search/jql", body)


async def test_a_token_goes_with_its_query_and_for_a_week(cloud: Api, present: Present) -> None:
    token = (await cloud.post("/search/jql", {"jql": "project = SHOP", "maxResults": 1}))["nextPageToken"]
    for query in (
        {"jql": "project = PAY", "nextPageToken": token},
        {"jql": "project = SHOP", "nextPageToken": "x"},
    ):
        status, text = await cloud.refusal("POST", "/search/jql", query)
        assert status == 400
        assert "nextPageToken" in text
    present.seconds += 6.9 * 86_400
    assert await cloud.post("/search/jql", {"jql": "project = SHOP", "nextPageToken": token})
    present.seconds += 0.2 * 86_400
    status, text = await cloud.refusal("POST", "/search/jql", {"jql": "project = SHOP", "nextPageToken": token})
    assert (status, "expired" in text) == (400, True)


async def test_counting_takes_one_small_answer(cloud: Api) -> None:
    assert await cloud.post("/search/approximate-count", {"jql": "project = SHOP"}) == {"count": 260}


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_the_old_search_of_cloud_is_gone(cloud: Api, method: str) -> None:
    status, text = await cloud.refusal(method, "/search", {"jql": "project = SHOP"} if method == "POST" else None)
    assert status == 410
    assert text.startswith("The requested API has been removed.")


async def test_what_was_just_created_is_found_after_a_while(cloud: Api, present: Present) -> None:
    made = await cloud.post("/issue", {"fields": {**TASK, "summary": "Look at the rollback"}})
    query = "summary ~ rollback AND created >= startOfDay() AND key != SHOP-1844"
    assert await cloud.keys(query) == []
    assert (await cloud.post("/search/approximate-count", {"jql": query}))["count"] == 0
    assert await cloud.keys(query, reconcileIssues=[int(made["id"])]) == [made["key"]]
    assert (await cloud.get(f"/issue/{made['key']}"))["id"] == made["id"]
    present.seconds += 5
    assert await cloud.keys(query) == [made["key"]]


async def test_what_was_just_changed_is_found_as_it_was(cloud: Api, present: Present) -> None:
    await cloud.put("/issue/SHOP-1842", {"fields": {"labels": ["changed"]}})
    present.seconds += 3
    await cloud.put("/issue/SHOP-1842", {"fields": {"summary": "Another title"}})
    present.seconds += 3
    page = await cloud.post("/search/jql", {"jql": "labels = incident", "fields": ["summary", "labels"]})
    assert page["issues"][0]["fields"]["summary"].startswith("Checkout answers 500")
    assert await cloud.keys("labels = changed", reconcileIssues=[10_001_842]) == ["SHOP-1842"]
    present.seconds += 2
    assert await cloud.keys("labels = changed AND summary ~ another") == ["SHOP-1842"]
    assert await cloud.keys("labels = incident") == []


async def test_search_of_data_center_sees_every_write_at_once(server: Api) -> None:
    made = await server.post("/issue", {"fields": {**TASK, "summary": "Zebra"}})
    assert [issue["key"] for issue in (await server.post("/search", {"jql": "text ~ zebra"}))["issues"]] == [
        made["key"]
    ]


async def test_search_without_a_lag_can_be_had(opening: Callable[[SiteOptions], Any]) -> None:
    async with opening(SiteOptions(index_seconds=0)) as api:
        made = await api.post("/issue", {"fields": {**TASK, "summary": "Zebra"}})
        assert await api.keys("text ~ zebra") == [made["key"]]


async def test_at_most_fifty_issues_are_reconciled(cloud: Api) -> None:
    for ids in (list(range(51)), ["SHOP-1842"], "x"):
        status, text = await cloud.refusal("POST", "/search/jql", {"jql": "project = SHOP", "reconcileIssues": ids})
        assert status == 400
        assert "reconcileIssues" in text


async def test_names_and_schemas_come_along_when_asked_for(cloud: Api) -> None:
    page = await cloud.post(
        "/search/jql", {"jql": "key = SHOP-1842", "fields": ["customfield_10050"], "expand": "names,schema"}
    )
    assert page["names"] == {"customfield_10050": "Severity"}
    assert page["schema"]["customfield_10050"]["custom"].endswith(":select")


async def test_fields_and_functions_for_completing_queries(cloud: Api) -> None:
    data = await cloud.get("/jql/autocompletedata")
    fields = {field["value"]: field for field in data["visibleFieldNames"]}
    assert fields["Severity"]["cfid"] == "cf[10050]"
    assert "was" in fields["status"]["operators"]
    assert "currentUser()" in [function["value"] for function in data["visibleFunctionNames"]]
    assert "select" in data["jqlReservedWords"]


async def test_search_of_data_center_pages_by_start(server: Api) -> None:
    page = await server.get(
        "/search", jql="project = SHOP ORDER BY key", startAt=258, maxResults=50, fields="summary"
    )
    assert (page["startAt"], page["total"], len(page["issues"])) == (258, 260, 2)
    first = page["issues"][0]
    assert first["key"] == "SHOP-1844"
    assert list(first["fields"]) == ["summary"]
    full = await server.post("/search", {"jql": "key = SHOP-1842"})
    assert "comment" not in full["issues"][0]["fields"]
    assert full["issues"][0]["fields"]["description"].startswith("About 10 % of {{POST /orders}}")
