"""The workflow runs: what state each is in at a moment, and what starting, repeating and cancelling them does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from hub_connector_github.simulation.accounts import Account
from hub_connector_github.simulation.causes import Cause
from hub_connector_github.simulation.noise import between
from hub_connector_github.simulation.timeline import Attempt, JobPlan, JobTimes, conclusion_of
from hub_connector_github.simulation.workflows import JobDefinition, Workflow

_FIRST_RUN_ID = 18_000_000_000
FIRST_JOB_ID = 52_000_000_000
_CHECK_SUITES = 31_000_000_000
_RUNNERS = 400


@dataclass(kw_only=True)
class Run:
    """A run of a workflow.

    Attributes:
        number: Counts the runs of its workflow.
        branch: Branch or tag it is for.
        pull_request: Number of the pull request whose event it is; 0 for none.
        inputs: Of workflow_dispatch.
    """

    id: int
    number: int
    workflow: Workflow
    event: str
    branch: str
    sha: str
    title: str
    account: Account
    pull_request: int = 0
    inputs: Mapping[str, str] = field(default_factory=dict[str, str])
    attempts: list[Attempt] = field(default_factory=list[Attempt])

    @property
    def created(self) -> float:
        """When it was triggered, in unix seconds."""
        return self.attempts[0].created

    @property
    def check_suite_id(self) -> int:
        """The check suite that its jobs' check runs are in."""
        return self.id + _CHECK_SUITES

    def attempt(self, now: float, number: int = 0) -> Attempt | None:
        """An attempt by its number, or the latest one; None if it is not there by now."""
        known = [one for one in self.attempts if one.created <= now and number in (0, one.number)]
        return known[-1] if known else None

    def latest(self, now: float) -> Attempt:
        """The latest attempt of a run that exists by now."""
        return [one for one in self.attempts if one.created <= now][-1]

    def jobs(self, attempt: Attempt, now: float) -> list[JobTimes]:
        """The jobs of an attempt; one that waits for other jobs is not there yet."""
        return [job for job in attempt.jobs() if job.created <= now]

    def state(self, attempt: Attempt, now: float) -> tuple[str, str | None]:
        """Status and conclusion; the conclusion is None until it is completed."""
        jobs = attempt.jobs()
        if all(job.status(now) == "completed" for job in jobs):
            if attempt.cancelled_at is not None and any(job.conclusion == "cancelled" for job in jobs):
                return "completed", "cancelled"
            return "completed", conclusion_of(jobs)
        begun = [job for job in jobs if job.created <= now and job.plan.definition.name not in attempt.carried]
        states = {job.status(now) for job in begun}
        if "in_progress" in states:
            return "in_progress", None
        if "waiting" in states:
            return "waiting", None
        return ("in_progress" if "completed" in states else "queued"), None

    def updated(self, attempt: Attempt, now: float) -> float:
        """When something last happened, in unix seconds."""
        moments = [attempt.created]
        for job in attempt.jobs():
            moments += [at for at in (job.created, job.started, job.completed) if at <= now]
        return max(moments)


def run_id(created: float, origin: float) -> int:
    """The id of the first run that was triggered in a millisecond.

    Args:
        created: Unix seconds.
        origin: Unix seconds that ids are counted from.
    """
    return _FIRST_RUN_ID + int((created - origin) * 1000)


