"""Reads JSON whose shape a server decides: the mapping, list or text that should be there, or an empty one."""

from typing import Any, cast

Json = dict[str, Any]


def mapping(value: Any) -> Json:
    """The value if it is an object."""
    return cast("Json", value) if isinstance(value, dict) else {}


def items(value: Any) -> list[Any]:
    """The value if it is an array."""
    return cast("list[Any]", value) if isinstance(value, list) else []


def rows(value: Any) -> list[Json]:
    """The objects in an array."""
    return [mapping(item) for item in items(value) if isinstance(item, dict)]


def string(value: Any) -> str:
    """The value if it is a text, and numbers as one."""
    return value if isinstance(value, str) else str(value) if isinstance(value, int) else ""
