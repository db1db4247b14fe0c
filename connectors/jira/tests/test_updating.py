from collections.abc import Callable
from typing import Any

import pytest
import respx

from hub.plugin import InvalidArguments, InvalidRequest, NotFound

OpenDesk = Callable[..., Any]


async def test_an_update_answers_with_the_diff_and_not_the_issue(desk: Any) -> None:
    values = {
        "Labels": ["+tax", "-customer-reported"],
        "priority": "Lowest",
        "Description": "New **text**\n\nin two paragraphs",
        "Fix versions": ["1.43.1"],
        "Story Points": None,
    }
    text = await desk.call("update_issue", issue="SHOP-1843", fields=values)
    assert text.splitlines() == [
        "updated SHOP-1843",
        "Labels: customer-reported -> tax",
        "Priority: High -> Lowest",
        "Description:",
        "@@ -1 +1,3 @@",
        "-Their buyers see an error page after payment. They sent three order references.",
        "+New **text**",
        "+",
        "+in two paragraphs",
        "Fix versions: none -> 1.43.1",
        "unchanged: Story Points",
    ]
    body = desk.body("PUT", "/issue/SHOP-1843")
    assert body["update"] == {"labels": [{"add": "tax"}, {"remove": "customer-reported"}]}
    assert body["fields"]["customfield_10028"] is None


async def test_the_assignee_can_be_cleared_and_lists_emptied(desk: Any) -> None:
    text = await desk.call(
        "update_issue", issue="SHOP-1842", fields={"Assignee": None, "Labels": None, "Sprint": None}
    )
    assert "Assignee: Maya Lindqvist -> none" in text
    assert "Labels: incident, tax-2026 -> none" in text
    assert "not as sent" not in text
    fields = desk.body("PUT", "/issue/SHOP-1842")["fields"]
    assert fields == {"assignee": None, "labels": [], "customfield_10020": None}


async def test_an_update_that_changes_nothing_says_so(desk: Any) -> None:
    text = await desk.call("update_issue", issue="SHOP-1843", fields={"Priority": "High"})
    assert text == "SHOP-1843 is as it was\nunchanged: Priority"


async def test_long_changes_are_cut(desk: Any) -> None:
    text = await desk.call(
        "update_issue", issue="SHOP-1843", fields={"Description": "\n\n".join("abcdefghijklmnopqrstuvwxyz")}
    )
    assert "more lines" in text
    assert len(text.splitlines()) < 50


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "Nothing to change"),
        ({"Status": "Done"}, "Status is not filled in as a field"),
        ({"project": "OPS"}, "project is not filled in as a field"),
        ({"Created": "now"}, "no field 'Created' on the edit screen of SHOP-1843"),
        ({"Sprint": "Nope"}, "no open sprint 'Nope'"),
    ],
)
async def test_what_cannot_be_edited_is_refused(fields: dict[str, Any], message: str, desk: Any) -> None:
    with pytest.raises(InvalidArguments) as refused:
        await desk.call("update_issue", issue="SHOP-1843", fields=fields)
    assert message in refused.value.message
    assert not any(request.method == "PUT" for request in desk.requests)


async def test_what_jira_says_of_a_field_is_told(desk: Any) -> None:
    with pytest.raises(InvalidRequest, match="parent: Given parent work item"):
        await desk.call("update_issue", issue="SHOP-1843", fields={"Parent": "SHOP-1845"})


async def test_what_jira_dropped_is_told(open_desk: OpenDesk) -> None:
    router = respx.Router(assert_all_called=False)
    named = {"name": "Assignee", "schema": {"type": "user", "system": "assignee"}}
    router.get(path="/rest/api/3/issue/SHOP-1/editmeta").respond(json={"fields": {"assignee": named}})
    router.get(path="/rest/api/3/myself").respond(json={"accountId": "a1", "displayName": "Ann"})
    router.get(path="/rest/api/3/issue/SHOP-1").respond(
        json={"id": "1", "key": "SHOP-1", "fields": {"assignee": {"accountId": "b2", "displayName": "Ben"}}}
    )
    router.put(path="/rest/api/3/issue/SHOP-1").respond(204)
    text = await open_desk(router).call("update_issue", issue="SHOP-1", fields={"assignee": "me"})
    assert text.splitlines() == [
        "SHOP-1 is as it was",
        "unchanged: Assignee",
        "not as sent:",
        "Assignee: sent me, Jira has Ben",
    ]


async def test_an_update_that_cannot_be_read_back_is_still_done(desk: Any) -> None:
    from hub_connector_jira.simulation.faults import Fault

    # Editmeta and the issue as it was are read before.
    desk.site.faults.arm(Fault(status=403, path="/issue/SHOP-1843", method="GET", after=2))
    text = await desk.call("update_issue", issue="SHOP-1843", fields={"Priority": "Low"})
    assert text.startswith("updated SHOP-1843; reading it back failed: Jira does not permit this (403)")


async def test_an_issue_that_was_moved_out_of_reach_is_not_written(open_desk: OpenDesk) -> None:
    router = respx.Router(assert_all_called=False)
    router.get(path="/rest/api/3/issue/SHOP-1").respond(json={"id": "1", "key": "SECRET-1", "fields": {}})
    desk = open_desk(router, projects=["SHOP"])
    calls: dict[str, dict[str, Any]] = {
        "get_issue": {"fields": []},
        "update_issue": {"fields": {"summary": "x"}},
        "transition_issue": {"to": "Done"},
        "comment": {"text": "x"},
        "log_work": {"time": "1h"},
        "read_attachment": {"attachment": "x"},
        "link_issue": {"relation": "x", "to": "https://a.example"},
    }
    router.get(path="/rest/api/3/field").respond(json=[])
    for name, arguments in calls.items():
        with pytest.raises(NotFound, match="No issue SHOP-1 within reach"):
            await desk.call(name, issue="SHOP-1", **arguments)
    assert all(request.method == "GET" for request in desk.requests)


async def test_an_issue_within_reach_is_written_by_its_key_of_now(open_desk: OpenDesk) -> None:
    router = respx.Router(assert_all_called=False)
    router.get(path="/rest/api/3/issue/SHOP-1").respond(json={"id": "1", "key": "OPS-5", "fields": {}})
    comment = router.post(path="/rest/api/3/issue/OPS-5/comment").respond(201, json={"id": "7"})
    desk = open_desk(router, projects=["SHOP", "OPS"])
    assert await desk.call("comment", issue="SHOP-1", text="x") == "comment 7 added to OPS-5"
    assert comment.called


async def test_a_missing_issue_and_one_out_of_reach_are_the_same_error(limited: Any) -> None:
    with pytest.raises(NotFound) as missing:
        await limited.call("comment", issue="SHOP-99999", text="x")
    with pytest.raises(NotFound) as hidden:
        await limited.call("comment", issue="PAY-37", text="x")
    assert str(missing.value).replace("SHOP-99999", "PAY-37") == str(hidden.value)
