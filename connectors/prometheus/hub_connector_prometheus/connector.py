"""The connector: its sources, and the tools, resources and prompts it declares."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from hub.plugin import (
    Connector,
    ConnectorContext,
    Duration,
    Id,
    InvalidArguments,
    Moment,
    Sandbox,
    Service,
    Table,
    prompt,
    resource,
    tool,
)
from hub_connector_prometheus import alerting, asking, comparing, exploring, prompts, reporting, silencing, watching
from hub_connector_prometheus.promql import LABEL_NAME, METRIC_NAME
from hub_connector_prometheus.settings import SOURCE_NAME, PrometheusSettings
from hub_connector_prometheus.sources import Sources
from hub_connector_prometheus.times import ago

_HOUR = Duration(3600)
_MOST_ROWS = 1000
_LISTED = 200
"""Rows of the lists without a limit of their own: search narrows them, and the hub cuts and keeps what is long."""

# Whatever stands here is sent to the model for every tool, so it is short, and an optional text is None by default:
# the schema then needs no default.
Source = Annotated[str | None, "Server, if several; status lists them"]
Query = Annotated[str, "PromQL"]
Limit = Annotated[int, "Max rows"]
Match = Annotated[str | None, 'Selector, like up{job="api"}']


async def _complete_source(connector: "Prometheus", prefix: str) -> Sequence[str]:
    return [name for name in connector.sources.names if name.startswith(prefix)]


async def _complete_metric(
    connector: "Prometheus", prefix: str, context: Mapping[str, str] | None = None
) -> Sequence[str]:
    return await exploring.matching_metrics(connector.sources.best(context), prefix)


async def _complete_group(
    connector: "Prometheus", prefix: str, context: Mapping[str, str] | None = None
) -> Sequence[str]:
    groups = await watching.rule_groups(connector.sources.best(context))
    return sorted({name for group in groups if (name := str(group["name"])).startswith(prefix)})


async def _complete_service(connector: "Prometheus", prefix: str) -> Sequence[str]:
    return await exploring.matching_jobs(connector.sources.best(), prefix)


class Prometheus(Connector[PrometheusSettings]):
    """Prometheus and servers that speak its HTTP API, with the Alertmanager beside them."""

    def __init__(self, settings: PrometheusSettings, context: ConnectorContext) -> None:
        super().__init__(settings, context)
        self.sources = Sources(settings, context)

    def service(self) -> Service:
        """The default source's service, or the first one's."""
        return self.sources.best().service

    # What the hub asks

    async def verify_access(self) -> str:
        """Query every source, and ask every Alertmanager its version.

        Raises:
            ConnectorError: One of them does not answer as it should.
        """
        servers = self.sources.all()
        managers = [server.alertmanager for server in servers if server.alertmanager is not None]
        told = [await reporting.access(server) for server in servers]
        told += [await manager.version() for manager in managers]
        return "; ".join(told)

    def instructions(self) -> str:
        """What lies behind the connector."""
        if not self.settings.sources:
            return "Metrics, alerts and rules of Prometheus, by PromQL."
        usual = f" (default {self.sources.default})" if self.sources.default else ""
        return (
            f"Metrics, alerts and rules of Prometheus, by PromQL. Sources: {', '.join(self.sources.names)}{usual}."
        )

    @classmethod
    def sandbox(cls) -> Sandbox | None:
        """A small Prometheus that tells a story."""
        from hub_connector_prometheus.sandbox import prometheus_sandbox

        return prometheus_sandbox()

    # Tools

    @tool()
    async def query(
        self,
        query: Query,
        time: Annotated[Moment | None, "Default now; now-1h, ISO 8601 (UTC) or unix seconds"] = None,
        limit: Limit = 50,
        source: Source = None,
    ) -> Table | str:
        """Evaluate PromQL at one time. Counters want rate(x_total[5m])."""
        server = self.sources.get(source)
        return await asking.instant(server, query, time, bounded(limit), self.sources.shown(server))

    @tool()
    async def query_range(
        self,
        query: Query,
        start: Annotated[Moment | None, "Default now-1h; or ISO 8601"] = None,
        end: Annotated[Moment | None, "Default now"] = None,
        step: Annotated[Duration | None, "Like 30s; default fits the range"] = None,
        limit: Annotated[int, "Max series"] = 20,
        source: Source = None,
        *,
        points: Annotated[bool, "Values over time instead of the summary"] = False,
    ) -> Table | str:
        """Evaluate PromQL over a range; sums up each series: min, max, mean, last, trend, step change and when."""
        server = self.sources.get(source)
        return await asking.over_range(
            server,
            query,
            start or ago(3600),
            end or ago(0),
            step,
            bounded(limit),
            self.sources.shown(server),
            points=points,
        )

    @tool(cost=2)
    async def compare(
        self,
        query: Query,
        at: Annotated[Moment | None, "Start of the later window, such as a deploy; default now-window"] = None,
        window: Annotated[Duration | None, "Length of both, default 1h"] = None,
        offset: Annotated[
            Duration | None, "How much earlier the other is, like 1d for yesterday; default window"
        ] = None,
        limit: Annotated[int, "Max series"] = 20,
        source: Source = None,
    ) -> Table | str:
        """Compare PromQL in two windows of time, series by series: mean, max, difference."""
        server = self.sources.get(source)
        shown = self.sources.shown(server)
        return await comparing.compare(server, query, at, window or _HOUR, offset, bounded(limit), shown)

    @tool(cost=2)
    async def find_metrics(
        self,
        search: Annotated[str | None, "Words, all in name or help; no patterns"] = None,
        match: Annotated[str | None, 'Only metrics of these series, like {job="api"}'] = None,
        limit: Limit = 30,
        source: Source = None,
    ) -> Table | str:
        """Find metrics by words, with type and help."""
        server = self.sources.get(source)
        shown = self.sources.shown(server)
        return await exploring.find_metrics(server, search or "", match or "", bounded(limit), shown)

    @tool()
    async def labels(
        self,
        name: Annotated[str | None, Id(LABEL_NAME), "Label whose values to list"] = None,
        match: Match = None,
        search: Annotated[str | None, "Words they contain"] = None,
        start: Annotated[Moment | None, "Seen since; default now-6h"] = None,
        limit: Limit = 100,
        source: Source = None,
    ) -> Table | str:
        """List label names, or with name the values of that label."""
        server = self.sources.get(source)
        shown = self.sources.shown(server)
        return await exploring.labels(server, name or "", match or "", start, search or "", bounded(limit), shown)

    @tool()
    async def alerts(
        self,
        state: Annotated[alerting.AlertState, "Which"] = "all",
        search: Annotated[str | None, "Words, all in labels or texts, like severity=critical"] = None,
        source: Source = None,
    ) -> Table | str:
        """List active alerts, worst first: since when (UTC), value, labels, summary, silences."""
        server = self.sources.get(source)
        return await alerting.alerts(server, state, search or "", _LISTED, self.sources.shown(server))

    @tool()
    async def rules(
        self,
        search: Annotated[
            str | None, "Words, all in name, query or labels; or type=alerting, state=firing, health=err"
        ] = None,
        source: Source = None,
    ) -> Table | str:
        """List alerting and recording rules with queries; three or fewer matches in full, with runbooks."""
        server = self.sources.get(source)
        return await watching.rules(server, search or "", _LISTED, self.sources.shown(server))

    @tool()
    async def targets(
        self,
        health: Annotated[watching.Health, "Which"] = "down",
        search: Annotated[str | None, "Words in labels, pool or URL"] = None,
        source: Source = None,
    ) -> Table | str:
        """List scrape targets, by default those that are down, with errors."""
        server = self.sources.get(source)
        return await watching.targets(server, health, search or "", _LISTED, self.sources.shown(server))

    @tool(cost=6)
    async def status(self, source: Source = None) -> Table | str:
        """Version, retention, cardinality of a source; without source, which of several answer."""
        if len(self.sources.names) > 1 and not source:
            return await reporting.overview(self.sources.all(), self.sources.default)
        server = self.sources.get(source)
        return await reporting.status(server, self.sources.shown(server))

    @tool(writes=True, cost=2, when=lambda connector: bool(connector.sources.with_alertmanager))
    async def silence(
        self,
        action: Annotated[silencing.Action, "What"],
        matchers: Annotated[str | None, "Labels of the alerts, all must match: alertname=X,job=~a|b"] = None,
        comment: Annotated[str | None, "Why; required to create"] = None,
        duration: Annotated[Duration | None, "Like 30m; default 1h"] = None,
        start: Annotated[Moment | None, "Default now"] = None,
        id: Annotated[str | None, Id(r"[\w-]+"), "To expire; action list shows it"] = None,  # noqa: A002  the API's own name
        source: Source = None,
    ) -> Table | str:
        """List, create (matchers, comment) or expire (id) silences, which mute notifications of alerts."""
        server = self.sources.get(source)
        if server.alertmanager is None:
            able = ", ".join(self.sources.with_alertmanager)
            raise InvalidArguments(f"Source {server.name!r} has no Alertmanager", hint=f"Pass source: {able}")
        if action == "create":
            return await silencing.create_silence(
                server.alertmanager, matchers or "", start, duration or _HOUR, comment or ""
            )
        if action == "expire":
            if not id:
                raise InvalidArguments("expire needs an id", hint="action list shows them")
            return await silencing.expire_silence(server.alertmanager, id)
        return await silencing.list_silences(server.alertmanager)

    # Resources

    @resource(
        "prometheus://{source}/metrics/{name}",
        grammar={"source": SOURCE_NAME, "name": METRIC_NAME},
        complete={"source": _complete_source, "name": _complete_metric},
    )
    async def metric(self, source: str, name: str) -> str:
        """A metric: type, help, labels and their cardinality."""
        return await exploring.metric_card(self.sources.get(source), name)

    @resource(
        "prometheus://{source}/alerts",
        name="active_alerts",
        grammar={"source": SOURCE_NAME},
        complete={"source": _complete_source},
    )
    async def alerts_of(self, source: str) -> Table | str:
        """The active alerts."""
        server = self.sources.get(source)
        return await alerting.alerts(server, "all", "", 1000, self.sources.shown(server))

    @resource(
        "prometheus://{source}/rules/{group}",
        grammar={"source": SOURCE_NAME, "group": r"[^\x00-\x1f\x7f]{1,300}"},
        complete={"source": _complete_source, "group": _complete_group},
    )
    async def rule_group(self, source: str, group: str) -> str:
        """A rule group: every rule in full."""
        return await watching.rule_group(self.sources.get(source), group)

    # Prompts

    @prompt(complete={"metric": _complete_metric})
    async def metric_explain(self, metric: Annotated[str, Id(METRIC_NAME), "Name of the metric"]) -> str:
        """Explain a metric: what it measures, its labels, what it does now, which alerts use it."""
        return prompts.metric_explain(self.namespace, self.sources.names, metric)

    @prompt(complete={"service": _complete_service})
    async def alert_hygiene(self, service: Annotated[str, "Service, as its labels name it"]) -> str:
        """Review a service's alerts: noisy, dead, missing."""
        return prompts.alert_hygiene(self.namespace, self.sources.names, service)


def bounded(limit: int) -> int:
    """The limit itself.

    Raises:
        InvalidArguments: It is out of bounds.
    """
    if not 1 <= limit <= _MOST_ROWS:
        raise InvalidArguments(f"limit is {limit}; it must be from 1 to {_MOST_ROWS}")
    return limit
