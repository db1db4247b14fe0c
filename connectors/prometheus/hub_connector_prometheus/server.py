"""One Prometheus-compatible server: the calls of its HTTP API that the tools make.

API: https://prometheus.io/docs/prometheus/latest/querying/api/
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any, TypeVar

from hub.plugin import ResponseTooLarge, Service, ServiceClient, ServiceUnavailable
from hub_connector_prometheus.alertmanager import Alertmanager
from hub_connector_prometheus.settings import SourceSettings
from hub_connector_prometheus.shapes import mapping
from hub_connector_prometheus.wire import Answer, NotOffered, Wire

T = TypeVar("T")

LOOK_BACK = 6 * 3600.0
"""Seconds that lists of names cover; Mimir and Thanos want an explicit range."""
MOST_NAMES = 50_000
_KEEP = 60.0
_PATIENCE = 5.0
"""Seconds for what an answer can do without; shorter than any request's own limit."""


class PrometheusServer:
    """One source.

    Args:
        name: Of the source.
        settings: Its table.
        client: The guarded client of its address.
        alertmanager: Its Alertmanager, if it has one.
    """

    def __init__(
        self, name: str, settings: SourceSettings, client: ServiceClient, alertmanager: Alertmanager | None
    ) -> None:
        self.name = name
        self.settings = settings
        self.alertmanager = alertmanager
        self._wire = Wire(client)
        self._kept: dict[str, tuple[float, Any]] = {}

    @property
    def label(self) -> str:
        """How texts name it."""
        return self.service.label

    @property
    def url(self) -> str:
        """Its base address."""
        return self.service.base_url

    @property
    def service(self) -> Service:
        """What the guarded client was built from."""
        return self._wire.service

    async def check(self) -> None:
        """Evaluate the cheapest query there is.

        Raises:
            ConnectorError: The credential or the address is wrong, or the server is down.
        """
        await self.query("vector(1)", time.time(), 1)

    async def query(self, query: str, at: float, limit: int) -> Answer:
        """An instant query; `limit` bounds the series where the server knows it (Prometheus 3).

        Raises:
            ConnectorError: See `Wire.ask`.
        """
        form = {"query": query, "time": seconds(at), "timeout": self._timeout, "limit": str(limit)}
        return await self._wire.ask("/api/v1/query", form, essential=True)

    async def query_range(self, query: str, start: float, end: float, step: float, limit: int) -> Answer:
        """A range query; at most 11,000 points a series.

        Raises:
            ConnectorError: See `Wire.ask`.
        """
        form = {
            "query": query,
            "start": seconds(start),
            "end": seconds(end),
            "step": seconds(step),
            "timeout": self._timeout,
            "limit": str(limit),
        }
        return await self._wire.ask("/api/v1/query_range", form, essential=True)

    async def label_names(self, start: float, end: float, match: str = "", limit: int = 0) -> Answer:
        """Label names, of the series that match if `match` is given."""
        return await self._wire.ask("/api/v1/labels", _listing(start, end, match, limit))

    async def label_values(self, label: str, start: float, end: float, match: str = "", limit: int = 0) -> Answer:
        """Values of a label, of the series that match if `match` is given."""
        return await self._wire.get(
            "/api/v1/label/{label}/values", _listing(start, end, match, limit), path_params={"label": label}
        )

    async def series(self, match: str, start: float, end: float, limit: int) -> Answer:
        """Label sets of the series that match."""
        return await self._wire.ask("/api/v1/series", _listing(start, end, match, limit))

    async def get(self, path: str, **params: str) -> Answer:
        """Any of the endpoints that take no query, such as `/api/v1/rules`.

        Raises:
            NotOffered: The server has no such endpoint.
            ConnectorError: As `ServiceClient.request` does.
        """
        return await self._wire.get(path, params)

    async def get_if_offered(self, path: str, **params: str) -> Any:
        """The `data` of such an endpoint, or None where the server has none."""
        try:
            return (await self._wire.get(path, params)).data
        except NotOffered:
            return None

    async def metric_names(self) -> list[str]:
        """Names of the metrics of the last hours, sorted; kept for a minute."""

        async def fetch() -> list[str]:
            now = time.time()
            params = _listing(now - LOOK_BACK, now, "", MOST_NAMES)
            names = await self._wire.through_sdk("/api/v1/label/__name__/values", partial(_names, params))
            return sorted(names[:MOST_NAMES])

        return await self._keeping("names", fetch)

    async def metadata(self) -> dict[str, tuple[str, str, str]]:
        """Type, help and unit of every metric its targets describe, by name; kept for a minute.

        Empty where the server keeps none or lacks the endpoint.
        """

        async def fetch() -> dict[str, tuple[str, str, str]]:
            try:
                rows = await self._wire.through_sdk("/api/v1/metadata", _one_description_each)
            except (NotOffered, ResponseTooLarge):
                return {}
            return {row["metric_name"]: (row["type"], row["help"], row["unit"]) for row in rows}

        return await self._keeping("metadata", fetch)

    async def targets(self) -> dict[str, Any]:
        """Scrape targets in use, and how many were dropped.

        Raises:
            NotOffered: The server scrapes nothing itself.
        """
        return await self._wire.through_sdk("/api/v1/targets", _active_targets)

    async def version(self) -> str:
        """Product and version, as far as the server tells them."""
        build = await self.get_if_offered("/api/v1/status/buildinfo")
        if not (known := mapping(build)):
            return "Prometheus-compatible server"
        if "revision" in known or "application" in known:
            return f"{known.get('application') or 'Prometheus'} {known.get('version') or 'of unknown version'}"
        return f"Prometheus-compatible server (API of {known.get('version') or 'unknown version'})"

    @property
    def _timeout(self) -> str:
        return f"{self.settings.timeout:g}s"

    async def _keeping(self, key: str, fetch: Callable[[], Awaitable[T]]) -> T:
        kept = self._kept.get(key)
        if kept is None or time.monotonic() - kept[0] > _KEEP:
            kept = (time.monotonic(), await fetch())
            self._kept[key] = kept
        return kept[1]


def seconds(value: float) -> str:
    """Unix seconds or a length in seconds as the API takes them, to the millisecond."""
    return f"{value:.3f}".rstrip("0").rstrip(".")


async def together(*calls: Coroutine[Any, Any, Any]) -> list[Any]:
    """The results of several coroutines that run at once; the first failure ends them all."""
    tasks = [asyncio.ensure_future(call) for call in calls]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def soon(call: Awaitable[T]) -> T:
    """The result of something that an answer can do without, if it comes within seconds.

    Raises:
        ServiceUnavailable: It does not.
        ConnectorError: As the call does.
    """
    try:
        async with asyncio.timeout(_PATIENCE):
            return await call
    except TimeoutError:
        raise ServiceUnavailable(f"no answer within {_PATIENCE:g} s") from None


def _listing(start: float, end: float, match: str, limit: int) -> dict[str, Any]:
    params: dict[str, Any] = {"start": seconds(start), "end": seconds(end)}
    if match:
        params["match[]"] = match
    if limit:
        params["limit"] = str(limit)
    return params


# What prometheus-api-client does; each runs in a thread and returns plain data.


def _names(params: dict[str, Any], connect: Any) -> list[str]:
    return connect.all_metrics(params=params)


def _one_description_each(connect: Any) -> list[dict[str, str]]:
    return connect.get_metric_metadata(None, limit_per_metric=1)


def _active_targets(connect: Any) -> dict[str, Any]:
    return connect.get_targets(state="active")
