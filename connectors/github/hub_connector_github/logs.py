"""The log of a job, as much of it as was asked for, read while it streams in."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from hub.plugin import InvalidArguments, InvalidRequest, NotFound
from hub_connector_github.jobs import all_jobs, chosen, job_id, names, one_by_default
from hub_connector_github.log_lines import Line, log_lines
from hub_connector_github.log_search import Excerpt, Wanted, Words, excerpt, written
from hub_connector_github.models import Job, Step
from hub_connector_github.repository import Repository
from hub_connector_github.shapes import counted
from hub_connector_github.times import span

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

MOST_BYTES = 1024 * 1024 * 1024
"""Of one log; it is read through, never held."""
SECONDS = 110.0
_MOST_JOBS = 5
MOST_LINES = 1_000
MOST_CONTEXT = 50


async def jobs_meant(
    repository: Repository,
    run: int | None,
    attempt: int | None,
    job: str,
    job_in_address: int | None,
    *,
    search: bool,
) -> list[Job]:
    """The jobs whose logs are meant: with `search` and no job named, all that failed, or all where none did.

    Raises:
        InvalidArguments: Neither a run nor a job's id is given, or several jobs are as likely.
        ConnectorError: There is no such job or run.
    """
    wanted = job_id(job, alone=run is None) or (job_in_address if not job else None)
    if wanted is not None:
        return [Job.of(await repository.job(wanted))]
    if run is None:
        raise InvalidArguments("A job's name needs its run", hint="Pass run, or the job's id")
    found, total = await all_jobs(repository, run, attempt)
    if job:
        return chosen(found, job)
    if search and found:
        return [one for one in found if one.failed] or found
    if len(found) < total and not any(one.failed for one in found):
        raise InvalidArguments(f"Run {run} has {total:,} jobs; say which", hint="Pass job: an id, a name or a glob")
    return [one_by_default(found, run)]


async def read_logs(
    repository: Repository,
    jobs: Sequence[Job],
    *,
    step: str,
    grep: str,
    context: int,
    tail: int | None,
    limit: int,
    cursor: int | None,
) -> str:
    """The lines asked for, of one job, or of several that are searched.

    Raises:
        InvalidArguments: Several jobs without a word to search for, or no such step.
        InvalidRequest: The job has not finished, so there is no log yet.
        NotFound: The log has expired, or there never was one.
        PermissionDenied: The credential may not read it.
    """
    if not (0 <= context <= MOST_CONTEXT and 1 <= limit <= MOST_LINES and 1 <= (tail or 1) <= MOST_LINES):
        raise InvalidArguments(f"limit and tail go from 1 to {MOST_LINES}, context from 0 to {MOST_CONTEXT}")
    if cursor is not None and cursor < 1:
        raise InvalidArguments("cursor is the number of a line, from 1")
    words = Words(grep) if grep else None
    if len(jobs) > 1 and words is None:
        raise InvalidArguments(f"{len(jobs)} jobs fit; say which, or pass grep to search them", hint=names(jobs))
    if len(jobs) > 1 and cursor is not None:
        raise InvalidArguments("cursor goes on in the log of one job", hint="Pass that job's id")
    told: list[str] = []
    left = tail or limit
    searched = 0
    for job in jobs[:_MOST_JOBS]:
        searched += 1
        # The end of a log is often cleaning up: what failed is what is asked for.
        asked_for_all = bool(step or words or tail or cursor)
        numbers = steps_meant(job, step if asked_for_all or not job.failed_steps else "failed")
        wanted = Wanted(
            in_step=(lambda _: True) if numbers is None else numbers.__contains__,
            words=words,
            context=context,
            from_line=cursor or 1,
            most=max(left, 1),
            last=tail is not None or (words is None and cursor is None),
        )
        async with open_log(repository, job) as lines:
            found = await excerpt(lines, wanted)
        told += [*_heading(job, found, wanted, numbers, grep), *written(found, words), ""]
        left -= sum(hit for _, hit in found.shown)
        if left <= 0 and words:
            break
    if rest := jobs[searched:]:
        told.append(f"not searched: {names(rest)}")
    return "\n".join(told).rstrip("\n")


@asynccontextmanager
async def open_log(repository: Repository, job: Job) -> "AsyncGenerator[AsyncIterator[Line]]":
    """The lines of a job's log while they stream in; what GitHub refuses becomes an error that says why.

    Raises:
        InvalidRequest: The job has not finished.
        NotFound: The log has expired (410), or there never was one (404).
        PermissionDenied: The credential may not read it.
    """
    if job.status != "completed":
        at_hand = f"; {job.told_steps}" if job.told_steps else ""
        raise InvalidRequest(
            f"Job {job.id} ({job.name}) is {job.status}{at_hand}: GitHub gives its log once it has finished",
            hint="get_run tells when; finished jobs of the same run can be read already",
        )
    async with repository.log(job.id, max_bytes=MOST_BYTES, seconds=SECONDS) as response:
        if response.status_code == 410:
            raise NotFound(
                f"The log of job {job.id} ({job.name}) has expired: GitHub has deleted it",
                hint="Only a rerun makes a new one; get_run still tells steps and times",
            )
        if response.status_code == 404:
            raise NotFound(
                f"Job {job.id} ({job.name}, {job.state}) has no log",
                hint="It never got a runner, its logs were deleted, or the credential may not see them",
            )
        yield log_lines(response.aiter_bytes(), job.steps)


def steps_meant(job: Job, step: str) -> frozenset[int] | None:
    """Numbers of the steps meant; all if none is named, None.

    Raises:
        InvalidArguments: No step fits; the names there are stand in the hint.
    """
    if not step:
        return None
    if step.lower() == "failed" and job.failed_steps:
        return frozenset(one.number for one in job.failed_steps)
    lowered = step.lower()
    found = (
        [one for one in job.steps if str(one.number) == step]
        or [one for one in job.steps if one.name.lower() == lowered]
        or [one for one in job.steps if fnmatchcase(one.name.lower(), lowered)]
        or [one for one in job.steps if lowered in one.name.lower()]
    )
    if not found:
        listed = "; ".join(_told(one) for one in job.steps) or "GitHub tells none"
        raise InvalidArguments(f"Job {job.id} has no step {step!r}", hint=f"Its steps: {listed}")
    return frozenset(one.number for one in found)


def _heading(job: Job, found: Excerpt, wanted: Wanted, numbers: frozenset[int] | None, grep: str) -> list[str]:
    lines = [f"job {job.id} {job.name}: {job.state}; log: {counted(found.total, 'line')}"]
    if numbers is not None:
        meant = "; ".join(_told(step) for step in job.steps if step.number in numbers)
        where = f"lines {found.first}-{found.last}" if found.considered else "no lines"
        lines.append(f"step {meant}: {where}")
    elif job.failed_steps:
        lines.append(f"failed step: {'; '.join(_told(step) for step in job.failed_steps)}")
    if not found.considered and found.total:
        lines.append("steps are told apart by their times; a step within one second may have no lines of its own")
    if wanted.words is None:
        return [*lines, *_range_told(found, wanted)]
    scope = counted(found.considered, "line")
    start = f" from line {wanted.from_line}" if wanted.from_line > 1 else ""
    shown = sum(hit for _, hit in found.shown)
    which = f"; the {'last' if wanted.last else 'first'} {shown} shown" if shown < found.matching else ""
    more = f", more: cursor={found.next_line}" if found.next_line else ""
    lines.append(f"{found.matching:,} of {scope}{start} match {grep!r}{which}{more}")
    if not found.matching and wanted.words.looks_like_a_regex:
        lines.append("grep takes words, * and |; it is no regular expression")
    return lines


def _range_told(found: Excerpt, wanted: Wanted) -> list[str]:
    if not found.shown:
        past = found.total and wanted.from_line > found.total
        return [f"cursor {wanted.from_line} is past the end"] if past else []
    first, last = found.shown[0][0].number, found.shown[-1][0].number
    told = f"lines {first}-{last} shown"
    if wanted.last and first > found.first:
        told += f" (the end); earlier: cursor={max(first - wanted.most, found.first)}"
    if found.next_line:
        told += f"; more: cursor={found.next_line}"
    return [told]


def _told(step: Step) -> str:
    took = f", {span(step.seconds)}" if step.seconds is not None else ""
    return f"{step.number} {step.name} ({step.conclusion or step.status}{took})"
