"""How a repository's runs do: success rate, duration, queue time, and jobs that fail and then pass unchanged."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from hub.plugin import Moment, Table
from hub_connector_github.models import Job, Run
from hub_connector_github.repository import Repository
from hub_connector_github.shapes import counted
from hub_connector_github.times import percentile, span

MOST_PAGES = 3
MOST_SAMPLED = 10
"""Runs whose jobs are looked at: those run again, which tell flaky jobs, and the newest, which tell queues."""
_NEWEST_SAMPLED = 4
_MOST_WORKFLOWS = 15
_MOST_FLAKY = 10


@dataclass
class _Flaky:
    """One job that failed and passed on the same commit."""

    times: int = 0
    runs: list[int] = field(default_factory=list[int])
    steps: Counter[str] = field(default_factory=Counter[str])


async def run_stats(repository: Repository, *, workflow: str, branch: str, since: Moment, namespace: str) -> str:
    """Figures per workflow, and the flaky jobs.

    Args:
        repository: Where.
        workflow: Only this one.
        branch: Only runs of this branch.
        since: Runs created from then on.
        namespace: Of the connector, for the calls named in the answer.
    """
    runs, total = await _runs(repository, workflow, branch, since)
    where = "".join(f", {name}={value}" for name, value in (("workflow", workflow), ("branch", branch)) if value)
    head = [f"{repository.full_name}: {counted(total, 'run')} since {since.iso}{where}"]
    if not runs:
        return "\n".join([*head, "no runs; widen since, or look at list_workflows"])
    if len(runs) < total:
        head.append(f"figures of the newest {len(runs)}, from {runs[-1].created} on")
    sampled = _sample(runs)
    jobs = await asyncio.gather(*(repository.jobs(run.id, every=True) for run in sampled))
    by_run = {run.id: [Job.of(row) for row in rows] for run, (rows, _) in zip(sampled, jobs, strict=True)}
    head.append("success: of runs that succeeded or failed; took: start to end of the last attempt")
    head.append(f"queued: waits of single jobs for a runner, of {counted(len(sampled), 'run')} looked into")
    return "\n".join([*head, _per_workflow(runs, by_run).render(), *_flaky_told(runs, by_run, namespace)])


async def _runs(repository: Repository, workflow: str, branch: str, since: Moment) -> tuple[list[Run], int]:
    filters = {"created": f">={since.iso}", **({"branch": branch} if branch else {})}
    runs: list[Run] = []
    total = 0
    for page in range(1, MOST_PAGES + 1):
        rows, total = await repository.runs(filters, workflow=workflow, page=page, per_page=100)
        runs += [Run.of(row) for row in rows]
        if not rows or len(runs) >= total:
            break
    return runs, max(total, len(runs))


def _sample(runs: Sequence[Run]) -> list[Run]:
    done = [run for run in runs if run.done and run.conclusion != "skipped"]
    again = [run for run in done if run.attempt > 1][: MOST_SAMPLED - _NEWEST_SAMPLED]
    newest = [run for run in done if run not in again][: MOST_SAMPLED - len(again)]
    return [*again, *newest]


def _per_workflow(runs: Sequence[Run], jobs: dict[int, list[Job]]) -> Table:
    grouped: dict[str, list[Run]] = defaultdict(list)
    for run in runs:
        grouped[run.file or run.workflow].append(run)
    rows: list[Sequence[object]] = []
    ordered = sorted(grouped.items(), key=lambda item: -len(item[1]))
    for name, own in ordered[:_MOST_WORKFLOWS]:
        ended = [run for run in own if run.conclusion == "success" or run.failed]
        good = sum(run.conclusion == "success" for run in ended)
        took = [run.seconds for run in ended if run.seconds is not None]
        waits = [job.queued for run in own for job in jobs.get(run.id, ()) if job.queued is not None]
        rows.append(
            (
                name,
                len(own),
                f"{good / len(ended):.0%}" if ended else "-",
                len(ended) - good,
                sum(run.conclusion == "cancelled" for run in own),
                _both(took),
                _both(waits),
                sum(run.attempt > 1 for run in own),
            )
        )
    columns = ("workflow", "runs", "success", "failed", "cancelled", "took p50/p95", "queued p50/p95", "run again")
    return Table(columns=columns, rows=rows, total=len(grouped) if len(grouped) > len(rows) else None)


def _both(values: Sequence[float]) -> str:
    return f"{span(percentile(values, 0.5))}/{span(percentile(values, 0.95))}" if values else "-"


def _flaky_told(runs: Sequence[Run], jobs: dict[int, list[Job]], namespace: str) -> Iterable[str]:
    flaky = _flaky(jobs)
    again = sum(run.attempt > 1 for run in runs)
    looked = sum(run.attempt > 1 for run in runs if run.id in jobs)
    seen = f"{looked} of {again} runs with several attempts looked into"
    yield f"flaky jobs (failed, then passed when run again; {seen}):"
    if not flaky:
        yield "none found"
    ranked = sorted(flaky.items(), key=lambda item: -item[1].times)
    for name, found in ranked[:_MOST_FLAKY]:
        step = found.steps.most_common(1)
        where = f", mostly in step {step[0][0]}" if step else ""
        yield f"- {name}: {counted(found.times, 'time')}{where}; runs {', '.join(map(str, found.runs[:5]))}"
    if both := _both_ways(runs):
        yield "runs of the same commit and workflow that ended both ways:"
        yield from both
    if flaky:
        yield f"more: {namespace}_get_logs run=… attempt=1 job=… reads what failed before it passed"


def _flaky(jobs: dict[int, list[Job]]) -> dict[str, _Flaky]:
    found: dict[str, _Flaky] = defaultdict(_Flaky)
    for run, attempts in jobs.items():
        by_name: dict[str, list[Job]] = defaultdict(list)
        for job in sorted(attempts, key=lambda job: job.attempt):
            by_name[job.name].append(job)
        for name, tries in by_name.items():
            failures = [job for job in tries if job.failed]
            if failures and any(job.conclusion == "success" and job.attempt > failures[0].attempt for job in tries):
                flaky = found[name]
                flaky.times += len(failures)
                flaky.runs.append(run)
                flaky.steps.update(step.name for job in failures for step in job.failed_steps[:1])
    return found


def _both_ways(runs: Sequence[Run]) -> list[str]:
    grouped: dict[tuple[str, str, str], list[Run]] = defaultdict(list)
    for run in runs:
        if run.failed or run.conclusion == "success":
            grouped[run.workflow_key, run.sha, run.event].append(run)
    told: list[str] = []
    for (name, sha, _), own in grouped.items():
        if len({run.failed for run in own}) == 2:
            listed = ", ".join(f"{run.id} {run.state}" for run in own[:4])
            told.append(f"- {name} at {sha[:7]}: {listed}")
    return told[:5]
