"""The simulated Alertmanager: API v2 over the world's firing alerts, with silences that take effect."""

import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, cast
from urllib.parse import quote

from hub.sandbox.story import NOTICE, Story
from hub_connector_prometheus.simulation.errors import QueryError
from hub_connector_prometheus.simulation.labels import Labels, Matcher, compile_regex, labels_of, only, selects
from hub_connector_prometheus.simulation.requests import Parameters, rfc3339
from hub_connector_prometheus.simulation.rules import INTERVAL_MS, AlertPeriod, RuleStore
from hub_connector_prometheus.simulation.server_state import BUILD_INFO, described

MAX_SILENCES = 500
_FILTER = re.compile(r'\s*([A-Za-z_][A-Za-z0-9_]*)\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\.)*)"|([^"\s]*))\s*')
_GROUP_BY = frozenset(("alertname", "service"))
_RECEIVERS = ("payments-oncall", "platform-oncall")
_RESOLVED_AFTER_MS = 240_000


class Refused(Exception):
    """A request the Alertmanager does not accept; its text is the answer.

    Attributes:
        status: HTTP status of the answer.
    """

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, kw_only=True)
class Silence:
    """A silence; times in unix milliseconds."""

    id: str
    matchers: tuple[Matcher, ...]
    starts_ms: int
    ends_ms: int
    created_by: str
    comment: str
    annotations: Mapping[str, str]
    updated_ms: int

    def state(self, now_ms: int) -> str:
        """`pending`, `active` or `expired`."""
        return "expired" if self.ends_ms <= now_ms else "pending" if self.starts_ms > now_ms else "active"

    def shown(self, now_ms: int) -> dict[str, object]:
        """As the API writes it."""
        return {
            "id": self.id,
            "status": {"state": self.state(now_ms)},
            "updatedAt": rfc3339(self.updated_ms),
            "comment": self.comment,
            "createdBy": self.created_by,
            "startsAt": rfc3339(self.starts_ms),
            "endsAt": rfc3339(self.ends_ms),
            "annotations": dict(self.annotations),
            "matchers": [
                {
                    "name": matcher.name,
                    "value": matcher.value,
                    "isRegex": matcher.operator.endswith("~"),
                    "isEqual": not matcher.operator.startswith("!"),
                }
                for matcher in self.matchers
            ],
        }


