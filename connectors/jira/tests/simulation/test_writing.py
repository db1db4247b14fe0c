"""Creating, changing, moving and talking about issues: writes change the site, and bad ones change nothing."""

from collections.abc import Callable
from typing import Any

import pytest
from hub_connector_jira.simulation.fields import FIELDS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

Api = Any  # the fixture's own class lives in conftest.py, which tests cannot import
Adf = Callable[[str], dict[str, Any]]
TASK = {"project": {"key": "SHOP"}, "issuetype": {"name": "Task"}, "summary": "Roll out again"}
OFF_SCREEN = "Field '{}' cannot be set. It is not on the appropriate screen, or unknown."
NO_DOCUMENT = "Operation value must be an Atlassian Document (see the Atlassian Document Format)"


def account(api: Api, handle: str) -> str:
    return api.site.store.user(handle).account_id


async def fields_of(api: Api, key: str) -> dict[str, Any]:
    return (await api.get(f"/issue/{key}"))["fields"]


async def test_a_created_issue_holds_what_was_written(cloud: Api, adf: Adf) -> None:
    fields = {
        "project": {"id": "10000"},
        "issuetype": {"id": "10004"},
        "summary": "  Orders fail again  ",
        "description": adf("It is back."),
        "priority": {"name": "High"},
        "assignee": {"accountId": account(cloud, "tomas.rey")},
        "labels": ["tax-2026", "incident"],
        "components": [{"name": "Tax"}],
        "versions": [{"name": "1.43.0"}],
        "customfield_10050": {"value": "Sev 2"},
        "customfield_10051": {"id": "10310"},
        "customfield_10052": adf("Some."),
        "customfield_10054": "2027-01-14T15:00:00.000+0100",
        "customfield_10055": 3,
        "customfield_10056": [{"value": "Blue Harbor Books"}],
        "customfield_10057": {"accountId": account(cloud, "maya.lindqvist")},
        "customfield_10058": "https://runbooks.shop.example/x",
        "customfield_10059": {"value": "Europe", "child": {"value": "Sweden"}},
        "customfield_10020": 113,
    }
    made = await cloud.post("/issue", {"fields": fields})
    assert made["key"] == "SHOP-1846"
    kept = await fields_of(cloud, made["key"])
    assert kept["summary"] == "Orders fail again"
    assert kept["description"] == adf("It is back.")
    assert kept["priority"]["name"] == "High"
    assert kept["assignee"]["displayName"] == "Tomás Rey"
    assert kept["reporter"]["displayName"] == kept["creator"]["displayName"] == "Maya Lindqvist"
    assert kept["labels"] == ["incident", "tax-2026"]
    assert [part["name"] for part in kept["components"] + kept["versions"]] == ["Tax", "1.43.0"]
    assert kept["status"]["name"] == "To Do"
    assert kept["customfield_10050"]["value"] == "Sev 2"
    assert kept["customfield_10051"]["value"] == "checkout"
    assert kept["customfield_10054"] == "2027-01-14T14:00:00.000+0000"
    assert kept["customfield_10055"] == 3.0
    assert [option["value"] for option in kept["customfield_10056"]] == ["Blue Harbor Books"]
    assert kept["customfield_10059"]["child"]["value"] == "Sweden"
    assert [sprint["state"] for sprint in kept["customfield_10020"]] == ["active"]
    assert kept["created"] == kept["updated"] == "2027-01-14T20:20:00.000+0000"


