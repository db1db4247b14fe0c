from collections.abc import Callable
from typing import Any

import pytest
import respx

from hub.plugin import InvalidArguments, NotFound, OutcomeUnknown

OpenDesk = Callable[..., Any]
INCIDENT = {"Severity": "sev 2", "Affected service": "checkout", "Customer impact": "Some **cannot** pay"}
TOMAS = "712020:4c3456d0-92e4-4ce4-a4c1-09dfa433ce9f"


async def test_an_issue_is_created_from_names_and_markdown(desk: Any) -> None:
    text = await desk.call(
        "create_issue",
        project="shop",
        type="incident",
        summary="Checkout is slow",
        description="# Seen\n\n- by @maya.lindqvist@shop.example",
        assignee="tomas.rey@shop.example",
        fields={
            **INCIDENT,
            "Region": "Europe > Sweden",
            "Labels": ["tax"],
            "Components": "Tax",
            "priority": "High",
        },
    )
    assert text.splitlines() == [
        "created SHOP-1846 (Incident)",
        "url: http://jira.test/browse/SHOP-1846",
        "status: To Do",
        "assignee: Tomás Rey",
        "all fields are as sent",
    ]
    fields = desk.body("POST", "/issue")["fields"]
    assert fields["project"] == {"key": "SHOP"}
    assert fields["assignee"] == {"accountId": TOMAS}
    assert fields["customfield_10050"] == {"id": "10301"}
    assert fields["customfield_10059"] == {"id": "10340", "child": {"id": "10352"}}
    assert (fields["labels"], len(fields["components"])) == (["tax"], 1)
    assert [block["type"] for block in fields["description"]["content"]] == ["heading", "bulletList"]
    assert fields["customfield_10052"]["type"] == "doc"
    assert "mention" in str(fields["description"])


async def test_on_data_center_markdown_becomes_wiki_markup_and_people_have_names(center: Any) -> None:
    text = await center.call(
        "create_issue",
        project="SHOP",
        type="Bug",
        summary="s",
        description="# Seen\n\n- `code` by @[Tomás Rey]",
        assignee="tomas.rey@shop.example",
        fields={"Severity": "Sev 2", "Affected service": "cart"},
    )
    assert "all fields are as sent" in text
    fields = center.body("POST", "/issue")["fields"]
    assert fields["description"] == "h1. Seen\n\n* {{code}} by [~tomas.rey]"
    assert fields["assignee"] == {"name": "tomas.rey"}


async def test_validating_sends_nothing(desk: Any) -> None:
    text = await desk.call(
        "create_issue",
        project="SHOP",
        type="Incident",
        summary="s",
        description="see @[Nobody Here]",
        fields={**INCIDENT, "Labels": ["a", "b"]},
        validate_only=True,
    )
    assert text.splitlines() == [
        "valid, nothing created: Incident in SHOP",
        "Summary: s",
        "Description: see @[Nobody Here]",
        "Severity: sev 2 (10301)",
        "Affected service: checkout (10310)",
        "Customer impact: Some **cannot** pay",
        "Labels: a, b",
        "@Nobody Here in Description mentions nobody Jira knows",
    ]
    assert not any(request.method == "POST" for request in desk.requests)


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (
            {},
            "Required for Incident in SHOP: Severity (Sev 1, Sev 2, Sev 3, Sev 4); Affected service",
            "by these names",
        ),
        ({"fields": {"Severitty": 1}}, "no field 'Severitty' for Incident in SHOP", "Did you mean 'Severity'?"),
        ({"fields": {"qqqq": 1}}, "no field 'qqqq'", "find_fields lists them"),
        ({"fields": {"Severity": "Sev 9"}}, "Severity has no value 'Sev 9'", "'Sev 1'"),
        ({"fields": {"severity": "Sev 1", "Severity": "Sev 2"}}, "Field 'Severity' is given twice", ""),
        ({"fields": {"Summary": "again"}}, "summary is given twice", ""),
        ({"fields": {"Project": {"key": "PAY"}}}, "Project is not filled in as a field", "stays in its project"),
        ({"fields": {"issuetype": "Incident"}}, "Issue Type is an argument of its own", ""),
        ({"fields": {"Linked Issues": "SHOP-1"}}, "Linked Issues is not filled in", "Use link_issue"),
        ({"fields": {"Parent": "the epic"}}, "Parent takes the key of an issue, not 'the epic'", ""),
        ({"fields": {"Parent": {"id": "10042"}}}, "Parent takes the key of an issue", ""),
        ({"fields": {"Labels": ["a b"]}}, "Labels: 'a b' holds a space", ""),
        ({"fields": {"Labels": ["+a"]}}, "+ and - change a list that is there", ""),
        ({"fields": {"Affected customers": "many"}}, "Affected customers takes a number, not 'many'", ""),
        ({"fields": {"Detected at": "soon"}}, "Detected at: 'soon' is not a time", ""),
        ({"fields": {"Region": "Europe > Spain"}}, "Region has no value 'Spain'", "There are: Germany"),
        (
            {"assignee": "maya"},
            "2 people in SHOP match 'maya'",
            "Maya Lindqvist <maya.lindqvist@shop.example> 712020:",
        ),
        ({"assignee": "zzz"}, "finds nobody called 'zzz' in SHOP", "find_users"),
    ],
)
async def test_what_jira_would_refuse_or_drop_is_refused_before(
    arguments: dict[str, Any], message: str, hint: str, desk: Any
) -> None:
    with pytest.raises(InvalidArguments) as refused:
        await desk.call("create_issue", project="SHOP", type="Incident", summary="s", **arguments)
    assert message in refused.value.message
    assert hint in refused.value.hint
    assert not any(request.method == "POST" for request in desk.requests)


