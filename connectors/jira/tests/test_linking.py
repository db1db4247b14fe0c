from collections.abc import Callable
from typing import Any

import pytest
import respx

from hub.plugin import InvalidArguments, NotFound

OpenDesk = Callable[..., Any]


async def test_issues_are_linked_in_the_direction_asked_for(desk: Any) -> None:
    assert await desk.call("link_issue", issue="SHOP-1844", relation="blocks", to="SHOP-1845") == (
        "SHOP-1844 blocks SHOP-1845 now"
    )
    assert await desk.call("link_issue", issue="SHOP-1844", relation="is blocked by", to="SHOP-1841") == (
        "SHOP-1844 is blocked by SHOP-1841 now"
    )
    text = await desk.call("get_issue", issue="SHOP-1844", include=["links"])
    assert "blocks: SHOP-1845 " in text
    assert "is blocked by: SHOP-1841 " in text


async def test_a_link_that_is_there_is_not_made_again(desk: Any) -> None:
    await desk.call("link_issue", issue="SHOP-1844", relation="Blocks", to="SHOP-1845")
    assert await desk.call("link_issue", issue="SHOP-1844", relation="blocks", to="SHOP-1845") == (
        "SHOP-1844 blocks SHOP-1845 already; nothing done"
    )
    assert await desk.call("link_issue", issue="SHOP-1844", relation="relates to", to="SHOP-1842") == (
        "SHOP-1844 relates to SHOP-1842 already; nothing done"
    )
    assert desk.sent.count("POST /rest/api/3/issueLink") == 1


async def test_a_page_is_linked_once(desk: Any) -> None:
    arguments = {"issue": "SHOP-1844", "relation": "pull request", "to": "https://git.example/pull/617"}
    first = await desk.call("link_issue", **arguments, title="PR 617")
    assert first.startswith("SHOP-1844 links to https://git.example/pull/617 (pull request; link ")
    assert await desk.call("link_issue", **arguments) == first
    text = await desk.call("get_issue", issue="SHOP-1844", include=["links"])
    assert [line.split(":")[0] for line in text.splitlines() if "git.example" in line] == ["pull request"]


@pytest.mark.parametrize(
    ("relation", "to", "message", "hint"),
    [
        ("blok", "SHOP-1845", "no relation 'blok'", "Did you mean 'blocks'?"),
        ("qqqq", "SHOP-1845", "no relation 'qqqq'", "There are: "),
        ("blocks", "the other one", "neither an issue's key nor an http address", ""),
    ],
)
async def test_what_cannot_be_linked_is_refused(relation: str, to: str, message: str, hint: str, desk: Any) -> None:
    with pytest.raises(InvalidArguments) as refused:
        await desk.call("link_issue", issue="SHOP-1844", relation=relation, to=to)
    assert message in refused.value.message
    assert hint in refused.value.hint


async def test_an_issue_out_of_reach_is_not_linked(limited: Any) -> None:
    with pytest.raises(NotFound, match="No issue PAY-37 within reach"):
        await limited.call("link_issue", issue="SHOP-1844", relation="blocks", to="PAY-37")
    text = await limited.call("get_issue", issue="SHOP-1842", include=["links"])
    assert "relates to: PAY-37 (out of reach)" in text
    assert "Refund" not in text


async def test_a_link_that_came_out_otherwise_is_told(open_desk: OpenDesk) -> None:
    router = respx.Router(assert_all_called=False)
    kind = {"id": "1", "name": "Blocks", "inward": "is blocked by", "outward": "blocks", "self": "http://x/1"}
    router.get(path="/rest/api/3/issueLinkType").respond(json={"issueLinkTypes": [kind]})
    link: dict[str, Any] = {"type": kind, "inwardIssue": {"key": "B-2", "fields": {}}}
    import httpx

    def issue(key: str, links: list[Any]) -> httpx.Response:
        return httpx.Response(200, json={"id": "1", "key": key, "fields": {"issuelinks": links}})

    router.get(path="/rest/api/3/issue/A-1").side_effect = [
        issue("A-1", []),
        issue("A-1", [link]),
        issue("A-1", []),
    ]
    router.get(path="/rest/api/3/issue/B-2").mock(return_value=issue("B-2", []))
    router.post(path="/rest/api/3/issueLink").respond(201)
    desk = open_desk(router)
    text = await desk.call("link_issue", issue="A-1", relation="blocks", to="B-2")
    assert text == "linked, but not as asked: A-1 blocks B-2; Jira shows: is blocked by: B-2"
