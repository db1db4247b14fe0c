"""Search: JQL confined to the projects allowed, and answers of one line an issue."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from hub.plugin import InvalidArguments, InvalidRequest, Table
from hub_connector_jira.fields import Field
from hub_connector_jira.near import did_you_mean
from hub_connector_jira.recent import MOST as MOST_RECONCILED
from hub_connector_jira.shapes import mapping, rows, string
from hub_connector_jira.showing import clipped, shown
from hub_connector_jira.site import Site

DEFAULT_FIELDS = ("issuetype", "status", "priority", "assignee", "updated", "summary")
_HEADINGS = {"issuetype": "type", "updated": "updated (UTC)", "created": "created (UTC)"}
_COMPLETED = 100
_CELL = 300
"""Characters of a value in a table."""
_CURSOR = re.compile(r"(?P<ids>[0-9,]*)~(?P<token>[\x21-\x7e]{1,4000})")
_UNKNOWN_FIELD = re.compile(r"Field '(?P<name>[^']+)' does not exist")
_UNKNOWN_VALUE = re.compile(r"The (?:value|option) '[^']+' .*does not exist for (?:the )?field '(?P<name>[^']+)'")


async def search(site: Site, jql: str, fields: Sequence[str] | None, limit: int, cursor: str | None) -> Table | str:
    """Issues that match, one a row.

    Args:
        site: The Jira.
        jql: The caller's query.
        fields: Display names or ids of the columns; the usual ones if None.
        limit: Rows at most.
        cursor: Of the page before.

    Raises:
        InvalidArguments: The query or a field's name cannot be used.
        InvalidRequest: Jira does not take the query.
        ConnectorError: Jira does not answer as it should.
    """
    confined = site.scope.confine(jql)
    columns = await _columns(site, fields)
    page = await _asked(site, confined, columns, limit, cursor)
    found = [issue for issue in page.issues if site.scope.allows(string(issue.get("key")))]
    if not found:
        return "\n".join(filter(None, ["no issues match", f"asked: {confined}", page.hidden(len(found))]))
    headings = ["key", *(name for name, _ in columns)]
    cells = [[string(issue.get("key")), *_row(issue, columns, site)] for issue in found]
    return Table(
        columns=headings, rows=cells, note=page.hidden(len(found)), total=page.total, cursor=page.next or None
    )


async def count(site: Site, jql: str) -> str:
    """How many issues match.

    Raises:
        InvalidArguments: The query cannot be used.
        InvalidRequest: Jira does not take the query.
        ConnectorError: Jira does not answer as it should.
    """
    confined = site.scope.confine(jql, ordered=False)
    if site.cloud:
        answer = mapping(await _explained(site, "/search/approximate-count", {"jql": confined}))
        # https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-search/: an estimate
        return f"about {answer.get('count', 0)} issues match (Jira's estimate{_limits(site)})"
    answer = mapping(await _explained(site, "/search", {"jql": confined, "maxResults": 0}))
    limits = _limits(site).removeprefix("; ")
    return f"{answer.get('total', 0)} issues match{f' ({limits})' if limits else ''}"


def _limits(site: Site) -> str:
    return f"; {site.scope.told}" if site.scope.told else ""


class _Page:
    """One page of results.

    Attributes:
        next: Cursor of the next one; empty if this is the last.
    """

    def __init__(self, issues: list[dict[str, Any]], following: str, total: int | None) -> None:
        self.issues = issues
        self.next = following
        self.total = total

    def hidden(self, shown_of_them: int) -> str:
        """What is said of issues that came back and are out of reach."""
        missing = len(self.issues) - shown_of_them
        return f"{missing} left out: not in the projects allowed" if missing else ""


async def _asked(site: Site, jql: str, columns: Sequence[tuple[str, str]], limit: int, cursor: str | None) -> _Page:
    body: dict[str, Any] = {"jql": jql, "fields": [id_ for _, id_ in columns] or ["summary"], "maxResults": limit}
    if not site.cloud:
        start = _start(cursor)
        answer = mapping(await _explained(site, "/search", {**body, "startAt": start}))
        issues, total = rows(answer.get("issues")), answer.get("total")
        total = total if isinstance(total, int) else start + len(issues)
        following = str(start + len(issues)) if issues and start + len(issues) < total else ""
        return _Page(issues, following, total if following or cursor is None else None)
    # The same ids for every page of a search, as the endpoint asks.
    ids, token = _read_cursor(cursor) if cursor else (site.recent.ids(), "")
    body |= {"nextPageToken": token} if token else {}
    body |= {"reconcileIssues": ids} if ids else {}
    answer = mapping(await _explained(site, "/search/jql", body))
    token = "" if answer.get("isLast") is True else string(answer.get("nextPageToken"))
    following = f"{','.join(map(str, ids))}~{token}" if token else ""
    return _Page(rows(answer.get("issues")), following, None)


def _start(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 10):
        raise InvalidArguments(
            "This cursor is none of this search's", hint="Pass the cursor as the last page gave it"
        )
    return int(cursor)


def _read_cursor(cursor: str) -> tuple[list[int], str]:
    match = _CURSOR.fullmatch(cursor)
    ids = [int(id_[:18]) for id_ in match["ids"].split(",") if id_] if match else []
    if match is None or len(ids) > MOST_RECONCILED:
        raise InvalidArguments(
            "This cursor is none of this search's", hint="Pass the cursor as the last page gave it"
        )
    return ids, match["token"]


async def _columns(site: Site, fields: Sequence[str] | None) -> list[tuple[str, str]]:
    """Heading and id of each column besides the key."""
    if fields is None:
        return [(_HEADINGS.get(id_, id_), id_) for id_ in DEFAULT_FIELDS]
    known = await site.fields()
    chosen: dict[str, Field] = {}
    for name in fields:
        field = known.find(name)
        chosen[field.id] = field
    return [
        (f"{known.name_of(id_)}{' (UTC)' if field.type == 'datetime' else ''}", id_)
        for id_, field in chosen.items()
        if id_ not in ("issuekey", "key")
    ]


def _row(issue: Mapping[str, Any], columns: Sequence[tuple[str, str]], site: Site) -> list[str]:
    values = mapping(issue.get("fields"))
    return [clipped(shown(values.get(id_), site.scope.allows), _CELL) for _, id_ in columns]


async def _explained(site: Site, path: str, body: Mapping[str, Any]) -> Any:
    """The answer; a refusal of the query comes with the names that may have been meant."""
    try:
        return await site.wire.ask(path, body)
    except InvalidRequest as error:
        hint = error.hint
        if match := _UNKNOWN_FIELD.search(error.message):
            names = [field.name for field in (await site.fields()).all if field.clauses]
            hint = did_you_mean(match["name"], names, otherwise="find_fields lists them")
        elif _UNKNOWN_VALUE.search(error.message):
            hint = "find_projects with its key tells a project's types, statuses, components and versions"
        raise InvalidRequest(error.message, hint=hint) from None


async def matching_keys(site: Site, prefix: str) -> list[str]:
    """Keys of issues that begin with a text, the ones changed last first, for completion.

    Raises:
        ConnectorError: Jira does not answer as it should.
    """
    project, dash, _ = prefix.upper().partition("-")
    where = f'project = "{project}"' if dash and project.isidentifier() else "updated >= -30d"
    try:
        confined = site.scope.confine(f"{where} ORDER BY updated DESC")
        page = await _asked(site, confined, [("summary", "summary")], _COMPLETED, None)
    except (InvalidArguments, InvalidRequest):
        return []
    keys = [string(issue.get("key")) for issue in page.issues]
    return [key for key in keys if key.startswith(prefix.upper()) and site.scope.allows(key)]
