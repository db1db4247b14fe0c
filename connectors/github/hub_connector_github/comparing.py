"""What lies between two refs: commits, and which files they change."""

import re
from collections import Counter

from hub.plugin import Table
from hub_connector_github.repository import Repository
from hub_connector_github.runs import bounded, next_cursor, page_of
from hub_connector_github.shapes import Json, counted, first_line, integer, objects, text

_SHA = re.compile(r"[0-9a-fA-F]{40}")
_MOST_FILES = 25
_FILES_LISTED = 300
"""GitHub lists no more files of a comparison."""


async def compare(repository: Repository, base: str, head: str, limit: int, cursor: str | None) -> str:
    """The commits that `head` has and `base` lacks, newest last, and the files they change.

    Args:
        repository: Where.
        base: The older ref.
        head: The newer one.
        limit: Commits a page.
        cursor: Where to go on with the commits.
    """
    page, size = page_of(cursor, bounded(limit))
    found = await repository.comparison(base, head, page=page, per_page=size)
    base, head = (ref[:7] if _SHA.fullmatch(ref) else ref for ref in (base, head))
    commits = objects(found, "commits")
    total = integer(found, "total_commits")
    more = len(commits) == size and (page > 1 or total > size)
    lines = [f"{repository.full_name}: {base}...{head}"]
    if page == 1:
        lines.append(_relation(found, base, head))
    if commits:
        table = Table(
            columns=("sha", "committed", "author", "message"),
            rows=[_row(commit) for commit in commits],
            note="commits, oldest first",
            total=total or None,
            cursor=next_cursor(page, size, more=more),
        )
        lines.append(table.render())
    elif page > 1:
        lines.append("no more commits")
    if page == 1:
        lines += _files(objects(found, "files"))
    return "\n".join(lines)


def _relation(found: Json, base: str, head: str) -> str:
    ahead, behind = integer(found, "ahead_by"), integer(found, "behind_by")
    merge_base = text(found, "merge_base_commit", "sha")[:7]
    if not ahead and not behind:
        return f"identical: both are at {merge_base}"
    told = f"{head} has {counted(ahead, 'commit')} that {base} lacks"
    if behind:
        told += f", and lacks {counted(behind, 'commit')} of {base}"
    if not ahead:
        told += "; swap base and head to see them"
    return f"{told}; common ancestor {merge_base}"


def _row(commit: Json) -> tuple[str, str, str, str]:
    author = text(commit, "author", "login") or text(commit, "commit", "author", "name")
    message = first_line(text(commit, "commit", "message"), 100)
    return text(commit, "sha")[:7], text(commit, "commit", "committer", "date"), author, message


def _files(files: list[Json]) -> list[str]:
    if not files:
        return ["no files changed"]
    plus, minus = (sum(integer(file, key) for file in files) for key in ("additions", "deletions"))
    count = f"{len(files)} or more" if len(files) >= _FILES_LISTED else f"{len(files)}"
    lines = [f"files: {count}, +{plus} -{minus}"]
    largest = sorted(files, key=lambda file: -integer(file, "changes"))[:_MOST_FILES]
    for file in sorted(largest, key=lambda file: text(file, "filename")):
        status = text(file, "status")
        note = "" if status == "modified" else f" {status}"
        if status == "renamed":
            note = f" renamed from {text(file, 'previous_filename')}"
        lines.append(f"{text(file, 'filename')} +{integer(file, 'additions')} -{integer(file, 'deletions')}{note}")
    if len(files) > _MOST_FILES:
        folders = Counter(text(file, "filename").rpartition("/")[0] or "." for file in files)
        lines.append(
            f"the {_MOST_FILES} with most changes of {count}; by folder: "
            + ", ".join(f"{folder} {number}" for folder, number in folders.most_common(10))
        )
    return lines
