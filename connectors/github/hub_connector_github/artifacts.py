"""Artifacts of a run: which there are, which files one holds, and the text of a file."""

from collections.abc import AsyncIterator, Iterator, Sequence
from fnmatch import fnmatchcase

from hub.plugin import ConnectorError, InvalidArguments, NotFound, ServiceUnavailable, Table
from hub_connector_github.log_lines import Line, numbered
from hub_connector_github.log_search import Excerpt, Wanted, Words, excerpt, written
from hub_connector_github.repository import Repository
from hub_connector_github.shapes import Json, at, counted, integer, text
from hub_connector_github.zips import Archive, Member

_FIRST_BYTES = 192 * 1024
"""Asked for at once: most artifacts are smaller, and what comes tells how large the others are."""
_MOST_MEMBERS = 100
_SECONDS = 60.0
_TEXT_SAMPLE = 8 * 1024


async def list_artifacts(repository: Repository, run: int) -> Table | str:
    """The artifacts of a run."""
    rows, total = await repository.artifacts(run)
    note = f"run {run}: {counted(total, 'artifact')}"
    if not rows:
        return f"{note}; none was uploaded, or the run has not got there yet"
    return Table(
        columns=("artifact", "name", "bytes", "created", "expires"),
        rows=[
            (
                integer(row, "id"),
                text(row, "name"),
                integer(row, "size_in_bytes"),
                text(row, "created_at"),
                "expired" if at(row, "expired") is True else text(row, "expires_at"),
            )
            for row in rows
        ],
        note=f"{note}; pass artifact (id, or name with run) to see its files",
        total=total if total > len(rows) else None,
    )


async def artifact_meant(repository: Repository, run: int | None, artifact: str) -> Json:
    """The artifact an id, or a name in a run, means.

    Raises:
        InvalidArguments: A name without its run.
        NotFound: There is none.
    """
    if artifact.isdecimal() and len(artifact) < 20:
        return await repository.artifact(int(artifact))
    if run is None:
        raise InvalidArguments("An artifact's name needs its run", hint="Pass run, or the artifact's id")
    rows, _ = await repository.artifacts(run, name=artifact)
    if rows:
        return rows[0]
    others, _ = await repository.artifacts(run)
    listed = ", ".join(text(other, "name") for other in others[:20]) or "none"
    raise NotFound(f"Run {run} has no artifact {artifact!r}", hint=f"Its artifacts: {listed}")


async def read_artifact(
    repository: Repository, found: Json, *, path: str, grep: str, limit: int, cursor: int
) -> Table | str:
    """The files of an artifact, or the text of one of them.

    Args:
        repository: Where it lies.
        found: The artifact.
        path: A file's path or a glob; a glob of one file reads it.
        grep: Only lines that match.
        limit: Lines, or files, to show.
        cursor: The line or file to begin with.

    Raises:
        NotFound: The artifact has expired, or holds no such file.
        BadArchive: It is damaged or made to do harm.
    """
    archive, size = await _archive(repository, found)
    members = await archive.members()
    title = f"artifact {integer(found, 'id')} {text(found, 'name')} ({size:,} bytes packed)"
    fitting = _fitting(members, path)
    if path and not fitting:
        near = ", ".join(member.name for member in members[:10])
        raise NotFound(f"{title} holds no file {path!r}", hint=f"It holds {counted(len(members), 'file')}: {near}")
    if path and len(fitting) == 1:
        return await _file_told(archive, fitting[0], title, grep, limit, cursor)
    if grep:
        raise InvalidArguments("grep needs one file", hint=f"path fits {len(fitting)} files; name one of them")
    return _listed(fitting, len(members), title, path, cursor)


def _fitting(members: Sequence[Member], path: str) -> list[Member]:
    if not path:
        return list(members)
    return [member for member in members if member.name == path] or [
        member for member in members if fnmatchcase(member.name, path)
    ]


def _listed(members: Sequence[Member], total: int, title: str, path: str, cursor: int) -> Table:
    start = max(cursor, 1) - 1
    shown = members[start : start + _MOST_MEMBERS]
    note = f"{title}: {counted(total, 'file')}" + (f", {len(members):,} fit {path!r}" if path else "")
    bad = sum(bool(member.problem) for member in members)
    if bad:
        note += f"; {bad} are refused, see the last column"
    end = start + len(shown)
    rows = [
        (member.name, member.size, member.packed, member.problem and "refused: " + member.problem)
        for member in shown
    ]
    return Table(
        columns=("path", "bytes", "packed", "note"),
        rows=rows,
        note=note,
        total=len(members) if len(shown) < len(members) else None,
        cursor=str(end + 1) if end < len(members) else None,
    )


async def _file_told(archive: Archive, member: Member, title: str, grep: str, limit: int, cursor: int) -> str:
    pieces = await archive.content(member)
    first = next(pieces, b"")
    name = f"{member.name} in {title}: {member.size:,} bytes"
    if b"\0" in first[:_TEXT_SAMPLE]:
        return f"{name}\nno text, so it is not shown; begins with {first[:16].hex(' ')}"
    words = Words(grep) if grep else None
    wanted = Wanted(
        in_step=lambda _: True, words=words, context=1, from_line=max(cursor, 1), most=limit, last=False
    )
    found = await excerpt(_lines(first, pieces), wanted)
    return "\n".join(
        [f"{name}, {counted(found.total, 'line')}{_scope(found, grep, cursor)}", *written(found, words)]
    )


def _scope(found: Excerpt, grep: str, cursor: int) -> str:
    told = ""
    if grep:
        told = f"; {found.matching:,} match {grep!r}"
    elif found.shown and (found.next_line or cursor > 1):
        told = f"; lines {found.shown[0][0].number}-{found.shown[-1][0].number} shown"
    return f"{told}; more: cursor={found.next_line}" if found.next_line else told


async def _lines(first: bytes, pieces: Iterator[bytes]) -> AsyncIterator[Line]:
    async def chunks() -> AsyncIterator[bytes]:
        yield first
        for piece in pieces:
            yield piece

    async for number, line in numbered(chunks()):
        yield Line(number, 0, line)


async def _archive(repository: Repository, found: Json) -> tuple[Archive, int]:
    """The archive, and its size.

    Raises:
        NotFound: It has expired.
        ServiceUnavailable: The storage gives no ranges, and the archive is too large to be taken whole.
    """
    artifact = integer(found, "id")
    if at(found, "expired") is True:
        raise _expired(found)

    async def fetch(start: int, end: int) -> tuple[bytes, int]:
        """Bytes from `start`, and how many there are in all; more than asked for where there are no ranges."""
        async with repository.archive(artifact, start, end - 1, seconds=_SECONDS) as response:
            if response.status_code in (404, 410):
                raise _expired(found)
            content = b"".join([piece async for piece in response.aiter_bytes()])
            if response.status_code != 206:
                return content[start:], len(content)
            size = response.headers.get("content-range", "").rpartition("/")[2]
        if not size.isdecimal() or len(content) > end - start:
            raise ServiceUnavailable("The artifact's storage answered with another range than was asked for")
        return content, int(size)

    head, size = await fetch(0, _FIRST_BYTES)

    async def part(start: int, end: int) -> bytes:
        return head[start:end] if end <= len(head) else (await fetch(start, end))[0]

    return Archive(part, size), size


def _expired(found: Json) -> ConnectorError:
    return NotFound(
        f"Artifact {integer(found, 'id')} ({text(found, 'name')}) has expired: GitHub has deleted it",
        hint="Only a rerun makes a new one",
    )