class Alertmanager:
    """Alerts and silences.

    Args:
        story: Whose team gets the alerts.
        store: Where the alerts come from.
        started_ms: When it started.
    """

    def __init__(self, story: Story, store: RuleStore, started_ms: int) -> None:
        self._team = story.team
        self._store = store
        self._started_ms = started_ms
        self._silences: dict[str, Silence] = {}
        self._created = 0

    def status(self) -> dict[str, object]:
        """`/status`."""
        receivers = "".join(f"- name: {name}\n" for name in _RECEIVERS)
        return {
            "cluster": {"status": "disabled", "peers": []},
            "versionInfo": BUILD_INFO,
            "config": {"original": f"# {NOTICE}\nroute:\n  receiver: {_RECEIVERS[1]}\nreceivers:\n{receivers}"},
            "uptime": rfc3339(self._started_ms),
        }

    def receivers(self) -> list[dict[str, str]]:
        """`/receivers`."""
        return [{"name": name} for name in _RECEIVERS]

    # Alerts

    def alerts(self, parameters: Parameters) -> list[dict[str, Any]]:
        """`/alerts`: the firing alerts that pass the filters."""
        matchers = _filters(parameters)
        receiver = _regex(parameters.text("receiver"))
        shown = (self._alert(period, parameters.now_ms) for period in self._firing(parameters.now_ms))
        return [
            alert
            for alert in shown
            if selects(matchers, labels_of(cast("dict[str, str]", alert["labels"]).items()))
            and (receiver is None or any(receiver.fullmatch(each["name"]) for each in alert["receivers"]))
            and (_wanted(parameters, "active") or alert["status"]["state"] != "active")
            and (_wanted(parameters, "silenced") or not alert["status"]["silencedBy"])
        ]

    def groups(self, parameters: Parameters) -> list[dict[str, Any]]:
        """`/alerts/groups`: the same, by alert and service."""
        groups: dict[tuple[Labels, str], list[dict[str, Any]]] = {}
        for alert in self.alerts(parameters):
            labels = only(labels_of(cast("dict[str, str]", alert["labels"]).items()), _GROUP_BY)
            groups.setdefault((labels, alert["receivers"][0]["name"]), []).append(alert)
        return [
            {"labels": dict(labels), "routeLabels": {}, "receiver": {"name": receiver}, "alerts": members}
            for (labels, receiver), members in groups.items()
            if _wanted(parameters, "muted") or any(not member["status"]["silencedBy"] for member in members)
        ]

    def _firing(self, now_ms: int) -> Iterable[AlertPeriod]:
        moment = now_ms // INTERVAL_MS * INTERVAL_MS
        return [period for period, state in self._store.alerts(moment) if state == "firing"]

    def _alert(self, period: AlertPeriod, now_ms: int) -> dict[str, Any]:
        details = described(self._store, period, now_ms)
        silenced = [
            silence.id
            for silence in self._silences.values()
            if silence.state(now_ms) == "active" and selects(silence.matchers, period.labels)
        ]
        team = dict(period.labels).get("team")
        return {
            "labels": details["labels"],
            "annotations": details["annotations"],
            "receivers": [{"name": _RECEIVERS[team != self._team]}],
            "fingerprint": blake2b(repr(period.labels).encode(), digest_size=8).hexdigest(),
            "startsAt": rfc3339(period.firing_ms or period.active_ms),
            "updatedAt": rfc3339(now_ms // INTERVAL_MS * INTERVAL_MS),
            "endsAt": rfc3339(now_ms + _RESOLVED_AFTER_MS),
            "generatorURL": f"http://prometheus.sandbox.example/graph?g0.expr={quote(period.rule.expression)}",
            "status": {
                "state": "suppressed" if silenced else "active",
                "silencedBy": silenced,
                "inhibitedBy": [],
                "mutedBy": [],
            },
        }

    # Silences

    def silences(self, parameters: Parameters) -> list[dict[str, object]]:
        """`/silences`: those whose matchers pass the filters, the ones that end last first."""
        wanted = {(matcher.name, matcher.operator, matcher.value) for matcher in _filters(parameters)}
        found = [
            silence
            for silence in self._silences.values()
            if _wanted(parameters, silence.state(parameters.now_ms))
            and wanted <= {(matcher.name, matcher.operator, matcher.value) for matcher in silence.matchers}
        ]
        found.sort(key=lambda silence: (-silence.ends_ms, silence.id))
        return [silence.shown(parameters.now_ms) for silence in found]

    def silence(self, identifier: str, now_ms: int) -> dict[str, object]:
        """`/silence/{id}`.

        Raises:
            Refused: There is no such silence.
        """
        return self._known(identifier).shown(now_ms)

    def expire(self, identifier: str, now_ms: int) -> None:
        """End a silence now; does nothing to one that is over.

        Raises:
            Refused: There is no such silence.
        """
        silence = self._known(identifier)
        if silence.state(now_ms) != "expired":
            begins = min(silence.starts_ms, now_ms)
            self._silences[identifier] = replace(silence, starts_ms=begins, ends_ms=now_ms, updated_ms=now_ms)

    def post(self, body: object, now_ms: int) -> str:
        """Create or change a silence and give its id.

        Changing the matchers of one, or one that is over, ends it and creates another, as the Alertmanager does.

        Raises:
            Refused: The silence is not one, or its id is unknown.
        """
        silence = _read_silence(body, now_ms)
        if silence.id:
            old = self._known(silence.id)
            if old.state(now_ms) != "expired" and old.matchers == silence.matchers:
                self._silences[silence.id] = silence
                return silence.id
            self.expire(silence.id, now_ms)
        if len(self._silences) >= MAX_SILENCES:
            raise Refused(f"the sandbox keeps no more than {MAX_SILENCES} silences")
        self._created += 1
        identifier = str(uuid.uuid5(uuid.NAMESPACE_URL, f"sandbox/silence/{self._created}"))
        self._silences[identifier] = replace(silence, id=identifier)
        return identifier

    def _known(self, identifier: str) -> Silence:
        if identifier not in self._silences:
            raise Refused(f"silence {identifier} not found", 404)
        return self._silences[identifier]


def _read_silence(body: object, now_ms: int) -> Silence:
    if not isinstance(body, dict):
        raise Refused("invalid silence: not an object")
    fields = cast("dict[str, object]", body)
    matchers = fields.get("matchers")
    if not isinstance(matchers, list) or not matchers:
        raise Refused("invalid silence: at least one matcher required")
    read = tuple(_read_matcher(item) for item in cast("list[object]", matchers))
    if all(matcher.matches("") for matcher in read):
        raise Refused("invalid silence: at least one matcher must not match the empty string")
    starts, ends = _read_time(fields, "startsAt"), _read_time(fields, "endsAt")
    if ends < now_ms:
        raise Refused("invalid silence: end time can't be in the past")
    if ends <= max(starts, now_ms):
        raise Refused("invalid silence: end time must be after start time")
    texts = {name: fields.get(name) for name in ("createdBy", "comment")}
    for name, value in texts.items():
        if not isinstance(value, str) or not value:
            raise Refused(f"invalid silence: {name} in body is required")
    return Silence(
        id=str(fields.get("id") or ""),
        matchers=read,
        starts_ms=max(starts, now_ms),
        ends_ms=ends,
        created_by=str(texts["createdBy"]),
        comment=str(texts["comment"]),
        annotations={str(name): str(value) for name, value in _table(fields.get("annotations")).items()},
        updated_ms=now_ms,
    )


def _table(value: object) -> dict[object, object]:
    return cast("dict[object, object]", value) if isinstance(value, dict) else {}


def _read_matcher(item: object) -> Matcher:
    fields = _table(item)
    name, value = fields.get("name"), fields.get("value")
    regex, equal = fields.get("isRegex"), fields.get("isEqual", True)
    if not isinstance(name, str) or not name or not isinstance(value, str) or not isinstance(regex, bool):
        raise Refused("invalid silence: a matcher needs name, value and isRegex")
    try:
        return Matcher.of(name, ("=~" if equal else "!~") if regex else ("=" if equal else "!="), value)
    except QueryError as error:
        raise Refused(f"invalid silence: {error}") from None


def _read_time(fields: Mapping[str, object], name: str) -> int:
    try:
        moment = datetime.fromisoformat(str(fields.get(name)))
    except ValueError:
        raise Refused(f"invalid silence: {name} in body must be a date-time") from None
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def _filters(parameters: Parameters) -> list[Matcher]:
    found: list[Matcher] = []
    for text in parameters.texts("filter"):
        match = _FILTER.fullmatch(text)
        if match is None:
            raise Refused(f"bad matcher format: {text}")
        name, operator, quoted, bare = match.groups()
        value = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else bare
        try:
            found.append(Matcher.of(name, operator, value))
        except QueryError as error:
            raise Refused(str(error)) from None
    return found


def _regex(pattern: str) -> re.Pattern[str] | None:
    try:
        return compile_regex(pattern) if pattern else None
    except QueryError as error:
        raise Refused(f"failed to parse receiver param: {error}") from None


def _wanted(parameters: Parameters, name: str) -> bool:
    return parameters.text(name) != "false"
