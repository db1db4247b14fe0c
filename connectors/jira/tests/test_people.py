from collections.abc import Callable
from typing import Any

import pytest
import respx
from hub_connector_jira.simulation.people import account_id

from hub.plugin import InvalidArguments

OpenDesk = Callable[..., Any]
MAYA = account_id("maya.lindqvist")


@pytest.mark.parametrize(
    ("who", "handle"),
    [
        ("maya.lindqvist@shop.example", "maya.lindqvist"),
        ("Maya Lindqvist", "maya.lindqvist"),
        ("maya lind", "maya.lindqvist"),
        ("@Tomás Rey", "tomas.rey"),
        ("me", "maya.lindqvist"),
        ("currentUser()", "maya.lindqvist"),
        (MAYA, "maya.lindqvist"),
        ("hana.kobayashi@shop.example", "hana.kobayashi"),
    ],
)
async def test_a_person_is_meant_by_address_name_id_or_me(who: str, handle: str, desk: Any) -> None:
    people = desk.connector.site.people
    found = await desk.run(lambda: people.find(who))
    assert people.id_of(found) == account_id(handle)
    assert people.reference(found) == {"accountId": account_id(handle)}


async def test_on_data_center_people_are_meant_by_user_name_too(center: Any) -> None:
    people = center.connector.site.people
    found = await center.run(lambda: people.find("tomas.rey"))
    assert people.reference(found) == {"name": "tomas.rey"}


@pytest.mark.parametrize(
    ("who", "message"),
    [
        ("maya", "2 people match 'maya'"),
        ("zzz", "finds nobody called 'zzz'"),
        ("erik.sandberg@shop.example", "finds nobody"),
        (account_id("zzz"), "knows no account"),
    ],
)
async def test_who_is_not_clear_is_refused(who: str, message: str, desk: Any) -> None:
    people = desk.connector.site.people
    with pytest.raises(InvalidArguments) as refused:
        await desk.run(lambda: people.find(who))
    assert message in refused.value.message


async def test_with_projects_limited_only_people_of_them_are_found(limited: Any) -> None:
    await limited.call("find_users", query="maya")
    assert limited.sent == ["GET /rest/api/3/user/assignable/multiProjectSearch"]
    assert limited.requests[0].url.params["projectKeys"] == "SHOP"


async def test_an_address_that_jira_shows_for_another_is_not_taken_for_it(open_desk: OpenDesk) -> None:
    router = respx.Router(assert_all_called=False)
    other = {"accountId": "1", "displayName": "B", "emailAddress": "bb@x.example"}
    router.get(path="/rest/api/3/user/search").respond(json=[other, {**other, "accountId": "2"}])
    desk = open_desk(router)
    with pytest.raises(InvalidArguments, match="2 people match"):
        await desk.run(lambda: desk.connector.site.people.find("b@x.example"))
