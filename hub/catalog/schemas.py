"""Refuses schemas that would spoil a list or a client: what points elsewhere, has no end, or is no JSON Schema."""

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any, NoReturn, cast
from urllib.parse import unquote

from hub.errors import ConnectorLoadError

MAX_DEPTH = 32
MAX_SCHEMAS = 2000
MAX_COMPOSED = 1000
"""Schemas that one value may have to be held against, all of `anyOf` and the like expanded."""

_IN_PLACE_LISTS = ("allOf", "anyOf", "oneOf")
_IN_PLACE = ("not", "if", "then", "else")
_ELSEWHERE = ("$dynamicRef", "$recursiveRef", "$id", "$anchor", "$dynamicAnchor", "$schema", "$vocabulary")
_SCHEMAS_BY_NAME = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
_SAME_EVERYWHERE = re.compile(r"(?:[^\\(]|\(\?:|\((?!\?)|\\[^0-9A-Za-z]|\\[dwsntr])*")
"""Of regular expressions: no look-around, no back reference, nothing that only Python knows."""
_TYPES = frozenset(("string", "integer", "number", "boolean", "null", "array", "object"))


def check_schema(schema: Mapping[str, Any]) -> None:
    """Check the schema of a tool's, resource's or prompt's parameters.

    Raises:
        ConnectorLoadError: It has a reference out of itself or to nothing, a loop that no value ends, too many
            alternatives, or is no JSON Schema 2020-12.
    """
    if schema.get("type") != "object":
        raise ConnectorLoadError("the schema of its parameters is no object")
    nodes = list(islice(_nodes(schema, 0), MAX_SCHEMAS + 1))
    if len(nodes) > MAX_SCHEMAS:
        raise ConnectorLoadError(f"its schema holds more than {MAX_SCHEMAS} others")
    for node in nodes:
        for keyword in _ELSEWHERE:
            if keyword in node:
                raise ConnectorLoadError(f"its schema uses {keyword}, which not every client follows")
        if "$ref" in node:
            _resolve(schema, node["$ref"])
    composed: dict[int, int] = {}
    for node in nodes:
        _composed(schema, node, composed, set())
    if not all(_is_plain(node) for node in nodes):
        _compile(schema)


def described(schema: Mapping[str, Any], prop: Mapping[str, Any]) -> bool:
    """Whether a parameter says what it is for, itself or in the type it refers to."""
    if prop.get("description"):
        return True
    return "$ref" in prop and bool(_resolve(schema, prop["$ref"]).get("description"))


def _nodes(node: Mapping[str, Any], depth: int) -> Iterator[Mapping[str, Any]]:
    """The schema and all schemas in it."""
    if depth > MAX_DEPTH:
        raise ConnectorLoadError(f"its schema is nested more than {MAX_DEPTH} deep")
    yield node
    for keyword, value in node.items():
        inner: list[Any] = []
        if keyword in _SCHEMAS_BY_NAME and isinstance(value, Mapping):
            inner = list(cast("Mapping[str, Any]", value).values())
        elif isinstance(value, list) and keyword in (*_IN_PLACE_LISTS, "prefixItems"):
            inner = cast("list[Any]", value)
        elif keyword not in ("default", "const", "examples", "enum") and isinstance(value, Mapping):
            inner = [value]
        for one in inner:
            if isinstance(one, Mapping):
                yield from _nodes(cast("Mapping[str, Any]", one), depth + 1)
            elif not isinstance(one, bool):
                raise ConnectorLoadError(f"its schema has a {type(one).__name__} under {keyword}")


def _resolve(root: Mapping[str, Any], reference: object) -> Mapping[str, Any]:
    """What a `$ref` leads to, by RFC 6901; nothing outside of the schema is ever looked at."""
    if not isinstance(reference, str) or not reference.startswith("#"):
        raise ConnectorLoadError(f"its schema refers to {_shown(reference)}, and a hub fetches no schema")
    found: Any = root
    for part in unquote(reference[1:]).split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(found, Mapping) and key in found:
            found = cast("Mapping[str, Any]", found)[key]
        else:
            _leads_nowhere(reference)
    if not isinstance(found, Mapping) or (reference not in ("#", "") and not reference.startswith("#/")):
        _leads_nowhere(reference)
    return cast("Mapping[str, Any]", found)


