"""From a method's signature to a closed JSON Schema, and from checked arguments to keyword arguments."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, create_model
from pydantic.json_schema import GenerateJsonSchema

from hub.errors import ConnectorLoadError, InvalidArguments

_PLAIN = (str, int, float, bool, NoneType)


@dataclass(frozen=True)
class Parameters:
    """The parameters of one tool, resource or prompt.

    Attributes:
        schema: JSON Schema 2020-12: a closed object.
        converters: For parameters whose Python type is not the JSON value itself.
    """

    schema: Mapping[str, Any]
    converters: Mapping[str, TypeAdapter[Any]]

    def bind(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Keyword arguments for the method, from arguments that fit the schema.

        Raises:
            InvalidArguments: A value has the right JSON type and is still not one, such as a time.
        """
        if not self.converters:
            return dict(arguments)
        bound = dict(arguments)
        for name, converter in self.converters.items():
            if name in bound:
                try:
                    bound[name] = converter.validate_python(bound[name])
                except ValidationError as error:
                    raise InvalidArguments(f"{name}: {'; '.join(_reasons(error))}") from None
        return bound


def _reasons(error: ValidationError) -> list[str]:
    """What pydantic says, without the value; an author's own ValueError speaks for itself."""
    details = error.errors(include_url=False, include_input=False)
    return [str(item.get("ctx", {}).get("error", item["msg"])) for item in details]


class _Compact(GenerateJsonSchema):
    """JSON Schema without titles: a model reads the names, and titles cost tokens."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002  overrides
        return False


def parameters_of(function: Callable[..., Any]) -> Parameters:
    """Derive the parameters of a method; `self` is left out.

    Raises:
        ConnectorLoadError: The signature has no types, takes `*args` or `**kwargs`, or a type has no JSON Schema.
    """
    hints = get_type_hints(function, include_extras=True)
    fields: dict[str, Any] = {}
    for name, parameter in inspect.signature(function).parameters.items():
        if name == "self":
            continue
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
            raise ConnectorLoadError(f"{function.__qualname__} takes {parameter}; name every parameter")
        if name not in hints:
            raise ConnectorLoadError(f"{function.__qualname__}: parameter {name!r} has no type")
        fields[name] = (_described(hints[name]), ... if parameter.default is parameter.empty else parameter.default)
    try:
        model: type[BaseModel] = create_model("Parameters", __config__=ConfigDict(extra="forbid"), **fields)
        schema = model.model_json_schema(schema_generator=_Compact)
        converters = {name: TypeAdapter[Any](hint) for name, (hint, _) in fields.items() if not _is_plain(hint)}
    except Exception as error:  # noqa: BLE001  pydantic and the author's own types raise all sorts
        raise ConnectorLoadError(
            f"{function.__qualname__} has a parameter type without JSON Schema ({type(error).__name__})"
        ) from None
    return Parameters(schema=_compact(schema), converters=converters)


def _described(hint: Any) -> Any:
    """Let `Annotated[str, "text"]` stand for `Annotated[str, Field(description="text")]`."""
    if get_origin(hint) is not Annotated:
        return hint
    base, *metadata = get_args(hint)
    told = [Field(description=item) if isinstance(item, str) else item for item in metadata]
    return Annotated[(base, *told)]


def _is_plain(hint: Any) -> bool:
    origin = get_origin(hint)
    if origin is Annotated:
        return _is_plain(get_args(hint)[0])
    if origin in (Union, UnionType):
        return all(_is_plain(item) for item in get_args(hint))
    if origin is Literal:
        return True
    if origin in (list, dict):
        return all(_is_plain(item) for item in get_args(hint))
    return hint in _PLAIN or hint is Any


def _compact(schema: dict[str, Any]) -> dict[str, Any]:
    schema.pop("title", None)
    schema.pop("description", None)
    schema.setdefault("properties", {})
    for name, prop in list(schema["properties"].items()):
        schema["properties"][name] = _without_null(prop)
    return schema


def _without_null(prop: dict[str, Any]) -> dict[str, Any]:
    """`X | None = None` as plain X: leaving the argument out says the same, in fewer tokens."""
    choices = prop.get("anyOf")
    if not choices or prop.get("default", ...) is not None:
        return prop
    rest = [choice for choice in choices if choice != {"type": "null"}]
    if len(rest) == len(choices):
        return prop
    without = {key: value for key, value in prop.items() if key not in ("anyOf", "default")}
    return {**rest[0], **without} if len(rest) == 1 else {"anyOf": rest, **without}
