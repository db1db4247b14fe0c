"""The connector: the tools it declares, each a few lines that lead to the module that does it."""

import time
from typing import Annotated, Any

from pydantic import Field

from hub.plugin import InvalidArguments, Moment, Sandbox, Table, tool
from hub_connector_github import (
    acting,
    artifacts,
    comparing,
    deployments,
    explaining,
    logs,
    runs,
    statistics,
    workflows,
)
from hub_connector_github.references import Ref, RepositoryName, RunReference, Target, WorkflowFile
from hub_connector_github.resources import GitHubResources

_READ = ("actions: read",)
_WRITE = ("actions: write",)
_TWO_WEEKS = 14 * 86400.0
_DEPLOYMENTS = 10
_COMMITS = 30
"""Rows a page where the caller does not choose: a cursor goes on, and the definitions stay short."""

# Whatever stands here is sent to the model for every tool, so it is short, and an optional text is None by default:
# the schema then needs no default.
Repo = Annotated[RepositoryName | None, Field(description="owner/name")]
RunId = Annotated[RunReference, Field(description="Id or URL")]
Limit = Annotated[int, "Max rows"]
Cursor = Annotated[str | None, "Next page"]
Line = Annotated[int | None, "From line"]
Grep = Annotated[str | None, "Words, * and |"]


