from collections.abc import Callable
from typing import Any

import httpx
import pytest
import respx

from hub.plugin import InvalidArguments

OpenDesk = Callable[..., Any]


async def test_fields_are_found_by_words_with_their_name_in_jql(desk: Any) -> None:
    text = await desk.call("find_fields", search="story poi")
    assert text == 'field\tid\ttype\tin JQL\nStory Points\tcustomfield_10028\tnumber\t"Story Points"'
    everything = await desk.call("find_fields")
    assert "Sub-tasks\tsubtasks\tarray issuelinks\tnot searchable" in everything
    assert "Summary\tsummary\tstring\tsummary" in everything
    assert await desk.call("find_fields", search="sevrity") == "no field matches 'sevrity'; near: Severity"
    assert await desk.call("find_fields", search="qqqq") == "no field matches 'qqqq'"


async def test_what_creating_takes_comes_with_allowed_values_required_ones_first(desk: Any) -> None:
    text = await desk.call("find_fields", project="shop", type="incident")
    lines = text.splitlines()
    assert lines[0] == "field\tid\ttype\trequired\tvalues"
    assert lines[2] == "Severity\tcustomfield_10050\toption\trequired\tSev 1, Sev 2, Sev 3, Sev 4"
    assert [line.split("\t")[3] for line in lines[1:]] == ["required"] * 4 + [""] * (len(lines) - 5)
    assert "issuelinks" not in text
    assert (
        "Region\tcustomfield_10059\tlike A > B\t\tEurope (Germany, France, Sweden), North America (Canada" in text
    )
    assert "Sprint\tcustomfield_10020\tid, name or active" in text
    assert "Incident lead\tcustomfield_10057\te-mail or name" in text
    assert await desk.call("find_fields", project="SHOP", type="Bug", search="zzz") == "no field matches 'zzz'"


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        ({"project": "SHOP"}, "project and type go together", "find_projects"),
        ({"type": "Bug"}, "project and type go together", "find_projects"),
        ({"project": "SHOP", "type": "Bugg"}, "no issue type 'Bugg'", "Did you mean 'Bug'?"),
        ({"project": "SHOP", "type": "Qq"}, "no issue type 'Qq'", "There are: Epic"),
    ],
)
async def test_a_type_that_is_not_there_is_refused(
    arguments: dict[str, str], message: str, hint: str, desk: Any
) -> None:
    with pytest.raises(InvalidArguments) as refused:
        await desk.call("find_fields", **arguments)
    assert message in refused.value.message
    assert hint in refused.value.hint


async def test_projects_are_listed_and_a_single_one_is_told_in_full(desk: Any) -> None:
    assert "SHOP\tShop\tAiko Brandt" in await desk.call("find_projects")
    text = await desk.call("find_projects", search="shop")
    assert text.startswith("SHOP Shop\nlead: Aiko Brandt\nabout: Cart, checkout")
    assert "types Incident: statuses To Do, Investigating, Mitigated, Resolved" in text
    assert "components: Cart, Orders API" in text
    assert "versions not released: 1.43.1, 1.44.0\nversions released, latest: 1.41.3, 1.42.0, 1.43.0" in text
    assert await desk.call("find_projects", search="zzz") == "no project matches 'zzz'"


async def test_a_bare_project_is_told_without_empty_lines(open_desk: OpenDesk) -> None:
    router = respx.Router(assert_all_called=False)
    many = [{"name": f"c{number}"} for number in range(32)]
    router.get(path="/rest/api/3/project/search").respond(
        json={"values": [{"key": "A", "name": "a"}, {"key": "AB"}], "isLast": True}
    )
    router.get(path="/rest/api/3/project/A").respond(json={"key": "A", "name": "a", "components": many})
    router.get(path="/rest/api/3/project/A/statuses").respond(json=[])
    text = await open_desk(router).call("find_projects", search="a")
    assert text.splitlines()[:3] == ["A a", "lead: nobody", "url: http://jira.test/browse/A"]
    assert text.endswith("c29 and 2 more")


async def test_projects_of_data_center_are_found_too(center: Any, open_desk: OpenDesk) -> None:
    assert "PAY\tPayments" in await center.call("find_projects")
    assert (await center.call("find_projects", search="SHOP")).startswith("SHOP Shop")
    within = open_desk(data_center=True, projects=["SHOP"])
    assert "PAY" not in await within.call("find_projects")


async def test_people_are_found_and_apps_are_not(desk: Any, center: Any) -> None:
    text = await desk.call("find_users", query="maya")
    assert "Maya Lindqvist\tmaya.lindqvist@shop.example\t712020:bb626b1b-0b7b-4250-afac-b17e038ebc35" in text
    assert await desk.call("find_users", query="deploy") == "nobody matches 'deploy'"
    assert "inactive" in await desk.call("find_users", query="erik")
    assert "Maya Lindqvist\tmaya.lindqvist@shop.example\tmaya.lindqvist" in await center.call(
        "find_users", query="maya"
    )
    assert "Maya" in await desk.call("find_users", query="maya", project="SHOP")
    assert await desk.call("find_users", query="zz", project="shop") == "nobody matches 'zz' in SHOP"


async def test_project_fields_as_a_resource_tell_every_type(desk: Any) -> None:
    text = await desk.call("project_fields", key="SHOP")
    assert "## Incident\n- Summary (text, required)" in text
    assert "- Severity (option, required): Sev 1, Sev 2, Sev 3, Sev 4" in text
    assert "- Description (Markdown)" in text
    assert text.count("## ") == 6


async def test_projects_are_completed(desk: Any, limited: Any) -> None:
    from hub_connector_jira.exploring import matching_projects

    assert await desk.run(lambda: matching_projects(desk.connector.site, "s")) == ["SHOP"]
    assert await limited.run(lambda: matching_projects(limited.connector.site, "")) == ["SHOP"]
    assert limited.requests == []


async def test_lists_that_come_in_pages_are_read_to_their_end(open_desk: OpenDesk) -> None:
    router = respx.Router(assert_all_called=False)

    def page(request: httpx.Request) -> httpx.Response:
        start = int(request.url.params["startAt"])
        found = [{"key": f"P{number}", "name": "n"} for number in range(start, min(start + 100, 250))]
        return httpx.Response(200, json={"values": found, "isLast": start >= 200})

    router.get(path="/rest/api/3/project/search").mock(side_effect=page)
    desk = open_desk(router)
    table = await desk.result("find_projects")
    assert (len(table.rows), table.total) == (200, 250)
    assert len(desk.requests) == 3


async def test_a_list_without_an_end_is_left_at_its_bound(open_desk: OpenDesk) -> None:
    router = respx.Router(assert_all_called=False)
    values = [{"key": f"P{number}"} for number in range(400)]
    router.get(path="/rest/api/3/project/search").respond(json={"values": values})
    desk = open_desk(router)
    assert (await desk.result("find_projects")).total == 1200
    assert len(desk.requests) == 3


async def test_a_list_of_people_that_was_cut_says_so(open_desk: OpenDesk) -> None:
    router = respx.Router(assert_all_called=False)
    users = [{"accountId": str(number), "displayName": f"A{number}"} for number in range(20)]
    router.get(path="/rest/api/3/user/search").respond(json=users)
    text = await open_desk(router).call("find_users", query="a")
    assert text.startswith("the first 20; pass more of the name for others\n")
