"""Stage 3: arguments against the compiled, closed schema."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hub.catalog.items import AnyItem, ToolItem
from hub.catalog.nearest import nearest
from hub.errors import InvalidArguments

if TYPE_CHECKING:
    import jsonschema_rs

MAX_ARGUMENT_BYTES = 256 * 1024
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,17})?(?:[eE][+-]?[0-9]{1,2})?")
_SHOWN_PROBLEMS = 3


def validate(item: AnyItem, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Check arguments and turn them into keyword arguments for the item's method.

    A string that is plainly a number is taken for one where the schema wants a number and nothing else; `"yes"`
    is never a boolean.

    Raises:
        InvalidArguments: Something is unknown, missing, of the wrong kind, too large, or not valid Unicode.
    """
    properties: Mapping[str, Any] = item.parameters.schema["properties"]
    for name in arguments:
        if name not in properties:
            raise InvalidArguments(f"{item.name} has no argument {name!r}", hint=_known(name, properties))
    checked = {name: _number(value, properties[name]) for name, value in arguments.items()}
    if isinstance(item, ToolItem):
        _check_size(item, checked)
    if not item.validator.is_valid(checked):
        problems = [_told(error) for error in item.validator.iter_errors(checked)]
        more = f" (and {len(problems) - _SHOWN_PROBLEMS} more)" if len(problems) > _SHOWN_PROBLEMS else ""
        raise InvalidArguments(f"{item.name}: {'; '.join(problems[:_SHOWN_PROBLEMS])}{more}")
    return item.parameters.bind(checked)


def _known(name: str, properties: Mapping[str, Any]) -> str:
    if close := nearest(name, properties):
        return f"Did you mean {' or '.join(close)}?"
    return f"It takes {', '.join(properties)}" if properties else "It takes no arguments"


def _number(value: Any, schema: Mapping[str, Any]) -> Any:
    if isinstance(value, str):
        wanted = schema.get("type")
        if wanted == "integer" and _INTEGER.fullmatch(value):
            return int(value)
        if wanted == "number" and _NUMBER.fullmatch(value):
            return float(value)
    elif isinstance(value, float) and schema.get("type") == "integer" and value.is_integer():
        return int(value)  # JSON Schema calls 3.0 an integer; a method that slices with it does not
    return value


def _check_size(item: AnyItem, arguments: Mapping[str, Any]) -> None:
    import orjson

    try:
        size = len(orjson.dumps(arguments))
    except TypeError:  # a lone surrogate, an integer beyond 64 bits, nesting beyond measure
        raise InvalidArguments(f"{item.name}: the arguments hold text or numbers that JSON cannot carry") from None
    if size > MAX_ARGUMENT_BYTES:
        raise InvalidArguments(
            f"{item.name}: the arguments take {size:,} bytes; {MAX_ARGUMENT_BYTES:,} is the most"
        )


def _told(error: "jsonschema_rs.ValidationError") -> str:
    """The problem with its place; the value itself is left out, since it can be long or secret."""
    path = ".".join(str(part) for part in error.instance_path) or "the object"
    name = error.kind.name
    facts: dict[str, Any] = error.kind.as_dict()
    match name:
        case "required":
            return f"{facts['property']!r} is missing"
        case "type":
            return f"{path} is not of type {' or '.join(facts['types'])}"
        case "enum":
            return f"{path} is not one of {', '.join(map(str, facts['options']))}"
        case "pattern":
            return f"{path} does not match {facts['pattern']}"
        case "additionalProperties":
            return f"{path} has unknown keys {', '.join(facts['unexpected'])}"
        case "minimum" | "maximum":
            return f"{path} has to be at {'least' if name == 'minimum' else 'most'} {facts['limit']}"
        case _:
            return f"{path} breaks the schema's rule {name!r}"
