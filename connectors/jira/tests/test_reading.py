from collections.abc import Callable
from typing import Any

import pytest
import respx

from hub.plugin import InvalidArguments, NotFound

OpenDesk = Callable[..., Any]
FIELDS = [
    {"id": "summary", "name": "Summary", "schema": {"type": "string"}},
    {"id": "customfield_1", "name": "Notes", "schema": {"type": "string", "custom": "x:textarea"}},
]


async def test_an_issue_is_told_without_nulls_and_pictures(desk: Any) -> None:
    text = await desk.call("get_issue", issue="SHOP-1842")
    assert text.startswith("SHOP-1842 Checkout answers 500 for orders without a tax region\nissue type: Incident\n")
    for line in (
        "Severity: Sev 1",
        "Region: Europe > Germany",
        "labels: incident, tax-2026",
        "time tracking: spent 20m",
    ):
        assert line in text.splitlines()
    assert "Sprint: Checkout Sprint 47 (active, id 113)" in text
    assert "avatar" not in text.lower()
    assert "None" not in text
    assert "null" not in text
    assert "Customer tier" not in text
    assert "not shown: attachments 3, links 5" in text


async def test_what_others_wrote_is_set_off_from_what_is_ours(desk: Any) -> None:
    text = await desk.call("get_issue", issue="SHOP-1842", include=["description", "comments"])
    inside = text.partition("## Description\n")[2].partition("\n\n## Comments")[0]
    assert "# What we see" in inside
    assert all(line.startswith("  ") or not line for line in inside.splitlines())


async def test_each_section_can_be_asked_for(desk: Any) -> None:
    sections = ["changelog", "links", "transitions", "attachments", "worklogs"]
    text = await desk.call("get_issue", issue="SHOP-1842", include=sections)
    assert "Severity" not in text.partition("## Changelog")[0]
    assert "2027-01-14 14:13 Maya Lindqvist: status: To Do -> Investigating" in text
    assert "is duplicated by: SHOP-1843 Northwind Outfitters cannot place orders (Bug, To Do)" in text
    assert "runbook: Runbook: CheckoutErrorRateHigh https://" in text
    assert "Mitigate (to Mitigated)\nResolve (to Resolved); requires Resolution, Root cause" in text
    assert "failed-orders.csv, 194 B, text/csv, 2027-01-14 14:24 Omar Haddad" in text
    assert "## Worklogs (all 1, newest first), 20m in all" in text


async def test_development_is_told_from_the_panel(desk: Any) -> None:
    text = await desk.call("get_issue", issue="SHOP-1793", include=["development"])
    assert "pull request #617 MERGED: Price orders with the tax rules" in text
    assert "branch SHOP-1793-tax-regions in shop-sandbox/checkout" in text
    assert "commit 9f3c2b7 in shop-sandbox/checkout:" in text
    assert (await desk.call("get_issue", issue="SHOP-1842", include=["development"])).endswith(
        "## Development\nnone"
    )


async def test_builds_and_deployments_are_counted_and_what_is_too_much_is_said(open_desk: OpenDesk) -> None:
    router = respx.Router(assert_all_called=False)
    router.get(path="/rest/api/3/field").respond(json=FIELDS)
    router.get(path="/rest/api/3/issue/SHOP-1").respond(json={"id": "1", "key": "SHOP-1", "fields": {}})
    summary = {
        "repository": {"overall": {"count": 1}, "byInstanceType": {"GitHub": {"count": 1}}},
        "branch": {"overall": {"count": 0}},
        "build": {"overall": {"count": 3, "failedBuildCount": 2, "state": "FAILED"}},
        "deployment-environment": {"overall": {"count": 1, "topEnvironments": [{"title": "production"}]}},
        "review": {"overall": {"count": 0}},
    }
    router.get(path="/rest/dev-status/latest/issue/summary").respond(json={"summary": summary})
    commits = [{"displayId": f"c{number}", "message": "m", "author": {"name": "A"}} for number in range(12)]
    detail = {"detail": [{"repositories": [{"name": "r", "commits": commits}]}]}
    router.get(path="/rest/dev-status/latest/issue/detail").respond(json=detail)
    text = await open_desk(router).call("get_issue", issue="SHOP-1", include=["development"])
    assert "and 2 more of repository" in text
    assert "build: 3 (FAILED; 2 failed)\ndeployment-environment: 1 (production)" in text
    assert "review" not in text


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_a_panel_that_the_credential_does_not_open_is_said_so(status: int, open_desk: OpenDesk) -> None:
    router = respx.Router(assert_all_called=False)
    router.get(path="/rest/api/3/field").respond(json=FIELDS)
    router.get(path="/rest/api/3/issue/SHOP-1").respond(json={"id": "1", "key": "SHOP-1", "fields": {}})
    router.get(path="/rest/dev-status/latest/issue/summary").respond(status)
    text = await open_desk(router).call("get_issue", issue="SHOP-1", include=["development"])
    assert text.endswith("## Development\nnot available with this credential")


