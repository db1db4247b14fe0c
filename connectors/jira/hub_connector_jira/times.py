"""Jira's times as texts for agents, and the other way round. All are UTC."""

import re
from datetime import UTC, date, datetime
from typing import Any

from hub.plugin import InvalidArguments, Moment

_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:[+-]\d\d:?\d\d|Z)")


def is_stamp(text: str) -> bool:
    """Whether a text is a time as Jira writes it."""
    return _STAMP.fullmatch(text) is not None


def minute(text: Any) -> str:
    """A time of Jira's to the minute: `2026-11-22 14:05`; anything else as it is."""
    if not isinstance(text, str):
        return ""
    if not is_stamp(text):
        return text
    return datetime.fromisoformat(text).astimezone(UTC).strftime("%Y-%m-%d %H:%M")


def stamp(moment: Moment) -> str:
    """A moment as Jira takes it: `2026-11-22T14:05:00.000+0000`."""
    return datetime.fromtimestamp(moment.seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def day(text: str, field: str) -> str:
    """A date as Jira takes it, of `2026-11-22`, `now+3d` or any other moment.

    Raises:
        InvalidArguments: It is none.
    """
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return stamp(moment(text, field))[:10]


def moment(text: str, field: str) -> Moment:
    """A moment that a field is to hold.

    Raises:
        InvalidArguments: It is none.
    """
    try:
        return Moment.parse(text)
    except ValueError as problem:
        raise InvalidArguments(f"{field}: {problem}") from None


def lasting(seconds: Any) -> str:
    """Seconds of work as Jira counts it in hours: `3h 30m`."""
    minutes = round(float(seconds or 0) / 60)
    hours, rest = divmod(minutes, 60)
    return " ".join(filter(None, [f"{hours}h" if hours else "", f"{rest}m" if rest or not hours else ""]))