async def test_what_is_missing_is_told_by_field_and_nothing_is_created(cloud: Api) -> None:
    bare = {"project": {"key": "SHOP"}, "issuetype": {"name": "Incident"}}
    assert await cloud.refusal("POST", "/issue", {"fields": bare}) == (
        400,
        {
            "summary": "You must specify a summary of the issue.",
            "customfield_10050": "Severity is required.",
            "customfield_10051": "Affected service is required.",
            "customfield_10052": "Customer impact is required.",
        },
    )
    assert (await cloud.refusal("GET", "/issue/SHOP-1846"))[0] == 404


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"project": {"key": "HR"}}, "project", "Specify a valid project ID or key"),
        ({"project": {"key": "OPS"}}, "project", "You do not have permission to create issues in this project."),
        ({"issuetype": {"name": "Nosuch"}}, "issuetype", "Specify a valid issue type"),
        ({"issuetype": {"name": "Sub-task"}}, "parent",
         "Issue type is a sub-task but parent issue key or id not specified."),
        ({"summary": "a\nb"}, "summary", "The summary is invalid because it contains newline characters."),
        ({"summary": "x" * 256}, "summary", "Summary can't exceed 255 characters."),
        ({"summary": 5}, "summary", "Operation value must be a string"),
        ({"description": "plain"}, "description", NO_DOCUMENT),
        ({"description": {"type": "doc", "content": []}}, "description", NO_DOCUMENT),
        ({"description": {"type": "doc", "version": 1, "content": [{"type": "text", "text": "x"}]}}, "description",
         NO_DOCUMENT),
        ({"priority": {"name": "Urgent"}}, "priority", "Priority name 'Urgent' is not valid"),
        ({"priority": {"id": "77"}}, "priority", "The priority selected is invalid."),
        ({"labels": ["two words"]}, "labels", "The label 'two words' contains spaces which is invalid."),
        ({"labels": "one"}, "labels", "data was not an array"),
        ({"components": [{"name": "Nosuch"}]}, "components", "Component name 'Nosuch' is not valid"),
        ({"fixVersions": [{"id": "1"}]}, "fixVersions", "Version id '1' is not valid"),
        ({"duedate": "tomorrow"}, "duedate", "Operation value must be a string in the format yyyy-MM-dd"),
        ({"customfield_10028": "five"}, "customfield_10028", "Operation value must be a number"),
        ({"customfield_10020": 101}, "customfield_10020", "Issue can be assigned only active or future sprints."),
        ({"customfield_10020": "x"}, "customfield_10020", "Number value expected as the Sprint id."),
        ({"customfield_10050": {"value": "Sev 1"}}, "customfield_10050", OFF_SCREEN.format("customfield_10050")),
        ({"Severity": {"value": "Sev 1"}}, "Severity", OFF_SCREEN.format("Severity")),
        ({"resolution": {"name": "Done"}}, "resolution", OFF_SCREEN.format("resolution")),
        ({"assignee": {"name": "tomas.rey"}}, "assignee", "expected 'accountId' property to be present"),
        ({"assignee": {"accountId": "nobody"}}, "assignee",
         "Account ID 'nobody' does not exist for the field 'assignee'."),
        ({"parent": {"key": "SHOP-1842"}}, "parent",
         "Given parent work item does not belong to appropriate hierarchy: Incident above Task."),
        ({"parent": {"key": "PAY-37"}}, "parent", "Could not find issue by id or key."),
        ({"timetracking": {"originalEstimate": "soon"}}, "timetracking",
         "Invalid time duration entered for field 'originalEstimate'."),
        ({"customfield_10019": "0|x"}, "customfield_10019", OFF_SCREEN.format("customfield_10019")),
    ],
)  # fmt: skip
async def test_a_wrong_value_is_told_by_field(cloud: Api, fields: dict[str, Any], field: str, message: str) -> None:
    status, errors = await cloud.refusal("POST", "/issue", {"fields": {**TASK, **fields}})
    assert status == 400
    assert errors[field] == message


async def test_who_left_or_is_a_program_cannot_be_assigned(cloud: Api) -> None:
    for handle in ("erik.sandberg", "deploy.bot"):
        identifier = account(cloud, handle)
        status, errors = await cloud.refusal("POST", "/issue", {"fields": {**TASK, "assignee": {"id": identifier}}})
        assert (status, errors) == (400, {"assignee": f"User '{identifier}' cannot be assigned issues."})


async def test_an_edit_changes_the_issue_and_is_written_down(cloud: Api) -> None:
    before = (await fields_of(cloud, "SHOP-1842"))["updated"]
    await cloud.put(
        "/issue/SHOP-1842",
        {
            "fields": {"priority": {"name": "High"}, "customfield_10056": None},
            "update": {
                "labels": [{"add": "vip"}, {"remove": "incident"}],
                "fixVersions": [{"add": {"name": "1.43.1"}}],
            },
        },
    )
    after = await fields_of(cloud, "SHOP-1842")
    assert after["updated"] > before
    assert (after["priority"]["name"], after["labels"]) == ("High", ["tax-2026", "vip"])
    assert after["customfield_10056"] is None
    assert [version["name"] for version in after["fixVersions"]] == ["1.43.1"]
    change = (await cloud.get("/issue/SHOP-1842/changelog"))["values"][-1]
    assert change["author"]["displayName"] == "Maya Lindqvist"
    told = {item["field"]: (item["fromString"], item["toString"]) for item in change["items"]}
    assert told["priority"] == ("Highest", "High")
    assert told["labels"] == ("incident tax-2026", "tax-2026 vip")
    assert told["fixVersions"] == (None, "1.43.1")
    assert told["Customers"][1] is None


