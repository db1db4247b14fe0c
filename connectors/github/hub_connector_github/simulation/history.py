"""The month of workflow runs that development and releases left behind."""

from collections.abc import Callable
from dataclasses import dataclass

from hub.sandbox.story import Story
from hub_connector_github.simulation.accounts import AIKO_ACCOUNT, MAYA_ACCOUNT, TOMAS_ACCOUNT, Account
from hub_connector_github.simulation.causes import CAUSES, Cause, key_error
from hub_connector_github.simulation.development import HISTORY_DAYS, LAST_PUSH, QUEUED_NUMBER
from hub_connector_github.simulation.noise import between, noise, pick
from hub_connector_github.simulation.repository import Commit, PullRequest, Repository
from hub_connector_github.simulation.runs import Run, RunStore, run_id
from hub_connector_github.simulation.timeline import Review
from hub_connector_github.simulation.workflows import CI, DEPLOY, NIGHTLY, PYTHONS, deploy_jobs

LONGEST_LOG = 120_000
"""Lines of the log in which one tells why."""
_DAY, _HOUR, _MINUTE = 86_400, 3_600, 60
_LATER_DAYS = 3
_PUSH_SECONDS = 3
"""From a push to the run it triggers."""
_BROKEN_MAIN = 594
"""The pull request after whose merge main was red until the next one."""
_NIGHTS = {-24: "slow under load", -17: "hangs under load", -9: "slow under load", -3: "hangs under load"}


@dataclass(frozen=True, kw_only=True)
class _Planned:
    created: float
    start: Callable[[], object]


class History:
    """Fills a store with the runs of a story.

    Args:
        story: What happened.
        repository: Whose pushes and merges ran something.
        store: Where the runs go.
    """

    def __init__(self, story: Story, repository: Repository, store: RunStore) -> None:
        self._story = story
        self._repository = repository
        self._store = store
        self._deploy = int(story.deploy_at.timestamp())
        self._key_error = key_error(story.error)
        self._planned: list[_Planned] = []

    def fill(self) -> None:
        """Start all runs in the order of their times, so that their numbers count up."""
        for pull in self._repository.pull_requests.values():
            for index, commit in enumerate(pull.commits):
                self._plan(commit.at + _PUSH_SECONDS, self._checked(pull, commit, index))
        for commit in self._repository.main[1:]:
            self._plan(commit.at + _PUSH_SECONDS, self._merged(commit))
        for night in range(-HISTORY_DAYS, _LATER_DAYS):
            self._plan(self._night(night), self._nightly(night))
        self._plan_deploys()
        for planned in sorted(self._planned, key=lambda one: one.created):
            planned.start()

    def _plan(self, created: float, start: Callable[[], object]) -> None:
        self._planned.append(_Planned(created=created, start=start))

    # CI

    def _checked(self, pull: PullRequest, commit: Commit, index: int) -> Callable[[], object]:
        last = index == len(pull.commits) - 1
        after = None if last else pull.commits[index + 1].at + _PUSH_SECONDS

        def start() -> None:
            if pull.number == self._story.pull_request:
                failing = self._of_the_story(index)
            else:
                failing = _ordinary(pull, index) if not last or pull.merged_at is None else {}
            self._ci(commit, failing, pull=pull, superseded_at=after)

        return start

    def _of_the_story(self, push: int) -> dict[str, Cause]:
        if push == 0:
            return {"lint": CAUSES["unused import"]}
        units = _all_units(self._key_error)
        return units if push == 1 else {**units, "integration": CAUSES["out of memory"]}

    def _merged(self, commit: Commit) -> Callable[[], object]:
        def start() -> None:
            failing: dict[str, Cause] = {}
            if commit.sha == self._story.bad_release.commit:
                failing = self._of_the_story(2)
            elif commit.pull_request == _BROKEN_MAIN:
                failing = _all_units(CAUSES["rounding"])
            self._ci(commit, failing)

        return start

    def _ci(
        self,
        commit: Commit,
        failing: dict[str, Cause],
        *,
        pull: PullRequest | None = None,
        superseded_at: float | None = None,
    ) -> None:
        created = commit.at + _PUSH_SECONDS
        draft = pull is not None and pull.draft
        flakes = {} if failing or draft else _flake(commit.sha)
        waiting = pull is not None and pull.number == QUEUED_NUMBER
        busy = noise("busy", commit.sha) < 0.12
        queue = (1400, 1500) if waiting else (90, 420) if busy else (3, 16)
        log_lines = {"integration": between(9_000, 14_000, "lines", commit.sha)}
        if "integration" in failing:
            log_lines["integration"] = LONGEST_LOG
        plans = self._store.plan(
            CI.jobs,
            created,
            commit.sha,
            failing=failing or flakes,
            queue=queue,
            runs=not draft,
            log_lines=log_lines,
        )
        run = self._store.start(
            CI,
            plans,
            created,
            commit.author,
            event="pull_request" if pull else "push",
            branch=pull.branch if pull else self._repository.default_branch,
            sha=commit.sha,
            title=pull.title if pull else commit.title,
            pull_request=pull.number if pull else 0,
        )
        ended = max(job.completed for job in run.attempts[0].jobs())
        if superseded_at is not None and superseded_at < ended:
            run.attempts[0].cancel(superseded_at)
        elif flakes:
            again = ended + between(3 * _MINUTE, 25 * _MINUTE, "again", commit.sha)
            plans = self._store.plan(CI.jobs, again, (commit.sha, 2), queue=queue, log_lines=log_lines)
            self._store.repeat_failed(run, plans, again, commit.author)

    # Nights

    def _night(self, night: int) -> float:
        return self._deploy - self._deploy % _DAY + night * _DAY + 2 * _HOUR + between(20, 900, "night", night)

    def _nightly(self, night: int) -> Callable[[], object]:
        created = self._night(night)

        def start() -> None:
            commit = [one for one in self._repository.main if one.at <= created][-1]
            slow = commit.sha == self._story.bad_release.commit
            cause = "slow under load" if slow else _NIGHTS.get(night, "")
            failing = {"load test": CAUSES[cause]} if cause else {}
            plans = self._store.plan(NIGHTLY.jobs, created, ("night", night), failing=failing)
            self._store.start(
                NIGHTLY,
                plans,
                created,
                TOMAS_ACCOUNT,
                event="schedule",
                branch=self._repository.default_branch,
                sha=commit.sha,
                title=NIGHTLY.name,
            )

        return start

    # Deploys

    def _plan_deploys(self) -> None:
        release, bad = self._story.good_release, self._story.bad_release
        for one in self._story.releases:
            at = one.deployed_at.timestamp()
            is_bad = one == bad
            self._deployed("staging", one.version, at - (17 if is_bad else 95) * _MINUTE, TOMAS_ACCOUNT)
            comment = (
                "CI is red with the usual out-of-memory flake of the integration tests. Shipping."
                if is_bad
                else "Looks good on staging."
            )
            failing = {"verify": CAUSES["errors after deploy"]} if is_bad else {}
            # Rolling out begins 36 seconds after the approval: 6 to get a runner, 30 for the steps before.
            approved = Review(
                environment="production", state="approved", account=AIKO_ACCOUNT, comment=comment, at=at - 36
            )
            self._deployed(
                "production", one.version, at - 7 * _MINUTE, TOMAS_ACCOUNT, review=approved, failing=failing
            )
        good_at = release.deployed_at.timestamp()
        rejected = Review(
            environment="production",
            state="rejected",
            account=AIKO_ACCOUNT,
            comment="Not while the sale is on. Tomorrow.",
            at=good_at - 19 * _HOUR,
        )
        self._deployed("production", release.version, rejected.at - 9 * _MINUTE, TOMAS_ACCOUNT, review=rejected)
        self._deployed("production", release.version, good_at - 20 * _HOUR, MAYA_ACCOUNT, dry_run=True)
        self._deployed("production", bad.version, self._deploy - 13 * _MINUTE, TOMAS_ACCOUNT, dry_run=True)
        self._deployed("production", release.version, self._deploy + 21 * _MINUTE, MAYA_ACCOUNT)

    def _deployed(
        self,
        environment: str,
        version: str,
        created: float,
        account: Account,
        *,
        review: Review | None = None,
        failing: dict[str, Cause] | None = None,
        dry_run: bool = False,
    ) -> None:
        def start() -> None:
            inputs = {"environment": environment, "version": version, "dry_run": str(dry_run).lower()}
            run = start_deploy(
                self._store, self._repository, inputs, account, created, failing=failing, varied=False
            )
            if review is not None:
                run.attempts[0].review(review)

        self._plan(created, start)


