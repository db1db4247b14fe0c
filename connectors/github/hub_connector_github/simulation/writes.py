"""What changes runs: dispatching a workflow, running again, and cancelling."""

from typing import Any, cast

from hub_connector_github.simulation.accounts import Account
from hub_connector_github.simulation.actions import REPO, ActionsReads, workflow_of
from hub_connector_github.simulation.api import Answer, Call, Endpoint, Handler, Refused, invalid
from hub_connector_github.simulation.history import LONGEST_LOG, start_deploy
from hub_connector_github.simulation.repository import Commit
from hub_connector_github.simulation.runs import Run
from hub_connector_github.simulation.timeline import Attempt
from hub_connector_github.simulation.workflows import DEPLOY, Input, Workflow
from hub_connector_github.simulation.world import World

_MOST_INPUTS = 25
_RERUN_DAYS = 30
_DAY = 86_400


class ActionsWrites:
    """What can be done to runs.

    Args:
        world: Where they are.
        reads: Finds runs and jobs.
        old: Whether it does as an older Enterprise Server, which knows nothing of `return_run_details`.
    """

    def __init__(self, world: World, reads: ActionsReads, *, old: bool = False) -> None:
        self._world = world
        self._reads = reads
        self._old = old

    def endpoints(self) -> list[Endpoint]:
        """The paths it answers."""
        run = f"{REPO}/actions/runs/{{run_id:int}}"
        paths: dict[str, Handler] = {
            f"{REPO}/actions/workflows/{{workflow}}/dispatches": self.dispatch,
            f"{run}/rerun": self.rerun,
            f"{run}/rerun-failed-jobs": self.rerun_failed,
            f"{REPO}/actions/jobs/{{job_id:int}}/rerun": self.rerun_job,
            f"{run}/cancel": self.cancel,
            f"{run}/force-cancel": self.cancel,
        }
        return [
            Endpoint(method="POST", path=path, handler=one, needs="actions=write") for path, one in paths.items()
        ]

    # Dispatch

    def dispatch(self, call: Call) -> Answer:
        """Create a workflow dispatch event: 204, or 200 with the run's id if `return_run_details` is asked for."""
        workflow = workflow_of(call)
        known = ("ref", "inputs") if self._old else ("ref", "inputs", "return_run_details")
        fields = call.fields(*known)
        ref = fields.get("ref")
        if not isinstance(ref, str):
            invalid('Invalid request.\n\n"ref" wasn\'t supplied.')
        if workflow.state != "active":
            invalid("Cannot trigger a 'workflow_dispatch' on a disabled workflow")
        if workflow.inputs is None:
            invalid("Workflow does not have 'workflow_dispatch' trigger")
        branch = ref.removeprefix("refs/heads/").removeprefix("refs/tags/")
        commit = self._world.repository.resolve(branch, call.now)
        if commit is None or commit.sha.startswith(branch):
            invalid(f"No ref found for: {ref}")
        inputs = checked_inputs(workflow.inputs, fields.get("inputs") or {})
        run = self._start(workflow, inputs, call.viewer.account, branch, commit, call.now)
        if not fields.get("return_run_details"):
            return Answer(status=204)
        shown = self._reads.shown_run(call, run)
        return Answer({"workflow_run_id": run.id, "run_url": shown["url"], "html_url": shown["html_url"]})

    def _start(
        self, workflow: Workflow, inputs: dict[str, str], account: Account, branch: str, commit: Commit, now: float
    ) -> Run:
        store, repository = self._world.runs, self._world.repository
        if workflow is DEPLOY:
            return start_deploy(store, repository, inputs, account, now, branch=branch)
        return store.start(
            workflow,
            store.plan(workflow.jobs, now, (workflow.id, now)),
            now,
            account,
            event="workflow_dispatch",
            branch=branch,
            sha=commit.sha,
            title=workflow.name,
        )

    # Again

    def rerun(self, call: Call) -> Answer:
        """Re-run a workflow."""
        run, attempt = self._finished(call)
        self._world.runs.repeat(run, self._plans(run, attempt, call.now), call.now, call.viewer.account)
        return Answer({}, 201)

    def rerun_failed(self, call: Call) -> Answer:
        """Re-run failed jobs from a workflow run."""
        run, attempt = self._finished(call)
        if run.state(attempt, call.now)[1] in ("success", "skipped"):
            raise Refused(403, "This workflow run cannot be retried, it has no failed jobs")
        self._world.runs.repeat_failed(run, self._plans(run, attempt, call.now), call.now, call.viewer.account)
        return Answer({}, 201)

    def rerun_job(self, call: Call) -> Answer:
        """Re-run a job from a workflow run, with the jobs that need it."""
        run, attempt, job = self._reads.found_job(call)
        self._check_finished(run, run.attempts[-1], call)
        name = job.plan.definition.name
        plans = self._plans(run, attempt, call.now)
        self._world.runs.repeat_failed(run, plans, call.now, call.viewer.account, only=(name,))
        return Answer({}, 201)

    def _finished(self, call: Call) -> tuple[Run, Attempt]:
        run, attempt = self._reads.found(call)
        self._check_finished(run, attempt, call)
        return run, attempt

    def _check_finished(self, run: Run, attempt: Attempt, call: Call) -> None:
        call.fields("enable_debug_logging", "enable_debugger")
        if run.state(attempt, call.now)[0] != "completed":
            raise Refused(403, "This workflow is already running")
        if call.now > run.created + _RERUN_DAYS * _DAY:
            raise Refused(
                403, f"Unable to retry this workflow run because it was created over {_RERUN_DAYS} days ago"
            )

    def _plans(self, run: Run, attempt: Attempt, now: float) -> list[Any]:
        """What will happen the next time: a flaky failure is gone, all others stay."""
        before = [job.plan for job in attempt.jobs()]
        failing = {
            plan.definition.name: plan.cause for plan in before if plan.cause is not None and not plan.cause.flaky
        }
        without = [plan.definition.name for plan in before if not plan.runs]
        lines = {plan.definition.name: plan.log_lines for plan in before if plan.log_lines < LONGEST_LOG}
        return self._world.runs.plan(
            [plan.definition for plan in before],
            now,
            (run.id, attempt.number, now),
            failing=failing,
            without=without,
            log_lines=lines,
        )

    # Cancel

    def cancel(self, call: Call) -> Answer:
        """Cancel a workflow run."""
        run, attempt = self._reads.found(call)
        if run.state(attempt, call.now)[0] == "completed":
            raise Refused(409, "Cannot cancel a workflow run that is completed.")
        attempt.cancel(call.now)
        return Answer({}, 202)


