"""From a signature to a closed schema, and back to keyword arguments."""

import math
from asyncio import Event
from typing import Annotated, Any, Literal

import pytest

from hub.connector.annotations import Duration, Id, Moment
from hub.connector.schema import parameters_of
from hub.errors import ConnectorLoadError, InvalidArguments

_HOUR = Duration(3600)


class Example:
    async def good(
        self,
        query: Annotated[str, "What to look for"],
        since: Annotated[Moment | None, "Start"] = None,
        mode: Literal["fast", "exact"] = "fast",
        limit: int = 20,
        keys: list[Annotated[str, Id(r"[A-Z]+-\d+")]] | None = None,
    ) -> str: ...

    async def untyped(self, query) -> str: ...  # pyright: ignore  the missing type is the point

    async def starred(self, *queries: str) -> str: ...

    async def opaque(self, handle: Event) -> str: ...

    async def lasting(self, window: Duration = _HOUR) -> str: ...

    async def nested(self, windows: list[Any] = [_HOUR]) -> str: ...  # noqa: B006  never called

    async def endless(self, most: float = math.inf) -> str: ...

    async def defaulted(self, keys: list[str] = ["a"], least: float = 0.5, strict: bool = True) -> str: ...  # noqa: B006  never called


def test_a_signature_becomes_a_closed_schema_without_titles_and_nulls() -> None:
    assert parameters_of(Example.good).schema == {
        "type": "object",
        "additionalProperties": False,
        "required": ["query"],
        "properties": {
            "query": {"type": "string", "description": "What to look for"},
            "since": {"type": "string", "description": "Start"},
            "mode": {"type": "string", "enum": ["fast", "exact"], "default": "fast"},
            "limit": {"type": "integer", "default": 20},
            "keys": {"type": "array", "items": {"type": "string", "pattern": r"^(?:[A-Z]+-\d+)$"}},
        },
    }


def test_binding_makes_moments_of_strings_and_leaves_the_rest() -> None:
    bound = parameters_of(Example.good).bind({"query": "x", "since": "2026-01-01", "limit": 3})
    assert bound == {"query": "x", "since": Moment(1767225600.0), "limit": 3}


def test_binding_names_the_argument_and_how_to_write_it() -> None:
    with pytest.raises(InvalidArguments, match=r"since: 'whenever' is not a time; write now"):
        parameters_of(Example.good).bind({"query": "x", "since": "whenever"})


@pytest.mark.parametrize(("method", "reason"), [("untyped", "has no type"), ("starred", "name every parameter")])
def test_a_signature_that_makes_no_schema_is_refused(method: str, reason: str) -> None:
    function: Any = getattr(Example, method)
    with pytest.raises(ConnectorLoadError, match=reason):
        parameters_of(function)


def test_a_type_without_json_schema_is_refused() -> None:
    with pytest.raises(ConnectorLoadError, match="'handle' has no JSON Schema"):
        parameters_of(Example.opaque)


@pytest.mark.parametrize(("method", "kind"), [("lasting", "Duration"), ("nested", "list"), ("endless", "float")])
def test_a_default_that_is_no_json_value_is_refused(method: str, kind: str) -> None:
    with pytest.raises(ConnectorLoadError, match=f"the default of .* is a {kind}.*make it None"):
        parameters_of(getattr(Example, method))


def test_a_default_that_is_a_json_value_stands_in_the_schema() -> None:
    properties = parameters_of(Example.defaulted).schema["properties"]
    assert {name: schema["default"] for name, schema in properties.items()} == {
        "keys": ["a"],
        "least": 0.5,
        "strict": True,
    }
