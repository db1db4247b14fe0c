"""The sources of one connector: which one a call means, and the guarded clients behind it."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from hub.plugin import ConnectorContext, InvalidArguments, Service, TLSFiles
from hub_connector_prometheus import alertmanager, wire
from hub_connector_prometheus.server import PrometheusServer
from hub_connector_prometheus.settings import Access, PrometheusSettings

if TYPE_CHECKING:
    import httpx

MAX_ANSWER = 16 * 1024 * 1024
_GRACE = 5.0
"""Seconds beyond the server's own timeout, so that its answer to a slow query still arrives."""


class Sources:
    """Opens every source at its first use and keeps it.

    Args:
        settings: The connector's table.
        context: Builds the guarded clients.
    """

    def __init__(self, settings: PrometheusSettings, context: ConnectorContext) -> None:
        self._several = bool(settings.sources)
        self._settings = settings.by_name()
        self._context = context
        self._open: dict[str, PrometheusServer] = {}
        self.default = settings.default_source or (self.names[0] if len(self.names) == 1 else "")

    @property
    def names(self) -> list[str]:
        """All names, in the order of hub.toml."""
        return list(self._settings)

    @property
    def with_alertmanager(self) -> list[str]:
        """Those that have an Alertmanager, so that there is something to silence at."""
        return [name for name, one in self._settings.items() if one.alertmanager is not None]

    def get(self, name: str | None = None) -> PrometheusServer:
        """A source by its name, or the default one; connects to nothing yet.

        Raises:
            InvalidArguments: There is no such source, or a name is needed.
        """
        chosen = name or self.default
        if chosen not in self._settings:
            told = f"There is no source {name!r}" if name else "There are several sources"
            raise InvalidArguments(told, hint=f"Pass source: {', '.join(self.names)}")
        if chosen not in self._open:
            self._open[chosen] = self._opened(chosen)
        return self._open[chosen]

    def best(self, context: Mapping[str, str] | None = None) -> PrometheusServer:
        """The source a completion is about: the one chosen beside it, else the default, else the first."""
        named = (context or {}).get("source", "") or self.default
        return self.get(named if named in self._settings else self.names[0])

    def all(self) -> list[PrometheusServer]:
        """Every source."""
        return [self.get(name) for name in self.names]

    def shown(self, server: PrometheusServer) -> str:
        """The source's name for an answer; empty where there is no choice."""
        return server.name if self._several else ""

    def _opened(self, name: str) -> PrometheusServer:
        settings = self._settings[name]
        table = f"connectors.{self._context.namespace}" + (f".sources.{name}" if self._several else "")
        label = f'Prometheus source "{name}"' if self._several else "Prometheus"
        client = self._context.open_service(
            _service(settings.url, settings, label, table, settings.timeout, wire.error_text)
        )
        manager = None
        if (endpoint := settings.alertmanager) is not None:
            label = f'Alertmanager of source "{name}"' if self._several else "Alertmanager"
            table = f"{table}.alertmanager"
            service = _service(endpoint.url, endpoint, label, table, settings.timeout, alertmanager.error_text)
            manager = alertmanager.Alertmanager(self._context.open_service(service))
        return PrometheusServer(name, settings, client, manager)


def _service(
    url: str,
    access: Access,
    label: str,
    table: str,
    timeout: float,
    error_text: "Callable[[httpx.Response], str | None]",
) -> Service:
    tls = TLSFiles(ca=access.ca_file, certificate=access.cert_file, key=access.key_file)
    return Service(
        base_url=url,
        label=label,
        setting=f"{table}.url",
        credential=" or ".join(f"{table}.{key}" for key in access.credential_keys),
        auth_headers=access.request_headers,
        headers=access.tenant_headers(),
        tls=None if tls == TLSFiles() else tls,
        proxy=access.proxy,
        error_text=error_text,
        max_bytes=MAX_ANSWER,
        timeout=timeout + _GRACE,
    )
