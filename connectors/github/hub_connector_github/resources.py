"""What can be read as a resource or asked for as a prompt, with what completes their variables."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import Field

from hub.plugin import NotFound, Table, prompt, resource
from hub_connector_github import artifacts, logs, prompts, runs, workflows
from hub_connector_github.base import GitHubBase
from hub_connector_github.models import Job
from hub_connector_github.references import RepositoryName, RunReference, Target
from hub_connector_github.repository import Repository
from hub_connector_github.settings import NAME, OWNER

_NUMBER = r"[1-9][0-9]{0,18}"
_FILE = r"[A-Za-z0-9_][A-Za-z0-9._ -]{0,99}\.ya?ml|[1-9][0-9]{0,18}"
_REPOSITORY = {"owner": OWNER, "repo": NAME}

Context = Mapping[str, str] | None


async def _owners(connector: GitHubBase, prefix: str) -> Sequence[str]:
    return connector.completions.owners(prefix)


async def _names(connector: GitHubBase, prefix: str, context: Context = None) -> Sequence[str]:
    return connector.completions.names(prefix, context or {})


async def _full_names(connector: GitHubBase, prefix: str) -> Sequence[str]:
    return connector.completions.full_names(prefix)


async def _files(connector: GitHubBase, prefix: str, context: Context = None) -> Sequence[str]:
    return await connector.completions.workflows(prefix, context or {})


async def _runs(connector: GitHubBase, prefix: str, context: Context = None) -> Sequence[str]:
    return await connector.completions.runs(prefix, context or {})


async def _jobs(connector: GitHubBase, prefix: str, context: Context = None) -> Sequence[str]:
    return await connector.completions.jobs(prefix, context or {})


async def _artifacts(connector: GitHubBase, prefix: str, context: Context = None) -> Sequence[str]:
    return await connector.completions.artifacts(prefix, context or {})


async def _environments(connector: GitHubBase, prefix: str, context: Context = None) -> Sequence[str]:
    return await connector.completions.environments(prefix, context or {})


_COMPLETE = {"owner": _owners, "repo": _names}


class GitHubResources(GitHubBase):
    """Resources and prompts."""

    def _of(self, owner: str, repo: str) -> Repository:
        return self.repositories.get(RepositoryName(owner, repo))

    @resource(
        "github://{owner}/{repo}/actions/workflows/{file}",
        grammar={**_REPOSITORY, "file": _FILE},
        complete={**_COMPLETE, "file": _files},
    )
    async def workflow(self, owner: str, repo: str, file: str) -> str:
        """A workflow: triggers, inputs, last runs."""
        return await workflows.workflow_card(self._of(owner, repo), file)

    @resource(
        "github://{owner}/{repo}/actions/runs/{id}",
        grammar={**_REPOSITORY, "id": _NUMBER},
        complete={**_COMPLETE, "id": _runs},
    )
    async def run(self, owner: str, repo: str, id: str) -> str:  # noqa: A002  the variable of the URI
        """A workflow run with its jobs."""
        return await runs.get_run(self._of(owner, repo), RunReference(id=int(id)), None, "")

    @resource(
        "github://{owner}/{repo}/actions/runs/{id}/jobs/{job}/log{?from_line,lines}",
        grammar={**_REPOSITORY, "id": _NUMBER, "job": _NUMBER},
        complete={**_COMPLETE, "id": _runs, "job": _jobs},
    )
    async def job_log(
        self,
        owner: str,
        repo: str,
        id: str,  # noqa: A002  as above
        job: str,
        from_line: int = 1,
        lines: int = 500,
    ) -> str:
        """Lines of a job's log."""
        repository = self._of(owner, repo)
        found = Job.of(await repository.job(int(job)))
        if found.run != int(id):
            raise NotFound(f"Job {job} is not one of run {id}", hint=f"It belongs to run {found.run}")
        return await logs.read_logs(
            repository, [found], step="", grep="", context=0, tail=None, limit=lines, cursor=from_line
        )

    @resource(
        "github://{owner}/{repo}/actions/artifacts/{id}",
        grammar={**_REPOSITORY, "id": _NUMBER},
        complete={**_COMPLETE, "id": _artifacts},
    )
    async def artifact(self, owner: str, repo: str, id: str) -> Table | str:  # noqa: A002  as above
        """The files of an artifact."""
        repository = self._of(owner, repo)
        found = await repository.artifact(int(id))
        return await artifacts.read_artifact(repository, found, path="", grep="", limit=1, cursor=1)

    @prompt(complete={"repo": _full_names})
    async def ci_failure(
        self,
        target: Annotated[Target, Field(description="Run, PR, branch or sha")],
        repo: Annotated[RepositoryName | None, Field(description="owner/name")] = None,
    ) -> str:
        """Find out why something is red, and what would make it green."""
        repository = self.repositories.get(repo, target.repository, target.host)
        return prompts.ci_failure(self.namespace, repository.full_name, str(target))

    @prompt(complete={"repo": _full_names})
    async def flaky_hunt(
        self,
        repo: Annotated[RepositoryName | None, Field(description="owner/name")] = None,
        window: Annotated[str | None, "Like 14d"] = None,
    ) -> str:
        """Find jobs that fail for no reason in the code."""
        return prompts.flaky_hunt(self.namespace, self.repositories.get(repo).full_name, window or "14d")

    @prompt(complete={"repo": _full_names, "environment": _environments})
    async def deploy_check(
        self,
        environment: Annotated[str, "Like production"],
        repo: Annotated[RepositoryName | None, Field(description="owner/name")] = None,
    ) -> str:
        """Judge the last deployment to an environment."""
        name = " ".join(environment.replace("`", "'").split())
        return prompts.deploy_check(self.namespace, self.repositories.get(repo).full_name, name)
