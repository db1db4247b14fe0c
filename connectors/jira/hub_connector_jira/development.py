"""Branches, commits, pull requests, builds and deployments that development tools report for an issue.

They come from the API that Jira's own development panel uses. Atlassian does not document it; it takes API tokens
and personal access tokens, and no OAuth.
"""

from collections.abc import Mapping
from typing import Any

from hub.plugin import AuthenticationFailed, NotFound, PermissionDenied
from hub_connector_jira.shapes import Json, mapping, rows, string
from hub_connector_jira.showing import clipped
from hub_connector_jira.site import Site
from hub_connector_jira.times import minute

_BASE = "/rest/dev-status/latest/issue"
_DETAILED = ("pullrequest", "branch", "repository")
_MOST = 10
_MESSAGE = 100
_UNAVAILABLE = "not available with this credential"


async def told(site: Site, issue_id: str) -> str:
    """The development section of an issue.

    Raises:
        ConnectorError: Jira does not answer as it should.
    """
    try:
        answer = mapping(await site.wire.get("/summary", {"issueId": issue_id}, base=_BASE))
        summary = mapping(answer.get("summary"))
        lines = [
            line for kind in _DETAILED for line in await _details(site, issue_id, kind, mapping(summary.get(kind)))
        ]
    except (AuthenticationFailed, NotFound, PermissionDenied):
        return f"## Development\n{_UNAVAILABLE}"
    lines += [
        f"{kind}: {_count(part)}{_state(part)}"
        for kind, part in ((kind, mapping(value)) for kind, value in summary.items())
        if kind not in _DETAILED and _count(part)
    ]
    return "\n".join(["## Development", *(lines or ["none"])])


async def _details(site: Site, issue_id: str, kind: str, part: Json) -> list[str]:
    if not _count(part):
        return []
    found: list[Json] = []
    for application in mapping(part.get("byInstanceType")):
        params = {"issueId": issue_id, "applicationType": application, "dataType": kind}
        found += rows(mapping(await site.wire.get("/detail", params, base=_BASE)).get("detail"))
    lines: list[str] = []
    for detail in found:
        lines += [_pull_request(one) for one in rows(detail.get("pullRequests"))] if kind == "pullrequest" else []
        lines += [_branch(one) for one in rows(detail.get("branches"))] if kind == "branch" else []
        if kind == "repository":
            lines += [
                _commit(commit, repository)
                for repository in rows(detail.get("repositories"))
                for commit in rows(repository.get("commits"))
            ]
    more = [f"and {len(lines) - _MOST} more of {kind}"] if len(lines) > _MOST else []
    return [*lines[:_MOST], *more]


def _pull_request(one: Mapping[str, Any]) -> str:
    branches = [string(mapping(one.get(end)).get("branch")) for end in ("source", "destination")]
    return (
        f"pull request {string(one.get('id'))} {string(one.get('status'))}: {string(one.get('name'))} "
        f"({' -> '.join(filter(None, branches))}, {minute(one.get('lastUpdate'))}) {string(one.get('url'))}"
    )


def _branch(one: Mapping[str, Any]) -> str:
    where = string(mapping(one.get("repository")).get("name"))
    return f"branch {string(one.get('name'))}{f' in {where}' if where else ''} {string(one.get('url'))}".rstrip()


def _commit(one: Mapping[str, Any], repository: Mapping[str, Any]) -> str:
    author = string(mapping(one.get("author")).get("name"))
    return (
        f"commit {string(one.get('displayId'))} in {string(repository.get('name'))}: "
        f"{clipped(string(one.get('message')), _MESSAGE)} ({author}, {minute(one.get('authorTimestamp'))})"
    )


def _count(part: Mapping[str, Any]) -> int:
    count = mapping(part.get("overall")).get("count")
    return count if isinstance(count, int) else 0


def _state(part: Mapping[str, Any]) -> str:
    overall = mapping(part.get("overall"))
    failed = overall.get("failedBuildCount")
    state = string(overall.get("state"))
    said = [state] if state else []
    said += [f"{failed} failed"] if isinstance(failed, int) and failed else []
    environments = rows(overall.get("topEnvironments"))
    said += [", ".join(string(one.get("title")) for one in environments)] if environments else []
    return f" ({'; '.join(said)})" if said else ""
