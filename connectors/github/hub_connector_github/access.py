"""How GitHub is reached: headers, request budget, the hosts downloads come from, and whether it lets us in."""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from hub.plugin import NotFound
from hub_connector_github.api import Api
from hub_connector_github.repositories import Repositories
from hub_connector_github.settings import GitHubSettings
from hub_connector_github.shapes import counted, integer, mapping, text
from hub_connector_github.times import utc

if TYPE_CHECKING:
    import httpx

HEADERS = {"X-GitHub-Api-Version": "2022-11-28"}
"""The version that github.com and every Enterprise Server in support know
(https://docs.github.com/en/rest/about-the-rest-api/api-versions)."""
RATE_LIMIT = "900/minute"
"""The secondary limit of points for the REST API; a read costs one, a write five
(https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits)."""
_UNTOLD_PAUSE = 60.0
"""Seconds to wait at a secondary limit that names none (same page, "exceeding the rate limit")."""
_DOWNLOADS = ("*.actions.githubusercontent.com", "*.blob.core.windows.net")
"""Where github.com keeps logs and artifacts (https://docs.github.com/en/actions/reference/runners/self-hosted-runners,
"communication requirements")."""


def untold_pause(response: "httpx.Response") -> float | None:
    """Seconds to leave GitHub alone after an answer that is a rate limit by its words only."""
    said = text(response.json(), "message").lower()
    return _UNTOLD_PAUSE if response.status_code == 429 or "rate limit" in said else None


def download_hosts(settings: GitHubSettings) -> tuple[str, ...]:
    """Hosts that downloads may come from, besides GitHub's own address; they never see the credential."""
    host = urlsplit(settings.base_url).hostname or ""
    hosted = host == "api.github.com" or host.endswith(".ghe.com")
    tenant = (f"*.actions.{host.removeprefix('api.')}",) if host.endswith(".ghe.com") else ()
    return (*(_DOWNLOADS if hosted else ()), *tenant, *settings.download_hosts)


async def verify(api: Api, repositories: Repositories, base_url: str) -> str:
    """One line on what answers: the hourly budget, and the workflows of a repository.

    Raises:
        ConnectorError: GitHub does not answer as it should.
    """
    told = [f"GitHub at {base_url}"]
    try:
        core = mapping(await api.get("/rate_limit"), "resources", "core")
    except NotFound:
        told.append("no rate limit")  # an Enterprise Server may have none
    else:
        left, most = integer(core, "remaining"), integer(core, "limit")
        told.append(f"{left:,} of {most:,} requests left until {utc(integer(core, 'reset'))}")
    if repositories.named:
        repository = repositories.get_named(repositories.named[0])
        _, total = await repository.workflows()
        told.append(f"{repository.full_name} has {counted(total, 'workflow')}")
    return ", ".join(told)
