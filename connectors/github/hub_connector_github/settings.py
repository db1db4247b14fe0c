"""The `[connectors.github]` table: where GitHub is, how it lets us in, and which repositories are meant."""

import re
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from hub.plugin import ConnectorSettings, Secret, Settings

API = "https://api.github.com"
OWNER = r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,98}[A-Za-z0-9])?"
NAME = r"(?!\.{1,2}(?:/|$))[A-Za-z0-9._-]{1,100}"
_PATTERN = re.compile(rf"{OWNER}/(?:\*|[A-Za-z0-9._*-]{{1,100}})")
_HOST = re.compile(r"(?:\*\.)?[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?")


class AppSettings(Settings):
    """A GitHub App installed on the repositories: `[connectors.github.app]`.

    https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app
    """

    client_id: str = Field(pattern=r"^[A-Za-z0-9.]{1,100}$")
    """The app's client ID (`Iv23…`); its numeric App ID works as well."""
    private_key: Secret
    """The PEM file that GitHub let you download, usually as `{ file = "…" }`."""
    installation_id: int | None = Field(default=None, gt=0)
    """Which installation; may be left out where the app has only one."""


class GitHubSettings(ConnectorSettings):
    """The `[connectors.github]` table in hub.toml: one credential, and which repositories are meant."""

    token: Secret | None = None
    """Fine-grained personal access token."""
    app: AppSettings | None = None
    """A GitHub App instead of a token."""
    repositories: tuple[str, ...] = ()
    """The only repositories that may be asked about: `owner/name`, `owner/*` or `owner/shop-*`; empty means all
    the credential reaches."""
    default_repository: str | None = None
    """The repository meant by calls that name none; needless where `repositories` has one entry without `*`."""
    base_url: str = API
    """Address of the REST API; `https://HOST/api/v3` for GitHub Enterprise Server."""
    download_hosts: tuple[str, ...] = ()
    """Further hosts that logs and artifacts may be fetched from, such as the blob storage of an Enterprise Server;
    they never see the credential."""
    ca_file: Path | None = None
    """PEM file of a private certificate authority, for an Enterprise Server."""
    proxy: str | None = Field(default=None, repr=False)
    """URL of an HTTP proxy; proxy variables of the environment are not read."""
    timeout: float = Field(default=30.0, gt=0, le=600)
    """Seconds one request may take."""

    @field_validator("base_url")
    @classmethod
    def _plain_address(cls, url: str) -> str:
        return checked_url(url)

    @field_validator("repositories")
    @classmethod
    def _repository_patterns(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            if not _PATTERN.fullmatch(pattern):
                raise ValueError(f"{pattern!r} is no repository; write owner/name, owner/* or owner/shop-*")
        return patterns

    @field_validator("default_repository")
    @classmethod
    def _one_repository(cls, name: str | None) -> str | None:
        if name is not None and not re.fullmatch(f"{OWNER}/{NAME}", name):
            raise ValueError(f"{name!r} is no repository; write owner/name")
        return name

    @field_validator("download_hosts")
    @classmethod
    def _host_names(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        for host in hosts:
            if not _HOST.fullmatch(host):
                raise ValueError(f"{host!r} is no host; write it like blobs.acme.com or *.blobs.acme.com:9000")
        return hosts

    @model_validator(mode="after")
    def _one_credential_and_a_fitting_address(self) -> Self:
        if self.token is None and self.app is None:
            raise ValueError("set `token`, or a GitHub App under `app`")
        if self.token is not None and self.app is not None:
            raise ValueError("`token` and `app` exclude each other; keep one of them")
        if self.ca_file is not None and not self.base_url.startswith("https://"):
            raise ValueError("`ca_file` needs an https:// address")
        return self


def checked_url(url: str) -> str:
    """The address without a trailing slash.

    Raises:
        ValueError: It is no plain http(s) address, holds a credential, or is the one people browse.
    """
    try:
        parts = urlsplit(url)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError:
        raise ValueError(f"the address cannot be read; write it like {API}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_is_fine:
        raise ValueError(f"the address must be like {API} or https://HOST/api/v3")
    if parts.username is not None or parts.password is not None:
        raise ValueError("the address holds a credential; use `token`")
    if parts.query or parts.fragment:
        raise ValueError("the address must not have a query or a fragment")
    if parts.hostname in ("github.com", "www.github.com"):
        raise ValueError(f"that is the site for people; the API is {API}")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