async def test_a_project_that_is_not_there_is_said_so(desk: Any) -> None:
    from hub.plugin import ConnectorError

    with pytest.raises(ConnectorError):
        await desk.call("create_issue", project="NOPE", type="Bug", summary="s")


async def test_more_kinds_of_fields_are_filled_in(desk: Any) -> None:
    text = await desk.call(
        "create_issue",
        project="SHOP",
        type="Incident",
        summary="s",
        assignee="hana.kobayashi@shop.example",
        fields={
            **INCIDENT,
            "Detected at": "2027-01-14T14:10:00Z",
            "Affected customers": "4",
            "Customers": ["Juniper & Pine"],
            "Incident lead": "me",
            "Runbook": "https://runbooks.shop.example",
            "customfield_10061": "payments",
            "Region": "Europe",
            "Priority": {"id": "2"},
            "Sprint": "active",
            "Fix versions": "1.43.1",
            "Root cause": None,
        },
    )
    assert "all fields are as sent" in text
    fields = desk.body("POST", "/issue")["fields"]
    assert fields["customfield_10054"] == "2027-01-14T14:10:00.000+0000"
    assert (fields["customfield_10055"], fields["customfield_10020"]) == (4, 113)
    assert "customfield_10053" not in fields


async def test_dates_parents_and_estimates_are_filled_in(desk: Any) -> None:
    epic = (await desk.result("search", jql="type = Epic AND project = SHOP", limit=1)).rows[0][0]
    values = {"Due date": "2027-02-01T23:30:00Z", "Parent": epic, "Time tracking": "3h", "Story Points": 2.5}
    text = await desk.call("create_issue", project="SHOP", type="Story", summary="s", fields=values)
    assert "all fields are as sent" in text
    fields = desk.body("POST", "/issue")["fields"]
    assert fields["parent"] == {"key": epic}
    assert fields["duedate"] == "2027-02-01"
    assert fields["timetracking"] == {"originalEstimate": "3h"}


META = "/rest/api/3/issue/createmeta/SHOP/issuetypes"


def mocked(fields: list[dict[str, Any]], has: dict[str, Any]) -> respx.Router:
    router = respx.Router(assert_all_called=False)
    router.get(path=META).respond(json={"issueTypes": [{"id": "1", "name": "Bug"}], "total": 1})
    router.get(path=f"{META}/1").respond(json={"fields": fields, "total": len(fields)})
    router.post(path="/rest/api/3/issue").respond(201, json={"id": "9", "key": "SHOP-9"})
    router.get(path="/rest/api/3/issue/SHOP-9").respond(json={"id": "9", "key": "SHOP-9", "fields": has})
    return router


