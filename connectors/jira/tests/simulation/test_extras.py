"""Attached files, the development panel, what issues expand to, and the world they tell of."""

import csv
import io
import struct
from typing import Any

from hub.sandbox.story import Story

Api = Any  # the fixture's own class lives in conftest.py, which tests cannot import
Present = Any  # the same


async def attached(api: Api) -> dict[str, dict[str, Any]]:
    fields = (await api.get("/issue/SHOP-1842", fields="attachment"))["fields"]
    return {one["filename"]: one for one in fields["attachment"]}


async def download(api: Api, url: str) -> bytes:
    answer = await api.client.get(url)
    if answer.status_code == 303:
        answer = await api.client.get(answer.headers["location"], auth=None)
    assert answer.status_code == 200
    return bytes(answer.content)


async def test_files_are_what_their_descriptions_say(cloud: Api, server: Api) -> None:
    for api in (cloud, server):
        files = await attached(api)
        assert {name: one["mimeType"] for name, one in files.items()} == {
            "checkout-errors.log": "text/plain",
            "error-rate.png": "image/png",
            "failed-orders.csv": "text/csv",
        }
        for one in files.values():
            assert len(await download(api, one["content"])) == one["size"]


async def test_the_files_tell_the_story(cloud: Api) -> None:
    files = await attached(cloud)
    log = (await download(cloud, files["checkout-errors.log"]["content"])).decode()
    assert "KeyError: 'tax_region'" in log
    assert log.startswith("2027-01-14T14:05:05")
    picture = await download(cloud, files["error-rate.png"]["content"])
    assert picture.startswith(b"\x89PNG")
    assert struct.unpack(">II", picture[16:24]) == (360, 120)
    rows = list(
        csv.DictReader(io.StringIO((await download(cloud, files["failed-orders.csv"]["content"])).decode()))
    )
    assert rows[0] == {"customer": "Northwind Outfitters", "tier": "enterprise", "orders_failed": "118",
                       "orders_per_day": "41000"}  # fmt: skip


async def test_the_way_to_a_file_is_open_for_a_minute(cloud: Api, present: Present) -> None:
    (one, *_) = (await attached(cloud)).values()
    location = (await cloud.client.get(one["content"])).headers["location"]
    assert (await cloud.client.get(location, auth=None)).status_code == 200
    assert (await cloud.client.get(location.replace("token=", "token=1"), auth=None)).status_code == 403
    present.seconds += 61
    assert (await cloud.client.get(location, auth=None)).status_code == 403
    assert (await cloud.client.get(one["content"], auth=None)).status_code == 401
    direct = await cloud.client.get(one["content"], params={"redirect": "false"})
    assert (direct.status_code, len(direct.content)) == (200, one["size"])


async def test_a_file_that_does_not_exist_is_refused(cloud: Api) -> None:
    assert await cloud.refusal("GET", "/attachment/content/1") == (404, "The attachment with id '1' does not exist")


async def test_the_change_shows_its_pull_request(cloud: Api) -> None:
    story = Story.beginning(lambda: 1_799_958_000.0)
    issue = await cloud.get("/issue/SHOP-1793", fields="summary")
    assert issue["fields"]["summary"] == story.pull_request_title
    panel = "/rest/dev-status/latest/issue"
    summary = (await cloud.get(f"{panel}/summary", issueId=issue["id"]))["summary"]
    assert summary["pullrequest"]["overall"]["count"] == 1
    params = {"issueId": issue["id"], "applicationType": "GitHub"}
    detail = (await cloud.get(f"{panel}/detail", dataType="pullrequest", **params))["detail"]
    assert detail[0]["pullRequests"][0]["id"] == f"#{story.pull_request}"
    detail = (await cloud.get(f"{panel}/detail", dataType="repository", **params))["detail"]
    assert detail[0]["repositories"][0]["commits"][0]["id"] == story.bad_release.commit
    nothing = (await cloud.get(f"{panel}/summary", issueId="10001845"))["summary"]
    assert nothing["pullrequest"] == {
        "overall": {"count": 0, "lastUpdated": None, "dataType": "pullrequest"},
        "byInstanceType": {},
    }
    assert (await cloud.refusal("GET", f"{panel}/detail", issueId=issue["id"]))[0] == 400


