"""Logs and artifacts: GitHub answers with a short-lived address elsewhere, which is read without any credential."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qsl, quote, urljoin, urlsplit

from hub.plugin import Service, ServiceClient, ServiceUnavailable

if TYPE_CHECKING:
    import httpx

_MOST_CLIENTS = 40
"""Storage accounts with a pool of connections each; github.com has about twenty."""
_PORTS = {"http": 80, "https": 443}
_GONE = (404, 410)


class _Address(NamedTuple):
    """A place to download from."""

    origin: str
    host: str
    port: int
    path: str
    query: str


class Downloads:
    """Follows GitHub to where its files lie.

    Args:
        github: Gives the guarded client of the API.
        open_service: Builds a guarded client; these get no credential.
        hosts: That files may come from besides the API's own: `cdn.acme.com`, `*.acme.com`, `cdn.acme.com:8443`.
        setting: Dotted path of the setting that adds hosts; errors point at it.
    """

    def __init__(
        self,
        github: Callable[[], ServiceClient],
        open_service: Callable[[Service], ServiceClient],
        hosts: Sequence[str],
        setting: str,
    ) -> None:
        self._github = github
        self._open_service = open_service
        self._hosts = hosts
        self._setting = setting
        self._clients: dict[str, ServiceClient] = {}

    @asynccontextmanager
    async def stream(
        self,
        path: str,
        *,
        path_params: Mapping[str, str],
        headers: Mapping[str, str] | None = None,
        max_bytes: int,
        timeout: float,  # noqa: ASYNC109  it ends in the hub's own errors
    ) -> "AsyncGenerator[httpx.Response]":
        """The file behind a path of the API, its body still to be read; 404 and 410 of either side are handed back.

        Raises:
            ServiceUnavailable: GitHub sends us to a host that is not allowed.
            ConnectorError: As `ServiceClient.request` does.
        """
        github = self._github()
        answer = await github.get(path, path_params=path_params, allow=(302, *_GONE))
        if answer.status_code != 302:
            yield answer
            return
        address = self._checked(answer.headers.get("location", ""), str(answer.request.url))
        async with self._client(address, github.service).stream(
            "GET",
            quote(address.path, safe="/%:@!$&'()*+,;=-._~"),
            params=parse_qsl(address.query, keep_blank_values=True),
            headers=headers,
            max_bytes=max_bytes,
            timeout=timeout,
            allow=_GONE,
        ) as response:
            yield response

    def _checked(self, location: str, asked: str) -> _Address:
        address, base = _address(location, asked), _address(asked)
        if address is not None and base is not None:
            secure = address.origin.startswith("https:") or base.origin.startswith("http:")
            own = (address.host, address.port) == (base.host, base.port)
            if secure and (own or any(_fits(address, host) for host in self._hosts)):
                return address
        where = address.host if address is not None else "an address that cannot be used"
        raise ServiceUnavailable(
            f"GitHub keeps this file on {where}, which is not among the hosts to download from",
            hint=f"If that is your GitHub's storage, add it to {self._setting}",
        )

    def _client(self, address: _Address, github: Service) -> ServiceClient:
        client = self._clients.get(address.origin)
        if client is None:
            if len(self._clients) >= _MOST_CLIENTS:
                raise ServiceUnavailable("GitHub's files lie on more hosts than are kept track of")
            client = self._clients[address.origin] = self._open_service(
                Service(
                    base_url=address.origin,
                    label="GitHub's file storage",
                    setting=self._setting,
                    tls=github.tls,
                    proxy=github.proxy,
                    timeout=github.timeout,
                    max_connections=8,
                )
            )
        return client


def _address(location: str, asked: str = "") -> _Address | None:
    try:
        url = urljoin(asked, location)
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname or "@" in parts.netloc or "\\" in url:
        return None
    origin = f"{parts.scheme}://{parts.netloc}".lower()
    return _Address(origin, parts.hostname.lower(), port or _PORTS[parts.scheme], parts.path, parts.query)


def _fits(address: _Address, allowed: str) -> bool:
    name, _, port = allowed.lower().partition(":")
    expected = int(port) if port else _PORTS[address.origin.partition(":")[0]]
    fits = address.host.endswith(name[1:]) if name.startswith("*.") else address.host == name
    return fits and address.port == expected
