"""Why something is red, in one answer: failed jobs and steps, their error lines, annotations, commits since green.

At most eight requests, however much there is: what they do not reach is named with the call that does.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from hub.plugin import ConnectorError, NotFound
from hub_connector_github.explanation import Explanation
from hub_connector_github.log_errors import Findings, find_errors
from hub_connector_github.logs import open_log
from hub_connector_github.models import Job, Run
from hub_connector_github.references import Target
from hub_connector_github.repository import Repository
from hub_connector_github.shapes import integer, objects, text

MOST_REQUESTS = 8
_COMMITS = 100
_LOG = 2
"""Requests a log takes: GitHub's answer, and the address it leads to."""


@dataclass
class _Budget:
    """Requests that are left."""

    left: int = MOST_REQUESTS

    def take(self, count: int = 1) -> bool:
        """Whether so many may be made; they are counted then."""
        if count > self.left:
            return False
        self.left -= count
        return True


@dataclass(kw_only=True)
class _Found:
    """The run to explain, and what was learned on the way to it."""

    run: Run | None
    others: Sequence[Run] = ()
    looked_at: Sequence[Run] = ()
    about: str = ""
    base: str = ""
    budget: _Budget = field(default_factory=_Budget)


async def explain(repository: Repository, target: Target | None, workflow: str, namespace: str) -> str:
    """Explain the run meant.

    Args:
        repository: Where it ran.
        target: A run, a pull request, a branch or a commit; the newest failed run if left out.
        workflow: Only runs of this workflow; empty for any.
        namespace: Of the connector, for the calls named in the answer.

    Raises:
        NotFound: There is no such run, pull request or commit.
    """
    found = await _run_meant(repository, target, workflow)
    if found.run is None:
        return _nothing_failed(found)
    run = found.run
    explanation = Explanation(run=run, others=found.others, about=found.about, namespace=namespace)
    if run.conclusion == "success":
        return explanation.written()
    jobs = await _jobs(repository, run, found.budget)
    explanation.jobs, explanation.total_jobs = jobs
    failed = explanation.failed_jobs
    budget = found.budget
    budget.left -= 2  # the last green run, and the commits since
    reads = [_log(repository, failed[0], explanation)] if failed and budget.take(_LOG) else []
    noted = [job for job in _telling(failed) if job.check_run and budget.take()]
    if failed and not noted:
        explanation.remarks.append(f"annotations were not read, to stay within {MOST_REQUESTS} requests")
    await asyncio.gather(
        *reads,
        *(_annotations(repository, job, explanation) for job in noted),
        _since_green(repository, run, found.base, explanation),
    )
    return explanation.written()


async def _run_meant(repository: Repository, target: Target | None, workflow: str) -> _Found:
    budget = _Budget()
    if target is not None and target.run is not None:
        budget.take()
        run = Run.of(await repository.run(target.run.id, target.run.attempt))
        return _Found(run=run, budget=budget)
    budget.take()
    if target is None:
        rows, _ = await repository.runs({"status": "failure"}, workflow=workflow, per_page=1)
        runs = [Run.of(row) for row in rows]
        about = "the newest failed run" + (f" of {workflow}" if workflow else "")
        return _Found(run=runs[0] if runs else None, about=about, budget=budget)
    base = about = ""
    if target.pull_request is not None:
        pull = await repository.pull_request(target.pull_request)
        budget.take()
        base = text(pull, "base", "ref")
        about = f"PR #{target.pull_request} {text(pull, 'title')}"
        filters = {"head_sha": text(pull, "head", "sha")}
    elif target.ref is not None and target.ref.is_sha:
        filters, about = {"head_sha": target.ref.name.lower()}, f"commit {target.ref.name[:7]}"
    else:
        filters, about = {"branch": str(target.ref)}, f"branch {target.ref}"
    runs = [Run.of(row) for row in (await repository.runs(filters, workflow=workflow)).rows]
    if not runs and target.ref is not None and target.ref.may_be_short_sha:
        budget.take(2)
        sha = await repository.commit_sha(target.ref.name)
        about = f"commit {sha[:7]}"
        runs = [Run.of(row) for row in (await repository.runs({"head_sha": sha}, workflow=workflow)).rows]
    newest = _newest_of_each(runs)
    red = [run for run in newest if run.failed]
    return _Found(
        run=red[0] if red else None, others=red[1:], looked_at=newest, about=about, base=base, budget=budget
    )