async def test_a_section_that_fails_leaves_the_others_standing(desk: Any) -> None:
    from hub_connector_jira.simulation.faults import Fault

    desk.site.faults.arm(Fault(status=403, path="/worklog"))
    text = await desk.call("get_issue", issue="SHOP-1842", include=["worklogs", "comments"])
    assert "## Worklogs\ncannot be read: Jira does not permit this (403)" in text
    assert "## Comments (all 5, newest first)" in text


async def test_only_the_fields_asked_for_are_told_empty_ones_too(desk: Any) -> None:
    text = await desk.call("get_issue", issue="SHOP-1842", fields=["Severity", "Story Points", "root cause"])
    assert text.splitlines() == [
        "SHOP-1842 Checkout answers 500 for orders without a tax region",
        "Severity: Sev 1",
        "Story Points: -",
        "Root cause: -",
        "url: http://jira.test/browse/SHOP-1842",
        "not shown: attachments 3, links 5",
    ]


async def test_long_texts_in_fields_get_sections_of_their_own(open_desk: OpenDesk) -> None:
    router = respx.Router(assert_all_called=False)
    router.get(path="/rest/api/3/field").respond(json=FIELDS)
    fields = {"summary": "s", "customfield_1": "word " * 60}
    router.get(path="/rest/api/3/issue/SHOP-1").respond(json={"id": "1", "key": "SHOP-1", "fields": fields})
    text = await open_desk(router).call("get_issue", issue="SHOP-1", include=["fields"])
    assert text.splitlines()[-2:] == ["## Notes", "  " + ("word " * 60).strip()]


async def test_comments_are_read_on_by_skipping(desk: Any) -> None:
    first = await desk.call("get_issue", issue="SHOP-1842", include=["comments"], limit=2)
    assert "## Comments (2 of 5, newest first; older: skip=2)" in first
    last = await desk.call("get_issue", issue="SHOP-1842", include=["comments"], limit=3, skip=3)
    assert "## Comments (2 of 5, newest first, after skip=3)" in last
    with pytest.raises(InvalidArguments, match="skip is -1"):
        await desk.call("get_issue", issue="SHOP-1842", skip=-1)


async def test_comments_tell_who_may_see_them(open_desk: OpenDesk) -> None:
    router = respx.Router(assert_all_called=False)
    router.get(path="/rest/api/3/field").respond(json=FIELDS)
    router.get(path="/rest/api/3/issue/SHOP-1").respond(json={"id": "1", "key": "SHOP-1", "fields": {}})
    comments = [
        {"id": "1", "body": None, "visibility": {"type": "role", "value": "Admins"}},
        {
            "id": "2",
            "body": "x",
            "jsdPublic": False,
            "author": {"displayName": "A"},
            "created": "2026-01-02T03:04:05.000+0100",
        },
    ]
    router.get(path="/rest/api/3/issue/SHOP-1/comment").respond(json={"comments": comments})
    text = await open_desk(router).call("get_issue", issue="SHOP-1", include=["comments"])
    assert "[1]  nobody, shown to role Admins:" in text
    assert "[2] 2026-01-02 02:04 A, internal:\n  x" in text


