"""Looking into a zip through byte ranges: its list of members, and one member at a time, nothing put on disk."""

import io
import re
import zipfile
import zlib
from bisect import bisect_right
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

from hub.plugin import ConnectorError, ResponseTooLarge

Fetch = Callable[[int, int], Awaitable[bytes]]
"""Bytes of the archive from one position up to another, which is not included."""

MOST_DIRECTORY = 2 * 1024 * 1024
"""Bytes of the list of members; some twenty thousand of them."""
MOST_PACKED = 16 * 1024 * 1024
MOST_UNPACKED = 64 * 1024 * 1024
"""Of one member that is read, packed and unpacked."""
_END_BYTES = 22 + 65_535 + 20
"""The end record, the longest comment behind it, and the locator before it (APPNOTE.TXT 4.3.14 to 4.3.16)."""
_HIGHEST_RATIO = 1_100
"""Deflate makes nothing more than 1,032 times smaller, as zlib documents; who claims more is lying."""
_PIECE = 64 * 1024
_DRIVE = re.compile(r"[A-Za-z]:")
_LOCAL_HEADER = 30 + 2 * 65_535


class BadArchive(ConnectorError):
    """The archive is damaged, or made to do harm."""

    code = "bad_archive"


@dataclass(frozen=True, kw_only=True)
class Member:
    """One file in a zip; sizes in bytes, as the archive claims them."""

    name: str
    size: int
    packed: int

    @property
    def problem(self) -> str:
        """Why it is not touched; empty if nothing is wrong with it."""
        if ".." in self.name.replace("\\", "/").split("/") or self.name.startswith(("/", "\\")):
            return "its name leads out of the archive"
        if _DRIVE.match(self.name) or "\0" in self.name:
            return "its name leads out of the archive"
        if self.size > self.packed * _HIGHEST_RATIO + 1024:
            return f"it claims to unpack {self.packed:,} bytes into {self.size:,}: a zip bomb"
        return ""


class Archive:
    """A zip somewhere else.

    Args:
        fetch: Gets a range of its bytes.
        size: Of all of it.
    """

    def __init__(self, fetch: Fetch, size: int) -> None:
        self._fetch = fetch
        self._file = _Sparse(size)
        self._zip: zipfile.ZipFile | None = None

    async def members(self) -> list[Member]:
        """Its members, folders left out.

        Raises:
            BadArchive: It is no zip, or damaged.
            ResponseTooLarge: It has more members than are looked at.
        """
        return [
            Member(name=info.orig_filename, size=info.file_size, packed=info.compress_size)
            for info in (await self._opened()).infolist()
            if not info.is_dir()
        ]

    async def content(self, member: Member) -> Iterator[bytes]:
        """A member's content in pieces, unpacked while they are taken.

        Raises:
            BadArchive: It is a bomb, its name leads elsewhere, or it is damaged; the last may come with any piece.
            ResponseTooLarge: It is larger than what is read.
        """
        if member.problem:
            raise BadArchive(f"{member.name!r} is not read: {member.problem}")
        if member.packed > MOST_PACKED or member.size > MOST_UNPACKED:
            raise ResponseTooLarge(
                f"{member.name!r} has {member.size:,} bytes ({member.packed:,} packed); "
                f"at most {MOST_UNPACKED:,} ({MOST_PACKED:,}) are read"
            )
        opened = await self._opened()
        info = next(info for info in opened.infolist() if info.orig_filename == member.name)
        begin = info.header_offset
        await self._load(begin, min(begin + _LOCAL_HEADER + info.compress_size, self._file.size))
        return _pieces(opened, info)

    async def _opened(self) -> zipfile.ZipFile:
        if self._zip is None:
            await self._load(max(self._file.size - _END_BYTES, 0), self._file.size)
            for _ in range(3):  # the list of members and, in large archives, a second end record
                try:
                    self._zip = zipfile.ZipFile(self._file)
                except _Missing as missing:
                    if missing.end - missing.start > MOST_DIRECTORY:
                        raise ResponseTooLarge(
                            f"The artifact's list of files takes {missing.end - missing.start:,} bytes; "
                            f"at most {MOST_DIRECTORY:,} are read"
                        ) from None
                    await self._load(missing.start, missing.end)
                except (zipfile.BadZipFile, ValueError, OverflowError, NotImplementedError):
                    break
                else:
                    return self._zip
            raise BadArchive("The artifact is no zip archive, or it is damaged")
        return self._zip

    async def _load(self, start: int, end: int) -> None:
        if not self._file.holds(start, end):
            self._file.add(start, await self._fetch(start, end))


def _pieces(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    try:
        with archive.open(info) as opened:
            while piece := opened.read(_PIECE):
                yield piece
    except (zipfile.BadZipFile, zlib.error, EOFError, _Missing, ValueError):
        raise BadArchive(f"{info.orig_filename!r} is damaged, or claims another size than it has") from None
    except (NotImplementedError, RuntimeError):
        raise BadArchive(f"{info.orig_filename!r} is encrypted, or packed in a way that is not read") from None


class _Missing(Exception):
    """Bytes are wanted that have not been fetched."""

    def __init__(self, start: int, end: int) -> None:
        super().__init__(f"{start}-{end}")
        self.start = start
        self.end = end


class _Sparse(io.RawIOBase):
    """A file of which some parts are here."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size
        self._at = 0
        self._parts: list[tuple[int, bytes]] = []

    def add(self, start: int, data: bytes) -> None:
        self._parts.append((start, data))
        self._parts.sort()

    def holds(self, start: int, end: int) -> bool:
        return self._part(start, end) is not None

    def _part(self, start: int, end: int) -> tuple[int, bytes] | None:
        for begin, data in self._parts[: bisect_right(self._parts, start, key=lambda part: part[0])]:
            if begin <= start and end <= begin + len(data):
                return begin, data
        return None

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        if base + offset < 0:
            raise ValueError("before the beginning")
        self._at = base + offset
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        end = self.size if size is None or size < 0 else min(self._at + size, self.size)
        if end <= self._at:
            return b""
        part = self._part(self._at, end)
        if part is None:
            raise _Missing(self._at, end)
        begin, data = part
        piece = data[self._at - begin : end - begin]
        self._at = end
        return piece
