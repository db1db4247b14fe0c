"""Times as GitHub writes them, and lengths of time as people read them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from math import ceil


def seconds_of(moment: str) -> float | None:
    """Unix seconds of an ISO 8601 time; None if it is none."""
    try:
        parsed = datetime.fromisoformat(moment)
    except ValueError:
        return None
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()


def between(start: str, end: str) -> float | None:
    """Seconds from one time to the other; None if one is missing, never negative."""
    first, last = seconds_of(start), seconds_of(end)
    return None if first is None or last is None else max(last - first, 0.0)


def utc(seconds: float) -> str:
    """`2026-01-31T14:05:00Z`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def span(seconds: float | None) -> str:
    """`45s`, `4m12s`, `1h05m`, `3d04h`; empty for None."""
    if seconds is None:
        return ""
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02}s"
    if whole < 86400:
        return f"{whole // 3600}h{whole % 3600 // 60:02}m"
    return f"{whole // 86400}d{whole % 86400 // 3600:02}h"


def percentile(values: Sequence[float], share: float) -> float | None:
    """The smallest value that this share of them does not exceed (nearest rank); None of none."""
    if not values:
        return None
    return sorted(values)[max(ceil(share * len(values)) - 1, 0)]
