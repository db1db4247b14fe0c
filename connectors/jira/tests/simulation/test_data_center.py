"""Data Center: version 2 of the API, wiki markup, names instead of account ids."""

from typing import Any

Api = Any  # the fixture's own class lives in conftest.py, which tests cannot import
BUG = {
    "project": {"key": "SHOP"},
    "issuetype": {"name": "Bug"},
    "summary": "Orders fail",
    "customfield_10050": {"value": "Sev 3"},
    "customfield_10051": {"value": "cart"},
}


async def test_rich_text_is_wiki_markup(server: Api) -> None:
    fields = (await server.get("/issue/SHOP-1842"))["fields"]
    assert "h1. What we see\n\n* Alert *CheckoutErrorRateHigh* fires" in fields["description"]
    assert "{code:python}\nrules = RULES" in fields["description"]
    assert "[runbook|https://runbooks.shop.example/checkout/error-rate]" in fields["description"]
    assert fields["customfield_10052"].startswith("Customers saved before 2024")
    assert "[~tomas.rey] is this your change?" in fields["comment"]["comments"][1]["body"]


async def test_what_is_written_comes_back_as_it_was(server: Api) -> None:
    text = "h2. Steps\n# {{POST /orders}}\n\n*bold* [~tomas.rey]"
    made = await server.post("/issue", {"fields": {**BUG, "description": text, "assignee": {"name": "tomas.rey"}}})
    fields = (await server.get(f"/issue/{made['key']}"))["fields"]
    assert fields["description"] == text
    assert (fields["assignee"]["name"], "accountId" in fields["assignee"]) == ("tomas.rey", False)
    comment = await server.post(f"/issue/{made['key']}/comment", {"body": "h3. Note"})
    assert comment["body"] == "h3. Note"


async def test_a_document_is_refused(server: Api, adf: Any) -> None:
    status, errors = await server.refusal("POST", "/issue", {"fields": {**BUG, "description": adf("x")}})
    assert (status, errors) == (400, {"description": "Operation value must be a string"})
    unknown = {**BUG, "assignee": {"name": "nobody"}}
    assert await server.refusal("POST", "/issue", {"fields": unknown}) == (
        400,
        {"assignee": "User 'nobody' does not exist."},
    )


async def test_metadata_pages_as_values(server: Api) -> None:
    base = "/issue/createmeta/SHOP/issuetypes"
    kinds = await server.get(base)
    assert [kind["name"] for kind in kinds["values"]][3] == "Bug"
    assert kinds["isLast"]
    fields = {field["fieldId"] for field in (await server.get(f"{base}/10001"))["values"]}
    assert "customfield_10014" in fields
    assert "parent" not in fields
    assert "parent" in {field["fieldId"] for field in (await server.get(f"{base}/10005"))["values"]}


async def test_an_epic_is_linked_by_its_own_field(server: Api) -> None:
    fields = {**BUG, "customfield_10014": "SHOP-1700"}
    made = await server.post("/issue", {"fields": fields})
    kept = (await server.get(f"/issue/{made['key']}"))["fields"]
    assert (kept["customfield_10014"], kept["parent"]) == ("SHOP-1700", None)
    status, errors = await server.refusal("POST", "/issue", {"fields": {**BUG, "parent": {"key": "SHOP-1700"}}})
    assert (status, list(errors)) == (400, ["parent"])


async def test_people_are_found_by_username(server: Api) -> None:
    (found,) = await server.get("/user/search", username="lindqvist")
    assert found["name"] == "maya.lindqvist"
    assert await server.get("/user", username="maya.lindqvist") == found
    assert await server.get("/user", key=found["key"]) == found
    assert (await server.refusal("GET", "/user/search", query="maya"))[0] == 400
    (tomas,) = await server.get("/user/assignable/search", project="SHOP", username="tom")
    assert tomas["key"].startswith("JIRAUSER")


async def test_there_is_no_search_for_projects_and_no_page_of_changes(server: Api) -> None:
    assert [project["key"] for project in await server.get("/project")] == ["SHOP", "PAY", "OPS"]
    assert (await server.send("GET", "/issue/SHOP-1842/changelog")).status_code == 404
    changes = (await server.get("/issue/SHOP-1842", expand="changelog"))["changelog"]
    assert changes["total"] == 2


async def test_version_two_of_cloud_speaks_wiki_markup_too(cloud: Api) -> None:
    old = await cloud.get("/rest/api/2/issue/SHOP-1842", fields="description,assignee")
    assert old["fields"]["description"].startswith("About 10 % of {{POST /orders}}")
    assert "accountId" in old["fields"]["assignee"]
    made = await cloud.post("/rest/api/2/issue/SHOP-1842/comment", {"body": "plain\n\nwords"})
    new = await cloud.get(f"/issue/SHOP-1842/comment/{made['id']}")
    assert [part["content"][0]["text"] for part in new["body"]["content"]] == ["plain", "words"]