def _leads_nowhere(reference: object) -> NoReturn:
    raise ConnectorLoadError(f"its schema refers to {_shown(reference)}, which is not in it")


def _shown(reference: object) -> str:
    return repr(str(reference)[:100])


def _composed(root: Mapping[str, Any], node: Mapping[str, Any], known: dict[int, int], above: set[int]) -> int:
    """How many schemas a value at this place is held against.

    Recursion through `properties` or `items` ends with the value; a loop of references and alternatives alone never
    does.
    """
    here = id(node)
    if here in above:
        raise ConnectorLoadError("its schema refers to itself without an end")
    if here in known:
        return known[here]
    lists = [node[keyword] for keyword in _IN_PLACE_LISTS if isinstance(node.get(keyword), list)]
    inner = [one for alternatives in lists for one in alternatives]
    inner += [node[keyword] for keyword in _IN_PLACE if keyword in node]
    if "$ref" in node:
        inner.append(_resolve(root, node["$ref"]))
    total = 1
    for one in inner:
        if isinstance(one, Mapping):
            total += _composed(root, cast("Mapping[str, Any]", one), known, {*above, here})
    if total > MAX_COMPOSED:
        raise ConnectorLoadError(f"its schema holds one value against more than {MAX_COMPOSED} others")
    known[here] = total
    return total


def _is_plain(node: Mapping[str, Any]) -> bool:
    """Whether it says only what is seen to be good, so that nobody has to compile it to find out."""
    return all(keyword in _GOOD and _GOOD[keyword](value) for keyword, value in node.items())


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_schema(value: object) -> bool:
    return isinstance(value, Mapping | bool)


def _is_table(value: object) -> bool:
    return isinstance(value, Mapping)


def _is_filled_list(value: object) -> bool:
    return isinstance(value, list) and bool(cast("list[Any]", value))


def _are_names(value: object) -> bool:
    names = cast("list[Any]", value) if isinstance(value, list) else [None]
    return all(isinstance(name, str) for name in names) and len(set(names)) == len(names)


def _is_plain_pattern(pattern: object) -> bool:
    try:
        return isinstance(pattern, str) and bool(_SAME_EVERYWHERE.fullmatch(pattern) and re.compile(pattern))
    except re.error:
        return False


_GOOD: Mapping[str, Callable[[Any], bool]] = {
    "type": lambda value: isinstance(value, str) and value in _TYPES,
    **dict.fromkeys(("description", "title", "$ref"), _is_text),
    **dict.fromkeys(("default", "const"), lambda _: True),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), _is_number),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems"), _is_count),
    **dict.fromkeys(("items", "additionalProperties"), _is_schema),
    **dict.fromkeys(("properties", "$defs"), _is_table),
    **dict.fromkeys(("enum", "anyOf"), _is_filled_list),
    "required": _are_names,
    "pattern": _is_plain_pattern,
}
"""Keywords of the schemas that the hub makes itself, with what is right for them."""


def _compile(schema: Mapping[str, Any]) -> None:
    import jsonschema_rs

    try:
        jsonschema_rs.Draft202012Validator(dict(schema), validate_formats=False, retriever=fetch_nothing)
    except ValueError as error:
        reason = str(error).split("\n", 1)[0][:200]
        raise ConnectorLoadError(f"its schema is no JSON Schema: {reason}") from None


def fetch_nothing(uri: str) -> NoReturn:
    """Stands where a validator would fetch a schema.

    Raises:
        ValueError: Always: a network `$ref` is never followed.
    """
    raise ValueError(f"a hub fetches no schema, so not {uri}")
