"""Schemas that no list may hold, and those that one may."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.catalog.schemas import check_schema, fetch_nothing
from hub.errors import ConnectorLoadError


def with_property(prop: Any, **rest: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": {"p": prop}, **rest}


TREE = {"type": "object", "properties": {"children": {"type": "array", "items": {"$ref": "#/$defs/Tree"}}}}
CHAIN = {f"A{n}": {"anyOf": [{"$ref": f"#/$defs/A{n + 1}"}] * 2} for n in range(22)} | {"A22": {"type": "string"}}


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object"},
        with_property({"type": "string", "pattern": "^[a-z]+$", "default": "x"}),
        with_property({"$ref": "#/$defs/Tree"}, **{"$defs": {"Tree": TREE}}),
        with_property(
            {"type": "object", "additionalProperties": {"anyOf": [{"type": "null"}, {"type": "string"}]}}
        ),
        with_property({"type": "string", "format": "date-time", "examples": [{"$ref": "https://example.com"}]}),
        with_property({"type": "object", "properties": {"$ref": {"type": "string"}}}),
    ],
)
def test_a_good_schema_passes_one_that_recurs_through_its_values_too(schema: dict[str, Any]) -> None:
    check_schema(schema)


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ({"type": "array"}, "is no object"),
        (with_property({"$ref": "https://example.com/x.json"}), "a hub fetches no schema"),
        (with_property({"$ref": "file:///etc/passwd"}), "a hub fetches no schema"),
        (with_property({"$ref": 5}), "a hub fetches no schema"),
        (with_property({"items": [{}]}), "is no JSON Schema"),
        (with_property({"anyOf": [{"$ref": "//example.com/x"}]}), "a hub fetches no schema"),
        (with_property({"not": {"$ref": "#/$defs/Nothing"}}), "which is not in it"),
        (with_property({"$ref": "#anchor"}), "which is not in it"),
        (with_property({"$dynamicRef": "#x"}), r"\$dynamicRef"),
        (with_property({"$ref": "#/properties/p"}), "without an end"),
        (with_property({"anyOf": [{"allOf": [{"$ref": "#/properties/p"}]}]}), "without an end"),
        (with_property({"$ref": "#/$defs/A0"}, **{"$defs": CHAIN}), "against more than 1000"),
        (with_property({"properties": {"x": 5}}), "has a int under properties"),
        (with_property({"type": "strin"}), "is no JSON Schema"),
        (with_property({"minimum": "x"}), "is no JSON Schema"),
        (with_property({"pattern": "("}), "is no JSON Schema"),
        (with_property({"pattern": r"(?P<a>x)(?P=a)"}), "is no JSON Schema"),
    ],
)
def test_a_schema_that_would_spoil_a_list_is_refused_with_the_reason(schema: dict[str, Any], reason: str) -> None:
    with pytest.raises(ConnectorLoadError, match=reason):
        check_schema(schema)


def test_a_schema_nested_too_deeply_or_too_large_is_refused() -> None:
    deep: dict[str, Any] = {}
    for _ in range(5000):
        deep = {"items": deep}
    with pytest.raises(ConnectorLoadError, match="nested more than 32 deep"):
        check_schema(with_property(deep))
    shared: dict[str, Any] = {"type": "string"}
    for _ in range(30):
        shared = {"anyOf": [shared, shared]}
    with pytest.raises(ConnectorLoadError, match="more than 2000"):
        check_schema(with_property(shared))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just("#/properties/p"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(("$ref", "anyOf", "not", "items", "properties", "type", "pattern", "$defs", "minimum")),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(("$ref", "anyOf", "items", "type", "enum", "required")), JSON, max_size=4))
def test_whatever_an_author_smuggles_in_is_checked_or_refused(prop: dict[str, Any]) -> None:
    import jsonschema_rs

    schema = with_property(prop)
    try:
        check_schema(schema)
    except ConnectorLoadError:
        return
    jsonschema_rs.Draft202012Validator(schema, validate_formats=False, retriever=fetch_nothing).is_valid({"p": 1})
