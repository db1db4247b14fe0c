"""Values as short texts."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, SecretStr

from hub.errors import ConnectorError
from hub.results.cells import cell, number, plain


class Colour(Enum):
    RED = "red"


@dataclass
class Point:
    x: int
    when: datetime


class Login(BaseModel):
    user: str
    password: SecretStr


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        (False, "false"),
        (7, "7"),
        ("plain", "plain"),
        ("two\nlines\tand a tab\r\n", "two\\nlines and a tab\\n"),
        (Colour.RED, "red"),
        (Decimal("1.50"), "1.50"),
        (datetime(2026, 1, 31, 14, 5, tzinfo=UTC), "2026-01-31T14:05:00Z"),
        ({"a": [1, None], "b": "é"}, '{"a":[1,null],"b":"é"}'),
        (Point(1, datetime(2026, 1, 31, tzinfo=UTC)), '{"x":1,"when":"2026-01-31T00:00:00Z"}'),
    ],
)
def test_a_cell_is_one_short_line(value: Any, text: str) -> None:
    assert cell(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1 + 0.2, "0.3"),
        (1 / 3, "0.333333"),
        (2.0, "2"),
        (-0.0, "0"),
        (1769868300.123, "1769868300"),
        (123456.789, "123457"),
        (99999.96, "100000"),
        (1.5e-9, "1.5e-09"),
        (6.02e23, "6.02e+23"),
        (math.nan, "NaN"),
        (-math.inf, "-Inf"),
    ],
)
def test_a_float_keeps_six_digits_and_its_whole_part(value: float, text: str) -> None:
    assert number(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_shortened_float_is_near_the_true_one(value: float) -> None:
    assert math.isclose(float(number(value)), value, rel_tol=1e-5, abs_tol=0.0) or value == 0


@given(st.text())
def test_a_cell_never_breaks_its_row(text: str) -> None:
    assert not set(cell(text)) & set("\n\r\t\v\f\x85\u2028\u2029")


def test_a_secret_stays_hidden() -> None:
    assert "hunter2" not in cell(Login(user="ada", password=SecretStr("hunter2")))


def test_a_lone_surrogate_inside_a_mapping_does_not_fail() -> None:
    assert cell({"a": "\ud800"}) == '{"a":"\ud800"}'


@pytest.mark.parametrize("value", [object(), {"a": object()}, [print]])
def test_what_has_no_plain_form_is_an_error_for_the_author(value: Any) -> None:
    with pytest.raises(ConnectorError, match="cannot be shown"):
        plain(value)


def test_a_value_that_holds_itself_is_an_error_and_no_endless_loop() -> None:
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(ConnectorError):
        plain(loop)
