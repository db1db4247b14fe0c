"""What a caller asks before writing: projects, screens, people, boards, filters."""

from typing import Any

import pytest

Api = Any  # the fixture's own class lives in conftest.py, which tests cannot import


def names(found: list[dict[str, Any]], name: str = "name") -> list[str]:
    return [one[name] for one in found]


async def test_only_projects_the_caller_may_browse_are_listed(cloud: Api) -> None:
    assert names((await cloud.get("/project/search"))["values"], "key") == ["OPS", "PAY", "SHOP"]
    assert names((await cloud.get("/project/search", query="conf"))["values"], "key") == ["PAY"]
    assert names((await cloud.get("/project/search", keys="SHOP,HR"))["values"], "key") == ["SHOP"]
    page = await cloud.get("/project/search", maxResults=1, expand="description,lead,issueTypes,insight")
    assert (page["total"], page["isLast"], len(page["values"])) == (3, False, 1)
    assert page["values"][0]["lead"]["displayName"] == "Daniel Osei"
    assert await cloud.refusal("GET", "/project/HR") == (404, "No project could be found with key 'HR'.")


async def test_a_project_tells_its_parts(cloud: Api) -> None:
    shop = await cloud.get("/project/SHOP")
    assert names(shop["issueTypes"]) == ["Epic", "Story", "Task", "Bug", "Incident", "Sub-task"]
    assert names(shop["versions"]) == ["1.41.3", "1.42.0", "1.43.0", "1.43.1", "1.44.0"]
    assert await cloud.get("/project/SHOP/versions") == shop["versions"]
    assert await cloud.get("/project/SHOP/components") == shop["components"]
    statuses = {kind["name"]: names(kind["statuses"]) for kind in await cloud.get("/project/SHOP/statuses")}
    assert statuses["Incident"] == ["To Do", "Investigating", "Mitigated", "Resolved"]
    assert statuses["Task"] == ["To Do", "In Progress", "In Review", "Blocked", "Done"]


async def test_create_metadata_names_what_is_required_and_allowed(cloud: Api) -> None:
    base = "/issue/createmeta/SHOP/issuetypes"
    kinds = await cloud.get(base)
    assert names(kinds["issueTypes"])[4] == "Incident"
    fields = {field["name"]: field for field in (await cloud.get(f"{base}/10004"))["fields"]}
    required = {name for name, field in fields.items() if field["required"]}
    assert required == {"Project", "Issue Type", "Summary", "Severity", "Affected service", "Customer impact"}
    assert names(fields["Severity"]["allowedValues"], "value") == ["Sev 1", "Sev 2", "Sev 3", "Sev 4"]
    assert fields["Severity"]["fieldId"] == "customfield_10050"
    assert names(fields["Region"]["allowedValues"][0]["children"], "value") == ["Germany", "France", "Sweden"]
    page = await cloud.get(f"{base}/10004", maxResults=5, startAt=25)
    assert (page["startAt"], page["total"], len(page["fields"])) == (25, 27, 2)


async def test_create_metadata_is_only_for_projects_one_may_write_to(cloud: Api) -> None:
    for project in ("HR", "OPS", "NOSUCH"):
        status, text = await cloud.refusal("GET", f"/issue/createmeta/{project}/issuetypes")
        assert (status, project in text) == (400, True)
    assert (await cloud.refusal("GET", "/issue/createmeta/PAY/issuetypes/10004"))[0] == 400
    plain = await cloud.get("/issue/createmeta/PAY/issuetypes/10002")
    assert not [field for field in plain["fields"] if field["fieldId"].startswith("customfield_")]


async def test_edit_metadata_holds_what_can_be_edited(cloud: Api) -> None:
    fields = (await cloud.get("/issue/SHOP-1842/editmeta"))["fields"]
    assert fields["customfield_10050"]["required"]
    assert not {"project", "status", "resolution", "customfield_10014"} & set(fields)


