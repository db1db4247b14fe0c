"""The endpoints of the Prometheus HTTP API about the server itself: targets, rules, alerts, metadata and status."""

from collections.abc import Mapping, Sequence

from hub.sandbox.story import NOTICE, Story
from hub_connector_prometheus.simulation.errors import QueryError
from hub_connector_prometheus.simulation.labels import labels_of, selects
from hub_connector_prometheus.simulation.numbers import format_exponent
from hub_connector_prometheus.simulation.requests import Answer, Handler, Parameters, rfc3339
from hub_connector_prometheus.simulation.rules import (
    GROUP,
    GROUP_FILE,
    INTERVAL_MS,
    AlertingRule,
    AlertPeriod,
    RecordingRule,
    RuleStore,
    expand,
)
from hub_connector_prometheus.simulation.series import SCRAPE_INTERVAL_MS
from hub_connector_prometheus.simulation.vectors import MAX_SAMPLES, MAX_SECONDS
from hub_connector_prometheus.simulation.world import METADATA, RETENTION_DAYS, Target, targets

VERSION = "3.5.0-sandbox"
BUILD_INFO = {
    "version": VERSION,
    "revision": "sandbox",
    "branch": "sandbox",
    "buildUser": NOTICE,
    "buildDate": "",
    "goVersion": "none: written in Python",
}


class ServerState:
    """Answers about the simulated server.

    Args:
        story: Where it happens.
        store: Its rules.
        started_ms: When it started.
        alertmanager_path: Where its Alertmanager is, below the server's own address.
    """

    def __init__(self, story: Story, store: RuleStore, started_ms: int, alertmanager_path: str) -> None:
        self._story = story
        self._store = store
        self._started_ms = started_ms
        self._alertmanager_path = alertmanager_path

    @property
    def handlers(self) -> dict[str, Handler]:
        """The endpoints by path below /api/v1, all for GET."""
        return {
            "/alertmanagers": self.alertmanagers,
            "/alerts": lambda parameters: Answer({"alerts": self._alerts(self._store.alerting, parameters.now_ms)}),
            "/metadata": _metadata,
            "/rules": self.rules,
            "/scrape_pools": lambda _: Answer({"scrapePools": sorted({target.job for target in targets()})}),
            "/status/buildinfo": lambda _: Answer(BUILD_INFO),
            "/status/config": lambda _: Answer({"yaml": self._configuration()}),
            "/status/flags": lambda _: Answer(_FLAGS),
            "/status/runtimeinfo": lambda parameters: Answer(self._runtime(parameters.now_ms)),
            "/status/walreplay": lambda _: Answer({"min": 0, "max": 0, "current": 0}),
            "/targets": self.targets,
            "/targets/metadata": _target_metadata,
        }

    def alertmanagers(self, parameters: Parameters) -> Answer:
        """`/alertmanagers`: the one beside it."""
        url = f"{parameters.origin}{self._alertmanager_path}/api/v2/alerts"
        return Answer({"activeAlertmanagers": [{"url": url}], "droppedAlertmanagers": []})

    # Rules and alerts

    def rules(self, parameters: Parameters) -> Answer:
        """`/rules`: the rules in their group, with their alerts."""
        kind = parameters.text("type")
        if kind not in ("", "alert", "record"):
            raise QueryError(f'invalid query parameter type="{kind}"')
        matchers = parameters.selectors()
        names, groups, files = (parameters.texts(f"{name}[]") for name in ("rule_name", "rule_group", "file"))
        rules: list[RecordingRule] = [] if kind == "alert" else [*self._store.recordings]
        rules += [] if kind == "record" else self._store.alerting
        shown = [
            self._rule(rule, parameters.now_ms, with_alerts=parameters.text("exclude_alerts") != "true")
            for rule in rules
            if not names or rule.name in names
            if not matchers or any(selects(each, _labels_of_rule(rule)) for each in matchers)
        ]
        if not shown or (groups and GROUP not in groups) or (files and GROUP_FILE not in files):
            return Answer({"groups": []})
        group = {
            "name": GROUP,
            "file": GROUP_FILE,
            "rules": shown,
            "interval": INTERVAL_MS / 1000,
            "limit": 0,
            "evaluationTime": 0.004,
            "lastEvaluation": rfc3339(_evaluated(parameters.now_ms)),
        }
        return Answer({"groups": [group]})

    def _rule(self, rule: RecordingRule, now_ms: int, *, with_alerts: bool) -> dict[str, object]:
        shown: dict[str, object] = {
            "name": rule.name,
            "query": rule.expression,
            "health": "ok",
            "evaluationTime": 0.001,
            "lastEvaluation": rfc3339(_evaluated(now_ms)),
        }
        if not isinstance(rule, AlertingRule):
            return {**shown, "type": "recording"}
        states = {state for period, state in self._store.alerts(now_ms) if period.rule is rule}
        state = "firing" if "firing" in states else "pending" if states else "inactive"
        return {
            **shown,
            "type": "alerting",
            "state": state,
            "duration": rule.for_ms / 1000,
            "keepFiringFor": 0,
            "labels": dict(rule.labels),
            "annotations": dict(rule.annotations),
            "alerts": self._alerts([rule], now_ms) if with_alerts else [],
        }

    def _alerts(self, rules: Sequence[AlertingRule], now_ms: int) -> list[dict[str, object]]:
        return [
            {**described(self._store, period, now_ms), "state": state, "activeAt": rfc3339(period.active_ms)}
            for period, state in self._store.alerts(_evaluated(now_ms))
            if period.rule in rules
        ]

    # Targets

    def targets(self, parameters: Parameters) -> Answer:
        """`/targets`: everything that is scraped; nothing is dropped."""
        pool, state = parameters.text("scrapePool"), parameters.text("state").lower()
        found = [target for target in targets() if not pool or target.job == pool]
        active = [] if state == "dropped" else [self._target(target, parameters.now_ms) for target in found]
        return Answer({"activeTargets": active, "droppedTargets": [], "droppedTargetCounts": {}})

    def _target(self, target: Target, now_ms: int) -> dict[str, object]:
        url = f"http://{target.address}{target.path}"
        last = (now_ms - target.offset_ms) // SCRAPE_INTERVAL_MS * SCRAPE_INTERVAL_MS + target.offset_ms
        return {
            "discoveredLabels": {
                "__address__": target.address,
                "__metrics_path__": target.path,
                "__scheme__": "http",
                "job": target.job,
            },
            "labels": target.labels,
            "scrapePool": target.job,
            "scrapeUrl": url,
            "globalUrl": url,
            "lastError": "",
            "lastScrape": rfc3339(last),
            "lastScrapeDuration": 0.012,
            "health": "up",
            "scrapeInterval": "15s",
            "scrapeTimeout": "10s",
        }

    # Status

    def _runtime(self, now_ms: int) -> dict[str, object]:
        started = rfc3339(self._started_ms)
        return {
            "startTime": started,
            "CWD": "/",
            "hostname": self._story.cluster,
            "serverTime": rfc3339(now_ms),
            "reloadConfigSuccess": True,
            "lastConfigTime": started,
            "corruptionCount": 0,
            "goroutineCount": 1,
            "GOMAXPROCS": 1,
            "GOMEMLIMIT": 0,
            "GOGC": "",
            "GODEBUG": "",
            "storageRetention": f"{RETENTION_DAYS}d",
        }

    def _configuration(self) -> str:
        jobs: dict[str, list[Target]] = {}
        for target in targets():
            jobs.setdefault(target.job, []).append(target)
        scrapes = "".join(
            f"- job_name: {job}\n  metrics_path: {members[0].path}\n  static_configs:\n  - targets:\n"
            + "".join(f"    - {target.address}\n" for target in members)
            for job, members in jobs.items()
        )
        return (
            f"# {NOTICE}\nglobal:\n  scrape_interval: 15s\n  evaluation_interval: 15s\n"
            f"rule_files:\n- {GROUP_FILE}\nscrape_configs:\n{scrapes}"
        )


