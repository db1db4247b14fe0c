"""Moments, durations and identifiers."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.connector.annotations import Moment, parse_duration, parse_moment

NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("now", NOW),
        ("NOW", NOW),
        ("now-1h", NOW - 3600),
        ("now - 1h30m", NOW - 5400),
        ("now+5m", NOW + 300),
        ("2h", NOW - 7200),
        ("1767225600", 1767225600.0),
        ("1767225600.5", 1767225600.5),
        ("2026-01-01", 1767225600.0),
        ("2026-01-01T00:00:00Z", 1767225600.0),
        ("2026-01-01T02:00:00+02:00", 1767225600.0),
    ],
)
def test_a_moment_is_read_the_way_people_write_it(text: str, seconds: float) -> None:
    assert parse_moment(text, NOW) == seconds


@pytest.mark.parametrize("text", ["", "yesterday", "now-", "now-1 fortnight", "1e999", "nan", "2026-13-01", "-1h"])
def test_what_is_no_moment_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ValueError, match=r"write (now|it like)"):
        parse_moment(text, NOW)


@given(st.integers(min_value=0, max_value=4_000_000_000))
def test_a_moment_survives_its_own_iso_text_to_the_second(seconds: int) -> None:
    moment = Moment(float(seconds))
    assert Moment.parse(moment.iso) == moment


@given(st.text(max_size=30))
def test_any_text_is_a_moment_or_a_value_error(text: str) -> None:
    with suppress(ValueError):
        assert isinstance(parse_moment(text, NOW), float)


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("1h30m", 5400), ("2d", 172800), ("250ms", 0.25)])
def test_a_duration_is_read(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "5", "m5", "1h 30m", "1.5.2s", "-5m"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        parse_duration(text)
