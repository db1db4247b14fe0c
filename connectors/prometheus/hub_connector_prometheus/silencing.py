"""Silences of an Alertmanager: list, create, expire."""

import time
from collections.abc import Sequence
from typing import Any, Literal

from hub.plugin import Duration, InvalidArguments, Moment, Table
from hub_connector_prometheus.alertmanager import Alertmanager
from hub_connector_prometheus.promql import Matcher, parse_matchers
from hub_connector_prometheus.series import shortened
from hub_connector_prometheus.shapes import mapping, texts
from hub_connector_prometheus.times import iso, moment_of

Action = Literal["list", "create", "expire"]
_SHOWN = 50
_ALERTS_NAMED = 5


async def list_silences(manager: Alertmanager) -> Table | str:
    """Silences that are in force or will be.

    Raises:
        ConnectorError: Alertmanager does not answer.
    """
    in_force = [silence for silence in await manager.silences() if silence["status"]["state"] != "expired"]
    if not in_force:
        return "no active or pending silences"
    in_force.sort(key=lambda silence: silence["endsAt"])
    rows = [
        [
            silence["id"],
            silence["status"]["state"],
            _written(silence["matchers"]),
            moment_of(silence["startsAt"]),
            moment_of(silence["endsAt"]),
            silence["createdBy"],
            shortened(silence["comment"]),
        ]
        for silence in in_force[:_SHOWN]
    ]
    note = f"silences: {len(in_force)}, the first to end first" + (
        f"; {_SHOWN} shown" if len(in_force) > _SHOWN else ""
    )
    return Table(columns=["id", "state", "matchers", "starts", "ends", "by", "comment"], rows=rows, note=note)


async def create_silence(
    manager: Alertmanager, matchers: str, start: Moment | None, duration: Duration, comment: str
) -> str:
    """Silence the alerts that match, and say which of those active now it covers.

    Raises:
        InvalidArguments: The matchers cannot be read, or match every alert; no comment; a time in the past.
        OutcomeUnknown: No answer came: it may exist.
        ConnectorError: Alertmanager rejects it or does not answer.
    """
    try:
        wanted = parse_matchers(matchers)
    except ValueError as error:
        raise InvalidArguments(f"matchers: {error}") from None
    if not comment.strip():
        raise InvalidArguments("create needs a comment", hint="Say why, for whoever finds the silence")
    if duration.seconds <= 0:
        raise InvalidArguments("duration must be longer than 0s")
    if not any(_asks_for_something(matcher) for matcher in wanted):
        raise InvalidArguments(
            "these matchers fit every alert", hint='Name a value of one label at least, such as alertname="X"'
        )
    now = time.time()
    begins = now if start is None else max(start.seconds, now)
    ends = (now if start is None else start.seconds) + duration.seconds
    if ends <= now:
        raise InvalidArguments("this silence would have ended already")
    covered = await manager.alerts(wanted)
    identifier = await manager.create_silence(wanted, begins, ends, comment.strip())
    return "\n".join(
        [
            f"silence {identifier} created at {manager.label}",
            f"matchers: {','.join(map(str, wanted))}",
            f"time: {iso(int(begins))} to {iso(int(ends))}",
            f"active alerts it covers: {_named(covered)}",
            *_remarks(covered),
        ]
    )


async def expire_silence(manager: Alertmanager, identifier: str) -> str:
    """End a silence now.

    Raises:
        NotFound: There is no active one with this id.
        OutcomeUnknown: No answer came: it may have ended.
        ConnectorError: Alertmanager does not answer.
    """
    await manager.expire_silence(identifier)
    return f"silence {identifier} expired at {manager.label}; its alerts notify again"


def _asks_for_something(matcher: Matcher) -> bool:
    """Whether it asks for a value: `a=~".*"` and `a!="x"` alone would silence nearly everything."""
    return matcher.operator in ("=", "=~") and matcher.value not in ("", ".*", ".+")


def _remarks(covered: Sequence[dict[str, Any]]) -> list[str]:
    """What the caller may not have meant: a silence over nothing, or over what is silenced already."""
    if not covered:
        return ["if alerts active now are meant, compare the matchers with their labels and expire this silence"]
    before = sorted({one for alert in covered for one in texts(mapping(alert.get("status")).get("silencedBy"))})
    return [f"some of them are silenced already, by {' '.join(before)}"] if before else []


def _named(alerts: Sequence[dict[str, Any]]) -> str:
    if not alerts:
        return "none"
    names = sorted({str(alert["labels"].get("alertname", "?")) for alert in alerts})
    more = ", …" if len(names) > _ALERTS_NAMED else ""
    return f"{len(alerts)} ({', '.join(names[:_ALERTS_NAMED])}{more})"


def _written(matchers: Sequence[dict[str, Any]]) -> str:
    told: list[str] = []
    for matcher in matchers:
        operator = {(True, False): "=", (False, False): "!=", (True, True): "=~", (False, True): "!~"}[
            bool(matcher.get("isEqual", True)), bool(matcher["isRegex"])
        ]
        told.append(str(Matcher(matcher["name"], operator, matcher["value"])))
    return ",".join(told)
