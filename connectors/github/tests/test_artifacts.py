import hashlib
import io
import re
import zipfile
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
import respx
from hub_connector_github.simulation.history import red_run_id

from hub.plugin import InvalidArguments, NotFound, ServiceUnavailable
from hub.sandbox.story import Story

Call = Callable[..., Awaitable[str]]
REPOSITORY = "/repos/octo/shop"
ARTIFACT = {"id": 5, "name": "reports", "size_in_bytes": 9, "expired": False, "url": "x"}


def incompressible(size: int) -> bytes:
    return b"".join(hashlib.sha256(number.to_bytes(4)).digest() for number in range(size // 32))


def packed(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def offer(router: respx.Router, content: bytes, *, ranges: bool = True, **more: Any) -> respx.Route:
    router.get(path=f"{REPOSITORY}/actions/artifacts/5").respond(json={**ARTIFACT, **more})
    router.get(path=f"{REPOSITORY}/actions/artifacts/5/zip").respond(
        302, headers={"location": "https://x.blob.core.windows.net/5?sig=a"}
    )

    def answer(request: httpx.Request) -> httpx.Response:
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", request.headers["range"])
        assert asked is not None
        if not ranges:
            return httpx.Response(200, content=content)
        first, last = int(asked[1]), min(int(asked[2]), len(content) - 1)
        headers = {"content-range": f"bytes {first}-{last}/{len(content)}"}
        return httpx.Response(206, content=content[first : last + 1], headers=headers)

    return router.get("https://x.blob.core.windows.net/5").mock(side_effect=answer)


async def test_the_storys_artifacts_are_listed_opened_and_read(simulated: Call, story: Story) -> None:
    listed = await simulated("read_artifact", run=str(red_run_id(story)))
    name = re.search(r"^\d+\t(\S+)", listed, re.MULTILINE)
    assert name is not None
    run = str(red_run_id(story))
    assert "junit.xml" in await simulated("read_artifact", run=run, artifact=name[1])
    told = await simulated("read_artifact", run=run, artifact=name[1], path="junit.xml", grep="tax_region", limit=3)
    assert "tax_region" in told


@pytest.mark.parametrize("ranges", [True, False])
async def test_a_file_is_read_in_parts(ranges: bool, call: Call, router: respx.Router) -> None:
    offer(router, packed({"a.txt": b"one\ntwo\nthree\n", "b/c.bin": b"\0\1"}), ranges=ranges)
    assert "a.txt\t14" in await call("read_artifact", artifact="5")
    told = await call("read_artifact", artifact="5", path="a.txt", limit=2)
    assert told.splitlines()[1:] == ["1: one", "2: two"]
    assert "lines 1-2 shown; more: cursor=3" in told
    assert "3: three" in await call("read_artifact", artifact="5", path="*.txt", cursor=3)
    assert "no text, so it is not shown; begins with 00 01" in await call(
        "read_artifact", artifact="5", path="b/c.bin"
    )


async def test_of_a_large_artifact_only_parts_are_fetched(call: Call, router: respx.Router) -> None:
    content = packed({"small.txt": b"hello", "big.bin": incompressible(2_000_000)})
    storage = offer(router, content)
    assert "1: hello" in await call("read_artifact", artifact="5", path="small.txt")
    assert storage.call_count == 2


async def test_storage_that_answers_with_another_range_is_not_believed(call: Call, router: respx.Router) -> None:
    offer(router, b"")
    router.get("https://x.blob.core.windows.net/5").respond(206, content=b"x" * 10)
    with pytest.raises(ServiceUnavailable, match="another range"):
        await call("read_artifact", artifact="5")


@pytest.mark.parametrize("status", [None, 404, 410])
async def test_an_expired_artifact_is_said_to_have_expired(
    status: int | None, call: Call, router: respx.Router
) -> None:
    offer(router, b"", expired=status is None)
    if status:
        router.get(path=f"{REPOSITORY}/actions/artifacts/5/zip").respond(status)
    with pytest.raises(NotFound, match=r"reports\) has expired"):
        await call("read_artifact", artifact="5")


async def test_members_that_would_do_harm_are_listed_as_refused(call: Call, router: respx.Router) -> None:
    offer(router, packed({"../evil": b"x", "fine": b"x", "also": b"x"}))
    told = await call("read_artifact", artifact="5")
    assert "3 files; 1 are refused" in told
    assert "refused: its name leads out of the archive" in told


async def test_long_lists_go_on_with_a_cursor(call: Call, router: respx.Router) -> None:
    offer(router, packed({f"{number:03}": b"" for number in range(150)}))
    assert 'cursor="101"' in await call("read_artifact", artifact="5")
    second = await call("read_artifact", artifact="5", cursor=101)
    assert "\n149" in second
    assert "cursor" not in second


async def test_what_does_not_fit_is_answered_with_what_there_is(call: Call, router: respx.Router) -> None:
    offer(router, packed({"a.txt": b"x", "b.txt": b"x"}))
    with pytest.raises(NotFound, match=r"no file 'c\.txt'.*2 files: a\.txt, b\.txt"):
        await call("read_artifact", artifact="5", path="c.txt")
    assert "2 fit '*.txt'" in await call("read_artifact", artifact="5", path="*.txt")
    with pytest.raises(InvalidArguments, match="path fits 2 files"):
        await call("read_artifact", artifact="5", path="*.txt", grep="x")
    assert "1 match 'x'" in await call("read_artifact", artifact="5", path="a.txt", grep="x")


async def test_artifacts_by_name_and_none(call: Call, router: respx.Router) -> None:
    path = f"{REPOSITORY}/actions/runs/9/artifacts"
    router.get(path=path, params={"name": "x"}).respond(json={"total_count": 0, "artifacts": []})
    route = router.get(path=path).respond(json={"total_count": 1, "artifacts": [{**ARTIFACT, "expired": True}]})
    assert "5\treports\t9\t\texpired" in await call("read_artifact", run="9")
    with pytest.raises(NotFound, match=r"no artifact 'x'.*reports"):
        await call("read_artifact", run="9", artifact="x")
    route.respond(json={"total_count": 0, "artifacts": []})
    assert "none was uploaded" in await call("read_artifact", run="9")
    with pytest.raises(InvalidArguments, match="needs its run"):
        await call("read_artifact", artifact="x")
    with pytest.raises(InvalidArguments, match="Nothing to read"):
        await call("read_artifact")


async def test_an_artifact_can_be_read_as_a_resource(call: Call, router: respx.Router) -> None:
    offer(router, packed({"a.txt": b"x"}))
    assert "a.txt" in await call("artifact", kind="resource", owner="octo", repo="shop", id="5")
