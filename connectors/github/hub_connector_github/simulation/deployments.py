"""Deployments, their statuses, environments and reviews: all follow from the runs of the deploy workflow.

GitHub's description of Actions has the shapes of a deployment, of a pending one and of a review; statuses and
environments are modelled on its documentation (https://docs.github.com/en/rest/deployments).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from hub_connector_github.simulation.accounts import ACTIONS_BOT, AIKO_ACCOUNT, Account, node_id, shown_team
from hub_connector_github.simulation.actions import REPO
from hub_connector_github.simulation.api import Answer, Call, Endpoint, invalid, not_found, utc
from hub_connector_github.simulation.runs import FIRST_JOB_ID, Run
from hub_connector_github.simulation.shown import Shown
from hub_connector_github.simulation.timeline import GATED_ENVIRONMENTS, Attempt, JobTimes, Review
from hub_connector_github.simulation.workflows import ENVIRONMENTS
from hub_connector_github.simulation.world import World

_FIRST_ENVIRONMENT = 5_514_870_021
_FIRST_ID = 2_900_000_000


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """A deployment: a job with an environment."""

    run: Run
    attempt: Attempt
    job: JobTimes

    @property
    def id(self) -> int:
        """Its id."""
        return self.job.plan.id - FIRST_JOB_ID + _FIRST_ID

    @property
    def environment(self) -> str:
        """Where it deploys to."""
        return self.job.plan.definition.environment


class Deployments:
    """What can be read of deployments and environments, and reviewing what waits.

    Args:
        world: Where the runs are.
    """

    def __init__(self, world: World) -> None:
        self._world = world

    def endpoints(self) -> list[Endpoint]:
        """The paths it answers."""
        run, one = f"{REPO}/actions/runs/{{run_id:int}}", f"{REPO}/deployments/{{deployment:int}}"
        return [
            Endpoint(method="GET", path=f"{REPO}/deployments", handler=self.all, needs="deployments=read"),
            Endpoint(method="GET", path=one, handler=self.one, needs="deployments=read"),
            Endpoint(method="GET", path=f"{one}/statuses", handler=self.statuses, needs="deployments=read"),
            Endpoint(method="GET", path=f"{REPO}/environments", handler=self.environments, needs="actions=read"),
            Endpoint(
                method="GET", path=f"{REPO}/environments/{{name}}", handler=self.environment, needs="actions=read"
            ),
            Endpoint(method="GET", path=f"{run}/approvals", handler=self.approvals, needs="actions=read"),
            Endpoint(method="GET", path=f"{run}/pending_deployments", handler=self.pending, needs="actions=read"),
            Endpoint(
                method="POST", path=f"{run}/pending_deployments", handler=self.review, needs="deployments=write"
            ),
        ]

    # Deployments

    def all(self, call: Call) -> Answer:
        """List deployments, newest first."""
        query, found = call.query, list(self._deployments(call.now))
        if environment := query.get("environment"):
            found = [one for one in found if one.environment == environment]
        if sha := query.get("sha"):
            found = [one for one in found if one.run.sha == sha]
        if ref := query.get("ref"):
            found = [one for one in found if one.run.branch == ref]
        if query.get("task", "deploy") != "deploy":
            found = []
        page, headers = call.page(found)
        return Answer([self._shown_deployment(call, one) for one in page], headers=headers)

    def one(self, call: Call) -> Answer:
        """Get a deployment."""
        return Answer(self._shown_deployment(call, self._found(call)))

    def statuses(self, call: Call) -> Answer:
        """List deployment statuses, newest first."""
        deployment = self._found(call)
        page, headers = call.page(self._statuses(deployment, call.now)[::-1])
        return Answer([self._shown_status(call, deployment, *one) for one in page], headers=headers)

    def _deployments(self, now: float) -> Iterator[Deployment]:
        for run in self._world.runs.visible(now):
            for attempt in reversed(run.attempts):
                for job in run.jobs(attempt, now) if attempt.created <= now else ():
                    carried = job.plan.definition.name in attempt.carried
                    if job.plan.definition.environment and job.conclusion != "skipped" and not carried:
                        yield Deployment(run=run, attempt=attempt, job=job)

    def _found(self, call: Call) -> Deployment:
        wanted = call.path["deployment"]
        return next((one for one in self._deployments(call.now) if one.id == wanted), None) or not_found()

    def _statuses(self, deployment: Deployment, now: float) -> list[tuple[float, str]]:
        """When it came to which state, oldest first."""
        job = deployment.job
        found = [(job.created, "waiting" if job.waits_until else "queued")]
        if job.steps and job.waits_until:
            found.append((job.waits_until, "queued"))
        if job.steps:
            found.append((job.started, "in_progress"))
        ended = {"success": "success", "cancelled": "error"}.get(job.conclusion, "failure")
        found.append((job.completed, ended))
        if ended == "success":
            later = [
                one.job.completed
                for one in self._deployments(now)
                if one.environment == deployment.environment
                and one.job.conclusion == "success"
                and one.job.completed > job.completed
            ]
            if later:
                found.append((min(later), "inactive"))
        return [(at, state) for at, state in found if at <= now]

    # Environments

    def environments(self, call: Call) -> Answer:
        """List environments."""
        page, headers = call.page(ENVIRONMENTS)
        shown = [self._shown_environment(call, name) for name in page]
        return Answer({"total_count": len(ENVIRONMENTS), "environments": shown}, headers=headers)

    def environment(self, call: Call) -> Answer:
        """Get an environment."""
        name = call.path["name"]
        return Answer(self._shown_environment(call, name)) if name in ENVIRONMENTS else not_found()

    # Reviews

    def approvals(self, call: Call) -> Answer:
        """Get the review history for a workflow run."""
        run = self._run(call)
        reviews = [one for attempt in run.attempts for one in attempt.reviews if one.at <= call.now]
        shown = [
            {
                "environments": [self._environment_of_review(call, one.environment)],
                "state": one.state,
                "user": self._shown(call).account(one.account),
                "comment": one.comment,
            }
            for one in reviews
        ]
        return Answer(shown)

    def pending(self, call: Call) -> Answer:
        """Get pending deployments for a workflow run."""
        shown = [
            {
                "environment": {
                    key: value
                    for key, value in self._environment_of_review(call, one.environment).items()
                    if not key.endswith("_at")
                },
                "wait_timer": 0,
                "wait_timer_started_at": None,
                "current_user_can_approve": not call.viewer.installation,
                "reviewers": self._reviewers(call),
            }
            for one in self._waiting(self._run(call), call.now)
        ]
        return Answer(shown)

    def review(self, call: Call) -> Answer:
        """Review pending deployments for a workflow run."""
        run = self._run(call)
        fields = call.fields("environment_ids", "state", "comment")
        for name in ("environment_ids", "state", "comment"):
            if name not in fields:
                invalid(f'Invalid request.\n\n"{name}" wasn\'t supplied.')
        identifiers, state, comment = (fields[name] for name in ("environment_ids", "state", "comment"))
        if state not in ("approved", "rejected"):
            invalid(f"Invalid request.\n\nInvalid input: {state!r} is not a possible value for state.")
        if not isinstance(identifiers, list) or not isinstance(comment, str):
            invalid("Invalid request.\n\nInvalid property: environment_ids or comment is of the wrong type.")
        waiting = self._waiting(run, call.now)
        by_id = {_environment_id(one.environment): one for one in waiting}
        wanted = dict.fromkeys(cast("list[object]", identifiers))
        reviewed = [one for identifier, one in by_id.items() if identifier in wanted]
        if not wanted or len(reviewed) != len(wanted):
            invalid("There are no pending deployments for the specified environments")
        for one in reviewed:
            word = Review(
                environment=one.environment,
                state=state,
                account=call.viewer.account,
                comment=comment,
                at=call.now,
            )
            one.attempt.review(word)
        return Answer([self._shown_deployment(call, one) for one in reviewed])

    def _waiting(self, run: Run, now: float) -> list[Deployment]:
        attempt = run.attempt(now)
        jobs: Sequence[JobTimes] = run.jobs(attempt, now) if attempt else ()
        return [
            Deployment(run=run, attempt=attempt, job=job)
            for job in jobs
            if attempt
            and job.status(now) == "waiting"
            and not any(one.environment == job.plan.definition.environment for one in attempt.reviews)
        ]

    def _run(self, call: Call) -> Run:
        return self._world.runs.run(call.path["run_id"], call.now) or not_found()

    # How they are written

    def _shown(self, call: Call) -> Shown:
        return Shown(call.api, call.web, self._world.story.repository)

    def _reviewers(self, call: Call) -> list[dict[str, Any]]:
        return [
            {"type": "User", "reviewer": self._shown(call).account(AIKO_ACCOUNT)},
            {"type": "Team", "reviewer": shown_team(call.api, call.web)},
        ]

    def _environment_of_review(self, call: Call, name: str) -> dict[str, Any]:
        shown = self._shown_environment(call, name)
        return {key: shown[key] for key in ("id", "node_id", "name", "url", "html_url", "created_at", "updated_at")}

    def _shown_environment(self, call: Call, name: str) -> dict[str, Any]:
        shown, identifier = self._shown(call), _environment_id(name)
        rules: list[dict[str, Any]] = []
        if name in GATED_ENVIRONMENTS:
            rules.append(
                {
                    "id": identifier + 7,
                    "node_id": node_id("GA", identifier + 7),
                    "type": "required_reviewers",
                    "prevent_self_review": True,
                    "reviewers": self._reviewers(call),
                }
            )
        since = utc(self._world.story.after(hours=-24 * 380).timestamp())
        return {
            "id": identifier,
            "node_id": node_id("EN", identifier),
            "name": name,
            "url": f"{shown.repo_url}/environments/{name}",
            "html_url": f"{shown.repo_page}/deployments/activity_log?environments_filter={name}",
            "created_at": since,
            "updated_at": since,
            "can_admins_bypass": True,
            "protection_rules": rules,
            "deployment_branch_policy": None,
        }

    def _shown_deployment(self, call: Call, one: Deployment) -> dict[str, Any]:
        shown = self._shown(call)
        url = f"{shown.repo_url}/deployments/{one.id}"
        statuses = self._statuses(one, call.now)
        return {
            "url": url,
            "id": one.id,
            "node_id": node_id("DE", one.id),
            "task": "deploy",
            "original_environment": one.environment,
            "environment": one.environment,
            "description": None,
            "created_at": utc(one.job.created),
            "updated_at": utc(statuses[-1][0]),
            "statuses_url": f"{url}/statuses",
            "repository_url": shown.repo_url,
            "creator": self._creator(call, one.run.account),
            "sha": one.run.sha,
            "ref": one.run.branch,
            "payload": {},
            "transient_environment": False,
            "production_environment": one.environment == "production",
            "performed_via_github_app": None,
        }

    def _creator(self, call: Call, account: Account) -> dict[str, Any]:
        return self._shown(call).account(account)

    def _shown_status(self, call: Call, one: Deployment, at: float, state: str) -> dict[str, Any]:
        shown = self._shown(call)
        identifier = one.id * 10 + (
            "waiting",
            "queued",
            "in_progress",
            "success",
            "failure",
            "error",
            "inactive",
        ).index(state)
        url = f"{shown.repo_url}/deployments/{one.id}"
        job = f"{shown.repo_page}/actions/runs/{one.run.id}/job/{one.job.plan.id}"
        return {
            "url": f"{url}/statuses/{identifier}",
            "id": identifier,
            "node_id": node_id("DES", identifier),
            "state": state,
            "creator": shown.account(ACTIONS_BOT),
            "description": "",
            "environment": one.environment,
            "target_url": job,
            "created_at": utc(at),
            "updated_at": utc(at),
            "deployment_url": url,
            "repository_url": shown.repo_url,
            "environment_url": "",
            "log_url": job,
            "performed_via_github_app": None,
        }


def _environment_id(name: str) -> int:
    return _FIRST_ENVIRONMENT + ENVIRONMENTS.index(name) * 1013
