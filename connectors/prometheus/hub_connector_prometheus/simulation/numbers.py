"""Numbers as the Prometheus HTTP API writes them, in three ways."""

import math
from decimal import Decimal


def format_number(value: float) -> str:
    """A sample: shortest text that reads back as the same number; with an exponent where it is tiny or huge."""
    if value == 0 or not math.isfinite(value) or 1e-6 <= abs(value) < 1e21:
        return format_plain(value)
    return format_exponent(value)


def format_plain(value: float) -> str:
    """A scalar, or a label from count_values: never with an exponent."""
    if math.isfinite(value):
        return format(Decimal(repr(value)), "f").removesuffix(".0")
    return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"


def format_exponent(value: float) -> str:
    """The value of an alert: always with an exponent of two digits or more."""
    if not math.isfinite(value):
        return format_plain(value)
    sign, digits, exponent = Decimal(repr(value)).as_tuple()
    first, *rest = "".join(map(str, digits)).rstrip("0") or "0"
    power = len(digits) - 1 + int(exponent) if value else 0
    mantissa = f"{first}.{''.join(rest)}" if rest else first
    return f"{'-' if sign else ''}{mantissa}e{'-' if power < 0 else '+'}{abs(power):02d}"


def format_time(milliseconds: int) -> float | int:
    """Unix seconds of a sample, whole where they are whole."""
    return milliseconds // 1000 if milliseconds % 1000 == 0 else milliseconds / 1000
