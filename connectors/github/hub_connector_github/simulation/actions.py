"""Reading workflows, runs, jobs and logs: the Actions part of the REST API."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from hub_connector_github.simulation.accounts import ACCOUNTS
from hub_connector_github.simulation.api import Answer, Call, Endpoint, Refused, invalid, not_found
from hub_connector_github.simulation.blobs import Blobs
from hub_connector_github.simulation.logs import log_archive, log_chunks
from hub_connector_github.simulation.repository import PullRequest
from hub_connector_github.simulation.runs import Run
from hub_connector_github.simulation.shown import RETENTION_DAYS, Shown
from hub_connector_github.simulation.timeline import Attempt, JobTimes
from hub_connector_github.simulation.workflows import WORKFLOWS, Workflow
from hub_connector_github.simulation.world import World

REPO = "/repos/{owner}/{repo}"
_DAY = 86_400
_MOST_FILTERED = 1000
_STATES = ("completed", "in_progress", "queued", "requested", "waiting", "pending")
_CONCLUSIONS = (
    *("action_required", "cancelled", "failure", "neutral", "skipped", "stale", "success", "timed_out"),
    "startup_failure",
)


class ActionsReads:
    """What can be read of workflows, runs and jobs.

    Args:
        world: Where they are.
        blobs: Where logs are fetched from.
    """

    def __init__(self, world: World, blobs: Blobs) -> None:
        self._world = world
        self._blobs = blobs

    def endpoints(self) -> list[Endpoint]:
        """The paths it answers."""
        run, needs = f"{REPO}/actions/runs/{{run_id:int}}", "actions=read"
        paths = {
            f"{REPO}/actions/workflows": self.workflows,
            f"{REPO}/actions/workflows/{{workflow}}": self.workflow,
            f"{REPO}/actions/workflows/{{workflow}}/runs": self.runs,
            f"{REPO}/actions/runs": self.runs,
            run: self.run,
            f"{run}/attempts/{{number:int}}": self.run,
            f"{run}/jobs": self.jobs,
            f"{run}/attempts/{{number:int}}/jobs": self.jobs,
            f"{run}/logs": self.run_logs,
            f"{run}/attempts/{{number:int}}/logs": self.run_logs,
            f"{run}/timing": self.timing,
            f"{REPO}/actions/jobs/{{job_id:int}}": self.job,
            f"{REPO}/actions/jobs/{{job_id:int}}/logs": self.job_logs,
        }
        return [Endpoint(method="GET", path=path, handler=handler, needs=needs) for path, handler in paths.items()]

    # Workflows

    def workflows(self, call: Call) -> Answer:
        """List repository workflows."""
        page, headers = call.page(WORKFLOWS)
        shown = [self._shown(call).workflow(one, self._added(one)) for one in page]
        return Answer({"total_count": len(WORKFLOWS), "workflows": shown}, headers=headers)

    def workflow(self, call: Call) -> Answer:
        """Get a workflow."""
        found = workflow_of(call)
        return Answer(self._shown(call).workflow(found, self._added(found)))

    def _added(self, workflow: Workflow) -> float:
        return self._world.story.after(hours=-24 * workflow.age_days).timestamp()

    # Runs

    def runs(self, call: Call) -> Answer:
        """List workflow runs for a repository, or for a workflow."""
        found = self._world.runs.visible(call.now)
        if "workflow" in call.path:
            of = workflow_of(call)
            found = [run for run in found if run.workflow.id == of.id]
        found = self._filtered(call, found)
        page, headers = call.page(found[:_MOST_FILTERED])
        shown = [self.shown_run(call, run) for run in page]
        return Answer({"total_count": len(found), "workflow_runs": shown}, headers=headers)

    def run(self, call: Call) -> Answer:
        """Get a workflow run, or one attempt of it."""
        run, attempt = self.found(call)
        return Answer(self.shown_run(call, run, attempt))

    def found(self, call: Call) -> tuple[Run, Attempt]:
        """The run and the attempt that a path names.

        Raises:
            Refused: There is none.
        """
        run = self._world.runs.run(call.path["run_id"], call.now)
        attempt = run.attempt(call.now, call.path.get("number", 0)) if run else None
        return (run, attempt) if run and attempt else not_found()

    def shown_run(self, call: Call, run: Run, attempt: Attempt | None = None) -> dict[str, object]:
        """A run as the API writes it."""
        attempt = attempt or run.latest(call.now)
        repository = self._world.repository
        pull: PullRequest | None = None
        if call.query.get("exclude_pull_requests") != "true":
            pull = repository.pull_requests.get(run.pull_request)
            pull = pull if pull and pull.is_open(call.now) else None
        main = repository.branches(call.now)[repository.default_branch].sha
        return self._shown(call).run(run, attempt, repository.commits[run.sha], pull, main, call.now)

    def _filtered(self, call: Call, runs: Sequence[Run]) -> list[Run]:
        query = call.query
        keep: list[Callable[[Run], bool]] = []
        if actor := query.get("actor"):
            if actor.lower() not in {account.login.lower() for account in ACCOUNTS}:
                invalid("Validation Failed")
            keep.append(lambda run: run.account.login.lower() == actor.lower())
        if branch := query.get("branch"):
            keep.append(lambda run: run.branch == branch)
        if event := query.get("event"):
            keep.append(lambda run: run.event == event)
        if sha := query.get("head_sha"):
            keep.append(lambda run: run.sha == sha)
        if suite := query.get("check_suite_id"):
            keep.append(lambda run: str(run.check_suite_id) == suite)
        if status := query.get("status"):
            if status not in (*_STATES, *_CONCLUSIONS):
                return []
            keep.append(lambda run: status in self._state(run, call.now))
        if created := query.get("created"):
            begin, end = created_range(created)
            keep.append(lambda run: begin <= run.created <= end)
        return [run for run in runs if all(fits(run) for fits in keep)]

    def _state(self, run: Run, now: float) -> tuple[str, str | None]:
        return run.state(run.latest(now), now)

    # Jobs

    def jobs(self, call: Call) -> Answer:
        """List jobs for a workflow run, or for one attempt of it."""
        run, attempt = self.found(call)
        attempts = [attempt]
        if call.query.get("filter") == "all" and "number" not in call.path:
            attempts = [one for one in run.attempts if one.created <= call.now]
        found = [(one, job) for one in attempts for job in run.jobs(one, call.now)]
        page, headers = call.page(found)
        shown = [self._shown(call).job(run, one, job, call.now) for one, job in page]
        return Answer({"total_count": len(found), "jobs": shown}, headers=headers)

    def job(self, call: Call) -> Answer:
        """Get a job for a workflow run."""
        run, attempt, job = self.found_job(call)
        return Answer(self._shown(call).job(run, attempt, job, call.now))

    def found_job(self, call: Call) -> tuple[Run, Attempt, JobTimes]:
        """The job that a path names.

        Raises:
            Refused: There is none.
        """
        return self._world.runs.job(call.path["job_id"], call.now) or not_found()

    # Logs

    def job_logs(self, call: Call) -> Answer:
        """Download job logs: a redirect to where they are, once the job is done and until they expire."""
        run, _, job = self.found_job(call)
        if job.status(call.now) != "completed" or not job.steps:
            not_found()
        _check_kept(job.completed, call.now)
        name = f"actions-results/{run.id}/{job.plan.id}/job-logs.txt"
        location = self._blobs.address(name, "text/plain", lambda: log_chunks(run, job), own_origin=call.origin)
        return Answer(status=302, headers={"Location": location})

    def run_logs(self, call: Call) -> Answer:
        """Download workflow run logs: a redirect to a ZIP file with the log of every job."""
        run, attempt = self.found(call)
        status, _ = run.state(attempt, call.now)
        if status != "completed":
            not_found()
        _check_kept(run.updated(attempt, call.now), call.now)
        name = f"actions-results/{run.id}/{attempt.number}/logs.zip"
        jobs = run.jobs(attempt, call.now)
        location = self._blobs.address(
            name, "application/zip", lambda: iter((log_archive(run, jobs),)), own_origin=call.origin
        )
        return Answer(status=302, headers={"Location": location})

    def timing(self, call: Call) -> Answer:
        """Get workflow run usage."""
        run, attempt = self.found(call)
        done = [job for job in run.jobs(attempt, call.now) if job.steps and job.completed <= call.now]
        billed = [{"job_id": job.plan.id, "duration_ms": int(job.completed - job.started) * 1000} for job in done]
        usage = {"total_ms": sum(one["duration_ms"] for one in billed), "jobs": len(billed), "job_runs": billed}
        took = int(run.updated(attempt, call.now) - attempt.created) * 1000
        return Answer({"billable": {"UBUNTU": usage}, "run_duration_ms": took})

    def _shown(self, call: Call) -> Shown:
        return Shown(call.api, call.web, self._world.story.repository)


def workflow_of(call: Call) -> Workflow:
    """The workflow that a path names by its id or its file.

    Raises:
        Refused: There is none.
    """
    wanted = call.path["workflow"]
    return next((one for one in WORKFLOWS if wanted in (str(one.id), one.file)), None) or not_found()


def created_range(text: str) -> tuple[float, float]:
    """The moments, in unix seconds, that a `created` filter lets through ("Query for dates" of GitHub's search).

    Raises:
        Refused: It cannot be read.
    """
    for sign in (">=", "<=", ">", "<"):
        if text.startswith(sign):
            begin, end = _moments(text.removeprefix(sign))
            bounds = {">=": (begin, _EVER), "<=": (0.0, end), ">": (end, _EVER), "<": (0.0, begin - 1)}
            return bounds[sign]
    first, dots, last = text.partition("..")
    begin = 0.0 if first == "*" else _moments(first)[0]
    end = _EVER if last == "*" else _moments(last if dots else first)[1]
    return begin, end


_EVER = 253_402_300_799.0  # the end of the year 9999


def _moments(text: str) -> tuple[float, float]:
    """The first and the last second that a date or a date with a time means."""
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        invalid("Validation Failed")
    begin = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    return begin, begin + (_DAY - 1 if len(text) == len("2026-01-31") else 0)


def _check_kept(ended: float, now: float) -> None:
    if now > ended + RETENTION_DAYS * _DAY:
        raise Refused(410, "The logs for this run have expired and are no longer available.")
