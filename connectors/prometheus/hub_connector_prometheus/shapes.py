"""Pieces of a JSON answer by their shape: what a server leaves out or sends as null counts as empty."""

from typing import Any, cast


def mapping(value: Any) -> dict[str, Any]:
    """The object, or an empty one."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def rows(value: Any) -> list[dict[str, Any]]:
    """The objects of an array."""
    return [cast("dict[str, Any]", item) for item in items(value) if isinstance(item, dict)]


def items(value: Any) -> list[Any]:
    """The array, or an empty one."""
    return cast("list[Any]", value) if isinstance(value, list) else []


def texts(value: Any) -> list[str]:
    """The array's items as text."""
    return [str(item) for item in items(value)]