class RunStore:
    """All runs of the repository.

    Args:
        origin: Unix seconds that ids are counted from; before the first run.
    """

    def __init__(self, origin: float) -> None:
        self._origin = origin
        self._runs: dict[int, Run] = {}
        self._jobs: dict[int, tuple[Run, Attempt]] = {}
        self._job_ids: set[int] = set()
        self._numbers: dict[int, int] = {}

    def visible(self, now: float) -> list[Run]:
        """The runs that exist by now, newest first."""
        found = [run for run in self._runs.values() if run.created <= now]
        return sorted(found, key=lambda run: (run.created, run.id), reverse=True)

    def run(self, identifier: int, now: float) -> Run | None:
        """A run that exists by now."""
        run = self._runs.get(identifier)
        return run if run is not None and run.created <= now else None

    def job(self, identifier: int, now: float) -> tuple[Run, Attempt, JobTimes] | None:
        """A job that exists by now, with where it belongs."""
        if (found := self._jobs.get(identifier)) is None:
            return None
        run, attempt = found
        if attempt.created > now:
            return None
        return next(((run, attempt, job) for job in run.jobs(attempt, now) if job.plan.id == identifier), None)

    def plan(
        self,
        definitions: Sequence[JobDefinition],
        created: float,
        key: object,
        *,
        failing: Mapping[str, Cause] | None = None,
        queue: tuple[int, int] = (3, 14),
        varied: bool = True,
        runs: bool = True,
        without: Sequence[str] = (),
        log_lines: Mapping[str, int] | None = None,
    ) -> list[JobPlan]:
        """Plans for the jobs of one attempt.

        Args:
            definitions: The jobs.
            created: When the attempt begins, in unix seconds.
            key: Sets what varies.
            failing: Why jobs fail, by their names.
            queue: Shortest and longest time a job waits for a runner, in seconds.
            varied: Whether steps take more or less than their usual time.
            runs: False if no job runs.
            without: Names of jobs that do not run.
            log_lines: Lines of a job's log, by its name.
        """
        plans: list[JobPlan] = []
        for definition in definitions:
            name = definition.name
            plans.append(
                JobPlan(
                    id=self._next_job_id(created),
                    definition=definition,
                    queue_seconds=between(*queue, "queue", key, name),
                    step_seconds=tuple(
                        max(1, step.seconds * between(86, 122, "step", key, name, step.name) // 100)
                        if varied
                        else step.seconds
                        for step in definition.steps
                    ),
                    cause=(failing or {}).get(name),
                    runs=runs and name not in without,
                    runner=between(1, _RUNNERS, "runner", key, name),
                    log_lines=(log_lines or {}).get(name, 0),
                )
            )
        return plans

    def start(
        self,
        workflow: Workflow,
        plans: Sequence[JobPlan],
        created: float,
        account: Account,
        *,
        event: str,
        branch: str,
        sha: str,
        title: str,
        pull_request: int = 0,
        inputs: Mapping[str, str] | None = None,
    ) -> Run:
        """Add a run with its first attempt."""
        identifier = run_id(created, self._origin)
        while identifier in self._runs:
            identifier += 1
        number = self._numbers[workflow.id] = self._numbers.get(workflow.id, workflow.id % 900) + 1
        run = Run(
            id=identifier,
            number=number,
            workflow=workflow,
            event=event,
            branch=branch,
            sha=sha,
            title=title,
            account=account,
            pull_request=pull_request,
            inputs=inputs or {},
        )
        self._runs[identifier] = run
        self.repeat(run, plans, created, account)
        return run

    def repeat(
        self,
        run: Run,
        plans: Sequence[JobPlan],
        created: float,
        account: Account,
        carried: Mapping[str, JobTimes] | None = None,
    ) -> Attempt:
        """Add an attempt to a run."""
        attempt = Attempt(
            number=len(run.attempts) + 1, created=created, account=account, plans=plans, carried=carried or {}
        )
        run.attempts.append(attempt)
        for plan in plans:
            self._jobs[plan.id] = (run, attempt)
        return attempt

    def repeat_failed(
        self, run: Run, plans: Sequence[JobPlan], created: float, account: Account, only: Sequence[str] = ()
    ) -> Attempt:
        """Add an attempt that carries over what succeeded; GitHub gives those jobs new ids and the old times.

        Args:
            run: The run.
            plans: For all its jobs.
            created: When the attempt begins, in unix seconds.
            account: Who asked for it.
            only: The jobs to run again, with those that need them; all that did not succeed if empty.
        """
        before = {job.plan.definition.name: job for job in run.attempts[-1].jobs()}
        again: set[str] = set()
        for plan in plans:
            definition = plan.definition
            wanted = definition.name in only if only else before[definition.name].conclusion != "success"
            if wanted or any(name in again for name in definition.needs):
                again.add(definition.name)
        carried = {
            plan.definition.name: _carried(before[plan.definition.name], plan)
            for plan in plans
            if plan.definition.name not in again
        }
        return self.repeat(run, plans, created, account, carried)

    def _next_job_id(self, created: float) -> int:
        identifier = FIRST_JOB_ID + int((created - self._origin) * 1000)
        while identifier in self._job_ids:
            identifier += 1
        self._job_ids.add(identifier)
        return identifier


def _carried(job: JobTimes, plan: JobPlan) -> JobTimes:
    return replace(job, plan=replace(job.plan, id=plan.id))
