import hashlib
import io
import struct
import zipfile
from collections.abc import Mapping

import pytest
from hub_connector_github.zips import MOST_DIRECTORY, Archive, BadArchive, Member

from hub.plugin import ResponseTooLarge


def incompressible(size: int) -> bytes:
    return b"".join(hashlib.sha256(number.to_bytes(4)).digest() for number in range(size // 32))


def packed(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def opened(content: bytes) -> tuple[Archive, list[tuple[int, int]]]:
    asked: list[tuple[int, int]] = []

    async def fetch(start: int, end: int) -> bytes:
        asked.append((start, end))
        return content[start:end]

    return Archive(fetch, len(content)), asked


async def text_of(content: bytes, name: str) -> bytes:
    archive, _ = opened(content)
    member = next(member for member in await archive.members() if member.name == name)
    return b"".join(await archive.content(member))


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
async def test_members_are_listed_and_read(method: int) -> None:
    content = packed({"a/": b"", "a/b.txt": b"hello", "c.txt": b"x" * 100_000}, method)
    archive, _ = opened(content)
    assert [(member.name, member.size) for member in await archive.members()] == [
        ("a/b.txt", 5),
        ("c.txt", 100_000),
    ]
    assert await text_of(content, "a/b.txt") == b"hello"
    assert await text_of(content, "c.txt") == b"x" * 100_000


async def test_of_a_large_archive_only_its_end_and_the_member_are_fetched() -> None:
    noise = incompressible(3_000_000)
    archive, asked = opened(packed({"small.txt": b"hello", "big.bin": noise}))
    members = await archive.members()
    assert b"".join(await archive.content(members[0])) == b"hello"
    assert sum(end - start for start, end in asked) < 300_000


async def test_a_directory_that_is_longer_than_the_end_is_fetched_too() -> None:
    archive, asked = opened(packed({f"{number:0100}": b"" for number in range(2_000)}))
    assert len(await archive.members()) == 2_000
    assert len(asked) == 2


async def test_a_directory_beyond_measure_is_refused() -> None:
    archive, _ = opened(packed({f"{number:0400}": b"" for number in range(MOST_DIRECTORY // 440 + 1)}))
    with pytest.raises(ResponseTooLarge, match="list of files"):
        await archive.members()


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x05\x06" + b"\0" * 17, b"PK\x05\x06" + b"\xff" * 18])
async def test_what_is_no_zip_is_said_to_be_none(content: bytes) -> None:
    archive, _ = opened(content)
    with pytest.raises(BadArchive, match="no zip archive"):
        await archive.members()


@pytest.mark.parametrize("name", ["../etc/passwd", "a/../../b", "/etc/passwd", "..\\x", "\\\\host\\x", "C:\\x"])
async def test_a_name_that_leads_out_is_refused(name: str) -> None:
    archive, _ = opened(packed({name: b"x"}))
    (member,) = await archive.members()
    assert member.problem
    with pytest.raises(BadArchive, match="leads out of the archive"):
        await archive.content(member)


async def test_a_bomb_by_its_own_claim_is_refused() -> None:
    archive, _ = opened(packed({"a": b"x"}))
    with pytest.raises(BadArchive, match="zip bomb"):
        await archive.content(Member(name="a", size=10_000_000, packed=100))


async def test_a_member_that_is_too_large_is_refused() -> None:
    archive, _ = opened(packed({"a": b"x"}))
    with pytest.raises(ResponseTooLarge, match="at most"):
        await archive.content(Member(name="a", size=100_000_000, packed=90_000_000))


def lying(content: bytes, size: int) -> bytes:
    """The archive with another unpacked size of its only member."""
    at = content.find(b"PK\x01\x02")
    return content[: at + 24] + struct.pack("<L", size) + content[at + 28 :]


async def test_a_member_with_more_than_it_claims_is_cut_off_and_called_damaged() -> None:
    content = lying(packed({"a": b"x" * 1_000_000}), 1_000)
    with pytest.raises(BadArchive, match="damaged"):
        await text_of(content, "a")


async def test_a_damaged_member_is_called_so() -> None:
    content = bytearray(packed({"a": b"hello hello hello"}, zipfile.ZIP_STORED))
    content[content.find(b"hello")] ^= 1
    with pytest.raises(BadArchive, match="damaged"):
        await text_of(bytes(content), "a")


async def test_an_encrypted_member_is_called_so() -> None:
    content = bytearray(packed({"a": b"hello"}))
    content[6] |= 1
    content[content.find(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(BadArchive, match="encrypted"):
        await text_of(bytes(content), "a")