async def test_an_issue_expands_to_what_is_asked_for(cloud: Api) -> None:
    plain = await cloud.get("/issue/SHOP-1842", fields="summary")
    assert set(plain) == {"expand", "id", "self", "key", "fields"}
    issue = await cloud.get(
        "/issue/SHOP-1842",
        fields="summary,description",
        expand="changelog,renderedFields,names,schema,transitions,editmeta",
    )
    assert [change["items"][0]["toString"] for change in issue["changelog"]["histories"]] == [
        "Investigating",
        "Maya Lindqvist",
    ]
    assert issue["renderedFields"]["description"].startswith("<p>About 10 % of <tt>POST /orders</tt>")
    assert issue["names"] == {"summary": "Summary", "description": "Description"}
    assert [step["name"] for step in issue["transitions"]] == ["Mitigate", "Resolve"]
    assert "customfield_10050" in issue["editmeta"]["fields"]


async def test_the_changelog_pages_from_the_oldest_on(cloud: Api) -> None:
    page = await cloud.get("/issue/SHOP-1842/changelog", maxResults=1)
    assert (page["total"], page["isLast"]) == (2, False)
    assert page["values"][0]["items"][0]["toString"] == "Maya Lindqvist"


async def test_the_incident_tells_the_story(cloud: Api) -> None:
    story = Story.beginning(lambda: 1_799_958_000.0)
    fields = (await cloud.get(f"/issue/{story.issue_key}"))["fields"]
    assert fields["summary"] == story.issue_title
    assert (fields["status"]["name"], fields["customfield_10050"]["value"]) == ("Investigating", "Sev 1")
    assert fields["created"] == "2027-01-14T14:11:00.000+0000"
    links = {(link["type"]["name"], (link.get("inwardIssue") or link["outwardIssue"])["key"])
             for link in fields["issuelinks"]}  # fmt: skip
    assert links == {
        ("Causes", "SHOP-1793"), ("Duplicate", "SHOP-1843"), ("Relates", "SHOP-1844"), ("Relates", "SHOP-1845"),
        ("Relates", "PAY-37"),
    }  # fmt: skip
    assert len(fields["comment"]["comments"]) == 5
    mention = fields["comment"]["comments"][1]["body"]["content"][1]["content"][0]
    assert mention["attrs"]["id"] == cloud.site.store.user("tomas.rey").account_id


async def test_every_confidential_issue_says_so_in_all_its_words(cloud: Api) -> None:
    page = await cloud.post("/search/jql", {"jql": "project = PAY", "fields": ["description", "comment"]})
    assert len(page["issues"]) == 10
    for issue in page["issues"]:
        assert "Confidential" in str(issue["fields"]["description"])
        assert "Confidential" in str(issue["fields"]["comment"])


async def test_the_address_of_an_issue_is_a_page_for_people(cloud: Api) -> None:
    page = await cloud.client.get("/browse/SHOP-1842", auth=None)
    assert "SHOP-1842 Checkout answers 500 for orders without a tax region" in page.text
    assert (await cloud.client.get("/browse/HR-1", auth=None)).status_code == 404


async def test_titles_are_all_different(cloud: Api) -> None:
    titles = [issue.values["summary"] for issue in cloud.site.store.issues.values()]
    assert len(titles) == len(set(titles)) == 275


async def test_nothing_is_made_before_it_is_asked_for(cloud: Api) -> None:
    await cloud.get("/myself")
    await cloud.get("/field")
    assert "_content" not in vars(cloud.site.store)
    await cloud.get("/issue/SHOP-1842")
    assert "_content" in vars(cloud.site.store)


async def test_no_identifier_is_used_twice(cloud: Api) -> None:
    store = cloud.site.store
    found = [link.id for link in store.links]
    for issue in store.issues.values():
        found += [one.id for one in (*issue.comments, *issue.worklogs, *issue.attachments, *issue.history)]
    assert len(found) == len(set(found))
