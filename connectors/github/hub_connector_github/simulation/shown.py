"""Repositories, workflows, runs and jobs as the REST API writes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from hub.sandbox.story import NOTICE
from hub_connector_github.simulation.accounts import ORGANIZATION, Account, node_id, shown_account
from hub_connector_github.simulation.api import utc
from hub_connector_github.simulation.noise import sha1_like
from hub_connector_github.simulation.repository import Commit, PullRequest
from hub_connector_github.simulation.runs import Run
from hub_connector_github.simulation.timeline import Attempt, JobTimes, StepTimes
from hub_connector_github.simulation.workflows import Workflow

REPOSITORY_ID = 512_087_733
RETENTION_DAYS = 21
"""How long logs and artifacts are kept."""
_TEMPLATES = {
    "archive": "{archive_format}{/ref}",
    "assignees": "assignees{/user}",
    "blobs": "git/blobs{/sha}",
    "branches": "branches{/branch}",
    "collaborators": "collaborators{/collaborator}",
    "comments": "comments{/number}",
    "commits": "commits{/sha}",
    "compare": "compare/{base}...{head}",
    "contents": "contents/{+path}",
    "git_commits": "git/commits{/sha}",
    "git_refs": "git/refs{/sha}",
    "git_tags": "git/tags{/sha}",
    "issue_comment": "issues/comments{/number}",
    "issue_events": "issues/events{/number}",
    "issues": "issues{/number}",
    "keys": "keys{/key_id}",
    "labels": "labels{/name}",
    "milestones": "milestones{/number}",
    "notifications": "notifications{?since,all,participating}",
    "pulls": "pulls{/number}",
    "releases": "releases{/id}",
    "statuses": "statuses/{sha}",
    "trees": "git/trees{/sha}",
}
_PLAIN = (
    *("contributors", "deployments", "downloads", "events", "forks", "hooks", "languages", "merges", "stargazers"),
    *("subscribers", "subscription", "tags", "teams"),
)


@dataclass(frozen=True)
class Shown:
    """Writes things with the addresses of one server.

    Attributes:
        api: Base URL of the API.
        web: Base URL of the pages for people.
        name: `owner/name` of the repository.
    """

    api: str
    web: str
    name: str

    @property
    def repo_url(self) -> str:
        """Address of the repository in the API."""
        return f"{self.api}/repos/{self.name}"

    @property
    def repo_page(self) -> str:
        """Address of the repository for people."""
        return f"{self.web}/{self.name}"

    def account(self, account: Account) -> dict[str, Any]:
        """A "Simple User"."""
        return shown_account(account, self.api, self.web)

    @cached_property
    def repository(self) -> Mapping[str, Any]:
        """A "Minimal Repository"."""
        base = self.repo_url
        return {
            "id": REPOSITORY_ID,
            "node_id": node_id("R", REPOSITORY_ID),
            "name": self.name.partition("/")[2],
            "full_name": self.name,
            "private": True,
            "owner": self.account(ORGANIZATION),
            "html_url": self.repo_page,
            "description": f"Takes orders and payments ({NOTICE})",
            "fork": False,
            "url": base,
            **{f"{name}_url": f"{base}/{template}" for name, template in _TEMPLATES.items()},
            **{f"{name}_url": f"{base}/{name}" for name in _PLAIN},
        }

    # Actions

    def workflow(self, workflow: Workflow, added: float) -> dict[str, Any]:
        """A "Workflow"; `added` is when, in unix seconds."""
        return {
            "id": workflow.id,
            "node_id": node_id("W", workflow.id),
            "name": workflow.name,
            "path": workflow.path,
            "state": workflow.state,
            "created_at": utc(added),
            "updated_at": utc(added + 86_400 * 40),
            "url": f"{self.repo_url}/actions/workflows/{workflow.id}",
            "html_url": f"{self.repo_page}/blob/main/{workflow.path}",
            "badge_url": f"{self.repo_page}/workflows/{workflow.name.replace(' ', '%20')}/badge.svg",
        }

    def run(
        self, run: Run, attempt: Attempt, commit: Commit, pull: PullRequest | None, base_sha: str, now: float
    ) -> dict[str, Any]:
        """A "Workflow Run" as of one of its attempts.

        Args:
            run: The run.
            attempt: Which attempt of it.
            commit: What it runs on.
            pull: The pull request it is linked to, if that is open; GitHub leaves closed ones out.
            base_sha: Head of the branch that the pull request goes into.
            now: Unix seconds.
        """
        status, conclusion = run.state(attempt, now)
        url = f"{self.repo_url}/actions/runs/{run.id}"
        of_attempt = url if attempt is run.attempt(now) else f"{url}/attempts/{attempt.number}"
        return {
            "id": run.id,
            "name": run.workflow.name,
            "node_id": node_id("WFR", run.id),
            "head_branch": run.branch,
            "head_sha": run.sha,
            "path": run.workflow.path,
            "display_title": run.title,
            "run_number": run.number,
            "event": run.event,
            "status": status,
            "conclusion": conclusion,
            "workflow_id": run.workflow.id,
            "check_suite_id": run.check_suite_id,
            "check_suite_node_id": node_id("CS", run.check_suite_id),
            "url": url,
            "html_url": f"{self.repo_page}/actions/runs/{run.id}",
            "pull_requests": [self.linked_pull(pull, run.sha, base_sha)] if pull else [],
            "created_at": utc(run.created),
            "updated_at": utc(run.updated(attempt, now)),
            "actor": self.account(run.account),
            "run_attempt": attempt.number,
            "referenced_workflows": [],
            "run_started_at": utc(attempt.created),
            "triggering_actor": self.account(attempt.account),
            "jobs_url": f"{of_attempt}/jobs",
            "logs_url": f"{of_attempt}/logs",
            "check_suite_url": f"{self.repo_url}/check-suites/{run.check_suite_id}",
            "artifacts_url": f"{url}/artifacts",
            "cancel_url": f"{url}/cancel",
            "rerun_url": f"{url}/rerun",
            "previous_attempt_url": f"{url}/attempts/{attempt.number - 1}" if attempt.number > 1 else None,
            "workflow_url": f"{self.repo_url}/actions/workflows/{run.workflow.id}",
            "head_commit": self.simple_commit(commit),
            "repository": self.repository,
            "head_repository": self.repository,
        }

    def linked_pull(self, pull: PullRequest, head_sha: str, base_sha: str) -> dict[str, Any]:
        """A "Pull Request Minimal"."""
        repo = {"id": REPOSITORY_ID, "url": self.repo_url, "name": self.name.partition("/")[2]}
        return {
            "id": pull_id(pull.number),
            "number": pull.number,
            "url": f"{self.repo_url}/pulls/{pull.number}",
            "head": {"ref": pull.branch, "sha": head_sha, "repo": repo},
            "base": {"ref": "main", "sha": base_sha, "repo": repo},
        }

    def simple_commit(self, commit: Commit) -> dict[str, Any]:
        """A "Simple Commit"."""
        person = {"name": commit.author.name, "email": commit.author.email}
        return {
            "id": commit.sha,
            "tree_id": tree_of(commit),
            "message": commit.message,
            "timestamp": utc(commit.at),
            "author": person,
            "committer": person,
        }

    def job(self, run: Run, attempt: Attempt, job: JobTimes, now: float) -> dict[str, Any]:
        """A "Job"; one that is queued has its time of creation as its start, as on GitHub."""
        status, identifier = job.status(now), job.plan.id
        runs = job.steps and now >= job.started
        return {
            "id": identifier,
            "run_id": run.id,
            "workflow_name": run.workflow.name,
            "head_branch": run.branch,
            "run_url": f"{self.repo_url}/actions/runs/{run.id}",
            "run_attempt": attempt.number,
            "node_id": node_id("CR", identifier),
            "head_sha": run.sha,
            "url": f"{self.repo_url}/actions/jobs/{identifier}",
            "html_url": f"{self.repo_page}/actions/runs/{run.id}/job/{identifier}",
            "status": status,
            "conclusion": job.conclusion if status == "completed" else None,
            "created_at": utc(job.created),
            "started_at": utc(job.started if now >= job.started else job.created),
            "completed_at": utc(job.completed) if status == "completed" else None,
            "name": job.plan.definition.name,
            "steps": [_step(step, now) for step in job.steps] if runs else [],
            "check_run_url": f"{self.repo_url}/check-runs/{identifier}",
            "labels": list(job.plan.definition.labels),
            "runner_id": job.plan.runner if runs else None,
            "runner_name": f"GitHub Actions {job.plan.runner}" if runs else None,
            "runner_group_id": 0 if runs else None,
            "runner_group_name": "GitHub Actions" if runs else None,
        }


def _step(step: StepTimes, now: float) -> dict[str, Any]:
    done, begun = now >= step.completed, now >= step.started
    return {
        "name": step.step.name,
        "status": "completed" if done else "in_progress" if begun else "queued",
        "conclusion": step.conclusion if done else None,
        "number": step.number,
        "started_at": utc(step.started) if begun else None,
        "completed_at": utc(step.completed) if done else None,
    }


def pull_id(number: int) -> int:
    """The id of a pull request, which is not its number."""
    return 2_040_000_000 + number * 7919


def tree_of(commit: Commit) -> str:
    """SHA-1 of the commit's tree."""
    return sha1_like("tree", commit.sha)