async def test_a_long_changelog_is_read_from_its_end(open_desk: OpenDesk) -> None:
    router = respx.Router(assert_all_called=False)
    router.get(path="/rest/api/3/field").respond(json=FIELDS)

    def change(number: int) -> dict[str, Any]:
        items = (
            [{"field": "Rank", "toString": "x"}] if number == 7 else [{"field": "status", "toString": f"S{number}"}]
        )
        return {"id": str(number), "created": f"2026-01-01T00:{number:02}:00.000+0000", "items": items}

    newest = {"histories": [change(9), change(8)], "total": 10}
    router.get(path="/rest/api/3/issue/SHOP-1").respond(
        json={"id": "1", "key": "SHOP-1", "fields": {}, "changelog": newest}
    )
    page = router.get(path="/rest/api/3/issue/SHOP-1/changelog").respond(
        json={"values": [change(5), change(6), change(7)]}
    )
    desk = open_desk(router)
    text = await desk.call("get_issue", issue="SHOP-1", include=["changelog"], limit=3, skip=2)
    assert dict(page.calls.last.request.url.params) == {"startAt": "5", "maxResults": "3"}
    assert text.splitlines()[-3:] == [
        "## Changelog (3 of 10, newest first, after skip=2; older: skip=5)",
        "2026-01-01 00:06 nobody: status: none -> S6",
        "2026-01-01 00:05 nobody: status: none -> S5",
    ]


async def test_an_issue_that_is_not_there_is_said_so(desk: Any) -> None:
    with pytest.raises(NotFound) as missing:
        await desk.call("get_issue", issue="SHOP-99999")
    assert "Is SHOP-99999 the right key?" in missing.value.hint


async def test_an_issue_that_was_moved_says_its_key_of_now(open_desk: OpenDesk) -> None:
    router = respx.Router(assert_all_called=False)
    router.get(path="/rest/api/3/field").respond(json=FIELDS)
    router.get(path="/rest/api/3/issue/OLD-7").respond(
        json={"id": "1", "key": "SHOP-1", "fields": {"summary": "s"}}
    )
    text = await open_desk(router).call("get_issue", issue="OLD-7", include=["attachments"])
    assert text.startswith("SHOP-1 s\nmoved: OLD-7 is SHOP-1 now\n")


async def test_parents_and_subtasks_are_links(desk: Any) -> None:
    found = await desk.result("search", jql="type = Sub-task AND project = SHOP", limit=1)
    text = await desk.call("get_issue", issue=found.rows[0][0], include=["links"])
    parent = text.partition("parent: ")[2].split()[0]
    above = await desk.call("get_issue", issue=parent, include=["links"])
    assert f"subtask: {found.rows[0][0]} " in above


async def test_an_issue_without_anything_says_none(open_desk: OpenDesk) -> None:
    router = respx.Router(assert_all_called=False)
    router.get(path="/rest/api/3/field").respond(json=FIELDS)
    router.get(path="/rest/api/3/issue/SHOP-1").respond(json={"id": "1", "key": "SHOP-1", "fields": {}})
    router.get(path__regex="/(comment|worklog|transitions)$").respond(json={})
    router.get(path="/rest/api/3/issue/SHOP-1/remotelink").respond(json=[])
    sections = ["description", "comments", "links", "transitions", "attachments", "worklogs"]
    text = await open_desk(router).call("get_issue", issue="SHOP-1", include=sections)
    assert text.count("none") == 6


async def test_a_login_page_instead_of_jira_is_said_so(open_desk: OpenDesk) -> None:
    from hub.plugin import ServiceUnavailable

    router = respx.Router(assert_all_called=False)
    router.post(path="/rest/api/3/search/jql").respond(html="<!doctype html><title>Log in</title>")
    with pytest.raises(ServiceUnavailable, match="HTML, not JSON"):
        await open_desk(router).call("search", jql="a = b")