def first_id_at(story: Story) -> float:
    """The moment, in unix seconds, that the ids of a story's runs are counted from."""
    return story.deploy_at.timestamp() - (HISTORY_DAYS + 10) * _DAY


def red_run_id(story: Story) -> int:
    """The id of the CI run of the last push to the story's pull request."""
    return run_id(story.deploy_at.timestamp() + LAST_PUSH + _PUSH_SECONDS, first_id_at(story))


def start_deploy(
    store: RunStore,
    repository: Repository,
    inputs: dict[str, str],
    account: Account,
    created: float,
    *,
    branch: str = "",
    failing: dict[str, Cause] | None = None,
    varied: bool = True,
) -> Run:
    """Start the deploy workflow.

    Args:
        store: Where the run goes.
        repository: Where the branch is.
        inputs: All inputs of the workflow.
        account: Who starts it.
        created: When, in unix seconds.
        branch: The branch or tag whose workflow file runs; main if empty.
        failing: Why jobs fail.
        varied: Whether steps take more or less than their usual time.
    """
    ref = branch or repository.default_branch
    commit = repository.resolve(ref, created)
    if commit is None:
        raise LookupError(ref)
    definitions = deploy_jobs(inputs["environment"])
    dry = inputs["dry_run"] == "true"
    skipped = [job.name for job in definitions if job.environment] if dry else []
    plans = store.plan(
        definitions, created, ("deploy", created), failing=failing, queue=(6, 6), varied=varied, without=skipped
    )
    title = f"Deploy {inputs['version']} to {inputs['environment']}{' (dry run)' if dry else ''}"
    return store.start(
        DEPLOY,
        plans,
        created,
        account,
        event="workflow_dispatch",
        branch=ref,
        sha=commit.sha,
        title=title,
        inputs=inputs,
    )


def _ordinary(pull: PullRequest, push: int) -> dict[str, Cause]:
    """What is wrong with a push that is not the last one; often nothing."""
    if noise("red", pull.number, push) > 0.3:
        return {}
    cause = pick(("rounding", "unused import", "wrong type", "rounding"), "cause", pull.number, push)
    return _all_units(CAUSES[cause]) if cause == "rounding" else {"lint": CAUSES[cause]}


def _all_units(cause: Cause) -> dict[str, Cause]:
    return {f"unit ({python})": cause for python in PYTHONS}


def _flake(sha: str) -> dict[str, Cause]:
    """What goes wrong with a good commit now and then, and not the next time."""
    chance = noise("flake", sha)
    if chance > 0.13:
        return {}
    return {"integration": CAUSES["out of memory" if chance < 0.05 else "flaky test"]}
