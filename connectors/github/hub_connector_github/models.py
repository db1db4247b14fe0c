"""Runs, jobs and steps as the tools see them, read from GitHub's answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from hub_connector_github.shapes import Json, integer, objects, text
from hub_connector_github.times import between

FAILED = frozenset(("failure", "timed_out", "startup_failure"))
"""Conclusions that mean something went wrong; a cancelled run was stopped, not broken."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of a job."""

    number: int
    name: str
    status: str
    conclusion: str
    started: str
    completed: str

    @classmethod
    def of(cls, found: Json) -> Self:
        """Read it."""
        return cls(
            number=integer(found, "number"),
            name=text(found, "name"),
            status=text(found, "status"),
            conclusion=text(found, "conclusion"),
            started=text(found, "started_at"),
            completed=text(found, "completed_at"),
        )

    @property
    def seconds(self) -> float | None:
        """How long it took, to the second."""
        return between(self.started, self.completed)


@dataclass(frozen=True, kw_only=True)
class Job:
    """One job of a run.

    Attributes:
        state: Its conclusion, or its status while it has none.
        check_run: Id of the check run that holds its annotations; 0 if unknown.
    """

    id: int
    run: int
    attempt: int
    name: str
    status: str
    conclusion: str
    created: str
    started: str
    completed: str
    runner: str
    check_run: int
    steps: Sequence[Step]

    @classmethod
    def of(cls, found: Json) -> Self:
        """Read it."""
        check_run = text(found, "check_run_url").rpartition("/")[2]
        return cls(
            id=integer(found, "id"),
            run=integer(found, "run_id"),
            attempt=integer(found, "run_attempt") or 1,
            name=text(found, "name"),
            status=text(found, "status"),
            conclusion=text(found, "conclusion"),
            created=text(found, "created_at"),
            started=text(found, "started_at"),
            completed=text(found, "completed_at"),
            runner=text(found, "runner_name"),
            check_run=int(check_run) if check_run.isdigit() else 0,
            steps=tuple(Step.of(step) for step in objects(found, "steps")),
        )

    @property
    def state(self) -> str:
        """Its conclusion, or its status while it has none."""
        return self.conclusion or self.status

    @property
    def failed(self) -> bool:
        """Whether something went wrong in it."""
        return self.conclusion in FAILED

    @property
    def seconds(self) -> float | None:
        """How long it took."""
        return between(self.started, self.completed)

    @property
    def queued(self) -> float | None:
        """How long it waited for a runner; None for a job that never had one, and on servers that do not tell."""
        return between(self.created, self.started) if self.runner or self.steps else None

    @property
    def failed_steps(self) -> list[Step]:
        """Its steps that failed."""
        return [step for step in self.steps if step.conclusion in FAILED]

    @property
    def told_steps(self) -> str:
        """Its failed steps in a line; the one at hand while it runs."""
        if failed := self.failed_steps:
            return ", ".join(f"{step.number} {step.name}" for step in failed)
        at_hand = [step for step in self.steps if step.status == "in_progress"]
        return ", ".join(f"now {step.number} {step.name}" for step in at_hand)


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run of a workflow, as of one of its attempts."""

    id: int
    number: int
    attempt: int
    workflow: str
    file: str
    workflow_id: int
    title: str
    event: str
    branch: str
    sha: str
    status: str
    conclusion: str
    actor: str
    created: str
    started: str
    updated: str
    url: str
    pull_requests: Sequence[int]
    bases: Sequence[str]

    @classmethod
    def of(cls, found: Json) -> Self:
        """Read it."""
        pulls = objects(found, "pull_requests")
        return cls(
            id=integer(found, "id"),
            number=integer(found, "run_number"),
            attempt=integer(found, "run_attempt") or 1,
            workflow=text(found, "name"),
            file=text(found, "path").partition("@")[0].rpartition("/")[2],
            workflow_id=integer(found, "workflow_id"),
            title=text(found, "display_title"),
            event=text(found, "event"),
            branch=text(found, "head_branch"),
            sha=text(found, "head_sha"),
            status=text(found, "status"),
            conclusion=text(found, "conclusion"),
            actor=text(found, "triggering_actor", "login") or text(found, "actor", "login"),
            created=text(found, "created_at"),
            started=text(found, "run_started_at") or text(found, "created_at"),
            updated=text(found, "updated_at"),
            url=text(found, "html_url"),
            pull_requests=tuple(integer(pull, "number") for pull in pulls),
            bases=tuple(text(pull, "base", "ref") for pull in pulls),
        )

    @property
    def state(self) -> str:
        """Its conclusion, or its status while it has none."""
        return self.conclusion or self.status

    @property
    def failed(self) -> bool:
        """Whether something went wrong in it."""
        return self.conclusion in FAILED

    @property
    def done(self) -> bool:
        """Whether it is over."""
        return self.status == "completed"

    @property
    def seconds(self) -> float | None:
        """How long its attempt took, as far as GitHub tells: from its start to its last change."""
        return between(self.started, self.updated) if self.done else None

    @property
    def workflow_key(self) -> str:
        """What names its workflow in the API."""
        return self.file or str(self.workflow_id)
