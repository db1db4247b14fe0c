"""From `key=value` words to a tool's arguments, as its JSON Schema types them."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from hub.errors import InvalidArguments


def arguments_of(pairs: Sequence[str], schema: Mapping[str, Any], read: Callable[[str], str]) -> dict[str, Any]:
    """Arguments for a tool.

    A value becomes what its parameter takes: text stays text, numbers, booleans, arrays and objects are read as
    JSON; an array also takes `a,b` and a repeated key. What does not fit stays text, and the hub says what is
    wrong with it.

    Args:
        pairs: Words like `limit=20`, `query=@file`, `labels={"a": 1}`.
        schema: The tool's parameters.
        read: Gives the text of a file named after `@`.

    Raises:
        InvalidArguments: A word is no pair, a key comes twice, or a file cannot be read.
    """
    arguments: dict[str, Any] = {}
    properties = schema.get("properties", {})
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not (equals and key):
            raise InvalidArguments(f"{pair!r} is no argument", hint="Write KEY=VALUE")
        if text.startswith("@@"):
            text = text[1:]
        elif text.startswith("@"):
            text = _content(key, text[1:], read)
        shape = properties.get(key, {})
        types = _types(shape, schema)
        value = _value(text, types)
        if "array" in types and "string" not in types and not isinstance(value, list):
            value = [_value(part, _types(_items(shape, schema), schema)) for part in text.split(",")]
        if key not in arguments:
            arguments[key] = value
        elif isinstance(value, list) and isinstance(arguments[key], list):
            arguments[key] += value
        else:
            raise InvalidArguments(f"{key} is given twice")
    return arguments


def _content(key: str, name: str, read: Callable[[str], str]) -> str:
    try:
        return read(name).rstrip("\r\n")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise InvalidArguments(
            f"{key}: the file {name!r} cannot be read: {reason}",
            hint="A text that starts with @ is written with @@",
        ) from None


def _value(text: str, types: set[str]) -> Any:
    is_json = bool(types & {"array", "object"}) and text[:1] in ("[", "{")
    if (not types or "string" in types) and not is_json:
        return text
    try:
        return json.loads(text.lower() if types == {"boolean"} else text)
    except (ValueError, RecursionError):
        return text


def _resolved(shape: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = shape.get("$ref", "")
    return schema.get("$defs", {}).get(reference.removeprefix("#/$defs/"), {}) if reference else shape


def _choices(shape: Mapping[str, Any], schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    shape = _resolved(shape, schema)
    members = cast("list[Mapping[str, Any]]", shape.get("anyOf", shape.get("oneOf", [])))
    return [choice for member in members for choice in _choices(member, schema)] if members else [shape]


def _types(shape: Mapping[str, Any], schema: Mapping[str, Any]) -> set[str]:
    """The JSON types a parameter takes; empty where it takes anything."""
    types: set[str] = set()
    for choice in _choices(shape, schema):
        stated = choice.get("type", [])
        types |= {stated} if isinstance(stated, str) else set(stated)
        if not stated:
            types |= {
                _type_of(value)
                for value in [*choice.get("enum", []), *([choice["const"]] if "const" in choice else [])]
            }
    return types - {"null"}


def _type_of(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "string" if isinstance(value, str) else "number" if isinstance(value, int | float) else "object"


def _items(shape: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    for choice in _choices(shape, schema):
        if "items" in choice:
            return choice["items"]
    return {}
