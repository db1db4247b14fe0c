"""The schemas made by hand say what pydantic's say."""

from datetime import date
from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, TypeAdapter

from hub.connector.annotations import Duration, Id, Moment
from hub.connector.json_schema import is_json, schema_of


class Colour(Enum):
    RED = "red"


class Point(BaseModel):
    x: int


@pytest.mark.parametrize(
    "hint",
    [
        str,
        int,
        float,
        bool,
        Any,
        Moment,
        Duration,
        str | None,
        int | str,
        list[str],
        list[list[int]],
        dict[str, int],
        dict[str, Any],
        Literal["a", "b"],
        Literal["only"],
        Literal[1, 2],
        date,
        Colour,
        set[str],
        dict[int, str],
        Annotated[str, Id(r"[A-Z]+-\d+")],
        Annotated[str, Field(description="Words", min_length=1, max_length=9, pattern="^x")],
        Annotated[int, Field(ge=1, le=9)],
        Annotated[float, Field(gt=0, lt=1, multiple_of=0.1)],
        Annotated[list[int], Field(min_length=1, max_length=3, description="Numbers")],
        Annotated[str, Field(examples=["x"])],
        Annotated[dict[str, int], Field(max_length=2)],
        list[Annotated[str, Field(max_length=3)]],
    ],
    ids=str,
)
def test_a_schema_made_by_hand_is_the_one_pydantic_makes(hint: Any) -> None:
    expected = TypeAdapter[Any](hint).json_schema()
    expected.pop("title", None)
    assert schema_of(hint) == expected


def test_a_string_in_annotated_is_the_description() -> None:
    assert schema_of(Annotated[int | None, "How many"]) == {
        "anyOf": [{"type": "integer"}, {"type": "null"}],
        "description": "How many",
    }


@pytest.mark.parametrize("hint", [str, list[str | None], Annotated[int, "x"], Literal[1], dict[str, Any]])
def test_json_types_need_no_conversion(hint: Any) -> None:
    assert is_json(hint)


@pytest.mark.parametrize("hint", [Moment, list[Duration], date, Colour, Point, Annotated[Moment | None, "x"]])
def test_other_types_need_conversion(hint: Any) -> None:
    assert not is_json(hint)
