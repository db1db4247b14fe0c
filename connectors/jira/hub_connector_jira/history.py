"""What happened to an issue: comments, changes and logged work, the newest first."""

from collections.abc import Mapping
from typing import Any

from hub_connector_jira.shapes import Json, mapping, rows, string
from hub_connector_jira.showing import clipped, indented, person, shown
from hub_connector_jira.site import Site
from hub_connector_jira.times import lasting, minute

_CHANGED_TEXT = 120
"""Characters of an old or new value in the changelog."""
_MOST_WORKLOGS = 1000
# Changes of these say nothing that another does not.
_NO_NEWS = frozenset({"Rank", "WorklogId", "timespent", "RemoteIssueLink"})


async def comments(site: Site, key: str, limit: int, skip: int = 0) -> str:
    """Comments of an issue.

    Raises:
        ConnectorError: Jira does not answer as it should.
    """
    params = {"orderBy": "-created", "startAt": str(skip), "maxResults": str(limit)}
    page = mapping(await site.wire.get("/issue/{key}/comment", params, key=key))
    found = rows(page.get("comments"))
    total = page.get("total")
    parts = [_title("Comments", len(found), total if isinstance(total, int) else len(found), skip)]
    return "\n".join([*parts, *(comment_lines(site, one) for one in found)])


def comment_lines(site: Site, comment: Mapping[str, Any]) -> str:
    """One comment: id, when, who, whom it is shown to, and what it says."""
    seen = mapping(comment.get("visibility"))
    limited = f", shown to {string(seen.get('type'))} {string(seen.get('value'))}" if seen else ""
    internal = ", internal" if comment.get("jsdPublic") is False else ""
    head = f"[{string(comment.get('id'))}] {minute(comment.get('created'))} {person(comment.get('author'))}"
    return f"{head}{limited}{internal}:\n{indented(site.plain(comment.get('body')))}"


async def changelog(site: Site, key: str, expanded: Mapping[str, Any], limit: int, skip: int = 0) -> str:
    """Changes of an issue.

    Args:
        site: The Jira.
        key: Of the issue.
        expanded: What came with the issue: on Cloud the newest hundred, on Data Center all.
        limit: The most there may be.
        skip: How many of the newest to leave out.

    Raises:
        ConnectorError: Jira does not answer as it should.
    """
    found, total = rows(expanded.get("histories")), expanded.get("total")
    total = total if isinstance(total, int) else len(found)
    if len(found) < min(total, skip + limit):
        # https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/: the oldest come first
        start = max(total - skip - limit, 0)
        params = {"startAt": str(start), "maxResults": str(total - skip - start)}
        page = mapping(await site.wire.get("/issue/{key}/changelog", params, key=key))
        shown_now = _newest_first(rows(page.get("values")))
    else:
        shown_now = _newest_first(found)[skip : skip + limit]
    lines = [line for one in shown_now for line in _changes(one)]
    return "\n".join([_title("Changelog", len(shown_now), total, skip), *lines])


def _changes(history: Mapping[str, Any]) -> list[str]:
    head = f"{minute(history.get('created'))} {person(history.get('author'))}:"
    changes = [
        f"{string(item.get('field'))}: {_end(item, 'from')} -> {_end(item, 'to')}"
        for item in rows(history.get("items"))
        if item.get("field") not in _NO_NEWS
    ]
    return [f"{head} {'; '.join(changes)}"] if changes else []


def _end(item: Mapping[str, Any], side: str) -> str:
    return clipped(string(item.get(f"{side}String")), _CHANGED_TEXT) or "none"


async def worklogs(site: Site, key: str, limit: int, skip: int = 0) -> str:
    """Work logged on an issue.

    Raises:
        ConnectorError: Jira does not answer as it should.
    """
    page = mapping(await site.wire.get("/issue/{key}/worklog", {"maxResults": str(_MOST_WORKLOGS)}, key=key))
    found = _newest_first(rows(page.get("worklogs")), by="started")
    total = page.get("total")
    total = total if isinstance(total, int) else len(found)
    lines = [
        f"[{string(one.get('id'))}] {minute(one.get('started'))} {person(one.get('author'))} "
        f"{lasting(one.get('timeSpentSeconds'))}{_remark(site.plain(one.get('comment')))}"
        for one in found[skip : skip + limit]
    ]
    seconds = sum(one.get("timeSpentSeconds") or 0 for one in found)
    title = _title("Worklogs", len(lines), total, skip)
    return "\n".join([f"{title}, {lasting(seconds)} in all" if total else title, *lines])


def _remark(text: str) -> str:
    return f": {' '.join(text.split())}" if text.strip() else ""


def _newest_first(entries: list[Json], by: str = "created") -> list[Json]:
    def moment(entry: Json) -> tuple[str, int]:
        # Equal minutes keep the order of their ids.
        return minute(entry.get(by)), int(string(entry.get("id")) or 0)

    return sorted(entries, key=moment, reverse=True)


def _title(name: str, count: int, total: int, skip: int) -> str:
    if not total:
        return f"## {name}\nnone"
    which = f" (all {total}, newest first)" if count == total else f" ({count} of {total}, newest first"
    if count == total:
        return f"## {name}{which}"
    after = f", after skip={skip}" if skip else ""
    older = f"; older: skip={skip + count}" if skip + count < total else ""
    return f"## {name}{which}{after}{older})"


def changed(before: Any, after: Any) -> str:
    """A change of a value in a line."""
    return f"{clipped(shown(before), _CHANGED_TEXT) or 'none'} -> {clipped(shown(after), _CHANGED_TEXT) or 'none'}"
