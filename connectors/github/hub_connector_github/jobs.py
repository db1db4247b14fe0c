"""Finding jobs of a run: by id, by name or by glob, or the one that failed."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from hub.plugin import InvalidArguments, NotFound
from hub_connector_github.models import Job
from hub_connector_github.repository import Repository
from hub_connector_github.shapes import counted

MOST_PAGES = 20
"""Pages of 100 jobs looked through at most; a matrix makes at most 256 jobs, reusable workflows make more."""
_LISTED = 12
_ID_FROM = 1_000_000


def job_id(job: str, *, alone: bool) -> int | None:
    """The id a caller means, if it is one: on github.com they have more digits than any name in a matrix.

    Args:
        job: An id, a name or a glob.
        alone: Whether no run is named, so that it cannot be a name.
    """
    return int(job) if job.isdecimal() and len(job) < 20 and (alone or int(job) >= _ID_FROM) else None


async def all_jobs(
    repository: Repository, run: int, attempt: int | None = None, pages: int = MOST_PAGES
) -> tuple[list[Job], int]:
    """Jobs of a run's last attempt or an earlier one, and how many there are in all."""
    found: list[Job] = []
    total = 0
    for page in range(1, pages + 1):
        rows, total = await repository.jobs(run, attempt=attempt, page=page)
        found += [Job.of(row) for row in rows]
        if not rows or len(found) >= total:
            break
    return found, max(total, len(found))


def chosen(jobs: Sequence[Job], wanted: str) -> list[Job]:
    """The jobs a name or glob means, failed ones first: the exact name, else the glob, else those that hold it.

    An Enterprise Server's ids are small, so a number that is no name is taken for one.

    Raises:
        NotFound: None does; the names there are stand in the hint.
    """
    lowered = wanted.lower()
    found = (
        [job for job in jobs if job.name.lower() == lowered]
        or [job for job in jobs if str(job.id) == wanted]
        or [job for job in jobs if fnmatchcase(job.name.lower(), _literal_brackets(lowered))]
        or [job for job in jobs if lowered in job.name.lower()]
    )
    if not found:
        raise NotFound(f"No job is called {wanted!r}", hint=f"Its jobs: {names(jobs)}")
    return sorted(found, key=lambda job: not job.failed)


def one_by_default(jobs: Sequence[Job], run: int) -> Job:
    """The job meant where none was named: the only one, or the only one that failed.

    Raises:
        InvalidArguments: There are several, and none stands out.
    """
    failed = [job for job in jobs if job.failed]
    candidates = failed or list(jobs)
    if len(candidates) == 1:
        return candidates[0]
    if not candidates:
        raise NotFound(f"Run {run} has no jobs yet", hint="get_run tells its state")
    what = "failed jobs" if failed else "jobs"
    raise InvalidArguments(
        f"Run {run} has {len(candidates)} {what}; say which", hint=f"Pass job: {names(candidates)}"
    )


def names(jobs: Sequence[Job]) -> str:
    """Jobs in a line: names with ids, failed ones first."""
    ordered = sorted(jobs, key=lambda job: not job.failed)
    shown = "; ".join(f"{job.name} ({job.id}, {job.state})" for job in ordered[:_LISTED])
    more = len(ordered) - _LISTED
    return f"{shown}; and {counted(more, 'more job')}" if more > 0 else shown or "none"


def _literal_brackets(pattern: str) -> str:
    """`[` as itself: job names hold brackets, and nobody means a character class."""
    return pattern.replace("[", "[[]")
