"""Plain values as text: mappings as `key: value` lines, lists of mappings as tables, the rest one line each."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from hub.results.cells import cell, compact_json, plain, scalar
from hub.results.table import Table

_INDENT = "  "
_MAX_DEPTH = 6
"""Nesting from which on JSON on one line says it shorter than indented lines."""


def outline(value: Any) -> str | Table:
    """Text for a model, dataclass object, mapping, list or plain value; a list of mappings becomes a table.

    Empty fields of a mapping are named on one line after the others.

    Raises:
        ConnectorError: It holds something that cannot be shown.
    """
    value = plain(value)
    if isinstance(value, dict):
        return "\n".join(_lines(cast("Mapping[str, Any]", value), 0)) or "empty"
    if isinstance(value, list):
        return _list(cast("list[Any]", value))
    return scalar(value) if value is not None else "done"


def field_lines(fields: Mapping[str, Any]) -> list[str]:
    """`name: value` lines for the fields that are not empty.

    Raises:
        ConnectorError: One holds something that cannot be shown.
    """
    shown = {name: value for name, value in plain(dict(fields)).items() if not _is_empty(value)}
    return list(_lines(shown, 0))


def _is_empty(value: Any) -> bool:
    return value is None or value in ("", [], {})


def _list(values: list[Any]) -> str | Table:
    if not values:
        return "no results"
    if all(isinstance(value, dict) for value in values):
        return Table.of(values)
    return "\n".join(map(cell, values))


def _lines(mapping: Mapping[str, Any], depth: int) -> Iterator[str]:
    indent = _INDENT * depth
    empty: list[str] = []
    for key, value in mapping.items():
        name = cell(key)
        if _is_empty(value):
            empty.append(name)
        elif (block := _block(value, depth)) is not None:
            yield f"{indent}{name}:"
            yield from block
        else:
            yield f"{indent}{name}: {_inline(value)}"
    if empty:
        yield f"{indent}empty: {', '.join(empty)}"


def _block(value: Any, depth: int) -> Iterator[str] | None:
    """Indented lines for what does not go on one."""
    if isinstance(value, str):
        return _indented(value.split("\n"), depth + 1) if "\n" in value else None
    if depth >= _MAX_DEPTH:
        return None
    if isinstance(value, dict):
        return _lines(cast("Mapping[str, Any]", value), depth + 1)
    if isinstance(value, list) and all(isinstance(item, dict) for item in cast("list[Any]", value)):
        return _indented(Table.of(cast("Sequence[Any]", value)).render().split("\n"), depth + 1)
    return None


def _indented(lines: Sequence[str], depth: int) -> Iterator[str]:
    return (f"{_INDENT * depth}{line}" for line in lines)


def _inline(value: Any) -> str:
    if isinstance(value, list):
        items = cast("list[Any]", value)
        texts = [cell(item) for item in items]
        nested = any(isinstance(item, (dict, list)) for item in items)
        return compact_json(items) if nested or any(", " in text for text in texts) else ", ".join(texts)
    return cell(value)
