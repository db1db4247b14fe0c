"""What changes something: starting, repeating and ending runs, and answering those that wait for approval."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from hub.plugin import InvalidArguments, InvalidRequest
from hub_connector_github.deployments import pending_told
from hub_connector_github.models import Run
from hub_connector_github.repository import Repository
from hub_connector_github.shapes import Json, at, integer, text
from hub_connector_github.times import utc

if TYPE_CHECKING:
    import httpx

Decision = Literal["approve", "reject"]
Sleep = Callable[[float], Awaitable[None]]
_MOST_INPUTS = 25
_TRIES = 6
_BETWEEN = 1.5
_SKEW = 5.0
"""Seconds the clock that stamps runs may be behind the one that stamps answers."""


async def run_workflow(
    repository: Repository,
    workflow: str,
    ref: str,
    inputs: Mapping[str, Any],
    namespace: str,
    sleep: Sleep = asyncio.sleep,
) -> str:
    """Start a workflow and tell the id of its run.

    GitHub answers with it since 2026-02-19 if asked to. Servers that refuse to be asked (400 or 422 naming the key)
    have done nothing, so they are asked plainly; on them, as on those that ignore it, the run is looked for.

    Raises:
        InvalidRequest: The workflow cannot be started so.
    """
    if len(inputs) > _MOST_INPUTS:
        raise InvalidArguments(f"A workflow takes at most {_MOST_INPUTS} inputs")
    body: dict[str, Any] = {"ref": ref, **({"inputs": dict(inputs)} if inputs else {})}
    answer = await repository.dispatch(workflow, {**body, "return_run_details": True}, allow=(400, 422))
    if answer.status_code >= 400:
        if "return_run_details" not in answer.text:
            raise InvalidRequest(
                f"GitHub did not start {workflow} on {ref}: {_refusal(answer)}",
                hint=f"{namespace}_list_workflows shows which start on workflow_dispatch, and their inputs",
            )
        answer = await repository.dispatch(workflow, body, allow=())
    details = repository.api.json(answer)
    if run := integer(details, "workflow_run_id"):
        return f"started {workflow} on {ref}: run {run}\n{text(details, 'html_url')}\n{_watch(namespace, run)}"
    return await _look_for_it(repository, workflow, ref, _date_of(answer), namespace, sleep)


async def _look_for_it(
    repository: Repository, workflow: str, ref: str, since: float, namespace: str, sleep: Sleep
) -> str:
    """The run that a dispatch without details has started; it takes GitHub a moment to make it."""
    filters = {"event": "workflow_dispatch", "created": f">={utc(since - _SKEW)}"}
    runs: list[Run] = []
    for _ in range(_TRIES):
        await sleep(_BETWEEN)
        rows, _ = await repository.runs(filters, workflow=workflow, per_page=10)
        runs = [run for run in map(Run.of, rows) if ref in (run.branch, run.sha)]
        if runs:
            break
    if not runs:
        return (
            f"started {workflow} on {ref}; its run has not shown up yet\n"
            f"next: {namespace}_list_runs workflow={workflow} event=workflow_dispatch"
        )
    if len(runs) == 1:
        return f"started {workflow} on {ref}: run {runs[0].id}\n{runs[0].url}\n{_watch(namespace, runs[0].id)}"
    listed = ", ".join(f"{run.id} by {run.actor} at {run.created}" for run in runs)
    return f"started {workflow} on {ref}; it is one of these, started at the same time: {listed}"


async def rerun(
    repository: Repository, run: int | None, job: int | None, namespace: str, *, every: bool, debug: bool
) -> str:
    """Repeat one job, the failed jobs of a run, or all of them.

    Raises:
        InvalidArguments: Neither a run nor a job is named.
    """
    if job is not None:
        found = await repository.job(job)
        await repository.rerun_job(job, debug=debug)
        run = integer(found, "run_id")
        what = f"job {job} ({text(found, 'name')}) and what depends on it"
        attempt = integer(found, "run_attempt")
    elif run is not None:
        before = Run.of(await repository.run(run))
        attempt = before.attempt
        if not before.done:
            raise InvalidRequest(f"Run {run} is {before.status}", hint="It can be run again once it is completed")
        if not every and before.conclusion == "success":
            raise InvalidRequest(
                f"Run {run} succeeded; no job of it failed", hint="Pass all=true to repeat all jobs"
            )
        await repository.rerun(run, failed_only=not every, debug=debug)
        what = "all jobs" if every else "the failed jobs and what depends on them"
    else:
        raise InvalidArguments("Nothing to run again", hint="Pass run, or job (an id)")
    told = f"attempt {attempt + 1} of run {run} begins: {what}{', with debug logs' if debug else ''}"
    return f"{told}\n{_watch(namespace, run)}"


async def cancel_run(repository: Repository, run: int, namespace: str, *, force: bool) -> str:
    """Cancel a run.

    Raises:
        InvalidRequest: It is over already.
    """
    before = Run.of(await repository.run(run))
    if before.done:
        raise InvalidRequest(f"Run {run} is over already: {before.conclusion}", hint="There is nothing to cancel")
    await repository.cancel(run, force=force)
    how = "by force" if force else "steps with if: always() still run"
    return f"run {run} ({before.workflow}, was {before.status}) is being cancelled, {how}\n{_watch(namespace, run)}"


async def review_deployment(
    repository: Repository, run: int, decision: Decision, environments: list[str], comment: str, namespace: str
) -> str:
    """Approve or reject the deployments a run waits for.

    Raises:
        InvalidRequest: It waits for none, or not for these.
        InvalidArguments: It waits for several, and none is named.
    """
    pending = await repository.pending_deployments(run)
    waiting = {text(one, "environment", "name"): one for one in pending}
    if not waiting:
        raise InvalidRequest(f"Run {run} waits for no approval", hint=f"{namespace}_get_run tells its state")
    listed = "; ".join(pending_told(one) for one in pending)
    if unknown := [name for name in environments if name not in waiting]:
        raise InvalidRequest(f"Run {run} does not wait for {', '.join(unknown)}", hint=f"It waits for: {listed}")
    if not environments and len(waiting) > 1:
        raise InvalidArguments(f"Run {run} waits for {len(waiting)} environments; name them", hint=listed)
    chosen: dict[str, Json] = {name: waiting[name] for name in environments or waiting}
    barred = [name for name, one in chosen.items() if at(one, "current_user_can_approve") is False]
    if barred:
        raise InvalidRequest(
            f"This credential may not review {', '.join(barred)}",
            hint=f"It waits for: {listed}. The credential's user has to be among the reviewers",
        )
    ids = [integer(one, "environment", "id") for one in chosen.values()]
    await repository.review(run, ids, "approved" if decision == "approve" else "rejected", comment)
    done = "approved" if decision == "approve" else "rejected"
    return f"{done} {', '.join(chosen)} for run {run}\n{_watch(namespace, run)}"


def _watch(namespace: str, run: int) -> str:
    return f"next: {namespace}_get_run run={run}"


def _refusal(answer: "httpx.Response") -> str:
    from hub_connector_github.api import error_text

    try:
        said = error_text(answer)
    except ValueError:
        said = None
    return said or f"status {answer.status_code}"


def _date_of(answer: "httpx.Response") -> float:
    """When the server answered, by its own clock."""
    from email.utils import parsedate_to_datetime
    from time import time

    try:
        return parsedate_to_datetime(answer.headers.get("date", "")).timestamp()
    except (ValueError, TypeError):
        return time()
