"""From a method's signature to a closed JSON Schema, and from checked arguments to keyword arguments."""

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, cast, get_args, get_origin, get_type_hints

from pydantic import Field, TypeAdapter, ValidationError

from hub.connector.json_schema import JsonSchema, is_json, schema_of
from hub.errors import ConnectorLoadError, InvalidArguments


@dataclass(frozen=True)
class Parameters:
    """The parameters of one tool, resource or prompt.

    Attributes:
        schema: JSON Schema 2020-12: a closed object.
        converted: Types of the parameters whose Python value is not the JSON value itself.
    """

    schema: Mapping[str, Any]
    converted: Mapping[str, Any]

    @cached_property
    def _converters(self) -> Mapping[str, TypeAdapter[Any]]:
        return {name: TypeAdapter(hint) for name, hint in self.converted.items()}

    def bind(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Keyword arguments for the method, from arguments that fit the schema.

        Raises:
            InvalidArguments: A value has the right JSON type and is still not one, such as a time.
        """
        bound = dict(arguments)
        if self.converted:
            for name, converter in self._converters.items():
                if name in bound:
                    try:
                        bound[name] = converter.validate_python(bound[name])
                    except ValidationError as error:
                        raise InvalidArguments(f"{name}: {'; '.join(_reasons(error))}") from None
        return bound


def parameters_of(function: Callable[..., Any]) -> Parameters:
    """Derive the parameters of a method; `self` is left out.

    Raises:
        ConnectorLoadError: The signature has no types, takes `*args` or `**kwargs`, a type has no JSON Schema, or a
            default is no JSON value.
    """
    hints = get_type_hints(function, include_extras=True)
    properties: JsonSchema = {}
    required: list[str] = []
    converted: dict[str, Any] = {}
    definitions: JsonSchema = {}
    for name, parameter in inspect.signature(function).parameters.items():
        if name == "self":
            continue
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
            raise ConnectorLoadError(f"{function.__qualname__} takes {parameter}; name every parameter")
        if name not in hints:
            raise ConnectorLoadError(f"{function.__qualname__}: parameter {name!r} has no type")
        schema = _schema_of(function, name, hints[name], definitions)
        if parameter.default is parameter.empty:
            required.append(name)
        elif parameter.default is None:
            schema = _without_null(schema)
        elif not _is_json_value(parameter.default):
            raise ConnectorLoadError(
                f"{function.__qualname__}: the default of {name!r} is a {type(parameter.default).__name__}, "
                "which no JSON Schema can hold; make it None and put the value in its place in the method"
            )
        else:
            schema["default"] = parameter.default
        properties[name] = schema
        if not is_json(hints[name]):
            converted[name] = _described(hints[name])
    whole: JsonSchema = {"type": "object", "additionalProperties": False, "properties": properties}
    if required:
        whole["required"] = required
    if definitions:
        whole["$defs"] = definitions
    return Parameters(schema=whole, converted=converted)


def _schema_of(function: Callable[..., Any], name: str, hint: Any, definitions: JsonSchema) -> JsonSchema:
    """The schema of one parameter; what it refers to goes into `definitions`: references begin at the root."""
    try:
        schema = schema_of(hint)
    except Exception as error:  # noqa: BLE001  pydantic and the author's own types raise all sorts
        raise ConnectorLoadError(
            f"{function.__qualname__}: the type of {name!r} has no JSON Schema ({type(error).__name__})"
        ) from None
    for type_name, definition in schema.pop("$defs", {}).items():
        if definitions.setdefault(type_name, definition) != definition:
            raise ConnectorLoadError(f"{function.__qualname__}: two types are both named {type_name}; rename one")
    return schema


def _is_json_value(value: Any) -> bool:
    """Whether JSON has this value itself, not only something it could be turned into."""
    if isinstance(value, list):
        return all(_is_json_value(item) for item in cast("list[Any]", value))
    if isinstance(value, dict):
        pairs = cast("dict[Any, Any]", value).items()
        return all(isinstance(key, str) and _is_json_value(item) for key, item in pairs)
    return value is None or isinstance(value, str | int) or (isinstance(value, float) and math.isfinite(value))


def _described(hint: Any) -> Any:
    """Let `Annotated[str, "text"]` stand for `Annotated[str, Field(description="text")]`, as pydantic has it."""
    if get_origin(hint) is not Annotated:
        return hint
    base, *metadata = get_args(hint)
    return Annotated[(base, *(Field(description=item) if isinstance(item, str) else item for item in metadata))]


def _without_null(schema: JsonSchema) -> JsonSchema:
    """`X | None = None` as plain X: leaving the argument out says the same, in fewer tokens."""
    choices: list[JsonSchema] = schema.get("anyOf", [])
    rest = [choice for choice in choices if choice != {"type": "null"}]
    if len(rest) == len(choices):
        return schema
    others = {key: value for key, value in schema.items() if key != "anyOf"}
    return {**rest[0], **others} if len(rest) == 1 else {"anyOf": rest, **others}


def _reasons(error: ValidationError) -> list[str]:
    """What pydantic says, without the value; an author's own ValueError speaks for itself."""
    details = error.errors(include_url=False, include_input=False)
    return [str(item.get("ctx", {}).get("error", item["msg"])) for item in details]
