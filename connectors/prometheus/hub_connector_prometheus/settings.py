"""The `[connectors.prometheus]` table: which servers there are and how each lets us in."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from hub.plugin import ConnectorSettings, Secret, Settings

DEFAULT_SOURCE = "default"
SOURCE_NAME = r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}"
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e]*")
_TENANT_HEADER = "x-scope-orgid"

HeaderValue = Annotated[Secret | str, Field(union_mode="left_to_right")]
"""A header's value: literal or a reference in hub.toml, a secret from then on."""


def _plain(value: Secret | str) -> str:
    return value if isinstance(value, str) else value.get_secret_value()


class Access(Settings):
    """What a server wants to see before it answers: nothing, or one of basic, bearer, certificate and headers.

    The names follow Prometheus's own `basic_auth` and `tls_config`
    (https://prometheus.io/docs/prometheus/latest/configuration/configuration/#tls_config).
    """

    username: str | None = None
    """Basic authentication; goes with `password`."""
    password: Secret | None = None
    bearer_token: Secret | None = None
    """Sent as `Authorization: Bearer …`."""
    headers: Mapping[str, HeaderValue] = Field(default_factory=dict[str, HeaderValue], repr=False)
    """Further headers for every request; literal values or references, all kept like secrets."""
    tenant: str | None = None
    """Tenant of Mimir, Cortex or Thanos, sent as `X-Scope-OrgID`; several are joined by `|`."""
    ca_file: Path | None = None
    """PEM file of a private certificate authority."""
    cert_file: Path | None = None
    """PEM file of the client certificate (mTLS); `key_file` may be left out where it holds the key too."""
    key_file: Path | None = None
    proxy: str | None = Field(default=None, repr=False)
    """URL of an HTTP proxy; proxy variables of the environment are not read."""

    @field_validator("headers")
    @classmethod
    def _headers_can_be_sent(cls, headers: Mapping[str, HeaderValue]) -> Mapping[str, HeaderValue]:
        for name, value in headers.items():
            if not _HEADER_NAME.fullmatch(name):
                raise ValueError(f"{name!r} is not a header name")
            if not _HEADER_VALUE.fullmatch(_plain(value)):
                raise ValueError(f"the value of header {name!r} holds characters that headers cannot carry")
        return headers

    @model_validator(mode="after")
    def _one_credential(self) -> Self:
        named = {name.lower() for name in self.headers}
        if (self.username is None) != (self.password is None):
            given, lacking = ("username", "password") if self.password is None else ("password", "username")
            raise ValueError(f"`{given}` is set without `{lacking}`; basic authentication needs both")
        ways = [
            way
            for way, is_set in (
                ("`username` and `password`", self.username is not None),
                ("`bearer_token`", self.bearer_token is not None),
                ("an `Authorization` header", "authorization" in named),
            )
            if is_set
        ]
        if len(ways) > 1:
            raise ValueError(f"{' and '.join(ways)} all set the Authorization header; keep one of them")
        if self.tenant is not None and _TENANT_HEADER in named:
            raise ValueError("`tenant` and an `X-Scope-OrgID` header say the same; keep one of them")
        if self.key_file is not None and self.cert_file is None:
            raise ValueError("`key_file` is set without `cert_file`")
        return self

    def request_headers(self) -> dict[str, str]:
        """The headers that carry the credential."""
        from base64 import b64encode

        headers = {name: _plain(value) for name, value in self.headers.items()}
        if self.bearer_token is not None:
            headers["Authorization"] = f"Bearer {self.bearer_token.get_secret_value()}"
        elif self.username is not None and self.password is not None:
            pair = f"{self.username}:{self.password.get_secret_value()}"
            headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        return headers

    def tenant_headers(self) -> dict[str, str]:
        """The header that names the tenant, which is no credential."""
        return {} if self.tenant is None else {"X-Scope-OrgID": self.tenant}

    @property
    def credential_keys(self) -> tuple[str, ...]:
        """The key of this table that holds the credential, or those to choose from, for errors."""
        if self.bearer_token is not None:
            return ("bearer_token",)
        if self.password is not None:
            return ("password",)
        if self.headers:
            return ("headers",)
        return ("cert_file",) if self.cert_file is not None else ("bearer_token", "password")