def _newest_of_each(runs: Sequence[Run]) -> list[Run]:
    """The newest run of each workflow and event; an older one says nothing of now."""
    seen: dict[tuple[int, str], Run] = {}
    for run in runs:
        seen.setdefault((run.workflow_id, run.event), run)
    return list(seen.values())


def _nothing_failed(found: _Found) -> str:
    if not found.looked_at:
        return f"{found.about}: no workflow run" + (" failed" if "failed" in found.about else " found")
    lines = [f"{found.about}: no failed workflow run; the newest of each workflow:"]
    lines += [f"{run.id} {run.workflow}: {run.state}, {run.event}, {run.created}" for run in found.looked_at[:10]]
    lines.append("Checks by other services than GitHub Actions are not seen here")
    return "\n".join(lines)


async def _jobs(repository: Repository, run: Run, budget: _Budget) -> tuple[list[Job], int]:
    """The run's jobs: the first hundred, and the next as long as none of them failed."""
    jobs: list[Job] = []
    total = 0
    reserve = 5
    for page in range(1, 4):
        if page > 1 and budget.left <= reserve:
            break
        budget.take()
        rows, total = await repository.jobs(run.id, attempt=run.attempt, page=page)
        jobs += [Job.of(row) for row in rows]
        if len(jobs) >= total or any(job.failed for job in jobs):
            break
    return jobs, total


def _telling(failed: Sequence[Job]) -> list[Job]:
    """The first job to fail, then those that failed elsewhere: the same step in a matrix says the same again."""
    if not failed:
        return []
    first = {step.name for step in failed[0].failed_steps}
    return [failed[0], *sorted(failed[1:], key=lambda job: {step.name for step in job.failed_steps} <= first)]


async def _log(repository: Repository, job: Job, explanation: Explanation) -> None:
    steps = frozenset(step.number for step in job.failed_steps)
    try:
        async with open_log(repository, job) as lines:
            findings: Findings = await find_errors(lines, lambda step: not steps or step in steps)
    except ConnectorError as error:
        explanation.unread = error.message
    else:
        explanation.findings = findings


async def _annotations(repository: Repository, job: Job, explanation: Explanation) -> None:
    try:
        found = await repository.annotations(job.check_run)
    except ConnectorError as error:
        explanation.remarks.append(f"annotations of job {job.id} could not be read: {error.message}")
    else:
        explanation.annotations += [{**note, "job": job.name} for note in found]


async def _since_green(repository: Repository, run: Run, base: str, explanation: Explanation) -> None:
    """The last green run before this one on its branch, and the commits since; else those since its base branch."""
    earlier = {"status": "success", "created": f"<{run.created}"}
    filters = {"branch": run.branch, **earlier}
    try:
        rows, _ = await repository.runs(filters, workflow=run.workflow_key, per_page=1)
        since = ""
        if rows:
            explanation.green = Run.of(rows[0])
            since = explanation.green.sha
        else:
            explanation.base = since = base or next((one for one in run.bases if one), "")
            if not since:  # GitHub forgets the pull request of a run once it is closed
                pushed, _ = await repository.runs(
                    {"event": "push", **earlier}, workflow=run.workflow_key, per_page=1
                )
                explanation.green = Run.of(pushed[0]) if pushed else None
        if since and since != run.sha:
            comparison = await repository.comparison(since, run.sha, per_page=_COMMITS)
            explanation.since = since
            explanation.commits = objects(comparison, "commits")
            explanation.total_commits = max(integer(comparison, "total_commits"), len(explanation.commits))
    except NotFound:
        explanation.unknown_changes = "the commits since then are gone (force-pushed or deleted)"
    except ConnectorError as error:
        explanation.unknown_changes = f"what changed could not be read: {error.message}"
