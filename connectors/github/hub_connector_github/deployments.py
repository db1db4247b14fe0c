"""Deployments with their state, and what waits for a person's approval."""

import asyncio
import re
from collections.abc import Sequence

from hub.plugin import ConnectorError, Table
from hub_connector_github.models import Run
from hub_connector_github.repository import Repository
from hub_connector_github.runs import bounded, next_cursor, page_of
from hub_connector_github.shapes import Json, at, first_line, integer, mapping, objects, text

MOST_DEPLOYMENTS = 20
"""Each takes a request of its own for its state, which GitHub's list leaves out."""
_MOST_WAITING = 5
_RUN_IN_URL = re.compile(r"/actions/runs/(\d{1,19})(?:/|$)")


async def list_deployments(
    repository: Repository, *, environment: str, ref: str, limit: int, cursor: str | None
) -> str:
    """What waits for approval, and the deployments, newest first.

    Args:
        repository: Where.
        environment: Only to this one.
        ref: Only of this branch, tag or commit.
        limit: At most so many.
        cursor: Where to go on; the waiting ones stand on the first page only.
    """
    page, size = page_of(cursor, bounded(limit, MOST_DEPLOYMENTS))
    is_sha = bool(re.fullmatch(r"[0-9a-f]{40}", ref))
    filters = {"environment": environment, "sha" if is_sha else "ref": ref}
    given = {name: value for name, value in filters.items() if value}
    waiting = [] if page > 1 else await _waiting_told(repository, environment)
    found = await repository.deployments(given, page=page, per_page=size)
    states = await asyncio.gather(*(repository.deployment_status(integer(one, "id")) for one in found))
    told = ", ".join(f"{name}={value}" for name, value in given.items())
    note = f"{repository.full_name}: deployments, newest first{f', {told}' if told else ''}"
    if not found:
        return "\n".join([*waiting, note, "no deployments" + ("; environment is the exact name" if given else "")])
    table = Table(
        columns=(
            "deployment",
            "environment",
            "state",
            "sha",
            "ref",
            "created",
            "changed",
            "by",
            "run",
            "description",
        ),
        rows=[_row(one, state) for one, state in zip(found, states, strict=True)],
        note=note,
        cursor=next_cursor(page, size, more=len(found) == size),
    )
    return "\n".join([*waiting, table.render()])


async def _waiting_told(repository: Repository, environment: str) -> list[str]:
    """The runs that wait for approval. A credential that may not see them still sees deployments."""
    try:
        rows, total = await repository.runs({"status": "waiting"}, per_page=_MOST_WAITING)
        runs = [Run.of(row) for row in rows]
        pending = await asyncio.gather(*(repository.pending_deployments(run.id) for run in runs))
    except ConnectorError as error:
        return [f"waiting for approval: could not be read: {error.message}"]
    lines = [
        f"- run {run.id} ({run.workflow}, {run.branch} at {run.sha[:7]} by {run.actor}): {pending_told(one)}"
        for run, found in zip(runs, pending, strict=True)
        for one in found
        if environment in ("", text(one, "environment", "name"))
    ]
    if not lines:
        return ["waiting for approval: none" + (f" for {environment}" if environment else "")]
    more = f" (the newest {len(runs)} of {total} runs)" if total > len(runs) else ""
    return [f"waiting for approval{more}:", *lines]


def pending_told(pending: Json) -> str:
    """`production, reviewers maya, team sre; this credential can approve`."""
    reviewers = [
        ("team " if text(one, "type") == "Team" else "")
        + (text(one, "reviewer", "login") or text(one, "reviewer", "slug"))
        for one in objects(pending, "reviewers")
    ]
    parts = [text(pending, "environment", "name")]
    if reviewers:
        parts.append(f"reviewers {', '.join(reviewers)}")
    if timer := integer(pending, "wait_timer"):
        parts.append(f"wait timer {timer} min from {text(pending, 'wait_timer_started_at') or '(not begun)'}")
    able = at(pending, "current_user_can_approve") is True
    return f"{', '.join(parts)}; this credential {'can' if able else 'cannot'} approve"


def _row(deployment: Json, status: Json) -> Sequence[object]:
    link = text(status, "log_url") or text(status, "target_url")
    run = _RUN_IN_URL.search(link)
    return (
        integer(deployment, "id"),
        text(deployment, "environment"),
        text(status, "state") or "no status yet",
        text(deployment, "sha")[:7],
        text(deployment, "ref")[:40],
        text(deployment, "created_at"),
        text(status, "created_at") or text(deployment, "updated_at"),
        text(mapping(deployment, "creator"), "login"),
        run[1] if run else "",
        first_line(text(status, "description") or text(deployment, "description"), 60),
    )
