"""Values as a model reads them cheapest: one short text each."""

import json
import math
from types import NoneType
from typing import Any

from hub.errors import ConnectorError

_PLAIN = frozenset((str, int, float, bool, NoneType))
_ESCAPES = str.maketrans({"\r": "", "\t": " ", **dict.fromkeys("\n\v\f\x85\u2028\u2029", "\\n")})


def plain(value: Any) -> Any:
    """The value made of dicts, lists, texts, numbers, booleans and None alone; models and dataclasses opened up.

    Raises:
        ConnectorError: It holds an object that has no such form, or refers to itself.
    """
    from pydantic_core import PydanticSerializationError, to_jsonable_python

    try:
        return to_jsonable_python(value, by_alias=False, bytes_mode="base64")
    except (PydanticSerializationError, ValueError, RecursionError):
        raise ConnectorError(
            f"The connector gave back a {type(value).__name__} that cannot be shown",
            hint="Its author should return text, a Table, a Result, a model, or mappings and lists of plain values",
        ) from None


def compact_json(value: Any) -> str:
    """JSON without spaces, for values made by `plain`; not a number and infinity as JavaScript writes them."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def number(value: float) -> str:
    """A float in six significant digits, its whole part never rounded away: `0.333333`, `1769868300`, `1e-09`."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Inf" if value > 0 else "-Inf"
    if 1e5 <= abs(value) < 1e15:
        return f"{value:.0f}"
    return f"{value + 0.0:.6g}"


def scalar(value: Any) -> str:
    """A value made by `plain`, on as many lines as it has."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return number(value)
    return compact_json(value)


def cell(value: Any) -> str:
    """Any value on one line without a tab: None is empty, a line end is a backslash and an n.

    Raises:
        ConnectorError: It cannot be shown; see `plain`.
    """
    text = scalar(value if type(value) in _PLAIN else plain(value))
    return text if text.isprintable() else text.translate(_ESCAPES)
