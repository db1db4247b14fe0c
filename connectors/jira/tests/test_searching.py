from collections.abc import Callable
from typing import Any

import pytest
import respx

from hub.plugin import InvalidArguments, InvalidRequest

OpenDesk = Callable[..., Any]


async def test_a_search_tells_the_usual_fields_in_a_line_each(desk: Any) -> None:
    text = await desk.call("search", jql="key in (SHOP-1842, SHOP-1843) ORDER BY key")
    head, first, second = text.splitlines()
    assert head == "key\ttype\tstatus\tpriority\tassignee\tupdated (UTC)\tsummary"
    assert first.startswith(
        "SHOP-1842\tIncident\tInvestigating\tHighest\tMaya Lindqvist\t2027-01-14 14:32\tCheckout"
    )
    assert second.startswith("SHOP-1843\tBug\tTo Do\tHigh\t\t")


async def test_25_issues_take_few_tokens(desk: Any) -> None:
    tiktoken = pytest.importorskip("tiktoken")
    try:
        encoding = tiktoken.get_encoding("o200k_base")
    except Exception:  # noqa: BLE001  its tables come from the network, which a test does not ask for
        pytest.skip("the o200k tables are not on this machine")
    text = await desk.call("search", jql="project = SHOP ORDER BY updated DESC")
    assert len(text.splitlines()) == 27
    assert len(encoding.encode(text)) <= 1100


async def test_columns_are_named_as_people_name_them(desk: Any) -> None:
    text = await desk.call(
        "search", jql="key = SHOP-1842", fields=["severity", "customfield_10059", "Created", "key"]
    )
    assert text.splitlines()[0] == "key\tSeverity\tRegion\tCreated (UTC)"
    assert "Sev 1\tEurope > Germany\t2027-01-14 14:11" in text
    assert desk.body("POST", "/search/jql")["fields"] == ["customfield_10050", "customfield_10059", "created"]
    assert await desk.call("search", jql="key = SHOP-1842", fields=["key"]) == "key\nSHOP-1842"


async def test_long_values_are_cut_with_a_sign(desk: Any) -> None:
    text = await desk.call("search", jql="key = SHOP-1842", fields=["description"])
    assert text.endswith("…")
    assert len(text.splitlines()) == 2


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("storypoints", "no field 'storypoints'", "Did you mean 'Story Points'?"),
        ("qqqq", "no field 'qqqq'", "find_fields lists them"),
        ("Team", "2 fields are called 'Team'", "customfield_10061 (string), customfield_10001 (team)"),
    ],
)
async def test_a_column_that_is_not_there_is_refused_with_near_ones(
    name: str, message: str, hint: str, desk: Any
) -> None:
    with pytest.raises(InvalidArguments) as refused:
        await desk.call("search", jql="project = SHOP", fields=[name])
    assert message in refused.value.message
    assert hint in refused.value.hint


async def test_pages_follow_one_another_by_cursor(desk: Any) -> None:
    jql = "project = SHOP AND type = Incident ORDER BY key DESC"
    keys: list[str] = []
    cursor: str | None = None
    while True:
        table = await desk.result("search", jql=jql, limit=5, **({"cursor": cursor} if cursor else {}))
        keys += [row[0] for row in table.rows]
        cursor = table.cursor
        if not cursor:
            break
    whole = await desk.result("search", jql=jql, limit=100)
    assert keys == [row[0] for row in whole.rows]
    assert len(keys) > 5


async def test_pages_of_data_center_follow_one_another_and_tell_the_total(center: Any) -> None:
    first = await center.result("search", jql="project = SHOP ORDER BY key", limit=100)
    assert (len(first.rows), first.total, first.cursor) == (100, 260, "100")
    last = await center.result("search", jql="project = SHOP ORDER BY key", limit=100, cursor="200")
    assert (len(last.rows), last.cursor) == (60, None)


@pytest.mark.parametrize("cursor", ["abc", "1,2,x~t", "~", f"{','.join(['1'] * 51)}~t", "~a b"])
async def test_a_cursor_that_is_none_is_refused(cursor: str, desk: Any, center: Any) -> None:
    for one in (desk, center):
        with pytest.raises(InvalidArguments, match="This cursor is none"):
            await one.call("search", jql="project = SHOP", cursor=cursor)
        assert one.requests == []


