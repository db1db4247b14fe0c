"""Listing runs, and one run with its jobs."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Literal

from hub.plugin import InvalidArguments, Moment, Table
from hub_connector_github.jobs import all_jobs
from hub_connector_github.models import Job, Run
from hub_connector_github.references import Ref, RunReference
from hub_connector_github.repository import Repository
from hub_connector_github.shapes import counted, first_line
from hub_connector_github.times import between, span

Status = Literal[
    "failure",
    "success",
    "cancelled",
    "timed_out",
    "startup_failure",
    "action_required",
    "in_progress",
    "queued",
    "waiting",
]
# GitHub takes no filter for it, though runs end so when their workflow file is wrong.
_NOT_ASKED_FOR = "startup_failure"
_COLUMNS = ("run", "workflow", "state", "event", "branch", "sha", "by", "created", "took", "title")
MOST_ROWS = 100
_SHOWN_JOBS = 30
_MOST_PAGES_OF_JOBS = 10
_FINDABLE = 1_000
"""GitHub finds no more runs by a filter, whatever their number."""


def bounded(limit: int, most: int = MOST_ROWS) -> int:
    """The limit itself.

    Raises:
        InvalidArguments: It is out of bounds.
    """
    if not 1 <= limit <= most:
        raise InvalidArguments(f"limit is {limit}; it must be from 1 to {most}")
    return limit


def page_of(cursor: str | None, limit: int) -> tuple[int, int]:
    """The page a cursor stands for, and its size.

    The size travels in the cursor, since a page number means nothing with another.

    Raises:
        InvalidArguments: It is no cursor of this tool.
    """
    if not cursor:
        return 1, limit
    page, _, size = cursor.partition("x")
    if not (page.isdecimal() and size.isdecimal() and 0 < int(page) < 10_000 and 0 < int(size) <= MOST_ROWS):
        raise InvalidArguments(f"{cursor!r} is no cursor; pass the one an answer ended with")
    return int(page), int(size)


def next_cursor(page: int, size: int, *, more: bool) -> str | None:
    """The cursor of the page after this one."""
    return f"{page + 1}x{size}" if more else None


async def list_runs(
    repository: Repository,
    *,
    workflow: str,
    sha: Ref | None,
    filters: dict[str, str],
    since: Moment | None,
    limit: int,
    cursor: str | None,
) -> Table | str:
    """Runs, newest first.

    Args:
        repository: Where.
        workflow: Only this one's.
        sha: Only of this commit; may be shortened.
        filters: As the API takes them.
        since: Created after this.
        limit: At most so many.
        cursor: Where to go on.
    """
    page, size = page_of(cursor, bounded(limit))
    given = {name: value for name, value in filters.items() if value}
    if sha is not None:
        given["head_sha"] = sha.name.lower() if sha.is_sha else await repository.commit_sha(str(sha))
    startup = given.get("status") == _NOT_ASKED_FOR
    if startup:
        given["status"] = "completed"
    if since is not None:
        given["created"] = f">={since.iso}"
    rows, total = await repository.runs(given, workflow=workflow, page=page, per_page=size)
    runs = [Run.of(row) for row in rows]
    told = ", ".join(f"{name}={value}" for name, value in {"workflow": workflow, **given}.items() if value)
    note = f"{repository.full_name}: {counted(total, 'run')}{f' with {told}' if told else ''}"
    if total > _FINDABLE and given:
        note += f"; GitHub lists the newest {_FINDABLE:,} only, since narrows"
    more = page * size < min(total, _FINDABLE if given else total)
    if startup:
        runs = [run for run in runs if run.conclusion == _NOT_ASKED_FOR]
        note += f"; of the {len(rows)} looked at, {len(runs)} ended with startup_failure"
    if not runs:
        return f"{note}\nno runs{_why_none(given, workflow)}" if not startup else note
    return Table(
        columns=_COLUMNS,
        rows=[_row(run) for run in runs],
        note=note,
        total=None if startup else total,
        cursor=next_cursor(page, size, more=more),
    )


def _why_none(given: dict[str, str], workflow: str) -> str:
    if not given and not workflow:
        return ": no workflow has run yet, or runs are no longer kept (list_workflows shows the workflows)"
    return (
        "; branch is the exact name, event as GitHub calls it (push, pull_request, workflow_dispatch, schedule, …)"
    )


def _row(run: Run) -> Sequence[object]:
    attempt = f" (attempt {run.attempt})" if run.attempt > 1 else ""
    return (
        run.id,
        run.file or run.workflow,
        f"{run.state}{attempt}",
        run.event,
        run.branch,
        run.sha[:7],
        run.actor,
        run.created,
        span(run.seconds),
        first_line(run.title, 60),
    )


async def get_run(repository: Repository, reference: RunReference, attempt: int | None, jobs: str) -> str:
    """One run and its jobs: failed ones first, a large number summed up.

    Args:
        repository: Where.
        reference: Which run.
        attempt: Which attempt; the last one if left out.
        jobs: Only jobs whose name fits this word or glob.
    """
    wanted = attempt or reference.attempt
    run = Run.of(await repository.run(reference.id, wanted))
    found, total = await all_jobs(repository, run.id, wanted, _MOST_PAGES_OF_JOBS)
    took = f", took {span(run.seconds)}" if run.seconds is not None else ""
    queued = between(run.created, run.started) if run.attempt == 1 else None
    lines = [
        f"run {run.id}: {run.workflow} #{run.number} ({run.file})",
        f"state: {run.state}, attempt {run.attempt}{' (earlier ones: pass attempt)' if run.attempt > 1 else ''}",
        f"trigger: {run.event} on {run.branch} at {run.sha} by {run.actor}",
        f"time: created {run.created}, started {run.started}{took}{f', held {span(queued)}' if queued else ''}",
    ]
    lines += [f"title: {first_line(run.title, 160)}"] if run.title else []
    lines += [f"pull request: {', '.join(f'#{n}' for n in run.pull_requests)}"] if run.pull_requests else []
    lines.append(f"url: {run.url}")
    if run.status == "waiting":
        lines.append("waiting for a person: list_deployments names the reviewers, review_deployment answers")
    return "\n".join([*lines, *_jobs_told(found, total, jobs)])


def _jobs_told(found: Sequence[Job], total: int, wanted: str) -> list[str]:
    if not found:
        return ["no jobs: the workflow file could not be used, or none has begun"]
    states: dict[str, int] = {}
    for job in found:
        states[job.state] = states.get(job.state, 0) + 1
    counts = ", ".join(f"{count} {state}" for state, count in sorted(states.items(), key=lambda item: -item[1]))
    seen = f" (of the first {len(found):,})" if len(found) < total else ""
    lines = [f"jobs: {total:,}: {counts}{seen}"]
    fitting = list(found)
    if wanted:
        lowered = wanted.lower()
        pattern = lowered.replace("[", "[[]")
        fitting = [job for job in found if fnmatchcase(job.name.lower(), pattern) or lowered in job.name.lower()]
        lines[0] += f"; {len(fitting)} fit {wanted!r}"
    order = {"failure": 0, "timed_out": 0, "cancelled": 1, "in_progress": 2, "queued": 3, "waiting": 3}
    fitting.sort(key=lambda job: order.get(job.state, 4))
    shown = fitting[:_SHOWN_JOBS]
    if shown:
        table = Table(
            columns=("job", "name", "state", "started", "queued", "took", "failed or current step"),
            rows=[
                (job.id, job.name, job.state, job.started, span(job.queued), span(job.seconds), job.told_steps)
                for job in shown
            ],
        )
        lines.append(table.render())
    if len(shown) < len(fitting):
        lines.append(
            f"{len(shown)} of {len(fitting):,} jobs shown, failed ones first; narrow with jobs (name or glob)"
        )
    return lines
