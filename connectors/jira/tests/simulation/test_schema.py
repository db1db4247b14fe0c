"""Every answer of the simulated Cloud site fits what Atlassian publishes about its APIs.

The client of all tests here checks every answer; this walks through what is described.
"""

import json
from typing import Any

import pytest

Api = Any  # the fixture's own class lives in conftest.py, which tests cannot import
Oracle = Any  # the same
AGILE = "/rest/agile/1.0"

READS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("/serverInfo", {}),
    ("/myself", {}),
    ("/user", {"accountId": "712020:bb626b1b-0b7b-4250-afac-b17e038ebc35"}),
    ("/user/search", {"query": "maya"}),
    ("/user/assignable/search", {"project": "SHOP"}),
    ("/user/assignable/multiProjectSearch", {"projectKeys": "SHOP"}),
    ("/project", {}),
    ("/project/SHOP", {}),
    ("/project/search", {"expand": "description,lead,issueTypes,insight"}),
    ("/project/SHOP/statuses", {}),
    ("/project/SHOP/components", {}),
    ("/project/SHOP/versions", {}),
    ("/issue/createmeta/SHOP/issuetypes", {}),
    *((f"/issue/createmeta/SHOP/issuetypes/{kind}", {}) for kind in range(10_000, 10_006)),
    ("/field", {}),
    ("/field/search", {}),
    ("/issuetype", {}),
    ("/status", {}),
    ("/statuscategory", {}),
    ("/priority", {}),
    ("/priority/search", {}),
    ("/issueLinkType", {}),
    ("/jql/autocompletedata", {}),
    ("/search/jql", {"jql": "project = SHOP", "fields": "*all", "maxResults": 100}),
    ("/issue/SHOP-1842", {"expand": "changelog,renderedFields,names,schema,transitions,editmeta"}),
    ("/issue/SHOP-1793", {"expand": "changelog,renderedFields,names,schema,transitions,editmeta"}),
    ("/issue/SHOP-1842/editmeta", {}),
    ("/issue/SHOP-1842/transitions", {"expand": "transitions.fields"}),
    ("/issue/SHOP-1842/changelog", {}),
    ("/issue/SHOP-1842/comment", {"expand": "renderedBody"}),
    ("/issue/SHOP-1842/worklog", {}),
    ("/issue/SHOP-1842/watchers", {}),
    ("/issue/SHOP-1842/remotelink", {}),
    (f"{AGILE}/board", {}),
    (f"{AGILE}/board/12", {}),
    (f"{AGILE}/board/12/configuration", {}),
    (f"{AGILE}/board/12/issue", {"maxResults": 5}),
    (f"{AGILE}/board/12/backlog", {}),
)
REFUSALS: tuple[tuple[str, str, Any], ...] = (
    ("POST", "/search/jql", {"jql": "nosuch = 1"}),
    ("POST", "/issue", {"fields": {"project": {"key": "SHOP"}}}),
    ("PUT", "/issue/OPS-1", {"fields": {"summary": "x"}}),
    ("GET", "/issue/HR-1", None),
    ("POST", "/issue/SHOP-1842/transitions", {}),
)


@pytest.fixture(autouse=True)
def described(oracle: Oracle) -> None:
    if oracle is None:
        pytest.skip("set HUB_ORACLES to the folder of the vendors' API descriptions")


@pytest.mark.parametrize(("path", "params"), READS)
async def test_what_is_read(cloud: Api, path: str, params: dict[str, Any]) -> None:
    before = set(cloud.oracle.checked)
    cloud.oracle.checked.clear()
    assert await cloud.get(path, **params)
    assert len(cloud.oracle.checked) == 1
    cloud.oracle.checked.update(before)


@pytest.mark.parametrize(("method", "path", "body"), REFUSALS)
async def test_what_is_refused(cloud: Api, method: str, path: str, body: Any) -> None:
    cloud.oracle.checked.clear()
    assert (await cloud.send(method, path, body)).is_error
    assert len(cloud.oracle.checked) == 1


async def test_what_is_written(cloud: Api, adf: Any) -> None:
    cloud.oracle.checked.clear()
    fields = {"project": {"key": "SHOP"}, "issuetype": {"name": "Task"}, "summary": "x"}
    key = (await cloud.post("/issue", {"fields": fields}))["key"]
    await cloud.post(f"/issue/{key}/comment", {"body": adf("x")})
    await cloud.post(f"/issue/{key}/worklog", {"timeSpent": "1h"})
    await cloud.post(f"/issue/{key}/remotelink", {"object": {"url": "https://example.com", "title": "x"}})
    await cloud.post("/search/approximate-count", {"jql": "project = SHOP"})
    await cloud.post("/issue/bulkfetch", {"issueIdsOrKeys": [key]})
    await cloud.post("/jql/parse", {"queries": ["project = SHOP", "nosuch ="]})
    assert len(cloud.oracle.checked) == 7


async def test_the_check_can_fail(cloud: Api) -> None:
    answer = await cloud.get("/issue/SHOP-1842", fields="summary")
    path = "/rest/api/3/issue/SHOP-1842"
    assert cloud.oracle.errors("GET", path, 200, answer) == []
    for wrong in ({"id": 5}, {"odd": "x"}, {"changelog": {"histories": [{"id": 5}]}}):
        assert cloud.oracle.errors("GET", path, 200, json.loads(json.dumps({**answer, **wrong})))
