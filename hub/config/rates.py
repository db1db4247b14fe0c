"""Rates as people write them: `100/minute`, `5/s`, `20/10s`."""

import re
from typing import NamedTuple

_RATE = re.compile(r"\s*([0-9]{1,9})\s*/\s*([0-9]{1,6})?\s*([a-z]+)\s*", re.ASCII)
_SECONDS = {
    "s": 1,
    "sec": 1,
    "second": 1,
    "m": 60,
    "min": 60,
    "minute": 60,
    "h": 3600,
    "hour": 3600,
    "d": 86400,
    "day": 86400,
}
_LONGEST = 31 * 86400


class Rate(NamedTuple):
    """So many in so many seconds."""

    amount: int
    seconds: int


def parse_rate(text: str) -> Rate:
    """Read a rate: an amount, a slash, and second, minute, hour, day or a span such as `10s` or `5m`.

    Raises:
        ValueError: The text is no rate, or allows nothing; the message says how to write one.
    """
    match = _RATE.fullmatch(text.lower())
    if match is not None:
        amount, times, unit = (
            int(match[1]),
            int(match[2] or 1),
            _SECONDS.get(match[3].removesuffix("s") or match[3]),
        )
        if unit and amount and 0 < times * unit <= _LONGEST:
            return Rate(amount, times * unit)
    raise ValueError("should be a rate such as 100/minute, 5/second, 1000/day or 20/10s")