async def test_an_edit_that_is_wrong_in_one_field_changes_none(cloud: Api) -> None:
    fields = {"summary": "New", "customfield_10050": None, "status": {"name": "Done"}}
    status, errors = await cloud.refusal("PUT", "/issue/SHOP-1842", {"fields": fields})
    assert status == 400
    assert errors == {"customfield_10050": "Severity is required.", "status": OFF_SCREEN.format("status")}
    assert (await fields_of(cloud, "SHOP-1842"))["summary"].startswith("Checkout answers 500")
    bad = {"fields": {"summary": "New"}, "update": {"comment": [{"add": {"body": "plain"}}]}}
    assert (await cloud.refusal("PUT", "/issue/SHOP-1842", bad))[0] == 400
    assert (await fields_of(cloud, "SHOP-1842"))["summary"].startswith("Checkout answers 500")


async def test_an_edit_may_answer_with_the_issue(cloud: Api) -> None:
    answer = await cloud.send("PUT", "/issue/SHOP-1842", {"fields": {"summary": "New"}}, returnIssue="true")
    assert answer.status_code == 200
    assert answer.json()["fields"]["summary"] == "New"


async def test_an_assignee_is_set_and_taken_away(cloud: Api) -> None:
    await cloud.put("/issue/SHOP-1843/assignee", {"accountId": account(cloud, "omar.haddad")})
    assert (await fields_of(cloud, "SHOP-1843"))["assignee"]["displayName"] == "Omar Haddad"
    await cloud.put("/issue/SHOP-1843/assignee", {"accountId": None})
    assert (await fields_of(cloud, "SHOP-1843"))["assignee"] is None
    assert (await cloud.refusal("PUT", "/issue/SHOP-1843/assignee", {"accountId": "nobody"}))[0] == 400


async def test_a_project_that_can_only_be_read_refuses_writes(cloud: Api, adf: Adf) -> None:
    for method, path, body in (
        ("PUT", "/issue/OPS-1", {"fields": {"summary": "x"}}),
        ("DELETE", "/issue/OPS-1", None),
        ("POST", "/issue/OPS-1/comment", {"body": adf("x")}),
        ("POST", "/issue/OPS-1/worklog", {"timeSpent": "1h"}),
        ("POST", "/issue/OPS-1/transitions", {"transition": {"id": "11"}}),
    ):
        status, text = await cloud.refusal(method, path, body)
        assert status == 403
        assert text.startswith("You do not have permission to")
    assert (await cloud.get("/issue/OPS-1/transitions"))["transitions"] == []


async def test_what_is_hidden_does_not_exist(cloud: Api) -> None:
    message = "Issue does not exist or you do not have permission to see it."
    for path in ("/issue/HR-1", "/issue/10003001", "/issue/SHOP-9999", "/issue/HR-1/comment"):
        assert await cloud.refusal("GET", path) == (404, message)


async def test_a_transition_needs_what_its_screen_requires(cloud: Api, adf: Adf) -> None:
    found = (await cloud.get("/issue/SHOP-1842/transitions", expand="transitions.fields"))["transitions"]
    resolve = next(step for step in found if step["name"] == "Resolve")
    assert resolve["to"]["name"] == "Resolved"
    required = {id_ for id_, field in resolve["fields"].items() if field["required"]}
    assert required == {"resolution", "customfield_10053"}
    body: dict[str, Any] = {"transition": {"id": resolve["id"]}}
    status, errors = await cloud.refusal("POST", "/issue/SHOP-1842/transitions", body)
    assert (status, set(errors)) == (400, required)
    body["fields"] = {"resolution": {"name": "Fixed"}, "customfield_10053": adf("A lookup without a default.")}
    body["update"] = {"comment": [{"add": {"body": adf("Rolled back.")}}]}
    await cloud.post("/issue/SHOP-1842/transitions", body)
    after = await fields_of(cloud, "SHOP-1842")
    assert (after["status"]["name"], after["resolution"]["name"]) == ("Resolved", "Fixed")
    assert after["resolutiondate"] == after["statuscategorychangedate"] == "2027-01-14T20:20:00.000+0000"
    assert after["comment"]["comments"][-1]["body"] == adf("Rolled back.")
    assert await cloud.keys("status changed TO Resolved AFTER -1m", reconcileIssues=[10_001_842]) == ["SHOP-1842"]
    await cloud.post("/issue/SHOP-1842/transitions", {"transition": {"id": "141"}})
    again = await fields_of(cloud, "SHOP-1842")
    assert (again["status"]["name"], again["resolution"], again["resolutiondate"]) == ("Investigating", None, None)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "Missing 'transition' identifier"),
        ({"transition": {"id": "41"}}, "Transition id '41' is not valid for this issue."),
        ({"transition": {"id": "121"}, "fields": {"summary": "x"}}, {"summary": OFF_SCREEN.format("summary")}),
        ({"transition": {"id": "121"}, "update": {"comment": [{"add": {"body": ""}}]}},
         {"comment": "Comment body can not be empty!"}),
    ],
)  # fmt: skip
async def test_a_transition_that_is_not_open_is_refused(cloud: Api, body: dict[str, Any], message: Any) -> None:
    assert await cloud.refusal("POST", "/issue/SHOP-1842/transitions", body) == (400, message)
    assert (await fields_of(cloud, "SHOP-1842"))["status"]["name"] == "Investigating"