SUMMARY = {
    "fieldId": "summary",
    "name": "Summary",
    "required": True,
    "schema": {"type": "string", "system": "summary"},
}
OPTION = {"fieldId": "customfield_1", "name": "Level", "schema": {"type": "option", "custom": "x:select"}}
VERSIONS = {
    "fieldId": "fixVersions",
    "name": "Fix versions",
    "schema": {"type": "array", "items": "version", "system": "fixVersions"},
}
ANY = {"fieldId": "customfield_2", "name": "Odd", "schema": {"type": "any", "custom": "x:odd"}}
TEXT = {"fieldId": "customfield_3", "name": "Odd", "schema": {"type": "string", "custom": "x:textfield"}}


async def test_what_jira_made_otherwise_is_told(open_desk: OpenDesk) -> None:
    has = {
        "summary": "s",
        "status": {"name": "To Do"},
        "assignee": None,
        "customfield_1": {"value": "low"},
        "fixVersions": [{"name": "2.0"}],
        "customfield_2": None,
    }
    desk = open_desk(mocked([SUMMARY, OPTION, VERSIONS, ANY], has))
    values = {"Level": "high", "Fix versions": ["1.0"], "Odd": 7}
    text = await desk.call("create_issue", project="SHOP", type="Bug", summary="s", fields=values)
    assert text.splitlines() == [
        "created SHOP-9 (Bug)",
        "url: http://jira.test/browse/SHOP-9",
        "status: To Do",
        "assignee: nobody",
        "not as sent:",
        "Level: sent high, Jira has low",
        "Fix versions: sent 1.0, Jira has 2.0",
        "Odd: sent 7, Jira has nothing",
    ]


async def test_two_fields_of_one_name_are_told_apart_by_id(open_desk: OpenDesk) -> None:
    desk = open_desk(mocked([SUMMARY, ANY, TEXT], {}))
    with pytest.raises(InvalidArguments, match="2 fields are called 'Odd'") as refused:
        await desk.call("create_issue", project="SHOP", type="Bug", summary="s", fields={"Odd": 1})
    assert refused.value.hint == "Pass an id: customfield_2 (any), customfield_3 (text)"


async def test_a_created_issue_that_cannot_be_read_back_is_still_created(desk: Any) -> None:
    from hub_connector_jira.simulation.faults import Fault

    desk.site.faults.arm(Fault(status=403, path="/issue/SHOP-1846"))
    text = await desk.call("create_issue", project="SHOP", type="Incident", summary="s", fields=INCIDENT)
    assert text.startswith("created SHOP-1846 (Incident)\n")
    assert "reading it back failed: Jira does not permit this (403)" in text


async def test_a_create_whose_answer_is_lost_is_reported_as_unknown_and_not_repeated(desk: Any) -> None:
    from hub_connector_jira.simulation.faults import Fault

    desk.site.faults.arm(Fault(status=504, path="/rest/api/3/issue", method="POST", lose=True))
    with pytest.raises(OutcomeUnknown, match="may or may not have happened"):
        await desk.call("create_issue", project="SHOP", type="Incident", summary="s", fields=INCIDENT)
    assert desk.sent.count("POST /rest/api/3/issue") == 1


async def test_other_projects_are_out_of_reach(limited: Any) -> None:
    with pytest.raises(InvalidArguments, match="Project PAY is not among those allowed"):
        await limited.call("create_issue", project="PAY", type="Task", summary="s")
    for parent in ("PAY-37", {"key": "PAY-37"}):
        with pytest.raises(NotFound, match="No issue PAY-37 within reach"):
            await limited.call("create_issue", project="SHOP", type="Story", summary="s", fields={"Parent": parent})
    with pytest.raises(InvalidArguments, match="no open sprint '120'"):
        await limited.call("create_issue", project="SHOP", type="Story", summary="s", fields={"Sprint": 120})
    text = await limited.call(
        "create_issue", project="SHOP", type="Story", summary="s", fields={"Sprint": 114}, validate_only=True
    )
    assert "Sprint: 114" in text
    assert not any(request.method == "POST" for request in limited.requests)


async def test_a_project_cannot_be_named_otherwise_to_get_past_the_limit(open_desk: OpenDesk) -> None:
    project = {"fieldId": "project", "name": "Projekt", "schema": {"type": "project", "system": "project"}}
    desk = open_desk(mocked([SUMMARY, project], {}), projects=["SHOP"])
    with pytest.raises(InvalidArguments, match="Projekt is not filled in as a field"):
        await desk.call(
            "create_issue", project="SHOP", type="Bug", summary="s", fields={"Projekt": {"key": "SECRET"}}
        )
