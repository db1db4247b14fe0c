"""What the connector is before it offers anything: its service, its credential, its repositories."""

from collections.abc import Mapping
from dataclasses import replace

from hub.plugin import ApiToken, Connector, ConnectorContext, Credential, Service, TLSFiles
from hub_connector_github import access
from hub_connector_github.api import Api, error_text
from hub_connector_github.app_auth import AppAccess
from hub_connector_github.completing import Completions
from hub_connector_github.downloads import Downloads
from hub_connector_github.references import RepositoryName, RunReference
from hub_connector_github.repositories import Repositories
from hub_connector_github.repository import Repository
from hub_connector_github.settings import GitHubSettings

_NAMED = 8


class GitHubBase(Connector[GitHubSettings]):
    """One GitHub: github.com or an Enterprise Server."""

    def __init__(self, settings: GitHubSettings, context: ConnectorContext) -> None:
        super().__init__(settings, context)
        hosts = access.download_hosts(settings)
        downloads = Downloads(lambda: self.http, context.open_service, hosts, f"{self._table}.download_hosts")
        self.api = Api(lambda: self.http, downloads)
        self.repositories = Repositories(settings, self.api, self.namespace)
        self.completions = Completions(self.repositories)
        self._app = (
            None
            if settings.app is None
            else AppAccess(settings.app, self._service_for_the_app, context.open_service, f"{self._table}.app")
        )

    @property
    def _table(self) -> str:
        return f"connectors.{self.namespace}"

    def credential(self) -> Credential | None:
        """The token, or the installation tokens of the app."""
        if self._app is not None:
            return self._app.credential()
        return None if self.settings.token is None else ApiToken(token=self.settings.token)

    def service(self) -> Service:
        """GitHub's REST API."""
        return replace(
            super().service(),
            credential=f"{self._table}.{'token' if self._app is None else 'app'}",
            headers=access.HEADERS,
            tls=None if self.settings.ca_file is None else TLSFiles(ca=self.settings.ca_file),
            proxy=self.settings.proxy,
            error_text=error_text,
            untold_pause=access.untold_pause,
            rate_limit=access.RATE_LIMIT,
            timeout=self.settings.timeout,
        )

    def _service_for_the_app(self) -> Service:
        return replace(self.service(), label="GitHub's token endpoint", auth=None, auth_headers=self._proof)

    def _proof(self) -> Mapping[str, str]:
        return {} if self._app is None else self._app.proof()

    async def verify_access(self) -> str:
        """Ask what is left of the hourly budget, which costs nothing of it, and for a repository's workflows.

        Raises:
            ConnectorError: GitHub does not answer as it should.
        """
        return await access.verify(self.api, self.repositories, self.settings.base_url)

    def instructions(self) -> str:
        """What lies behind the connector."""
        told = "GitHub Actions: runs, logs, why something is red, deployments."
        if listed := self.repositories.named or self.settings.repositories:
            told += f" Repositories: {', '.join(listed[:_NAMED])}{', …' if len(listed) > _NAMED else ''}."
        if self.repositories.default and len(listed) > 1:
            told += f" Default {self.repositories.default}."
        return told

    def at(self, repo: RepositoryName | None, run: RunReference | None) -> Repository:
        """The repository a call means that may name a run by its address."""
        return self.repositories.get(repo, run.repository if run else None, run.host if run else "")
