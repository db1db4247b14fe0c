from collections.abc import Callable
from typing import Any

import pytest
import respx

from hub.plugin import InvalidArguments

OpenDesk = Callable[..., Any]


async def test_a_comment_is_written_in_markdown_with_mentions(desk: Any) -> None:
    text = await desk.call("comment", issue="SHOP-1844", text="**done** @tomas.rey@shop.example @[Nobody At All]")
    first, second = text.splitlines()
    assert first.startswith("comment ")
    assert first.endswith(" added to SHOP-1844")
    assert second == "@Nobody At All mentions nobody Jira knows"
    inline = desk.body("POST", "/comment")["body"]["content"][0]["content"]
    assert [part["type"] for part in inline] == ["text", "text", "mention", "text"]
    assert inline[-1]["text"] == " @[Nobody At All]"


async def test_a_comment_is_limited_to_a_role(open_desk: OpenDesk) -> None:
    router = respx.Router(assert_all_called=False)
    router.post(path="/rest/api/3/issue/SHOP-1/comment").respond(201, json={"id": "7"})
    desk = open_desk(router)
    text = await desk.call("comment", issue="SHOP-1", text="x", role="Administrators")
    assert text == "comment 7 added to SHOP-1, shown to role Administrators"
    assert desk.body("POST", "/comment")["visibility"] == {"type": "role", "value": "Administrators"}


async def test_a_comment_can_be_written_anew(desk: Any) -> None:
    added = await desk.call("comment", issue="SHOP-1844", text="frist")
    id_ = added.split()[1]
    text = await desk.call("comment", issue="SHOP-1844", text="**first**", comment_id=id_)
    assert text == f"comment {id_} of SHOP-1844 by Maya Lindqvist now reads:\n**first**"


async def test_an_empty_comment_is_refused(desk: Any) -> None:
    with pytest.raises(InvalidArguments, match="The comment is empty"):
        await desk.call("comment", issue="SHOP-1844", text=" \n")


async def test_work_is_logged(desk: Any) -> None:
    text = await desk.call(
        "log_work", issue="SHOP-1844", time="1h 30m", started="2027-01-14T15:00:00Z", comment="rolled back @[Zz Zz]"
    )
    first, second = text.splitlines()
    assert first.startswith("logged 1h 30m on SHOP-1844, started 2027-01-14 15:00 UTC (worklog ")
    assert second == "@Zz Zz mentions nobody Jira knows"
    body = desk.body("POST", "/worklog")
    assert (body["timeSpent"], body["started"]) == ("1h 30m", "2027-01-14T15:00:00.000+0000")
    assert "spent 1h 30m" in await desk.call("get_issue", issue="SHOP-1844", fields=["Time tracking"])


@pytest.mark.parametrize(
    ("time", "sent"), [("45m", "45m"), ("1h30m", "1h 30m"), (" 2d  4h ", "2d 4h"), ("1.5h", "1.5h")]
)
async def test_time_spent_is_written_as_people_write_it(time: str, sent: str, desk: Any) -> None:
    await desk.call("log_work", issue="SHOP-1844", time=time)
    assert desk.body("POST", "/worklog")["timeSpent"] == sent


@pytest.mark.parametrize("time", ["", "soon", "90", "1h and 2m", "1y"])
async def test_time_that_is_none_is_refused(time: str, desk: Any) -> None:
    with pytest.raises(InvalidArguments, match="is no time spent"):
        await desk.call("log_work", issue="SHOP-1844", time=time)
    assert desk.requests == []
