"""Which repositories may be asked about, and which one a call means."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from hub.plugin import InvalidArguments
from hub_connector_github.api import Api
from hub_connector_github.references import RepositoryName
from hub_connector_github.repository import Repository
from hub_connector_github.settings import GitHubSettings

_LOOPBACK = ("127.0.0.1", "localhost", "[::1]", "::1")


class Repositories:
    """The repositories of one connector.

    Args:
        settings: Its table.
        api: The way to GitHub.
        namespace: Of the connector, for errors.
    """

    def __init__(self, settings: GitHubSettings, api: Api, namespace: str) -> None:
        self._patterns = settings.repositories
        self._api = api
        self._setting = f"connectors.{namespace}.repositories"
        named = [pattern for pattern in settings.repositories if "*" not in pattern]
        only = named[0] if len(named) == 1 and len(settings.repositories) == 1 else None
        self.default = settings.default_repository or only
        self.named: Sequence[str] = tuple(dict.fromkeys([*([self.default] if self.default else []), *named]))
        self.owners: Sequence[str] = tuple(
            dict.fromkeys(pattern.partition("/")[0] for pattern in (*self.named, *settings.repositories))
        )
        self._host = web_host(settings.base_url)

    def get(
        self, wanted: RepositoryName | None, in_address: RepositoryName | None = None, host: str = ""
    ) -> Repository:
        """The repository a call means.

        Args:
            wanted: What the caller named; the default if left out.
            in_address: What an address among the arguments leads to; it counts where none is named.
            host: Of that address.

        Raises:
            InvalidArguments: None is named and there is no default, hub.toml does not list it, or the address is of
                another GitHub.
        """
        if host and self._host and host.lower() != self._host:
            raise InvalidArguments(f"The address is on {host}; this connector reaches {self._host}")
        name = wanted or in_address
        if name is None:
            if self.default is None:
                listed = f": {', '.join(self.named)}" if self.named else ", like octo-org/octo-repo"
                raise InvalidArguments("Which repository?", hint=f"Pass repo{listed}")
            name = RepositoryName.parse(self.default)
        if not name.owner:
            name = RepositoryName(self._owner_of(name.name), name.name)
        full = str(name)
        if not self.allowed(full):
            listed = ", ".join(self._patterns)
            raise InvalidArguments(f"{full} is not among {self._setting}", hint=f"It lists {listed}")
        return Repository(self._api, name.owner, name.name)

    def get_named(self, full_name: str) -> Repository:
        """A repository that hub.toml names.

        Raises:
            InvalidArguments: It is the default one, and hub.toml lists others only.
        """
        return self.get(RepositoryName.parse(full_name))

    def allowed(self, full_name: str) -> bool:
        """Whether hub.toml lets it be asked about; GitHub's names know no case."""
        if not self._patterns:
            return True
        lowered = full_name.lower()
        owner, _, name = lowered.partition("/")
        for pattern in self._patterns:
            own, _, names = pattern.lower().partition("/")
            if own == owner and fnmatchcase(name, names):
                return True
        return False

    def _owner_of(self, name: str) -> str:
        """The owner of a repository named without one: the one whose listed repository it is, or the only one."""
        listed = [full.partition("/")[0] for full in self.named if full.lower().endswith(f"/{name.lower()}")]
        candidates = list(dict.fromkeys(listed)) or list(self.owners)
        if len(candidates) != 1:
            raise InvalidArguments(f"Whose {name}?", hint="Pass repo as owner/name")
        return candidates[0]


def web_host(base_url: str) -> str:
    """The host people browse, with its port; empty where it cannot be told, as for a simulated GitHub."""
    parts = urlsplit(base_url)
    host = (parts.netloc or "").lower()
    if (parts.hostname or "") in _LOOPBACK:
        return ""
    # api.github.com and api.TENANT.ghe.com; an Enterprise Server has one host for both.
    return host.removeprefix("api.") if host == "api.github.com" or host.endswith(".ghe.com") else host