def checked_inputs(known: tuple[Input, ...], given: object) -> dict[str, str]:
    """All inputs as the workflow gets them, defaults filled in.

    Raises:
        Refused: One is unknown, missing or of the wrong kind; GitHub answers 422 with the reason.
    """
    if not isinstance(given, dict):
        invalid("Invalid request.\n\nFor 'properties/inputs', it is not an object.")
    values = cast("dict[str, Any]", given)
    if len(values) > _MOST_INPUTS:
        invalid(
            f"Invalid request.\n\nNo more than {_MOST_INPUTS} properties are allowed; {len(values)} were supplied."
        )
    names = {one.name for one in known}
    if unexpected := [name for name in values if name not in names]:
        invalid(f"Unexpected inputs provided: {_quoted(unexpected)}")
    taken: dict[str, str] = {}
    for one in known:
        value = values.get(one.name, one.default)
        if value is None or value == "":
            if one.required:
                invalid(f"Required input '{one.name}' not provided")
            value = ""
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if one.kind == "choice" and text not in one.options:
            invalid(f"Provided value '{text}' for input '{one.name}' not in the list of allowed values")
        if one.kind == "boolean" and text not in ("true", "false"):
            invalid(f"Provided value '{text}' for input '{one.name}' not in the list of allowed values")
        taken[one.name] = text
    return taken


def _quoted(names: list[str]) -> str:
    return "[" + ", ".join(f'"{name}"' for name in names) + "]"
