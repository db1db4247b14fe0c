from collections.abc import Callable
from typing import Any

import pytest
import respx

from hub.plugin import InvalidArguments

OpenDesk = Callable[..., Any]


async def test_an_issue_is_moved_by_the_name_of_transition_or_status(desk: Any) -> None:
    assert (
        await desk.call("transition_issue", issue="SHOP-1842", to="mitigate")
        == "SHOP-1842: Investigating -> Mitigated"
    )
    assert (
        await desk.call("transition_issue", issue="SHOP-1844", to="in review")
        == "SHOP-1844: In Progress -> In Review"
    )


async def test_resolution_fields_and_comment_go_along(desk: Any) -> None:
    text = await desk.call(
        "transition_issue",
        issue="SHOP-1842",
        to="Resolve",
        resolution="fixed",
        fields={"root cause": "no **region**"},
        comment="Rolled back, @[Tomás Rey]",
    )
    first, second = text.splitlines()
    assert first == "SHOP-1842: Investigating -> Resolved, resolution Fixed"
    assert second.startswith("comment ")
    assert second.endswith(" added to SHOP-1842")
    shown = await desk.call("get_issue", issue="SHOP-1842", fields=["Root cause"], include=["comments"], limit=1)
    assert "Root cause: no **region**" in shown
    assert "Rolled back, @[Tomás Rey]" in shown


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        ({"to": "Resolved"}, "Required on transition 'Resolve': Resolution (Done, Fixed", "Pass them in fields"),
        (
            {"to": "Mitigatd"},
            "SHOP-1842 (Investigating) has no transition 'Mitigatd' now",
            "Did you mean 'Mitigated'?",
        ),
        (
            {"to": "Zzz"},
            "no transition 'Zzz' now",
            "There are: Mitigate (to Mitigated); Resolve (to Resolved); requires",
        ),
        ({"to": "investigating"}, "is in status 'Investigating' already", "From there: Mitigate"),
        ({"to": "Mitigate", "resolution": "Fixed"}, "no field 'resolution' on transition 'Mitigate'", ""),
    ],
)
async def test_a_transition_that_is_not_open_is_refused_with_those_that_are(
    arguments: dict[str, Any], message: str, hint: str, desk: Any
) -> None:
    with pytest.raises(InvalidArguments) as refused:
        await desk.call("transition_issue", issue="SHOP-1842", **arguments)
    assert message in refused.value.message
    assert hint in refused.value.hint
    assert not any(request.method == "POST" for request in desk.requests)


def mocked(fields: dict[str, Any], transitions: int = 1) -> respx.Router:
    router = respx.Router(assert_all_called=False)
    found = [
        {"id": str(number), "name": f"Go {number}", "to": {"name": "Done"}, "fields": fields}
        for number in range(transitions)
    ]
    issue = {"id": "1", "key": "SHOP-1", "fields": {"status": {"name": "Open"}}}
    router.get(path="/rest/api/3/issue/SHOP-1").respond(json=issue)
    router.get(path="/rest/api/3/issue/SHOP-1/transitions").respond(json={"transitions": found})
    router.post(path="/rest/api/3/issue/SHOP-1/transitions").respond(204)
    router.get(path="/rest/api/3/user/search").respond(json=[])
    return router


COMMENT = {"comment": {"name": "Comment", "schema": {"type": "comments-page", "system": "comment"}}}
LEVEL = {"customfield_1": {"name": "Level", "schema": {"type": "number", "custom": "x:float"}}}


async def test_a_comment_goes_with_the_transition_where_its_screen_has_one(open_desk: OpenDesk) -> None:
    desk = open_desk(mocked(COMMENT))
    text = await desk.call("transition_issue", issue="SHOP-1", to="Done", comment="x @[Who]")
    assert text.splitlines()[1:] == ["comment added", "@Who in the comment mentions nobody Jira knows"]
    body = desk.body("POST", "/transitions")
    assert body["update"]["comment"][0]["add"]["body"]["type"] == "doc"
    assert body["transition"] == {"id": "0"}


async def test_a_comment_that_fails_after_the_move_is_told_as_such(open_desk: OpenDesk) -> None:
    router = mocked({})
    router.post(path="/rest/api/3/issue/SHOP-1/comment").respond(403, json={"errorMessages": ["no"]})
    text = await open_desk(router).call("transition_issue", issue="SHOP-1", to="Go 0", comment="x")
    assert text.splitlines() == [
        "SHOP-1: Open -> Open",
        "the comment was not added: Jira does not permit this (403): no",
    ]


async def test_two_transitions_to_one_status_are_told_apart_by_name(open_desk: OpenDesk) -> None:
    with pytest.raises(InvalidArguments, match="2 transitions of SHOP-1 lead to 'Done'") as refused:
        await open_desk(mocked({}, 2)).call("transition_issue", issue="SHOP-1", to="Done")
    assert "Go 0 (to Done); Go 1 (to Done)" in refused.value.hint


async def test_what_the_transition_did_not_take_is_told(open_desk: OpenDesk) -> None:
    text = await open_desk(mocked(LEVEL)).call("transition_issue", issue="SHOP-1", to="Done", fields={"Level": 3})
    assert text.splitlines()[1:] == ["not as sent:", "Level: sent 3, Jira has nothing"]


async def test_no_transition_at_all_is_said_so(open_desk: OpenDesk) -> None:
    with pytest.raises(InvalidArguments) as refused:
        await open_desk(mocked({}, 0)).call("transition_issue", issue="SHOP-1", to="Done")
    assert refused.value.hint == "There are: none"


async def test_a_move_that_cannot_be_read_back_is_still_done(open_desk: OpenDesk) -> None:
    router = mocked({})
    issue = {"id": "1", "key": "SHOP-1", "fields": {"status": {"name": "Open"}}}
    route = router.get(path="/rest/api/3/issue/SHOP-1")
    import httpx

    route.side_effect = [httpx.Response(200, json=issue), httpx.Response(403)]
    text = await open_desk(router).call("transition_issue", issue="SHOP-1", to="Done")
    assert text.startswith("moved SHOP-1; reading it back failed: Jira does not permit this (403)")
