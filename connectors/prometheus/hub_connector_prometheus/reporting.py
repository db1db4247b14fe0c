"""The state of the servers themselves: version, storage, cardinality, and whether they answer at all."""

from collections.abc import Mapping, Sequence
from typing import Any

from hub.plugin import ConnectorError, Table
from hub_connector_prometheus.server import PrometheusServer, soon, together
from hub_connector_prometheus.shapes import mapping, rows
from hub_connector_prometheus.times import age, iso
from hub_connector_prometheus.words import pairs

_MOST_METRICS = 10


async def access(server: PrometheusServer) -> str:
    """Version and address, after a query that needs the credential.

    Raises:
        ConnectorError: The server does not answer a query.
    """
    _, version = await together(server.check(), server.version())
    return f"{version} at {server.url}"


async def overview(servers: Sequence[PrometheusServer], default: str) -> Table:
    """One row for every source; one that is down is told so and harms no other."""
    states = await together(*(_state(server) for server in servers))
    cells = [
        [server.name, "yes" if server.name == default else "no", server.url, state]
        for server, state in zip(servers, states, strict=True)
    ]
    return Table(
        columns=["source", "default", "url", "state"],
        rows=cells,
        note="status of one source: pass its name as source",
    )


async def _state(server: PrometheusServer) -> str:
    try:
        return (await soon(access(server))).removesuffix(f" at {server.url}")
    except ConnectorError as error:
        return f"not usable: {error.message}" + (f". {error.hint}" if error.hint else "")


async def status(server: PrometheusServer, source: str) -> str:
    """Version, health of storage and configuration, and where the series are.

    Raises:
        ConnectorError: The server does not answer.
    """
    line, runtime, tsdb, managers, notes = await together(
        access(server),
        server.get_if_offered("/api/v1/status/runtimeinfo"),
        server.get_if_offered("/api/v1/status/tsdb", limit=str(_MOST_METRICS)),
        server.get_if_offered("/api/v1/alertmanagers"),
        server.get_if_offered("/api/v1/notifications"),
    )
    lines = [f"source: {source}"] if source else []
    lines.append(line)
    lines += _runtime_lines(runtime) + _storage_lines(tsdb) + _alertmanager_lines(managers)
    lines += [f"notification: {note.get('text', '')}" for note in rows(notes)]
    if server.alertmanager is not None:
        try:
            lines.append(f"silences through {await soon(server.alertmanager.version())}")
        except ConnectorError as error:
            lines.append(f"silences not available: {error.message}")
    offered = {"runtimeinfo": runtime, "tsdb": tsdb, "alertmanagers": managers}
    if lacking := [name for name, data in offered.items() if data is None]:
        lines.append(f"not offered by this server: {', '.join(lacking)}")
    return "\n".join(lines)


def _runtime_lines(runtime: Mapping[str, Any] | None) -> list[str]:
    if not runtime:
        return []
    lines = [
        f"up for {age(runtime.get('startTime', ''))}, retention {runtime.get('storageRetention') or 'not told'}"
    ]
    if runtime.get("reloadConfigSuccess") is False:
        lines.append("the last reload of its configuration FAILED; it runs on the one before")
    else:
        lines.append(f"configuration loaded {age(runtime.get('lastConfigTime', ''))} ago")
    if corruptions := runtime.get("corruptionCount"):
        lines.append(f"{corruptions} corruptions of its write-ahead log")
    return lines


def _storage_lines(tsdb: Mapping[str, Any] | None) -> list[str]:
    if not tsdb:
        return []
    head = mapping(tsdb.get("headStats"))
    lines: list[str] = []
    if "numSeries" in head:
        lines.append(f"{head['numSeries']} series in memory{_since(head)}")
    elif "totalSeries" in tsdb:  # VictoriaMetrics
        lines.append(f"{tsdb['totalSeries']} series")
    for key, told in (
        ("seriesCountByMetricName", "series by metric"),
        ("labelValueCountByLabelName", "values by label"),
    ):
        if counted := _counted(tsdb.get(key)):
            lines.append(f"{told}: {pairs(counted)}")
    return lines


def _since(head: Mapping[str, Any]) -> str:
    oldest = head.get("minTime")
    return f" since {iso(oldest // 1000)}" if isinstance(oldest, int) and 0 < oldest < 1 << 53 else ""


def _counted(counts: Any) -> dict[str, str]:
    """The counts, largest first; VictoriaMetrics leaves the list out where it is empty."""
    return {str(row["name"]): str(row.get("value", row.get("count", ""))) for row in rows(counts)[:_MOST_METRICS]}


def _alertmanager_lines(managers: Mapping[str, Any] | None) -> list[str]:
    if managers is None:
        return []
    active = [str(one.get("url", "")) for one in rows(managers.get("activeAlertmanagers"))]
    return [f"sends alerts to {', '.join(active) if active else 'no Alertmanager'}"]