async def test_fields_tell_their_names_in_queries(cloud: Api) -> None:
    fields = {field["id"]: field for field in await cloud.get("/field")}
    assert fields["customfield_10050"]["clauseNames"] == ["cf[10050]", "Severity"]
    assert [field["name"] for field in fields.values()].count("Team") == 2
    assert len(fields) > 90
    found = await cloud.get("/field/search", query="sever", type="custom")
    assert names(found["values"]) == ["Severity"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/priority", ["Highest", "High", "Medium", "Low", "Lowest"]),
        ("/resolution", ["Done", "Fixed", "Won't Do", "Duplicate", "Cannot Reproduce"]),
        ("/statuscategory", ["To Do", "In Progress", "Done"]),
        ("/issuetype", ["Epic", "Story", "Task", "Bug", "Incident", "Sub-task"]),
    ],
)
async def test_what_can_be_chosen_is_listed(cloud: Api, path: str, expected: list[str]) -> None:
    assert names(await cloud.get(path)) == expected


async def test_labels_of_hidden_projects_are_not_listed(cloud: Api) -> None:
    labels = (await cloud.get("/label"))["values"]
    assert "tax-2026" in labels
    assert labels == sorted(labels)


async def test_people_are_found_by_the_begin_of_a_name_or_an_address(cloud: Api) -> None:
    async def found(**params: Any) -> list[str]:
        return names(await cloud.get("/user/search", **params), "displayName")

    assert await found(query="maya") == ["Maya Lindqvist", "Maya Okafor"]
    assert await found(query="lindq") == ["Maya Lindqvist"]
    assert await found(query="tomas.rey@shop.example") == ["Tomás Rey"]
    assert await found(query="hana.kobayashi@shop.example") == ["Hana Kobayashi"]
    assert await found(query="nosuch") == []
    (hana,) = await cloud.get("/user/search", query="hana")
    assert "emailAddress" not in hana
    assert await cloud.get("/user", accountId=hana["accountId"]) == hana
    assert (await cloud.refusal("GET", "/user", accountId="x"))[0] == 404
    assert await cloud.refusal("GET", "/user/search", username="maya") == (
        400,
        "The query parameter 'username' is not supported in GDPR strict mode.",
    )
    assert (await cloud.refusal("GET", "/user/search"))[0] == 400


async def test_only_people_who_work_here_may_be_given_issues(cloud: Api) -> None:
    assignable = names(await cloud.get("/user/assignable/search", project="SHOP"), "displayName")
    assert "Maya Lindqvist" in assignable
    assert not {"Erik Sandberg", "Deploy Bot"} & set(assignable)
    assert names(await cloud.get("/user/assignable/search", issueKey="SHOP-1842"), "displayName") == assignable
    assert await cloud.get("/user/assignable/search", project="OPS") == []
    assert await cloud.get("/user/assignable/multiProjectSearch", projectKeys="SHOP,OPS") == []
    both = await cloud.get("/user/assignable/multiProjectSearch", projectKeys="SHOP,PAY", query="tom")
    assert names(both, "displayName") == ["Tomás Rey"]


async def test_the_caller_is_told_who_they_are_and_what_they_may_do(cloud: Api) -> None:
    assert (await cloud.get("/myself"))["emailAddress"] == "maya.lindqvist@shop.example"
    for project, may in (("SHOP", True), ("OPS", False)):
        found = await cloud.get("/mypermissions", permissions="BROWSE_PROJECTS,CREATE_ISSUES", projectKey=project)
        held = {key: one["havePermission"] for key, one in found["permissions"].items()}
        assert held == {"BROWSE_PROJECTS": True, "CREATE_ISSUES": may}


