"""Reads from a vendor's answer how long it wants to be left alone."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import time
from typing import TYPE_CHECKING

from hub.connector.service import Service
from hub.http.budget import LONGEST_PAUSE

if TYPE_CHECKING:
    import httpx

UNTOLD_PAUSE = 1.0
"""Seconds of pause after a 429 that says nothing about when to come back."""
# A number above this is a point in time (Unix seconds), below it a span.
_EPOCH_FROM = 1_000_000_000.0


def pause_of(response: "httpx.Response", service: Service) -> float | None:
    """Seconds a service asks for, by the headers of its answer or else by what its connector reads out of it."""
    told = _told(response.status_code, response.headers)
    if told is None and service.untold_pause is not None and response.status_code in (403, 429):
        try:
            told = service.untold_pause(response)
        except Exception:  # noqa: BLE001  an author's own code, and an error answer can be anything
            told = None
        if told is not None:
            return _capped(told)
    return pause_asked(response.status_code, response.headers) if told is None else told


def pause_asked(status: int, headers: Mapping[str, str]) -> float | None:
    """Seconds a rate-limited service asks for; None when the answer is no rate limit.

    A 429 always is one (RFC 6585 section 4). A 403 is one with `Retry-After`, or with a spent budget and the time
    of its reset, as GitHub sends it ("Rate limits for the REST API", exceeding the rate limit).
    """
    asked = _told(status, headers)
    return UNTOLD_PAUSE if asked is None and status == 429 else asked


def _told(status: int, headers: Mapping[str, str]) -> float | None:
    if status not in (403, 429):
        return None
    asked = retry_after(headers)
    if asked is None and (status == 429 or _spent(headers)):
        asked = _reset(headers)
    return asked


def retry_after(headers: Mapping[str, str]) -> float | None:
    """`Retry-After` in seconds, at most the longest pause (RFC 9110 section 10.2.3: seconds or a date)."""
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    if (seconds := _number(value)) is not None:
        return _capped(seconds)
    return _span_until(_date(value), headers)


def _spent(headers: Mapping[str, str]) -> bool:
    return _number(headers.get("x-ratelimit-remaining", "")) == 0


def _reset(headers: Mapping[str, str]) -> float | None:
    value = headers.get("x-ratelimit-reset", "").strip()
    if (number := _number(value)) is None:
        return _span_until(_date(value), headers)
    return _capped(number) if number < _EPOCH_FROM else _span_until(number, headers)


def _span_until(moment: float | None, headers: Mapping[str, str]) -> float | None:
    if moment is None:
        return None
    # The service's own clock, where it tells it: ours may be off.
    own = _date(headers.get("date", ""))
    return _capped(moment - (time() if own is None else own))


def _date(value: str) -> float | None:
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = read(value)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None


def _number(value: str) -> float | None:
    try:
        number = float(value[:32])
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _capped(seconds: float) -> float:
    return min(max(seconds, 0.0), LONGEST_PAUSE)