async def test_issues_written_a_moment_ago_are_reconciled_on_all_pages(desk: Any) -> None:
    await desk.call("log_work", issue="SHOP-1844", time="10m")
    first = await desk.result("search", jql="project = SHOP", limit=1)
    assert desk.body("POST", "/search/jql")["reconcileIssues"] == [10001844]
    await desk.call("log_work", issue="SHOP-1843", time="10m")
    await desk.result("search", jql="project = SHOP", limit=1, cursor=first.cursor)
    assert desk.body("POST", "/search/jql")["reconcileIssues"] == [10001844]


async def test_a_new_issue_is_found_at_once(desk: Any) -> None:
    await desk.call("create_issue", project="PAY", type="Task", summary="Rotate the quinquagesimal certificate")
    assert "PAY-" in await desk.call("search", jql="summary ~ quinquagesimal")


async def test_counting_says_that_it_is_an_estimate(desk: Any, limited: Any, center: Any) -> None:
    jql = "project in (SHOP, PAY) ORDER BY created"
    everywhere = await desk.call("search", jql=jql, count_only=True)
    within = await limited.call("search", jql=jql, count_only=True)
    assert everywhere.endswith("issues match (Jira's estimate)")
    assert within == "about 260 issues match (Jira's estimate; limited to SHOP)"
    assert everywhere != within
    assert (await center.call("search", jql="project = SHOP", count_only=True)) == "260 issues match"
    assert "ORDER BY" not in desk.body("POST", "/search/approximate-count")["jql"]


async def test_nothing_found_shows_what_was_asked(limited: Any) -> None:
    text = await limited.call("search", jql="project = PAY")
    assert text == 'no issues match\nasked: project in ("SHOP") AND (project = PAY)'


async def test_without_a_condition_nothing_is_asked(desk: Any) -> None:
    with pytest.raises(InvalidArguments, match="would search all issues"):
        await desk.call("search", jql="ORDER BY created")
    assert desk.requests == []


@pytest.mark.parametrize(
    ("jql", "hint"),
    [
        ("stauts = Done", "Did you mean 'Status'?"),
        ("status = Donne", "find_projects with its key tells"),
    ],
)
async def test_a_refused_query_comes_with_near_names(jql: str, hint: str, desk: Any) -> None:
    with pytest.raises(InvalidRequest) as refused:
        await desk.call("search", jql=jql)
    assert hint in refused.value.hint


async def test_any_other_refusal_stays_as_it_is(open_desk: OpenDesk) -> None:
    router = respx.Router(assert_all_called=False)
    router.post(path="/rest/api/3/search/jql").respond(400, json={"errorMessages": ["too complex"]})
    with pytest.raises(InvalidRequest, match="too complex"):
        await open_desk(router).call("search", jql="a = b")


@pytest.mark.parametrize("limit", [0, 101])
async def test_a_limit_out_of_bounds_is_refused(limit: int, desk: Any) -> None:
    with pytest.raises(InvalidArguments, match=f"limit is {limit}"):
        await desk.call("search", jql="project = SHOP", limit=limit)


async def test_issues_outside_of_the_projects_are_left_out_whatever_jira_answers(open_desk: OpenDesk) -> None:
    router = respx.Router(assert_all_called=False)
    issues: list[dict[str, Any]] = [
        {"id": str(number), "key": key, "fields": {}} for number, key in enumerate(("SHOP-1", "SECRET-1"))
    ]
    router.post(path="/rest/api/3/search/jql").respond(json={"issues": issues, "isLast": True})
    desk = open_desk(router, projects=["SHOP"])
    text = await desk.call("search", jql="updated > -1d")
    assert "SHOP-1" in text
    assert "SECRET-1" not in text
    assert "1 left out: not in the projects allowed" in text


async def test_keys_are_completed_from_the_issues_changed_last(desk: Any, limited: Any) -> None:
    from hub_connector_jira.searching import matching_keys

    found = await desk.run(lambda: matching_keys(desk.connector.site, "shop-184"))
    assert sorted(found) == [f"SHOP-184{digit}" for digit in range(6)]
    assert await desk.run(lambda: matching_keys(desk.connector.site, "NOPE-1")) == []
    assert await limited.run(lambda: matching_keys(limited.connector.site, "PAY-")) == []
    assert len(await limited.run(lambda: matching_keys(limited.connector.site, ""))) > 5
