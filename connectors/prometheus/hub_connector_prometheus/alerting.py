"""Active alerts, the worst first, and who silenced them."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from hub.plugin import ConnectorError, Table
from hub_connector_prometheus.series import NOTHING, number, shortened
from hub_connector_prometheus.server import PrometheusServer, soon
from hub_connector_prometheus.shapes import mapping, rows, texts
from hub_connector_prometheus.times import ago, moment_of
from hub_connector_prometheus.wire import NotOffered
from hub_connector_prometheus.words import has_words, pairs

AlertState = Literal["firing", "pending", "all"]
_NAMED = 20
_ORDER = {"firing": 0, "pending": 1}
_SEVERITIES = (
    frozenset(
        {"critical", "crit", "page", "emergency", "fatal", "disaster", "blocker", "p0", "p1", "sev0", "sev1"}
    ),
    frozenset({"error", "high", "major", "p2", "sev2"}),
    frozenset({"warning", "warn", "medium", "minor", "ticket", "p3", "sev3"}),
)
_HARMLESS = frozenset({"info", "informational", "notice", "low", "debug", "none", "p4", "p5", "sev4", "sev5"})
"""Common values of the label `severity`, worst first; others stand between warnings and these."""


async def alerts(server: PrometheusServer, state: AlertState, search: str, limit: int, source: str) -> Table | str:
    """Active alerts, firing ones first, the most severe before others; with an Alertmanager, what is silenced.

    Raises:
        ConnectorError: The server does not answer, or has no alerts API and no Alertmanager is set.
    """
    head = [f"source: {source}"] if source else []
    active, known = await _active_alerts(server, head)
    chosen = [
        alert
        for alert in active
        if state in ("all", alert.get("state"))
        and has_words(search, pairs(alert["labels"]), pairs(alert["annotations"]))
    ]
    counted = ", ".join(f"{sum(a.get('state') == one for a in active)} {one}" for one in _ORDER)
    head.insert(1 if source else 0, f"active alerts: {counted}" if active else "no active alerts")
    if not chosen:
        return "\n".join([*head, *_none_matches(active)])
    head.append(f"time: {ago(0).iso}")
    chosen.sort(key=_most_urgent_first)
    if len(chosen) > limit:
        head.append(f"{limit} of {len(chosen)} matching shown; narrow it by search, such as severity=critical")
    elif len(chosen) < len(active):
        head.append(f"{len(chosen)} matching")
    columns = ["state", "alert", "severity", "since", "value", "labels", "about"]
    cells = [_alert_cells(alert) for alert in chosen[:limit]]
    if known is not None:
        columns.append("silenced")
        for row, alert in zip(cells, chosen, strict=False):
            row.append(_silenced(alert, known))
    return Table(columns=columns, rows=cells, note="\n".join(head))


async def _active_alerts(
    server: PrometheusServer, head: list[str]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]] | None]:
    """Active alerts in Prometheus's shape, and what Alertmanager knows if asked; `head` gets what is missing."""
    active: list[dict[str, Any]] = []
    missing: NotOffered | None = None
    try:
        active = rows(mapping((await server.get("/api/v1/alerts")).data).get("alerts"))
    except NotOffered as error:
        missing = error
    known: list[dict[str, Any]] | None = None
    if server.alertmanager is not None:
        try:
            known = await soon(server.alertmanager.alerts())
        except ConnectorError as error:
            if missing is not None:
                raise
            head.append(f"silences unknown: {error.message}")
    elif missing is not None:
        raise missing
    if known and not active:
        head.append("from Alertmanager: the server itself tells of none")
        active = [_as_prometheus(alert) for alert in known]
    elif known == [] and any(alert.get("state") == "firing" for alert in active):
        head.append("Alertmanager holds no alert at all: those that fire may not reach it, so nobody is notified")
    return active, known


def _none_matches(active: Sequence[Mapping[str, Any]]) -> list[str]:
    names = sorted({str(alert["labels"].get("alertname", "")) for alert in active})
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return [f"none of them matches; their names: {', '.join(names[:_NAMED])}{more}"] if names else []


def _most_urgent_first(alert: Mapping[str, Any]) -> tuple[int, int, str]:
    return (
        _ORDER.get(alert.get("state", ""), 2),
        _rank(alert["labels"].get("severity", "")),
        alert.get("activeAt", ""),
    )


def _rank(severity: str) -> int:
    lowered = severity.lower()
    for rank, names in enumerate(_SEVERITIES):
        if lowered in names:
            return rank
    return len(_SEVERITIES) + (lowered in _HARMLESS)


def _alert_cells(alert: Mapping[str, Any]) -> list[str]:
    labels, notes = alert["labels"], alert["annotations"]
    about = notes.get("summary") or notes.get("description") or notes.get("message") or ""
    return [
        alert.get("state", ""),
        labels.get("alertname", ""),
        labels.get("severity", NOTHING),
        moment_of(alert.get("activeAt", "")),
        _value(alert.get("value", "")),
        pairs(labels, without=("alertname", "severity")) or NOTHING,
        shortened(about, 160) or NOTHING,
    ]


def _value(text: str) -> str:
    try:
        return number(float(text))
    except ValueError:
        return NOTHING


def _as_prometheus(alert: Mapping[str, Any]) -> dict[str, Any]:
    """An alert of Alertmanager's API in the shape of Prometheus's."""
    return {
        "state": "firing",
        "labels": alert.get("labels", {}),
        "annotations": alert.get("annotations", {}),
        "activeAt": alert.get("startsAt", ""),
    }


def _silenced(alert: Mapping[str, Any], known: Sequence[Mapping[str, Any]]) -> str:
    """Silences over this alert. On the way to Alertmanager, external labels are added and some may be rewritten."""
    for other in known:
        if alert["labels"].items() <= other["labels"].items():
            status = mapping(other.get("status"))
            return " ".join(texts(status.get("silencedBy"))) or ("inhibited" if status.get("inhibitedBy") else "no")
    return "unknown" if alert.get("state") == "firing" else NOTHING
