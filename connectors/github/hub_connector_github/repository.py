"""One repository: the calls of GitHub's API that the tools make, each answered with plain data."""

from base64 import b64decode
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from hub.plugin import NotFound
from hub_connector_github.api import Api
from hub_connector_github.shapes import Json, integer, objects, text

if TYPE_CHECKING:
    import httpx
    from github import Github
    from github.Repository import Repository as SDKRepository
    from github.WorkflowRun import WorkflowRun

_RUN = "/repos/{owner}/{repo}/actions/runs/{run}"


class Rows(NamedTuple):
    """One page of a list, and how many there are in all."""

    rows: list[Json]
    total: int


class Repository:
    """One repository.

    Args:
        api: The way to GitHub.
        owner: Its owner.
        name: Its name.
    """

    def __init__(self, api: Api, owner: str, name: str) -> None:
        self.api = api
        self.owner = owner
        self.name = name

    @property
    def full_name(self) -> str:
        """`owner/name`."""
        return f"{self.owner}/{self.name}"

    @contextmanager
    def _finding(self, what: str) -> Generator[None]:
        """Say what is not there; GitHub says only that something is not, of what it will not show as well."""
        try:
            yield
        except NotFound:
            raise NotFound(
                f"{self.full_name} has no {what} that the credential may see (404)",
                hint="GitHub shows what it hides and what is not there alike: check the name, then the credential",
            ) from None

    # Runs and jobs

    async def runs(
        self, filters: Mapping[str, str], *, workflow: str = "", page: int = 1, per_page: int = 30
    ) -> Rows:
        """Runs, newest first; GitHub gives no more than the first 1,000 that match a filter.

        Args:
            filters: As the API takes them: `branch`, `status`, `event`, `actor`, `created`, `head_sha`.
            workflow: File name or id of the only workflow wanted.
            page: From 1.
            per_page: At most 100.
        """

        def work(github: "Github") -> Rows:
            from hub_connector_github import sdk

            repository = self._of(github)
            given: dict[str, Any] = dict(filters)
            found = (
                repository.get_workflow(workflow).get_runs(**given)
                if workflow
                else repository.get_workflow_runs(**given)
            )
            rows = sdk.page(found, page)
            return Rows(rows, found.totalCount)

        with self._finding(f"workflow {workflow}" if workflow else "runs"):
            return await self.api.sdk(work, per_page=per_page)

    async def run(self, run: int, attempt: int | None = None) -> Json:
        """A run, as of its last attempt or an earlier one."""

        def work(github: "Github") -> Json:
            from hub_connector_github import sdk

            found = self._run(github, run)
            return sdk.whole(found if attempt is None else found.get_attempt(attempt))

        with self._finding(f"run {run}" + (f" with an attempt {attempt}" if attempt else "")):
            return await self.api.sdk(work)

    async def jobs(self, run: int, *, attempt: int | None = None, every: bool = False, page: int = 1) -> Rows:
        """Jobs of a run, 100 a page: of its last attempt, of the one named, or of every attempt.

        PyGithub would ask for the run first, and knows no attempts.
        """
        values = {"owner": self.owner, "repo": self.name, "run": str(run)}
        path = f"{_RUN}/jobs"
        params = {"per_page": "100", "page": str(page)}
        if attempt is not None:
            path, values["attempt"] = f"{_RUN}/attempts/{{attempt}}/jobs", str(attempt)
        else:
            params["filter"] = "all" if every else "latest"
        with self._finding(f"run {run}" + (f" with an attempt {attempt}" if attempt else "")):
            answer = await self.api.get(path, params, path_params=values)
        return Rows(objects(answer, "jobs"), integer(answer, "total_count"))

    async def job(self, job: int) -> Json:
        """One job with its steps."""

        def work(github: "Github") -> Json:
            from hub_connector_github import sdk

            return sdk.whole(self._of(github).get_workflow_job(job))

        with self._finding(f"job {job}"):
            return await self.api.sdk(work)

    @asynccontextmanager
    async def log(self, job: int, *, max_bytes: int, seconds: float) -> "AsyncGenerator[httpx.Response]":
        """The log of a job, to be read while it comes."""
        async with self.api.downloads.stream(
            "/repos/{owner}/{repo}/actions/jobs/{job}/logs",
            path_params=self._values(job=str(job)),
            max_bytes=max_bytes,
            timeout=seconds,
        ) as response:
            yield response

    async def annotations(self, check_run: int) -> list[Json]:
        """What a job's check run remarks on lines of files."""

        def work(github: "Github") -> list[Json]:
            from hub_connector_github import sdk

            return sdk.page(self._of(github).get_check_run(check_run).get_annotations(), 1)

        return await self.api.sdk(work)

    async def rerun(self, run: int, *, failed_only: bool, debug: bool) -> None:
        """Run all jobs again, or those that failed and what depends on them. PyGithub cannot ask for debug logs."""
        ending = "rerun-failed-jobs" if failed_only else "rerun"
        body = {"enable_debug_logging": True} if debug else None
        await self.api.post(f"{_RUN}/{ending}", body, path_params=self._values(run=str(run)))

    async def rerun_job(self, job: int, *, debug: bool) -> None:
        """Run one job again, and what depends on it."""
        body = {"enable_debug_logging": True} if debug else None
        path = "/repos/{owner}/{repo}/actions/jobs/{job}/rerun"
        await self.api.post(path, body, path_params=self._values(job=str(job)))

    async def cancel(self, run: int, *, force: bool) -> None:
        """Cancel a run; by force, without waiting for what the run itself wants to do at its end."""
        ending = "force-cancel" if force else "cancel"
        await self.api.post(f"{_RUN}/{ending}", path_params=self._values(run=str(run)))

    # Workflows

    async def workflows(self, page: int = 1) -> Rows:
        """Workflows, 100 a page."""

        def work(github: "Github") -> Rows:
            from hub_connector_github import sdk

            found = self._of(github).get_workflows()
            rows = sdk.page(found, page)
            return Rows(rows, found.totalCount)

        with self._finding("workflows"):
            return await self.api.sdk(work, per_page=100)

    async def workflow(self, name: str) -> Json:
        """One workflow, by file name or id."""

        def work(github: "Github") -> Json:
            from hub_connector_github import sdk

            return sdk.whole(self._of(github).get_workflow(name))

        with self._finding(f"workflow {name}"):
            return await self.api.sdk(work)

    async def file(self, path: str) -> bytes:
        """The content of a file on the default branch; empty where it has more than a megabyte.

        PyGithub asserts what it expects of the answer, whatever the service sends.
        """
        with self._finding(f"file {path}"):
            answer = await self.api.get("/repos/{owner}/{repo}/contents/" + quote(path), path_params=self._values())
        try:
            return b64decode(text(answer, "content"))
        except ValueError:
            return b""

    async def dispatch(self, workflow: str, body: Json, *, allow: tuple[int, ...]) -> "httpx.Response":
        """Start a workflow. PyGithub would not tell a refusal from an answer without details."""
        path = "/repos/{owner}/{repo}/actions/workflows/{workflow}/dispatches"
        return await self.api.post(path, body, path_params=self._values(workflow=workflow), allow=allow)

    # Code

    async def pull_request(self, number: int) -> Json:
        """A pull request."""

        def work(github: "Github") -> Json:
            from hub_connector_github import sdk

            return sdk.whole(self._of(github).get_pull(number))

        with self._finding(f"pull request #{number}"):
            return await self.api.sdk(work)

    async def commit_sha(self, ref: str) -> str:
        """The whole SHA of a shortened one."""

        def work(github: "Github") -> str:
            from hub_connector_github import sdk

            # Its own `sha` would be the one it was asked for by.
            return text(sdk.whole(self._of(github).get_commit(ref)), "sha")

        with self._finding(f"commit {ref}"):
            return await self.api.sdk(work)

    async def comparison(self, base: str, head: str, *, page: int = 1, per_page: int = 30) -> Json:
        """What lies between two refs. The first page has the files, later ones only commits."""

        def work(github: "Github") -> Json:
            from hub_connector_github import sdk

            found = self._of(github).compare(base, head, comparison_commits_per_page=per_page)
            if page == 1:
                return sdk.whole(found)
            return {"commits": sdk.page(found.get_commits(comparison_commits_per_page=per_page), page)}

        with self._finding(f"commits {base} and {head} in common"):
            return await self.api.sdk(work, per_page=per_page)

    # Deployments

    async def deployments(self, filters: Mapping[str, str], *, page: int, per_page: int) -> list[Json]:
        """Deployments, newest first.

        Args:
            filters: `environment`, `ref`, `sha`.
            page: From 1.
            per_page: At most 100.
        """

        def work(github: "Github") -> list[Json]:
            from hub_connector_github import sdk

            given: dict[str, Any] = dict(filters)
            return sdk.page(self._of(github).get_deployments(**given), page)

        return await self.api.sdk(work, per_page=per_page)

    async def deployment_status(self, deployment: int) -> Json:
        """The last status of a deployment."""

        def work(github: "Github") -> Json:
            from hub_connector_github import sdk

            found = sdk.page(self._of(github).get_deployment(deployment).get_statuses(), 1)
            return found[0] if found else {}

        return await self.api.sdk(work, per_page=1)

    async def pending_deployments(self, run: int) -> list[Json]:
        """Environments that a run waits for, with their reviewers; PyGithub has no such call."""
        with self._finding(f"run {run}"):
            found = await self.api.get(f"{_RUN}/pending_deployments", path_params=self._values(run=str(run)))
        return objects(found)

    async def review(self, run: int, environments: list[int], state: str, comment: str) -> None:
        """Approve or reject what a run waits for; PyGithub has no such call."""
        body = {"environment_ids": environments, "state": state, "comment": comment}
        await self.api.post(f"{_RUN}/pending_deployments", body, path_params=self._values(run=str(run)))

    # Artifacts

    async def artifacts(self, run: int, *, name: str = "", page: int = 1) -> Rows:
        """Artifacts of a run, 100 a page; PyGithub would ask for the run first."""
        params = {"per_page": "100", "page": str(page), **({"name": name} if name else {})}
        with self._finding(f"run {run}"):
            answer = await self.api.get(f"{_RUN}/artifacts", params, path_params=self._values(run=str(run)))
        return Rows(objects(answer, "artifacts"), integer(answer, "total_count"))

    async def artifact(self, artifact: int) -> Json:
        """One artifact."""

        def work(github: "Github") -> Json:
            return self._of(github).get_artifact(artifact).raw_data

        with self._finding(f"artifact {artifact}"):
            return await self.api.sdk(work)

    async def recent_artifacts(self, count: int) -> Rows:
        """The newest artifacts of all runs."""

        def work(github: "Github") -> Rows:
            from hub_connector_github import sdk

            found = self._of(github).get_artifacts()
            rows = sdk.page(found, 1)
            return Rows(rows, found.totalCount)

        return await self.api.sdk(work, per_page=count)

    @asynccontextmanager
    async def archive(
        self, artifact: int, first: int, last: int, *, seconds: float
    ) -> "AsyncGenerator[httpx.Response]":
        """Some bytes of an artifact's zip, both ends included; the storage may send the whole instead."""
        async with self.api.downloads.stream(
            "/repos/{owner}/{repo}/actions/artifacts/{artifact}/zip",
            path_params=self._values(artifact=str(artifact)),
            headers={"Range": f"bytes={first}-{last}"},
            max_bytes=last - first + 1 + 16 * 1024 * 1024,
            timeout=seconds,
        ) as response:
            yield response

    def _values(self, **more: str) -> dict[str, str]:
        return {"owner": self.owner, "repo": self.name, **more}

    def _of(self, github: "Github") -> "SDKRepository":
        return github.get_repo(self.full_name)

    def _run(self, github: "Github", run: int) -> "WorkflowRun":
        return self._of(github).get_workflow_run(run)