async def test_boards_hold_sprints_in_their_states(cloud: Api) -> None:
    agile = "/rest/agile/1.0"
    boards = (await cloud.get(f"{agile}/board", projectKeyOrId="SHOP"))["values"]
    assert [(board["name"], board["type"]) for board in boards] == [("Checkout", "scrum"), ("Incidents", "kanban")]
    assert names((await cloud.get(f"{agile}/board", type="scrum", name="pay"))["values"]) == ["Payments"]
    page = await cloud.get(f"{agile}/board/12/sprint", state="active,future")
    assert [sprint["state"] for sprint in page["values"]] == ["active", "future", "future"]
    active = page["values"][0]
    assert active["startDate"] < "2027-01-14T14:05" < active["endDate"]
    assert "startDate" not in page["values"][2]
    closed = (await cloud.get(f"{agile}/board/12/sprint", state="closed"))["values"]
    assert all(sprint["completeDate"] > sprint["startDate"] for sprint in closed)
    assert await cloud.get(f"{agile}/sprint/113") == active
    for path in ("/board/14/sprint", "/board/12/sprint?state=odd"):
        assert (await cloud.refusal("GET", agile + path))[0] == 400
    for path in ("/board/99", "/sprint/99", "/sprint/99/issue"):
        assert (await cloud.refusal("GET", agile + path))[0] == 404


async def test_sprints_and_boards_hold_issues(cloud: Api) -> None:
    agile = "/rest/agile/1.0"
    page = await cloud.get(f"{agile}/sprint/113/issue", jql="type = Incident", fields="summary")
    assert [issue["key"] for issue in page["issues"]] == ["SHOP-1842"]
    by_board = await cloud.get(f"{agile}/board/12/sprint/113/issue", fields="summary", maxResults=1)
    assert by_board["total"] == len(await cloud.keys("sprint = 113"))
    assert (await cloud.get(f"{agile}/board/14/issue"))["total"] == 1
    backlog = await cloud.get(f"{agile}/board/12/backlog", fields="summary", maxResults=100)
    left = [issue["key"] for issue in backlog["issues"]]
    assert "SHOP-1845" in left
    assert "SHOP-1842" not in left
    moved = await cloud.send("POST", f"{agile}/sprint/114/issue", {"issues": ["SHOP-1843"]})
    assert moved.status_code == 204
    issue = await cloud.get("/issue/SHOP-1843", fields="customfield_10020")
    assert names(issue["fields"]["customfield_10020"]) == ["Checkout Sprint 48"]
    await cloud.send("POST", f"{agile}/backlog/issue", {"issues": ["SHOP-1843"]})
    assert (await cloud.get("/issue/SHOP-1843", fields="customfield_10020"))["fields"]["customfield_10020"] is None
    assert (await cloud.refusal("POST", f"{agile}/sprint/101/issue", {"issues": ["SHOP-1843"]}))[0] == 400
    assert (await cloud.get(f"{agile}/board/12/configuration"))["filter"]["id"] == "10400"


async def test_filters_keep_queries(cloud: Api) -> None:
    found = (await cloud.get("/filter/search", expand="jql,owner", filterName="open"))["values"]
    assert [(one["name"], one["owner"]["displayName"]) for one in found] == [("Open incidents", "Maya Lindqvist")]
    assert "jql" not in (await cloud.get("/filter/search"))["values"][0]
    one = await cloud.get("/filter/10401")
    assert await cloud.keys(one["jql"]) == ["SHOP-1842"]
    assert names(await cloud.get("/filter/my")) == ["Open incidents"]
    assert names(await cloud.get("/filter/favourite")) == ["Checkout board", "Open incidents"]
    assert (await cloud.refusal("GET", "/filter/1"))[0] == 400


async def test_issues_can_be_fetched_many_at_once(cloud: Api) -> None:
    body = {"issueIdsOrKeys": ["SHOP-1842", "10001843", "HR-1"], "fields": ["summary"]}
    found = await cloud.post("/issue/bulkfetch", body)
    assert [issue["key"] for issue in found["issues"]] == ["SHOP-1842", "SHOP-1843"]