_FLAGS = {
    "config.file": "/etc/prometheus/prometheus.yml",
    "query.lookback-delta": "5m",
    "query.max-concurrency": "20",
    "query.max-samples": str(MAX_SAMPLES),
    "query.timeout": f"{MAX_SECONDS:g}s",
    "storage.tsdb.retention.time": f"{RETENTION_DAYS}d",
    "web.enable-admin-api": "false",
    "web.enable-lifecycle": "false",
    "web.page-title": NOTICE,
}


def described(store: RuleStore, period: AlertPeriod, now_ms: int) -> dict[str, object]:
    """Labels, annotations and value of an alert."""
    labels = dict(period.labels)
    value = store.alert_value(period, now_ms)
    annotations = {name: expand(text, labels, value) for name, text in period.rule.annotations.items()}
    return {"labels": labels, "annotations": annotations, "value": format_exponent(value)}


def _evaluated(now_ms: int) -> int:
    return now_ms // INTERVAL_MS * INTERVAL_MS


def _labels_of_rule(rule: RecordingRule) -> tuple[tuple[str, str], ...]:
    return labels_of(rule.labels.items()) if isinstance(rule, AlertingRule) else ()


def _entry(name: str) -> dict[str, str]:
    kind, text = METADATA[name]
    return {"type": kind, "help": text, "unit": ""}


def _metadata(parameters: Parameters) -> Answer:
    wanted, limit = parameters.text("metric"), parameters.count("limit")
    names = [name for name in METADATA if not wanted or name == wanted]
    return Answer({name: [_entry(name)] for name in names[: limit or None]})


_APPS = ("app_", "checkout_", "http_", "process_")
_METRICS_OF: Mapping[str, tuple[str, ...]] = {
    "node": ("node_",),
    "kubelet": ("container_",),
    "deployer": ("deployment_",),
}


def _target_metadata(parameters: Parameters) -> Answer:
    wanted, limit = parameters.text("metric"), parameters.count("limit")
    text = parameters.text("match_target")
    found: list[dict[str, object]] = []
    matchers = Parameters({"match[]": [text]}, parameters.now_ms).selectors()[0] if text else ()
    for target in targets():
        if not selects(matchers, labels_of(target.labels.items())):
            continue
        prefixes = _METRICS_OF.get(target.job, _APPS)
        for name in METADATA:
            if not name.startswith(prefixes) or (name.startswith("checkout_") and target.job != "checkout"):
                continue
            if not wanted or name == wanted:
                found.append({"target": target.labels, "metric": name, **_entry(name)})
    if wanted:
        found = [{key: value for key, value in entry.items() if key != "metric"} for entry in found]
    return Answer(found[: limit or None])
