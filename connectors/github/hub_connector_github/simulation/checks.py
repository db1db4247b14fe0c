"""Check suites, check runs and their annotations; a job's check run has the job's id.

GitHub's description of Actions leaves checks out; this is modelled on its documentation
(https://docs.github.com/en/rest/checks).
"""

from collections.abc import Iterator
from typing import Any

from hub_connector_github.simulation.accounts import ORGANIZATION, node_id
from hub_connector_github.simulation.actions import REPO
from hub_connector_github.simulation.api import Answer, Call, Endpoint, invalid, not_found, utc
from hub_connector_github.simulation.causes import Annotation
from hub_connector_github.simulation.runs import Run
from hub_connector_github.simulation.shown import Shown
from hub_connector_github.simulation.timeline import Attempt, JobTimes
from hub_connector_github.simulation.world import World

_ACTIONS_APP = 15_368
_OLD_ACTION = Annotation(
    path=".github",
    line=2,
    level="warning",
    message="Node.js 20 actions are deprecated. Please update the following actions to use Node.js 24: "
    "actions/cache@v4.",
)


class Checks:
    """What can be read of checks.

    Args:
        world: Where the runs are.
    """

    def __init__(self, world: World) -> None:
        self._world = world

    def endpoints(self) -> list[Endpoint]:
        """The paths it answers."""
        paths = {
            f"{REPO}/commits/{{ref:path}}/check-runs": self.of_commit,
            f"{REPO}/commits/{{ref:path}}/check-suites": self.suites_of_commit,
            f"{REPO}/check-suites/{{suite:int}}": self.suite,
            f"{REPO}/check-suites/{{suite:int}}/check-runs": self.of_suite,
            f"{REPO}/check-runs/{{job_id:int}}": self.check_run,
            f"{REPO}/check-runs/{{job_id:int}}/annotations": self.annotations,
        }
        return [Endpoint(method="GET", path=path, handler=one, needs="checks=read") for path, one in paths.items()]

    def of_commit(self, call: Call) -> Answer:
        """List check runs for a Git reference."""
        commit = self._world.repository.resolve(call.path["ref"], call.now)
        if commit is None:
            invalid(f"No commit found for SHA: {call.path['ref']}")
        return self._listed(call, [run for run in self._world.runs.visible(call.now) if run.sha == commit.sha])

    def of_suite(self, call: Call) -> Answer:
        """List check runs in a check suite."""
        return self._listed(call, [self._suite(call)])

    def suites_of_commit(self, call: Call) -> Answer:
        """List check suites for a Git reference."""
        commit = self._world.repository.resolve(call.path["ref"], call.now)
        if commit is None:
            invalid(f"No commit found for SHA: {call.path['ref']}")
        runs = [run for run in self._world.runs.visible(call.now) if run.sha == commit.sha]
        page, headers = call.page(runs)
        shown = [self._shown_suite(call, run) for run in page]
        return Answer({"total_count": len(runs), "check_suites": shown}, headers=headers)

    def suite(self, call: Call) -> Answer:
        """Get a check suite."""
        return Answer(self._shown_suite(call, self._suite(call)))

    def check_run(self, call: Call) -> Answer:
        """Get a check run."""
        run, attempt, job = self._found(call)
        return Answer(self._shown(call, run, attempt, job))

    def annotations(self, call: Call) -> Answer:
        """List check run annotations."""
        run, _, job = self._found(call)
        page, headers = call.page(list(annotations_of(job, call.now)))
        blob = f"{call.web}/{self._world.story.repository}/blob/{run.sha}"
        shown = [
            {
                "path": one.path,
                "blob_href": f"{blob}/{one.path}",
                "start_line": one.line,
                "start_column": None,
                "end_line": one.line,
                "end_column": None,
                "annotation_level": one.level,
                "title": one.title,
                "message": one.message,
                "raw_details": "",
            }
            for one in page
        ]
        return Answer(shown, headers=headers)

    def _found(self, call: Call) -> tuple[Run, Attempt, JobTimes]:
        return self._world.runs.job(call.path["job_id"], call.now) or not_found()

    def _suite(self, call: Call) -> Run:
        runs = self._world.runs.visible(call.now)
        return next((run for run in runs if run.check_suite_id == call.path["suite"]), None) or not_found()

    def _listed(self, call: Call, runs: list[Run]) -> Answer:
        found: list[tuple[Run, Attempt, JobTimes]] = []
        for run in runs:
            for attempt in run.attempts:
                latest = attempt is run.attempt(call.now)
                if attempt.created <= call.now and (latest or call.query.get("filter") == "all"):
                    found += [(run, attempt, job) for job in run.jobs(attempt, call.now)]
        if name := call.query.get("check_name"):
            found = [one for one in found if one[2].plan.definition.name == name]
        if status := call.query.get("status"):
            found = [one for one in found if one[2].status(call.now) == status]
        page, headers = call.page(found)
        shown = [self._shown(call, *one) for one in page]
        return Answer({"total_count": len(found), "check_runs": shown}, headers=headers)

    def _shown(self, call: Call, run: Run, attempt: Attempt, job: JobTimes) -> dict[str, Any]:
        of_job = Shown(call.api, call.web, self._world.story.repository).job(run, attempt, job, call.now)
        annotations = list(annotations_of(job, call.now))
        return {
            "id": of_job["id"],
            "name": of_job["name"],
            "node_id": of_job["node_id"],
            "head_sha": run.sha,
            "external_id": node_id("EXT", job.plan.id),
            "url": of_job["check_run_url"],
            "html_url": of_job["html_url"],
            "details_url": of_job["html_url"],
            "status": of_job["status"],
            "conclusion": of_job["conclusion"],
            "started_at": of_job["started_at"],
            "completed_at": of_job["completed_at"],
            "output": {
                "title": None,
                "summary": None,
                "text": None,
                "annotations_count": len(annotations),
                "annotations_url": f"{of_job['check_run_url']}/annotations",
            },
            "check_suite": {"id": run.check_suite_id},
            "app": self._app(call),
            "pull_requests": [],
        }

    def _shown_suite(self, call: Call, run: Run) -> dict[str, Any]:
        attempt = run.latest(call.now)
        status, conclusion = run.state(attempt, call.now)
        shown = Shown(call.api, call.web, self._world.story.repository)
        return {
            "id": run.check_suite_id,
            "node_id": node_id("CS", run.check_suite_id),
            "head_branch": run.branch,
            "head_sha": run.sha,
            "status": status,
            "conclusion": conclusion,
            "url": f"{shown.repo_url}/check-suites/{run.check_suite_id}",
            "pull_requests": [],
            "app": self._app(call),
            "created_at": utc(run.created),
            "updated_at": utc(run.updated(attempt, call.now)),
            "latest_check_runs_count": len(run.jobs(attempt, call.now)),
            "check_runs_url": f"{shown.repo_url}/check-suites/{run.check_suite_id}/check-runs",
            "head_commit": shown.simple_commit(self._world.repository.commits[run.sha]),
            "repository": shown.repository,
        }

    def _app(self, call: Call) -> dict[str, Any]:
        since = utc(self._world.began - 6 * 365 * 86_400)
        owner = Shown(call.api, call.web, self._world.story.repository).account(ORGANIZATION)
        return {
            "id": _ACTIONS_APP,
            "slug": "github-actions",
            "node_id": node_id("A", _ACTIONS_APP),
            "owner": owner,
            "name": "GitHub Actions",
            "description": "Automate your workflow from idea to production",
            "external_url": "https://help.github.com/en/actions",
            "html_url": f"{call.web}/apps/github-actions",
            "created_at": since,
            "updated_at": since,
            "permissions": {"actions": "write", "checks": "write", "contents": "write", "metadata": "read"},
            "events": [],
        }


def annotations_of(job: JobTimes, now: float) -> Iterator[Annotation]:
    """What was annotated in a job by now; for every failed step GitHub adds one with its exit code."""
    if job.status(now) != "completed" or not job.steps:
        return
    cause = job.plan.cause
    for step in job.steps:
        if step.conclusion == "cancelled":
            yield Annotation(path=".github", line=1, level="failure", message="The operation was canceled.")
        elif step.conclusion in ("failure", "timed_out") and cause is not None:
            yield from cause.annotations
            if cause.exit_code is not None:
                message = f"Process completed with exit code {cause.exit_code}."
                yield Annotation(path=".github", line=step.number, level="failure", message=message)
    if job.plan.definition.name == "lint":
        yield _OLD_ACTION
