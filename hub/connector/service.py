"""What a connector says about a service it talks to: address, credential, certificates, caps."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from hub.connector.credentials import Credential

if TYPE_CHECKING:
    import httpx


@dataclass(frozen=True, kw_only=True)
class TLSFiles:
    """PEM files for one service: a private CA to trust, a client certificate to present."""

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


def _no_headers() -> Mapping[str, str]:
    return {}


@dataclass(frozen=True, kw_only=True)
class Service:
    """One base URL with everything needed to talk to it; the hub builds a guarded client from it.

    Attributes:
        base_url: The only origin that gets the credential, and the only one that may lie in a private network.
        label: How errors name the service, such as `Prometheus source "eu"`.
        setting: Dotted path of the setting that holds the address; errors point at it.
        credential: Dotted path of the setting that holds the credential; errors point at it.
        auth: The credential, as one of the declared kinds; the hub obtains and renews what it stands for.
        auth_headers: Further headers for `base_url` alone; called for every request.
        headers: Sent with every request.
        tls: Private CA and client certificate.
        proxy: URL of an HTTP proxy, with its user name and password; environment variables are not read.
        error_text: Takes the vendor's own message out of an error answer; None when there is none.
        untold_pause: Asked about an answer with status 403 or 429 whose headers name no time to come back: seconds
            the vendor wants to be left alone, as its documentation or the body says; None when it is no rate limit.
        rate_limit: Requests the vendor allows, such as `300/minute`; None for no budget.
        max_connections: Bound of the connection pool and of requests in flight.
        max_bytes: Cap of one answer, as sent and after decompression.
        timeout: Total seconds of one request with its retries; the call's own deadline can shorten it.
        redirect_hosts: Hosts a redirect of a read may lead to, such as `cdn.acme.com`, `*.blobs.acme.com` or
            `cdn.acme.com:8443`; they never get the credential.
    """

    base_url: str
    label: str = ""
    setting: str = ""
    credential: str = ""
    auth: Credential | None = None
    auth_headers: Callable[[], Mapping[str, str]] = field(default=_no_headers, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    tls: TLSFiles | None = None
    proxy: str | None = field(default=None, repr=False)
    error_text: "Callable[[httpx.Response], str | None] | None" = None
    untold_pause: "Callable[[httpx.Response], float | None] | None" = None
    rate_limit: str | None = None
    max_connections: int = 20
    max_bytes: int = 16 * 1024 * 1024
    timeout: float = 30.0
    redirect_hosts: tuple[str, ...] = ()