class Endpoint(Access):
    """One server: where it is and how it lets us in."""

    url: str
    """Base address with any path prefix, such as `https://mimir.acme.com/prometheus`; without `/api/v1`."""

    @field_validator("url")
    @classmethod
    def _plain_address(cls, url: str) -> str:
        return checked_url(url)

    @model_validator(mode="after")
    def _tls_needs_https(self) -> Self:
        _refuse_tls_over_http(self.url, self)
        return self


class SourceOptions(Access):
    """What a source has besides its address."""

    alertmanager: Endpoint | None = None
    """Its Alertmanager: an address, or a table with an address and a credential of its own."""
    timeout: float = Field(default=30.0, gt=0, le=600)
    """Seconds one request may take; the server is told too, so it stops working when nobody waits."""

    @field_validator("alertmanager", mode="before")
    @classmethod
    def _address_alone(cls, value: Any) -> Any:
        return {"url": value} if isinstance(value, str) else value


class SourceSettings(SourceOptions, Endpoint):
    """One Prometheus-compatible server: `[connectors.prometheus.sources.<name>]`."""


class PrometheusSettings(SourceOptions, ConnectorSettings):
    """The `[connectors.prometheus]` table in hub.toml: one `url`, or several `sources`."""

    url: str | None = None
    """Base address of the only source."""
    sources: Mapping[str, SourceSettings] = Field(default_factory=dict[str, SourceSettings])
    """Several servers by name."""
    default_source: str | None = None
    """The source meant by calls that name none."""

    @field_validator("url")
    @classmethod
    def _plain_address(cls, url: str | None) -> str | None:
        return None if url is None else checked_url(url)

    @model_validator(mode="after")
    def _one_or_several(self) -> Self:
        if self.url is None and not self.sources:
            raise ValueError("set `url`, or one table per server under `sources`")
        if self.url is not None and self.sources:
            raise ValueError("`url` and `sources` exclude each other; move the address into a source of its own")
        if self.sources and (misplaced := sorted(self.model_fields_set & set(SourceOptions.model_fields))):
            raise ValueError(
                f"with `sources`, {', '.join(f'`{key}`' for key in misplaced)} belongs into each source"
            )
        for name in self.sources:
            if not re.fullmatch(SOURCE_NAME, name):
                raise ValueError(f"source name {name!r} may hold letters, digits, `_` and `-` only, at most 32")
        if self.default_source is not None and self.default_source not in self.by_name():
            raise ValueError(f"`default_source` is {self.default_source!r}; sources: {', '.join(self.by_name())}")
        if self.url is not None:
            _refuse_tls_over_http(self.url, self)
        return self

    def by_name(self) -> dict[str, SourceSettings]:
        """Every source by its name; a lone `url` is the source `default`."""
        if self.url is None:
            return dict(self.sources)
        options = {key: getattr(self, key) for key in SourceOptions.model_fields}
        return {DEFAULT_SOURCE: SourceSettings(url=self.url, **options)}


def checked_url(url: str) -> str:
    """The address without a trailing slash.

    Raises:
        ValueError: It is no plain http(s) address, or holds a credential.
    """
    try:
        parts = urlsplit(url)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError:
        raise ValueError("the address cannot be read; write it like http://127.0.0.1:9090") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_is_fine:
        raise ValueError("the address must be like http://127.0.0.1:9090 or https://host/prefix")
    if parts.username is not None or parts.password is not None:
        raise ValueError("the address holds a credential; use `username` and `password`")
    if parts.query or parts.fragment:
        raise ValueError("the address must not have a query or a fragment")
    path = parts.path.rstrip("/")
    if path.endswith("/api/v1"):
        raise ValueError("leave `/api/v1` out of the address")
    return f"{parts.scheme}://{parts.netloc}{path}"


def _refuse_tls_over_http(url: str, access: Access) -> None:
    for key in ("ca_file", "cert_file"):
        if getattr(access, key) is not None and not url.startswith("https://"):
            raise ValueError(f"`{key}` needs an https:// address")