async def test_comments_are_added_changed_and_removed(cloud: Api, adf: Adf) -> None:
    group = {"type": "group", "value": "payments"}
    made = await cloud.post("/issue/SHOP-1842/comment", {"body": adf("One"), "visibility": group})
    assert (made["author"]["displayName"], made["visibility"]) == ("Maya Lindqvist", group)
    path = f"/issue/SHOP-1842/comment/{made['id']}"
    await cloud.send("PUT", path, {"body": adf("Two")})
    assert (await cloud.get(path))["body"] == adf("Two")
    newest = await cloud.get("/issue/SHOP-1842/comment", orderBy="-created", maxResults=1)
    assert (newest["total"], newest["comments"][0]["id"]) == (6, made["id"])
    assert (await cloud.send("DELETE", path)).status_code == 204
    assert (await cloud.refusal("GET", path))[0] == 404
    assert await cloud.refusal("POST", "/issue/SHOP-1842/comment", {"body": "x"}) == (
        400,
        {"comment": "Comment body is not valid!"},
    )


async def test_someone_elses_comment_stays_as_it_is(cloud: Api, adf: Adf) -> None:
    other = (await cloud.get("/issue/SHOP-1842/comment"))["comments"][0]["id"]
    for method, body in (("PUT", {"body": adf("x")}), ("DELETE", None)):
        status, text = await cloud.refusal(method, f"/issue/SHOP-1842/comment/{other}", body)
        assert (status, text) == (400, "You do not have the permission to edit this comment.")


async def test_logged_work_lessens_what_remains(cloud: Api, adf: Adf) -> None:
    await cloud.put(
        "/issue/SHOP-1844", {"fields": {"timetracking": {"originalEstimate": "4h", "remainingEstimate": "4h"}}}
    )
    body = {"timeSpent": "1h 30m", "started": "2027-01-14T15:00:00.000+0000", "comment": adf("Rolling back")}
    made = await cloud.post("/issue/SHOP-1844/worklog", body)
    assert (made["timeSpentSeconds"], made["started"]) == (5400, "2027-01-14T15:00:00.000+0000")
    tracked = (await fields_of(cloud, "SHOP-1844"))["timetracking"]
    assert (tracked["timeSpent"], tracked["remainingEstimate"]) == ("1h 30m", "2h 30m")
    await cloud.post("/issue/SHOP-1844/worklog", {"timeSpentSeconds": 60}, adjustEstimate="leave")
    assert (await fields_of(cloud, "SHOP-1844"))["timetracking"]["remainingEstimate"] == "2h 30m"
    assert (await cloud.get("/issue/SHOP-1844/worklog"))["total"] == 2
    for bad in ({}, {"timeSpent": "soon"}, {"timeSpentSeconds": 0}):
        status, errors = await cloud.refusal("POST", "/issue/SHOP-1844/worklog", bad)
        assert (status, list(errors)) == (400, ["timeLogged"])


