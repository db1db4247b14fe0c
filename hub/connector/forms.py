"""Forms a tool shows to a person: flat, made of the few kinds of fields every MCP client can draw."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import CoreSchema, core_schema

_TOLD = frozenset({"type", "title", "description", "default"})
_KEYWORDS: Mapping[str, frozenset[str]] = {
    "string": _TOLD | {"minLength", "maxLength", "format", "enum", "enumNames", "oneOf"},
    "number": _TOLD | {"minimum", "maximum"},
    "integer": _TOLD | {"minimum", "maximum"},
    "boolean": _TOLD,
    "array": _TOLD | {"minItems", "maxItems", "items"},
}
"""What a field may say (MCP specification 2025-11-25, client/elicitation: requested schema)."""


class Form(BaseModel):
    """Base of the forms for `ask`: one field for each thing asked, as in any pydantic model.

    A field is a `str`, `int`, `float`, `bool`, a date, a `Literal` of strings, an enumeration, or a list of one of
    the last two. The client shows defaults and what `Field(title=..., description=..., ge=..., le=...,
    min_length=..., max_length=...)` says; `Choices` gives choices a title each.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


@dataclass(frozen=True)
class Choices:
    """Choices with a title each, for `Annotated[str, Choices({"eu1": "Europe", "us2": "America"})]`.

    In `list[Annotated[str, Choices(...)]]` several may be chosen.
    """

    titles: Mapping[str, str]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._chosen, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(schema), "oneOf": [{"const": key, "title": title} for key, title in self.titles.items()]}

    def _chosen(self, value: str) -> str:
        if value not in self.titles:
            raise ValueError(f"it is none of {', '.join(self.titles)}")
        return value


def form_schema(form: type[Form]) -> dict[str, Any]:
    """The JSON Schema of a form, in the subset that MCP allows.

    Raises:
        TypeError: A field is of a kind no client can draw.
    """
    whole = form.model_json_schema(schema_generator=_WithoutTitles)
    kinds: Mapping[str, Any] = whole.get("$defs", {})
    properties = {
        name: _field(f"{form.__name__}.{name}", schema, kinds) for name, schema in whole["properties"].items()
    }
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    return {**schema, "required": whole["required"]} if whole.get("required") else schema


class _WithoutTitles(GenerateJsonSchema):
    """A client shows the name where nobody gave a title; pydantic would make one up."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002  overrides
        return False


def _field(where: str, schema: Mapping[str, Any], kinds: Mapping[str, Any]) -> dict[str, Any]:
    field = _plain(schema, kinds)
    if field.get("type") == "array":
        items = _plain(field["items"], kinds)
        if "oneOf" in items:
            items = {"anyOf": items["oneOf"]}
        elif "enum" not in items:
            raise TypeError(f"{where}: only choices can be listed in a form")
        field["items"] = items
    kind = str(field.get("type"))
    unknown = set(field) - _KEYWORDS[kind] if kind in _KEYWORDS else {f"type {kind}"}
    if unknown:
        raise TypeError(f"{where} cannot be a field of a form ({', '.join(sorted(unknown))})")
    return field


def _plain(schema: Mapping[str, Any], kinds: Mapping[str, Any]) -> dict[str, Any]:
    """The schema without references, null and constants."""
    plain = dict(schema)
    if "anyOf" in plain:
        choices = [choice for choice in cast("list[dict[str, Any]]", plain["anyOf"]) if choice != {"type": "null"}]
        if len(choices) == 1:
            del plain["anyOf"]
            plain = {**choices[0], **plain}
    if "$ref" in plain:
        kind = kinds[plain.pop("$ref").rpartition("/")[2]]
        plain = {**{key: kind[key] for key in kind if key not in ("title", "description")}, **plain}
    if "const" in plain:
        plain["enum"] = [plain.pop("const")]
    if plain.get("default", ...) is None:
        del plain["default"]
    return plain
