from collections.abc import Callable
from typing import Any

import pytest
import respx

from hub.plugin import InvalidArguments, NotFound, ResponseTooLarge

OpenDesk = Callable[..., Any]


async def test_a_text_is_read_by_name_or_id(desk: Any, center: Any) -> None:
    by_name = await desk.call("read_attachment", issue="SHOP-1842", attachment="Failed-Orders.csv")
    assert by_name.startswith("failed-orders.csv (text/csv, 194 B) of SHOP-1842, 5 lines\n\ncustomer,tier,")
    listed = await desk.call("get_issue", issue="SHOP-1842", include=["attachments"])
    id_ = listed.partition("] failed-orders.csv")[0].rpartition("[")[2]
    assert await desk.call("read_attachment", issue="SHOP-1842", attachment=id_) == by_name
    assert await center.call("read_attachment", issue="SHOP-1842", attachment=id_) == by_name
    assert center.sent[-1] == f"GET /secure/attachment/{id_}/failed-orders.csv"


async def test_a_picture_is_given_as_one(desk: Any, picture_of: Callable[[Any], Any]) -> None:
    result = await desk.result("read_attachment", issue="SHOP-1842", attachment="error-rate.png")
    picture = picture_of(result)
    assert picture.mime_type == "image/png"
    assert picture.data.startswith(b"\x89PNG")
    assert await desk.call("read_attachment", issue="SHOP-1842", attachment="error-rate.png") == (
        "error-rate.png (image/png, 1010 B) of SHOP-1842"
    )


async def test_an_attachment_that_is_not_there_is_refused_with_those_that_are(desk: Any) -> None:
    with pytest.raises(NotFound) as missing:
        await desk.call("read_attachment", issue="SHOP-1842", attachment="error.log")
    assert "checkout-errors.log" in missing.value.hint
    with pytest.raises(NotFound) as nothing:
        await desk.call("read_attachment", issue="SHOP-1845", attachment="error.log")
    assert nothing.value.hint == "It has no attachments"


def attached(**changes: Any) -> dict[str, Any]:
    one = {
        "id": "7",
        "filename": "a.bin",
        "mimeType": "application/octet-stream",
        "size": 5,
        "content": "http://c/7",
    }
    return {"id": "1", "key": "SHOP-1", "fields": {"attachment": [one | changes]}}


@pytest.mark.parametrize(
    ("kind", "content", "text"),
    [
        ("application/octet-stream", b"a\0b", None),
        ("application/octet-stream", b"plain", "plain"),
        ("application/zip", b"PK", None),
        ("text/plain; charset=x", b"caf\xe9", "café"),
        ("application/json", b"\xff", None),
        ("text/plain", b"\xff\xfeh\0i\0", "hi"),
        ("text/plain", b"\xef\xbb\xbfhi", "hi"),
    ],
)
async def test_texts_are_read_whatever_they_are_called(
    kind: str, content: bytes, text: str | None, open_desk: OpenDesk
) -> None:
    router = respx.Router(assert_all_called=False)
    router.get(path="/rest/api/3/issue/SHOP-1").respond(json=attached(mimeType=kind))
    router.get(path="/rest/api/3/attachment/content/7").respond(content=content)
    told = await open_desk(router).call("read_attachment", issue="SHOP-1", attachment="7")
    if text is None:
        assert told.endswith("is neither text nor a picture; people open it at http://c/7")
    else:
        assert told.endswith(f"1 lines\n\n{text}")


async def test_a_picture_that_is_too_large_is_not_fetched(open_desk: OpenDesk) -> None:
    router = respx.Router(assert_all_called=False)
    issue = attached(mimeType="image/png", size=5 * 1024 * 1024)
    router.get(path="/rest/api/3/issue/SHOP-1").respond(json=issue)
    told = await open_desk(router).call("read_attachment", issue="SHOP-1", attachment="7")
    assert told == "a.bin (image/png, 5 MiB) of SHOP-1 is too large to be shown (at most 2 MiB)"


async def test_a_file_larger_than_it_says_is_refused(open_desk: OpenDesk) -> None:
    router = respx.Router(assert_all_called=False)
    router.get(path="/rest/api/3/issue/SHOP-1").respond(json=attached(mimeType="image/png"))
    router.get(path="/rest/api/3/attachment/content/7").respond(content=b"x" * (3 * 1024 * 1024))
    with pytest.raises(ResponseTooLarge):
        await open_desk(router).call("read_attachment", issue="SHOP-1", attachment="7")


async def test_two_of_one_name_are_told_apart_by_id(open_desk: OpenDesk) -> None:
    router = respx.Router(assert_all_called=False)
    issue = attached()
    issue["fields"]["attachment"] *= 2
    router.get(path="/rest/api/3/issue/SHOP-1").respond(json=issue)
    with pytest.raises(InvalidArguments, match=r"2 attachments called 'a\.bin'"):
        await open_desk(router).call("read_attachment", issue="SHOP-1", attachment="a.bin")


async def test_a_redirect_to_the_media_servers_is_followed_without_the_credential(open_desk: OpenDesk) -> None:
    router = respx.Router(assert_all_called=False)
    router.get(path="/rest/api/3/issue/SHOP-1").respond(json=attached(mimeType="text/plain"))
    signed = "https://api.media.atlassian.com/file/x/binary?token=t"
    router.get(path="/rest/api/3/attachment/content/7").respond(303, headers={"location": signed})
    media = router.get("https://api.media.atlassian.com/file/x/binary").respond(content=b"hi")
    desk = open_desk(router)
    told = await desk.call("read_attachment", issue="SHOP-1", attachment="7")
    assert told.endswith("\n\nhi")
    assert "authorization" not in media.calls.last.request.headers
    assert desk.requests[1].headers["accept"] == "*/*"


async def test_a_redirect_to_anywhere_else_is_not(open_desk: OpenDesk) -> None:
    from hub.plugin import ServiceUnavailable

    router = respx.Router(assert_all_called=False)
    router.get(path="/rest/api/3/issue/SHOP-1").respond(json=attached(mimeType="text/plain"))
    router.get(path="/rest/api/3/attachment/content/7").respond(303, headers={"location": "https://evil.example/x"})
    with pytest.raises(ServiceUnavailable, match=r"redirect to evil\.example"):
        await open_desk(router).call("read_attachment", issue="SHOP-1", attachment="7")
