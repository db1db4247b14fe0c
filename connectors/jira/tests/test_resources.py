from collections.abc import Callable
from typing import Any

import pytest
import respx

from hub.plugin import NotFound

OpenDesk = Callable[..., Any]


async def test_an_issue_as_a_resource(desk: Any, limited: Any) -> None:
    text = await desk.call("issue", key="SHOP-1842")
    assert "## Links" in text
    assert "## Comments (all 5, newest first)" in text
    with pytest.raises(NotFound):
        await limited.call("issue", key="PAY-37")


async def test_comments_as_a_resource(desk: Any, limited: Any) -> None:
    assert (await desk.call("issue_comments", key="SHOP-1842")).startswith("## Comments (all 5, newest first)")
    with pytest.raises(NotFound):
        await limited.call("issue_comments", key="PAY-37")


async def test_a_filter_as_a_resource_is_confined_whatever_its_jql_says(desk: Any, limited: Any) -> None:
    from hub_connector_jira.overviews import matching_filters

    ids = await desk.run(lambda: matching_filters(desk.connector.site, "104"))
    assert ids
    text = await desk.call("filter", id=ids[0])
    assert text.startswith(f"filter {ids[0]}: ")
    assert "\nJQL: " in text
    for id_ in ids:
        assert "PAY-" not in (await limited.call("filter", id=id_)).partition("\nJQL: ")[2].partition("\n")[2]
        assert "limited to SHOP" in await limited.call("filter", id=id_)


async def test_a_filter_with_much_says_that_there_is_more(open_desk: OpenDesk) -> None:
    router = respx.Router(assert_all_called=False)
    described = {
        "id": "7",
        "name": "Mine",
        "jql": "x = y",
        "owner": {"displayName": "Ann"},
        "description": "All of it",
    }
    router.get(path="/rest/api/3/filter/7").respond(json=described)
    issues: list[dict[str, Any]] = [
        {"id": "1", "key": "SHOP-1", "fields": {}},
        {"id": "2", "key": "SECRET-1", "fields": {}},
    ]
    router.post(path="/rest/api/3/search/jql").respond(json={"issues": issues, "nextPageToken": "t"})
    text = await open_desk(router, projects=["SHOP"]).call("filter", id="7")
    assert text.splitlines()[:6] == [
        "filter 7: Mine (of Ann)",
        "All of it",
        "JQL: x = y",
        "limited to SHOP",
        "the first 1 issues; search with this JQL for more",
        "1 left out: not in the projects allowed",
    ]


async def test_filters_of_data_center_are_completed_and_failures_complete_nothing(open_desk: OpenDesk) -> None:
    from hub_connector_jira.overviews import matching_filters

    router = respx.Router(assert_all_called=False)
    router.get(path="/rest/api/2/filter/favourite").respond(json=[{"id": "12"}, {"id": "23"}])
    center = open_desk(router, data_center=True)
    assert await center.run(lambda: matching_filters(center.connector.site, "1")) == ["12"]
    failing = respx.Router(assert_all_called=False)
    failing.get(path="/rest/api/3/filter/search").respond(403)
    desk = open_desk(failing)
    assert await desk.run(lambda: matching_filters(desk.connector.site, "1")) == []


async def test_several_active_sprints_are_told(open_desk: OpenDesk) -> None:
    router = respx.Router(assert_all_called=False)
    board = {"id": 1, "name": "B", "location": {"projectKey": "SHOP"}}
    router.get(path="/rest/agile/1.0/board/1").respond(json=board)
    sprints = [{"id": 5, "name": "S5", "state": "active"}, {"id": 6, "name": "S6", "state": "active"}]
    router.get(path="/rest/agile/1.0/board/1/sprint").respond(json={"values": sprints})
    router.post(path="/rest/api/3/search/jql").respond(json={"issues": []})
    text = await open_desk(router).call("active_sprint", id="1")
    assert text.splitlines()[:3] == ["sprint 5: S5,  to  UTC, board 1 B", "also active: S6", "no issues match"]
    router.get(path="/rest/agile/1.0/board/1/sprint").respond(json={"values": []})
    assert await open_desk(router).call("active_sprint", id="1") == "board 1 B has no active sprint"


async def test_prompts_name_the_tools_as_they_are_listed(desk: Any) -> None:
    for name, arguments in (
        ("triage_issue", {"issue": "SHOP-1"}),
        ("sprint_health", {"board": "12"}),
        ("postmortem", {"issue": "SHOP-1"}),
    ):
        text = await desk.call(name, **arguments)
        assert "`jira_" in text
        assert next(iter(arguments.values())) in text
