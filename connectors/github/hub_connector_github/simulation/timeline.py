"""When the jobs and steps of an attempt begin and end: worked out from a plan; only the clock moves them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from hub_connector_github.simulation.accounts import Account
from hub_connector_github.simulation.causes import Cause
from hub_connector_github.simulation.workflows import JobDefinition, Step

NEVER = math.inf
GATED_ENVIRONMENTS = ("production",)
"""Environments whose deployments somebody has to approve."""
_STOP_SECONDS = 2
"""From a cancellation until the step that runs has stopped."""
_BAD = ("failure", "timed_out", "cancelled")


@dataclass(frozen=True, kw_only=True, slots=True)
class JobPlan:
    """What will happen in a job once it starts.

    Attributes:
        queue_seconds: How long it waits for a runner.
        step_seconds: How long each step takes.
        cause: Why it fails; None if it does not.
        runs: False if its `if:` is false.
        runner: Number of the hosted runner.
        log_lines: How many lines its log has; 0 for what its steps print of themselves.
    """

    id: int
    definition: JobDefinition
    queue_seconds: int
    step_seconds: tuple[int, ...]
    cause: Cause | None = None
    runs: bool = True
    runner: int = 1
    log_lines: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class StepTimes:
    """A step; its times are in unix seconds, its conclusion is what it comes to in the end."""

    number: int
    step: Step
    started: float
    completed: float
    conclusion: str


@dataclass(frozen=True, kw_only=True, slots=True)
class JobTimes:
    """A job; its times are in unix seconds, its conclusion is what it comes to in the end.

    Attributes:
        created: When the jobs it needs were done.
        waits_until: When it was reviewed; 0 if it needs no review.
    """

    plan: JobPlan
    created: float
    started: float
    completed: float
    conclusion: str
    steps: tuple[StepTimes, ...] = ()
    waits_until: float = 0

    def status(self, now: float) -> str:
        """`queued`, `waiting`, `in_progress` or `completed`."""
        if now >= self.completed:
            return "completed"
        if now >= self.started:
            return "in_progress"
        return "waiting" if now < self.waits_until else "queued"


@dataclass(frozen=True, kw_only=True)
class Review:
    """Somebody's word on the deployment that an attempt waits with.

    Attributes:
        state: `approved` or `rejected`.
        at: Unix seconds.
    """

    environment: str
    state: str
    account: Account
    comment: str
    at: float


@dataclass(kw_only=True)
class Attempt:
    """One attempt of a run.

    Attributes:
        created: Unix seconds.
        carried: Jobs of the attempt before that succeeded and are not run again, by name.
        cancelled_at: Unix seconds; None if nobody cancelled it.
    """

    number: int
    created: float
    account: Account
    plans: Sequence[JobPlan]
    carried: Mapping[str, JobTimes] = field(default_factory=dict[str, JobTimes])
    cancelled_at: float | None = None
    reviews: list[Review] = field(default_factory=list[Review])
    _known: tuple[JobTimes, ...] | None = None

    def cancel(self, at: float) -> None:
        """End what has not ended by a moment."""
        self.cancelled_at, self._known = at, None

    def review(self, review: Review) -> None:
        """Let the job that waits for this review go on, or fail."""
        self.reviews.append(review)
        self._known = None

    def jobs(self) -> tuple[JobTimes, ...]:
        """All jobs in the order of the workflow file."""
        if self._known is None:
            self._known = tuple(self._work_out().values())
        return self._known

    def _work_out(self) -> dict[str, JobTimes]:
        found: dict[str, JobTimes] = {}
        for plan in self.plans:
            name = plan.definition.name
            found[name] = carried if (carried := self.carried.get(name)) else self._job(plan, found)
            if plan.definition.matrix:
                self._fail_fast(plan.definition.matrix, found)
        return found

    def _job(self, plan: JobPlan, done: Mapping[str, JobTimes]) -> JobTimes:
        needed = [done[name] for name in plan.definition.needs]
        created = max([self.created, *(job.completed for job in needed)])
        if not plan.runs or any(job.conclusion != "success" for job in needed):
            return JobTimes(plan=plan, created=created, started=created, completed=created, conclusion="skipped")
        if plan.definition.environment not in GATED_ENVIRONMENTS:
            return self._cut_by_cancel(_run(plan, created, created + plan.queue_seconds))
        review = next((one for one in self.reviews if one.environment == plan.definition.environment), None)
        reviewed = NEVER if review is None else review.at
        if review is None or review.state == "approved":
            return self._cut_by_cancel(_run(plan, created, reviewed + plan.queue_seconds, waits_until=reviewed))
        return JobTimes(
            plan=plan,
            created=created,
            started=reviewed,
            completed=reviewed,
            conclusion="failure",
            waits_until=reviewed,
        )

    def _cut_by_cancel(self, job: JobTimes) -> JobTimes:
        return job if self.cancelled_at is None else cut(job, self.cancelled_at)

    def _fail_fast(self, matrix: str, found: dict[str, JobTimes]) -> None:
        legs = {name: job for name, job in found.items() if job.plan.definition.matrix == matrix}
        first = min((job.completed for job in legs.values() if job.conclusion == "failure"), default=NEVER)
        for name, job in legs.items():
            if job.completed > first:
                found[name] = cut(job, first + 1)


def _run(plan: JobPlan, created: float, started: float, *, waits_until: float = 0) -> JobTimes:
    """The job as its plan says, from its start on."""
    at, conclusion, steps = started, "success", list[StepTimes]()
    for number, (step, usual) in enumerate(zip(plan.definition.steps, plan.step_seconds, strict=True), 1):
        seconds, comes_to = usual, "success"
        if conclusion != "success" and not step.always:
            seconds, comes_to = 0, "skipped"
        elif plan.cause is not None and plan.cause.step == step.name:
            seconds, comes_to = round(usual * plan.cause.share), plan.cause.conclusion
            conclusion = comes_to
        steps.append(StepTimes(number=number, step=step, started=at, completed=at + seconds, conclusion=comes_to))
        at += seconds
    return JobTimes(
        plan=plan,
        created=created,
        started=started,
        completed=at,
        conclusion=conclusion,
        steps=tuple(steps),
        waits_until=waits_until,
    )


def cut(job: JobTimes, at: float) -> JobTimes:
    """The job as it is if it gets cancelled at a moment: what is done stays, and steps that always run still do."""
    if job.completed <= at:
        return job
    if job.started > at:
        return replace(
            job, created=min(job.created, at), started=at, completed=at, conclusion="cancelled", steps=()
        )
    end = at + _STOP_SECONDS
    kept: list[StepTimes] = []
    for step in job.steps:
        if step.completed <= at:
            kept.append(step)
        elif step.started <= at:
            kept.append(replace(step, completed=end, conclusion="cancelled"))
        elif step.step.always:
            took = step.completed - step.started
            kept.append(replace(step, started=end, completed=end + took))
            end += took
        else:
            kept.append(replace(step, started=end, completed=end, conclusion="skipped"))
    failed = any(step.conclusion in ("failure", "timed_out") for step in kept)
    conclusion = job.conclusion if failed else "cancelled"
    return replace(job, completed=end, conclusion=conclusion, steps=tuple(kept))


def conclusion_of(jobs: Sequence[JobTimes]) -> str:
    """What a run comes to when these are all its jobs."""
    found = {job.conclusion for job in jobs}
    if found == {"skipped"}:
        return "skipped"
    return next((bad for bad in _BAD if bad in found), "success")
