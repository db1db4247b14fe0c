"""The `[connectors.jira]` table: where Jira is, how it lets us in, and which projects may be touched."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from hub.plugin import ConnectorSettings, Secret

PROJECT_KEY = r"[A-Z][A-Z0-9_]{0,254}"
_CLOUD_ID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_API_GATEWAY = "https://api.atlassian.com/ex/jira"
_CLOUD_KEYS = ("email", "api_token", "cloud_id", "client_id", "client_secret", "refresh_token")


class JiraSettings(ConnectorSettings):
    """The [connectors.jira] table in hub.toml.

    The credential says which Jira it is: a personal access token means Data Center, everything else means Cloud.
    """

    url: str
    """Address of the site, such as `https://acme.atlassian.net`, or of Data Center with its context path."""
    email: str | None = None
    """Cloud: account of the API token; goes with `api_token`."""
    api_token: Secret | None = None
    """Cloud: API token of that account. A token with scopes needs `cloud_id`, too."""
    cloud_id: str | None = None
    """Cloud: id of the site, for scoped tokens and OAuth; `https://<site>/_edge/tenant_info` shows it."""
    client_id: str | None = None
    """Cloud: OAuth 2.0 (3LO) app; goes with `client_secret`, `refresh_token` and `cloud_id`."""
    client_secret: Secret | None = None
    refresh_token: Secret | None = None
    """Cloud: first refresh token of the app (scope `offline_access`); the hub keeps the ones that follow."""
    personal_access_token: Secret | None = None
    """Data Center: personal access token."""
    projects: Annotated[Sequence[str], Field(min_length=1)] | None = None
    """Keys of the only projects that may be read and written; all that the account sees if left out."""
    ca_file: Path | None = None
    """PEM file of a private certificate authority."""
    timeout: float = Field(default=30.0, gt=0, le=600)
    """Seconds one request may take."""

    @field_validator("url")
    @classmethod
    def _plain_address(cls, url: str) -> str:
        return checked_url(url)

    @field_validator("cloud_id")
    @classmethod
    def _is_cloud_id(cls, cloud_id: str | None) -> str | None:
        if cloud_id is not None and not _CLOUD_ID.fullmatch(cloud_id):
            raise ValueError("a cloud id is a UUID; https://<site>/_edge/tenant_info shows it")
        return cloud_id

    @field_validator("projects")
    @classmethod
    def _are_keys(cls, projects: Sequence[str] | None) -> tuple[str, ...] | None:
        if projects is None:
            return None
        for key in projects:
            if not re.fullmatch(PROJECT_KEY, key):
                raise ValueError(f"{key!r} is no project key; a key is like SHOP, in capitals")
        return tuple(dict.fromkeys(projects))

    @model_validator(mode="after")
    def _one_credential(self) -> Self:
        given = {key for key in _CLOUD_KEYS if getattr(self, key) is not None}
        if self.personal_access_token is not None:
            if given:
                others = ", ".join(f"`{key}`" for key in sorted(given))
                raise ValueError(f"`personal_access_token` is for Data Center and excludes {others}")
            return self
        if "refresh_token" in given or "client_id" in given or "client_secret" in given:
            if missing := {"client_id", "client_secret", "refresh_token", "cloud_id"} - given:
                raise ValueError(f"OAuth also needs {', '.join(f'`{key}`' for key in sorted(missing))}")
            if given & {"email", "api_token"}:
                raise ValueError("`refresh_token` and `api_token` exclude each other")
            return self
        if missing := {"email", "api_token"} - given:
            names = ", ".join(f"`{key}`" for key in sorted(missing))
            raise ValueError(
                f"{names} missing: set `email` and `api_token` (Cloud), `client_id`, `client_secret`, "
                "`refresh_token` and `cloud_id` (Cloud, OAuth), or `personal_access_token` (Data Center)"
            )
        return self

    @property
    def is_cloud(self) -> bool:
        """Whether this is Jira Cloud; else it is Data Center."""
        return self.personal_access_token is None

    @property
    def api_url(self) -> str:
        """Base address of the REST API: the site, or Atlassian's gateway to it."""
        return f"{_API_GATEWAY}/{self.cloud_id}" if self.cloud_id else self.url


def checked_url(url: str) -> str:
    """The address without a trailing slash.

    Raises:
        ValueError: It is no plain http(s) address, or holds a credential or an API path.
    """
    try:
        parts = urlsplit(url)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError:
        raise ValueError("the address cannot be read; write it like https://acme.atlassian.net") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_is_fine:
        raise ValueError("the address must be like https://acme.atlassian.net or https://host/jira")
    if parts.username is not None or parts.password is not None:
        raise ValueError("the address holds a credential; use `email` and `api_token`")
    if parts.query or parts.fragment:
        raise ValueError("the address must not have a query or a fragment")
    path = parts.path.rstrip("/")
    if "/rest" in path or "/browse" in path:
        raise ValueError("give the address of Jira itself, without /rest or /browse")
    return f"{parts.scheme}://{parts.netloc}{path}"
