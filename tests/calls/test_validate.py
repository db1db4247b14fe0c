"""Arguments against the compiled, closed schema."""

from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from hub.calls.validate import validate
from hub.catalog.build import build_items
from hub.catalog.items import AnyItem
from hub.config.models import ConnectorTable
from hub.connector.annotations import Moment
from hub.errors import InvalidArguments
from hub.plugin import Connector, ConnectorContext, ConnectorSettings, Service, tool


class Searches(Connector[ConnectorSettings]):
    """One tool with all sorts of parameters."""

    @tool()
    async def find(
        self,
        query: Annotated[str, "Words"],
        limit: Annotated[int, Field(description="Most rows", ge=1, le=100)] = 20,
        share: Annotated[float, "Share"] = 0.5,
        exact: Annotated[bool, "Exactly"] = False,
        order: Annotated[Literal["new", "old"], "Order"] = "new",
        since: Annotated[Moment | None, "Since"] = None,
        keys: Annotated[list[str] | None, "Keys"] = None,
    ) -> str:
        """Find things."""
        raise AssertionError((query, limit, share, exact, order, since, keys))


@pytest.fixture
def find() -> AnyItem:
    def refuse(service: Service) -> Any:
        raise AssertionError(service)

    connector = Searches(ConnectorSettings(), ConnectorContext(namespace="s", open_service=refuse))
    return build_items(connector, ConnectorTable()).items[0]


def test_good_arguments_pass_and_types_are_made(find: AnyItem) -> None:
    arguments = {"query": "x", "limit": 5, "since": "2026-01-01", "keys": ["a"]}
    assert validate(find, arguments) == {**arguments, "since": Moment(1767225600.0)}


@pytest.mark.parametrize(
    ("given_value", "taken"), [({"limit": "7"}, 7), ({"limit": 7.0}, 7), ({"share": "0.25"}, 0.25)]
)
def test_a_string_that_is_plainly_a_number_is_taken_for_one(
    find: AnyItem, given_value: dict[str, Any], taken: float
) -> None:
    (name,) = given_value
    value = validate(find, {"query": "x", **given_value})[name]
    assert value == taken
    assert type(value) is type(taken)


def test_a_string_parameter_keeps_digits_as_text(find: AnyItem) -> None:
    assert validate(find, {"query": "007"}) == {"query": "007"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, r"'query' is missing"),
        ({"query": 5}, r"query is not of type string"),
        ({"query": "x", "limit": "0x7"}, r"limit is not of type integer"),
        ({"query": "x", "limit": " 7"}, r"limit is not of type integer"),
        ({"query": "x", "limit": True}, r"limit is not of type integer"),
        ({"query": "x", "limit": 7.5}, r"limit is not of type integer"),
        ({"query": "x", "limit": 0}, r"limit has to be at least 1"),
        ({"query": "x", "limit": 101}, r"limit has to be at most 100"),
        ({"query": "x", "exact": "yes"}, r"exact is not of type boolean"),
        ({"query": "x", "exact": 1}, r"exact is not of type boolean"),
        ({"query": "x", "order": "best"}, r"order is not one of new, old"),
        ({"query": "x", "keys": ["a", 1]}, r"keys\.1 is not of type string"),
        ({"query": "x", "since": "whenever"}, r"since: 'whenever' is not a time"),
        ({"query": "\ud800"}, r"JSON cannot carry"),
        ({"query": "x" * 300_000}, r"262,144 is the most"),
    ],
)
def test_what_does_not_fit_is_named_with_its_place(find: AnyItem, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidArguments, match=message):
        validate(find, arguments)


def test_an_unknown_argument_is_named_with_the_nearest_one(find: AnyItem) -> None:
    with pytest.raises(InvalidArguments) as caught:
        validate(find, {"query": "x", "limt": 5})
    assert str(caught.value) == "s_find has no argument 'limt'. Did you mean limit?"


def test_a_wrong_value_is_not_repeated_since_it_may_be_secret(find: AnyItem) -> None:
    with pytest.raises(InvalidArguments) as caught:
        validate(find, {"query": "x", "order": "hunter2"})
    assert "hunter2" not in str(caught.value)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(
    st.dictionaries(
        st.sampled_from(["query", "limit", "share", "exact", "order", "since", "keys", "other"]), json_values
    )
)
def test_any_json_is_bound_or_refused_and_what_is_bound_fits(arguments: dict[str, Any]) -> None:
    def refuse(service: Service) -> Any:
        raise AssertionError(service)

    connector = Searches(ConnectorSettings(), ConnectorContext(namespace="s", open_service=refuse))
    item = build_items(connector, ConnectorTable()).items[0]
    try:
        bound = validate(item, arguments)
    except InvalidArguments:
        return
    assert isinstance(bound["query"], str)
    assert type(bound.get("limit", 1)) is int
    assert bound.get("order", "new") in ("new", "old")