async def test_a_link_reads_from_its_inward_issue_to_its_outward_one(cloud: Api) -> None:
    body = {"type": {"name": "Blocks"}, "inwardIssue": {"key": "SHOP-1842"}, "outwardIssue": {"key": "SHOP-1800"}}
    await cloud.post("/issueLink", body)
    await cloud.post("/issueLink", body)
    (blocking,) = [k for k in (await fields_of(cloud, "SHOP-1842"))["issuelinks"] if k["type"]["name"] == "Blocks"]
    assert (blocking["type"]["outward"], blocking["outwardIssue"]["key"]) == ("blocks", "SHOP-1800")
    blocked = (await fields_of(cloud, "SHOP-1800"))["issuelinks"][-1]
    assert blocked["inwardIssue"]["key"] == "SHOP-1842"
    assert await cloud.keys("issue in linkedIssues(SHOP-1800, 'is blocked by')") == ["SHOP-1842"]
    both = await cloud.get(f"/issueLink/{blocking['id']}")
    assert (both["inwardIssue"]["key"], both["outwardIssue"]["key"]) == ("SHOP-1842", "SHOP-1800")
    assert (await cloud.send("DELETE", f"/issueLink/{blocking['id']}")).status_code == 204
    assert (await cloud.refusal("GET", f"/issueLink/{blocking['id']}"))[0] == 404


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"type": {"name": "Nosuch"}}, 404),
        ({"outwardIssue": {"key": "HR-1"}}, 404),
        ({"outwardIssue": {"key": "SHOP-1842"}}, 400),
        ({"outwardIssue": {}}, 400),
        ({"outwardIssue": {"key": "OPS-1"}}, 403),
    ],
)
async def test_a_link_that_cannot_be_made_is_refused(cloud: Api, change: dict[str, Any], status: int) -> None:
    body = {"type": {"name": "Blocks"}, "inwardIssue": {"key": "SHOP-1842"}, "outwardIssue": {"key": "SHOP-1800"}}
    before = len(cloud.site.store.links)
    assert (await cloud.refusal("POST", "/issueLink", {**body, **change}))[0] == status
    assert len(cloud.site.store.links) == before


async def test_a_link_to_elsewhere_with_the_same_global_id_is_replaced(cloud: Api) -> None:
    body: dict[str, Any] = {"globalId": "pr-617", "object": {"url": "https://example.com/617", "title": "One"}}
    first = await cloud.post("/issue/SHOP-1842/remotelink", body)
    body["object"]["title"] = "Two"
    assert (await cloud.post("/issue/SHOP-1842/remotelink", body))["id"] == first["id"]
    titles = [link["object"]["title"] for link in await cloud.get("/issue/SHOP-1842/remotelink")]
    assert titles == ["Runbook: CheckoutErrorRateHigh", "Two"]
    status, errors = await cloud.refusal("POST", "/issue/SHOP-1842/remotelink", {"object": {"url": "x"}})
    assert (status, list(errors)) == (400, ["title"])


async def test_deleting_an_issue_takes_its_sub_tasks_along_only_when_asked(cloud: Api) -> None:
    parent = (await fields_of(cloud, (await cloud.keys("type in subtaskIssueTypes()"))[0]))["parent"]["key"]
    status, text = await cloud.refusal("DELETE", f"/issue/{parent}")
    assert status == 400
    assert "deleteSubtasks" in text
    assert (await cloud.send("DELETE", f"/issue/{parent}", deleteSubtasks="true")).status_code == 204
    assert (await cloud.refusal("GET", f"/issue/{parent}"))[0] == 404


async def test_deleting_an_epic_leaves_the_issues_below_it(cloud: Api) -> None:
    assert (await cloud.send("DELETE", "/issue/SHOP-1700")).status_code == 204
    assert (await fields_of(cloud, "SHOP-1793"))["parent"] is None


async def test_each_site_has_a_state_of_its_own(cloud: Api, server: Api) -> None:
    await cloud.put("/issue/SHOP-1842", {"fields": {"summary": "Mine"}})
    assert (await fields_of(server, "SHOP-1842"))["summary"].startswith("Checkout answers 500")


@pytest.mark.parametrize("body", [None, [], "x", {"fields": []}, {"update": {"labels": {"add": "x"}}}])
async def test_a_body_of_another_shape_is_refused(cloud: Api, body: Any) -> None:
    assert (await cloud.send("PUT", "/issue/SHOP-1842", body)).status_code == 400


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "name", "value", "key", "accountId", "child", "type", "content", "version", "x"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    field=st.sampled_from([field.id for field in FIELDS]),
    value=JSON,
    operation=st.sampled_from(["set", "add", "x"]),
)
async def test_any_value_of_any_field_is_taken_or_refused(
    cloud: Api, field: str, value: Any, operation: str
) -> None:
    kind = {"project": {"key": "SHOP"}, "issuetype": {"name": "Story"}}
    made = await cloud.send("POST", "/issue", {"fields": {**kind, "summary": "x", field: value}})
    assert made.status_code in (201, 400)
    changed = await cloud.send("PUT", "/issue/SHOP-1845", {"update": {field: [{operation: value}]}})
    assert changed.status_code in (204, 400, 403, 404)
    assert (await cloud.send("GET", "/issue/SHOP-1845")).status_code == 200
    if made.status_code == 201:
        assert (await cloud.send("GET", f"/issue/{made.json()['key']}")).status_code == 200
