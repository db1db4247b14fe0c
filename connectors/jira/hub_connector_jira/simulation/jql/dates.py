"""Moments in JQL: absolute, relative to the present, and the ends of days, weeks, months and years. All in UTC."""

import re
from datetime import UTC, datetime, timedelta

_FORMATS = ("%Y/%m/%d %H:%M", "%Y-%m-%d %H:%M", "%Y/%m/%d", "%Y-%m-%d")
_PERIOD = re.compile(r"[+-]?\s*\d+\s*[yMwdhm](?:\s*\d+\s*[yMwdhm])*")
_PART = re.compile(r"(\d+)\s*([yMwdhm])")
_UNIT_MS = {
    "y": 365 * 86_400_000,
    "M": 30 * 86_400_000,
    "w": 7 * 86_400_000,
    "d": 86_400_000,
    "h": 3_600_000,
    "m": 60_000,
}
_MOST_DIGITS = 6
VALID_FORMATS = (
    "'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'"
)


def moment_of(text: str, now: int) -> int | None:
    """Unix milliseconds of a moment as JQL writes it; None if it is none.

    Args:
        text: Like `2027-01-14`, `2027-01-14 14:05` or `-7d`.
        now: The present in unix milliseconds.
    """
    text = text.strip()
    for form in _FORMATS:
        try:
            return round(datetime.strptime(text, form).replace(tzinfo=UTC).timestamp() * 1000)
        except (ValueError, OverflowError):
            continue
    if (period := period_of(text)) is not None:
        return now + period
    return None


def period_of(text: str) -> int | None:
    """Milliseconds of a period such as `-4w 2d`; None if it is none."""
    if not _PERIOD.fullmatch(text):
        return None
    parts = _PART.findall(text)
    if any(len(number) > _MOST_DIGITS for number, _ in parts):
        return None
    length = sum(int(number) * _UNIT_MS[unit] for number, unit in parts)
    return -length if text.startswith("-") else length


def edge_of(unit: str, now: int, increment: str, *, end: bool) -> int | None:
    """The start or the end of a day, week, month or year.

    Args:
        unit: `day`, `week` (from Sunday on), `month` or `year`.
        now: The present in unix milliseconds.
        increment: How far to go: `-1`, `-1d`, `2w`; a bare number counts in `unit`. Empty for the present one.
        end: The end instead of the start.

    Returns:
        Unix milliseconds; None if the increment cannot be read.
    """
    moment = datetime.fromtimestamp(now / 1000, UTC)
    steps = 0
    if re.fullmatch(r"[+-]?\d{1,4}", increment):
        steps = int(increment)
    elif increment:
        month_or_year = re.fullmatch(r"([+-]?\d{1,4})([My])", increment)
        if month_or_year and {"M": "month", "y": "year"}[month_or_year[2]] == unit:
            steps = int(month_or_year[1])
        elif (period := period_of(increment)) is not None:
            moment += timedelta(milliseconds=period)
        else:
            return None
    start = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    if unit == "day":
        start += timedelta(days=steps)
        following = start + timedelta(days=1)
    elif unit == "week":
        start += timedelta(days=7 * steps - (start.weekday() + 1) % 7)
        following = start + timedelta(days=7)
    else:
        months = steps if unit == "month" else 12 * steps
        start = _months_later(start.replace(day=1, month=start.month if unit == "month" else 1), months)
        following = _months_later(start, 1 if unit == "month" else 12)
    return round((following if end else start).timestamp() * 1000) - (1 if end else 0)


def _months_later(start: datetime, months: int) -> datetime:
    count = start.year * 12 + start.month - 1 + months
    return start.replace(year=min(max(count // 12, 1), 9998), month=count % 12 + 1)
