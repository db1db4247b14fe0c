import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.config.rates import parse_rate


@pytest.mark.parametrize(
    ("text", "amount", "seconds"),
    [
        ("100/minute", 100, 60),
        ("5/s", 5, 1),
        ("1000 / day", 1000, 86400),
        ("20/10s", 20, 10),
        ("3/5 minutes", 3, 300),
        ("7/HOUR", 7, 3600),
        ("2/min", 2, 60),
    ],
)
def test_a_rate_is_an_amount_and_a_span(text: str, amount: int, seconds: int) -> None:
    assert parse_rate(text) == (amount, seconds)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "100",
        "100/",
        "/minute",
        "0/minute",
        "-1/s",
        "1.5/s",
        "10/0s",
        "10/fortnight",
        "1/400d",
        "1/s/s",
        "\u0661/s",
    ],
)
def test_what_is_no_rate_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="such as 100/minute"):
        parse_rate(text)


@given(st.text())
def test_any_text_is_a_rate_or_a_value_error(text: str) -> None:
    try:
        rate = parse_rate(text)
    except ValueError:
        return
    assert rate.amount > 0
    assert rate.seconds > 0