class GitHub(GitHubResources):
    """GitHub Actions, of github.com or an Enterprise Server."""

    title = "GitHub Actions"

    @classmethod
    def sandbox(cls) -> Sandbox | None:
        """A small GitHub that tells a story."""
        from hub_connector_github.sandbox import github_sandbox

        return github_sandbox()

    # Tools that read

    @tool(scopes=_READ)
    async def list_runs(
        self,
        repo: Repo = None,
        workflow: Annotated[WorkflowFile | None, Field(description="Like ci.yml")] = None,
        status: Annotated[runs.Status | None, "State"] = None,
        branch: Annotated[Ref | None, Field(description="Branch")] = None,
        sha: Annotated[Ref | None, Field(description="Commit")] = None,
        event: Annotated[str | None, "Like pull_request"] = None,
        actor: Annotated[str | None, "Login"] = None,
        since: Annotated[Moment | None, "Like 7d"] = None,
        limit: Limit = 20,
        cursor: Cursor = None,
    ) -> Table | str:
        """List workflow runs, newest first."""
        filters = {
            "status": status or "",
            "branch": str(branch or ""),
            "event": event or "",
            "actor": actor or "",
        }
        return await runs.list_runs(
            self.repositories.get(repo),
            sha=sha,
            workflow=str(workflow or ""),
            filters=filters,
            since=since,
            limit=limit,
            cursor=cursor,
        )

    @tool(scopes=_READ, cost=2)
    async def get_run(
        self,
        run: RunId,
        attempt: Annotated[int | None, "Default last"] = None,
        jobs: Annotated[str | None, "Name or glob"] = None,
        repo: Repo = None,
    ) -> str:
        """Get a run with its jobs, failed ones first."""
        return await runs.get_run(self.at(repo, run), run, attempt, jobs or "")

    @tool(scopes=_READ, cost=3, deadline=120)
    async def get_logs(
        self,
        run: Annotated[RunReference | None, Field(description="Id or URL")] = None,
        job: Annotated[str | None, "Id, name or glob"] = None,
        step: Annotated[str | None, "Number, name or glob"] = None,
        grep: Grep = None,
        context: Annotated[int, "Lines around"] = 2,
        tail: Annotated[int | None, "Only the last"] = None,
        limit: Annotated[int, "Max lines"] = 40,
        cursor: Line = None,
        attempt: Annotated[int | None, "Default last"] = None,
        repo: Repo = None,
    ) -> str:
        """Read a job's log: by default the end of its failed step. grep searches all jobs that fit."""
        repository = self.at(repo, run)
        found = await logs.jobs_meant(
            repository,
            run.id if run else None,
            attempt or (run.attempt if run else None),
            job or "",
            run.job if run else None,
            search=bool(grep),
        )
        return await logs.read_logs(
            repository,
            found,
            step=step or "",
            grep=grep or "",
            context=context,
            tail=tail,
            limit=limit,
            cursor=cursor,
        )

    @tool(scopes=("actions: read", "checks: read", "contents: read", "pull requests: read"), cost=8, deadline=120)
    async def explain_failure(
        self,
        target: Annotated[
            Target | None, Field(description="Run, PR (#12), branch or sha; default newest failed run")
        ] = None,
        workflow: Annotated[WorkflowFile | None, Field(description="Like ci.yml")] = None,
        repo: Repo = None,
    ) -> str:
        """Explain why something is red: failed jobs and steps, error lines, annotations, commits since green."""
        in_address, host = (target.repository, target.host) if target else (None, "")
        repository = self.repositories.get(repo, in_address, host)
        return await explaining.explain(repository, target, str(workflow or ""), self.namespace)

    @tool(scopes=_READ, cost=12)
    async def run_stats(
        self,
        workflow: Annotated[WorkflowFile | None, Field(description="Like ci.yml")] = None,
        branch: Annotated[Ref | None, Field(description="Only this")] = None,
        since: Annotated[Moment | None, "Default 14d"] = None,
        repo: Repo = None,
    ) -> str:
        """Success rate, p50/p95 duration and queue time per workflow; flaky jobs."""
        return await statistics.run_stats(
            self.repositories.get(repo),
            workflow=str(workflow or ""),
            branch=str(branch or ""),
            since=since or Moment(time.time() - _TWO_WEEKS),
            namespace=self.namespace,
        )

    @tool(scopes=("actions: read", "contents: read"), cost=8)
    async def list_workflows(self, search: Annotated[str | None, "Words"] = None, repo: Repo = None) -> Table | str:
        """List workflows with their triggers and dispatch inputs."""
        return await workflows.list_workflows(self.repositories.get(repo), search or "")

    @tool(scopes=("deployments: read", "actions: read"), cost=12)
    async def list_deployments(
        self,
        environment: Annotated[str | None, "Name"] = None,
        ref: Annotated[Ref | None, Field(description="Branch, tag or sha")] = None,
        cursor: Cursor = None,
        repo: Repo = None,
    ) -> str:
        """List deployments with state and run, and runs that wait for approval."""
        return await deployments.list_deployments(
            self.repositories.get(repo),
            environment=environment or "",
            ref=str(ref or ""),
            limit=_DEPLOYMENTS,
            cursor=cursor,
        )

    @tool(scopes=("contents: read",))
    async def compare(
        self,
        base: Annotated[Ref, Field(description="Branch, tag or sha")],
        head: Annotated[Ref, Field(description="Newer")],
        cursor: Cursor = None,
        repo: Repo = None,
    ) -> str:
        """Commits and changed files between two refs."""
        return await comparing.compare(self.repositories.get(repo), str(base), str(head), _COMMITS, cursor)

    @tool(scopes=_READ, cost=4, deadline=120)
    async def read_artifact(
        self,
        run: Annotated[RunReference | None, Field(description="Id or URL")] = None,
        artifact: Annotated[str | None, "Id, or name with run"] = None,
        path: Annotated[str | None, "File or glob"] = None,
        grep: Grep = None,
        limit: Annotated[int, "Max lines"] = 100,
        cursor: Line = None,
        repo: Repo = None,
    ) -> Table | str:
        """List a run's artifacts, the files of one, or read a file in it."""
        repository = self.at(repo, run)
        if not artifact:
            if run is None:
                raise InvalidArguments("Nothing to read", hint="Pass run, or artifact (an id)")
            return await artifacts.list_artifacts(repository, run.id)
        found = await artifacts.artifact_meant(repository, run.id if run else None, artifact)
        return await artifacts.read_artifact(
            repository,
            found,
            path=path or "",
            grep=grep or "",
            limit=runs.bounded(limit, logs.MOST_LINES),
            cursor=max(cursor or 1, 1),
        )

    # Tools that write

    @tool(writes=True, scopes=_WRITE, cost=2)
    async def run_workflow(
        self,
        workflow: Annotated[WorkflowFile, Field(description="File or id")],
        ref: Annotated[Ref, Field(description="Branch or tag")],
        inputs: Annotated[dict[str, Any] | None, "See list_workflows"] = None,
        repo: Repo = None,
    ) -> str:
        """Start a workflow; returns the run's id."""
        return await acting.run_workflow(
            self.repositories.get(repo), str(workflow), str(ref), inputs or {}, self.namespace
        )

    @tool(writes=True, scopes=_WRITE, cost=2)
    async def rerun(
        self,
        run: Annotated[RunReference | None, Field(description="Id or URL")] = None,
        job: Annotated[int | None, "Only this id"] = None,
        repo: Repo = None,
        *,
        all: Annotated[bool, "Also passed jobs"] = False,  # noqa: A002  short for a model, never used here
        debug: Annotated[bool, "Debug logs"] = False,
    ) -> str:
        """Run failed jobs again."""
        meant = job or (run.job if run else None)
        repository = self.at(repo, run)
        return await acting.rerun(
            repository, run.id if run else None, meant, self.namespace, every=all, debug=debug
        )

    @tool(writes=True, destructive=True, scopes=_WRITE, cost=2)
    async def cancel_run(
        self, run: RunId, repo: Repo = None, *, force: Annotated[bool, "If it hangs"] = False
    ) -> str:
        """Cancel a run."""
        return await acting.cancel_run(self.at(repo, run), run.id, self.namespace, force=force)

    @tool(writes=True, scopes=("actions: read", "deployments: write"), cost=2)
    async def review_deployment(
        self,
        run: RunId,
        decision: Annotated[acting.Decision, "Verdict"],
        environments: Annotated[list[str] | None, "Names, if several"] = None,
        comment: Annotated[str | None, "Why"] = None,
        repo: Repo = None,
    ) -> str:
        """Approve or reject deployments that a run waits for."""
        return await acting.review_deployment(
            self.at(repo, run), run.id, decision, environments or [], comment or "", self.namespace
        )
