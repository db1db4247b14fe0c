"""JSON Schema of a parameter's type: the common types by hand, since pydantic takes a hundred times as long."""

from collections.abc import Sequence
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import annotated_types as at
from pydantic import TypeAdapter
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema

from hub.connector.annotations import Duration, Id, Moment

JsonSchema = dict[str, Any]

_PLAIN: dict[Any, JsonSchema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    NoneType: {"type": "null"},
    Moment: {"type": "string"},
    Duration: {"type": "string"},
    Any: {},
}
_LIMITS: tuple[tuple[Any, str, str], ...] = (
    (at.Ge, "ge", "minimum"),
    (at.Gt, "gt", "exclusiveMinimum"),
    (at.Le, "le", "maximum"),
    (at.Lt, "lt", "exclusiveMaximum"),
    (at.MultipleOf, "multiple_of", "multipleOf"),
)


def is_json(hint: Any) -> bool:
    """Whether a value of this type is the JSON value itself, so that nothing has to be converted."""
    origin = get_origin(hint)
    if origin is Annotated:
        return is_json(get_args(hint)[0])
    if origin in (Union, UnionType, list, dict):
        return all(is_json(item) for item in get_args(hint))
    return origin is Literal or (hint in _PLAIN and hint not in (Moment, Duration))


def schema_of(hint: Any) -> JsonSchema:
    """The schema of a type hint.

    In `Annotated`, a string is the description; `Id` and pydantic's `Field` with its limits work as in pydantic.

    Raises:
        Exception: pydantic finds no schema for the type.
    """
    schema = _by_hand(hint)
    if schema is None:
        schema = TypeAdapter[Any](hint).json_schema(schema_generator=_WithoutTitles)
        schema.pop("title", None)
    return schema


class _WithoutTitles(GenerateJsonSchema):
    """A model reads names; titles only cost tokens."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002  overrides
        return False


def _by_hand(hint: Any) -> JsonSchema | None:
    """The schema of a common type; None for any other."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is None:
        plain = _PLAIN.get(hint) if hint is Any or isinstance(hint, type) else None
        return None if plain is None else dict(plain)
    if origin is Annotated:
        return _annotated(arguments[0], arguments[1:])
    if origin is Literal:
        return _literal(arguments)
    if origin in (Union, UnionType):
        choices = [_by_hand(item) for item in arguments]
        return None if None in choices else {"anyOf": choices}
    if origin is list:
        items = _by_hand(arguments[0])
        return None if items is None else {"type": "array", "items": items}
    if origin is dict and arguments[0] is str:
        values = _by_hand(arguments[1])
        return None if values is None else {"type": "object", "additionalProperties": values or True}
    return None


def _literal(values: Sequence[Any]) -> JsonSchema | None:
    if not all(isinstance(value, str) for value in values):
        return None
    return {"type": "string", **({"const": values[0]} if len(values) == 1 else {"enum": list(values)})}


def _annotated(base: Any, metadata: Sequence[Any]) -> JsonSchema | None:
    schema = _by_hand(base)
    for item in metadata:
        if schema is None:
            return None
        if isinstance(item, str):
            schema["description"] = item
        elif isinstance(item, Id):
            schema["pattern"] = item.anchored
        elif isinstance(item, FieldInfo):
            schema = _field(schema, item)
        else:
            return None
    return schema


def _field(schema: JsonSchema, field: FieldInfo) -> JsonSchema | None:
    """Add what a pydantic `Field(...)` says; None if it says more than is known here."""
    if any(said is not None for said in (field.title, field.examples, field.deprecated, field.json_schema_extra)):
        return None
    if field.description:
        schema["description"] = field.description
    for limit in field.metadata:
        for kind, attribute, keyword in _LIMITS:
            if isinstance(limit, kind):
                schema[keyword] = getattr(limit, attribute)
                break
        else:
            size = {"string": "Length", "array": "Items"}.get(str(schema.get("type")))
            if isinstance(limit, at.MinLen) and size:
                schema[f"min{size}"] = limit.min_length
            elif isinstance(limit, at.MaxLen) and size:
                schema[f"max{size}"] = limit.max_length
            elif (pattern := getattr(limit, "pattern", None)) is not None:
                schema["pattern"] = pattern
            else:
                return None
    return schema
