"""Forms as clients get them."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, ValidationError

from hub.connector.forms import Choices, Form, form_schema


class Region(StrEnum):
    EU = "eu"
    US = "us"


def fields(form: type[Form]) -> dict[str, Any]:
    return form_schema(form)["properties"]


def test_plain_fields_say_their_type_what_they_are_for_and_their_limits() -> None:
    class Order(Form):
        title: Annotated[str, Field(description="What it is", max_length=80)]
        count: Annotated[int, Field(ge=1, le=9)] = 1
        share: float = 0.5
        urgent: bool = False
        due: date | None = None

    assert form_schema(Order) == {
        "type": "object",
        "properties": {
            "title": {"type": "string", "description": "What it is", "maxLength": 80},
            "count": {"type": "integer", "minimum": 1, "maximum": 9, "default": 1},
            "share": {"type": "number", "default": 0.5},
            "urgent": {"type": "boolean", "default": False},
            "due": {"type": "string", "format": "date"},
        },
        "required": ["title"],
    }


def test_choices_are_enumerations_with_or_without_titles_one_or_several() -> None:
    class Choice(Form):
        only: Literal["a"]
        plain: Literal["a", "b"]
        region: Region = Region.EU
        titled: Annotated[str, Choices({"a": "First", "b": "Second"})]
        several: list[Literal["a", "b"]]
        several_titled: Annotated[list[Annotated[str, Choices({"a": "First"})]], Field(max_length=1)]

    assert fields(Choice) == {
        "only": {"type": "string", "enum": ["a"]},
        "plain": {"type": "string", "enum": ["a", "b"]},
        "region": {"type": "string", "enum": ["eu", "us"], "default": "eu"},
        "titled": {
            "type": "string",
            "oneOf": [{"const": "a", "title": "First"}, {"const": "b", "title": "Second"}],
        },
        "several": {"type": "array", "items": {"type": "string", "enum": ["a", "b"]}},
        "several_titled": {"type": "array", "maxItems": 1, "items": {"anyOf": [{"const": "a", "title": "First"}]}},
    }


def test_a_choice_that_is_none_of_them_does_not_fit() -> None:
    class Choice(Form):
        one: Annotated[str, Choices({"a": "First"})]

    assert Choice.model_validate({"one": "a", "more": 1}).one == "a"
    with pytest.raises(ValidationError, match="none of a"):
        Choice.model_validate({"one": "c"})


class Inner(Form):
    name: str


@pytest.mark.parametrize(
    "kind", [Inner, dict[str, str], list[str], list[Inner], int | str, Annotated[str, Field(pattern="a")]]
)
def test_what_no_client_can_draw_is_refused(kind: Any) -> None:
    with pytest.raises(TypeError, match=r"Odd\.field"):
        form_schema(type("Odd", (Form,), {"__annotations__": {"field": kind}}))
