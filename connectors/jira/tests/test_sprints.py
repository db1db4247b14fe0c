from collections.abc import Callable
from typing import Any

import httpx
import pytest
import respx
from hub_connector_jira.sprints import sprint_id

from hub.plugin import InvalidArguments, NotFound


async def test_the_active_sprint_of_a_project(desk: Any) -> None:
    text = await desk.call("list_sprints", project="SHOP")
    assert text.splitlines() == [
        "boards without sprints (Kanban): Incidents",
        "id\tname\tstate\tstart\tend\tgoal\tboard",
        (
            "113\tCheckout Sprint 47\tactive\t2027-01-09\t2027-01-23\t"
            "Orders are priced with the tax rules of the customer's region\t12 Checkout"
        ),
    ]


async def test_active_and_future_sprints_come_before_closed_ones_the_latest_first(desk: Any) -> None:
    table = await desk.result("list_sprints", board=12, state="all")
    states = [row[2] for row in table.rows]
    assert states == sorted(states, key=["active", "future", "closed"].index)
    closed = [int(row[0]) for row in table.rows if row[2] == "closed"]
    assert closed == sorted(closed, reverse=True)


async def test_without_sprints_the_boards_are_told(desk: Any) -> None:
    text = await desk.call("list_sprints", board=14)
    assert text == "no active sprints; boards: Incidents\nboards without sprints (Kanban): Incidents"
    assert (await desk.call("list_sprints", board=14, state="all")).startswith("no sprints; boards: Incidents")


async def test_neither_project_nor_board_is_refused_but_for_limited_projects(desk: Any, limited: Any) -> None:
    with pytest.raises(InvalidArguments, match="Which sprints"):
        await desk.call("list_sprints")
    assert "Checkout Sprint 47" in await limited.call("list_sprints")


async def test_boards_of_other_projects_are_out_of_reach(limited: Any) -> None:
    with pytest.raises(NotFound, match="No board 21 within reach"):
        await limited.call("list_sprints", board=21)
    with pytest.raises(InvalidArguments, match="not among those allowed"):
        await limited.call("list_sprints", project="PAY")


@pytest.mark.parametrize(
    ("wanted", "id_"), [("active", 113), ("checkout sprint 48", 114), (115, 115), ("115", 115)]
)
async def test_a_sprint_is_named_by_name_id_or_active(wanted: Any, id_: int, desk: Any) -> None:
    await desk.call("update_issue", issue="SHOP-1845", fields={"Sprint": wanted})
    assert desk.body("PUT", "/issue/SHOP-1845") == {"fields": {"customfield_10020": id_}}


async def test_a_sprint_that_is_not_there_is_refused(desk: Any) -> None:
    with pytest.raises(InvalidArguments, match="no open sprint 'Checkout Sprint 99'") as refused:
        await desk.call("update_issue", issue="SHOP-1845", fields={"Sprint": "Checkout Sprint 99"})
    assert "Checkout Sprint 4" in refused.value.hint


async def test_boards_are_completed(desk: Any, limited: Any) -> None:
    from hub_connector_jira.sprints import matching_boards

    assert sorted(await desk.run(lambda: matching_boards(desk.connector.site, "1"))) == ["12", "14"]
    assert "21" in await desk.run(lambda: matching_boards(desk.connector.site, ""))
    assert sorted(await limited.run(lambda: matching_boards(limited.connector.site, ""))) == ["12", "14"]


async def test_the_active_sprint_as_a_resource_has_its_issues(desk: Any, limited: Any) -> None:
    text = await desk.call("active_sprint", id="12")
    assert text.startswith("sprint 113: Checkout Sprint 47, 2027-01-09")
    assert "goal: Orders are priced" in text
    assert "SHOP-1842" in text
    assert "limited to SHOP" in await limited.call("active_sprint", id="12")
    assert await desk.call("active_sprint", id="14") == "board 14 Incidents has no sprints"


async def test_boards_beyond_the_first_are_said_to_be_left_out(open_desk: Callable[..., Any]) -> None:
    router = respx.Router(assert_all_called=False)
    boards = [{"id": number, "name": f"B{number}", "location": {"projectKey": "SHOP"}} for number in range(20)]
    router.get(path="/rest/agile/1.0/board").respond(json={"values": boards})
    pages = [
        {"values": [{"id": 5, "name": "S", "state": "active"}], "isLast": False},
        {"values": [{"id": 6, "name": "S", "state": "active"}], "isLast": True},
    ]

    def page(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=pages[int(request.url.params["startAt"])])

    router.get(path="/rest/agile/1.0/board/0/sprint").mock(side_effect=page)
    router.get(path__regex="/sprint$").respond(json={"values": []})
    desk = open_desk(router)
    table = await desk.result("list_sprints", project="SHOP")
    assert table.note == "only 20 boards were looked at; pass board for another one"
    assert [row[0] for row in table.rows] == ["5", "6"]
    with pytest.raises(InvalidArguments, match="2 open sprints match 'S'") as refused:
        await desk.run(lambda: sprint_id(desk.connector.site, "S", "SHOP"))
    assert refused.value.hint == "Pass an id: 5 (S), 6 (S)"


async def test_a_server_that_never_ends_its_list_is_not_asked_for_ever(open_desk: Callable[..., Any]) -> None:
    router = respx.Router(assert_all_called=False)
    router.get(path="/rest/agile/1.0/board/1").respond(json={"id": 1, "name": "B"})
    endless = {"values": [{"id": 5, "name": "S", "state": "active"}], "isLast": False}
    router.get(path="/rest/agile/1.0/board/1/sprint").respond(json=endless)
    desk = open_desk(router)
    assert len((await desk.result("list_sprints", board=1)).rows) == 1
    assert len(desk.requests) == 21
