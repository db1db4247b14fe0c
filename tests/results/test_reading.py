"""Reading stored texts by range and by grep."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import InvalidArguments
from hub.results.reading import find_lines, grep_lines, read_lines
from hub.results.text import estimate_tokens

LOG = "\n".join(f"line {i} {'ERROR payment failed' if i % 10 == 0 else 'ok'}" for i in range(1, 101))


def test_a_range_says_where_it_stands_and_where_to_go_on() -> None:
    assert read_lines(LOG, from_line=3, lines=2, max_tokens=500) == (
        "lines 3-4 of 100; next: from_line=5\nline 3 ok\nline 4 ok"
    )


def test_the_last_range_names_no_next() -> None:
    assert read_lines(LOG, from_line=99, max_tokens=500).startswith("lines 99-100 of 100\n")


def test_a_start_past_the_end_is_refused_with_the_total() -> None:
    with pytest.raises(InvalidArguments, match="100 lines"):
        read_lines(LOG, from_line=101, max_tokens=500)
    with pytest.raises(InvalidArguments, match="100 lines"):
        grep_lines(LOG, "x", from_line=101, max_tokens=500)


@given(st.lists(st.text(st.sampled_from("ab1 ,"), max_size=80), min_size=1, max_size=60), st.integers(100, 400))
def test_reading_on_by_the_numbers_given_shows_every_line_once(lines: list[str], max_tokens: int) -> None:
    text, seen, at = "\n".join(lines), list[str](), 1
    while True:
        header, *shown = read_lines(text, from_line=at, max_tokens=max_tokens).split("\n")
        assert len(shown) == 1 or estimate_tokens("\n".join((header, *shown))) <= max_tokens
        seen += shown
        if "next" not in header:
            break
        at = int(header.rsplit("=", 1)[1])
    assert seen == lines


def test_grep_gives_lines_with_numbers_and_the_total() -> None:
    assert grep_lines(LOG, "error", from_line=25, lines=2, max_tokens=500) == (
        '8 of lines 25-100 match "error"; first 2 shown, next: from_line=50\n'
        "30: line 30 ERROR payment failed\n40: line 40 ERROR payment failed"
    )


def test_grep_shows_context_with_gaps_marked() -> None:
    text = "a\nhit 1\nb\nc\nd\nhit 2\nhit 3"
    assert grep_lines(text, "HIT", context=1, max_tokens=500) == (
        '3 of 7 lines match "HIT"\n1- a\n2: hit 1\n3- b\n--\n5- d\n6: hit 2\n7: hit 3'
    )


def test_a_match_shown_as_context_counts_as_shown() -> None:
    text = "hit 1\nhit 2\nhit 3"
    assert grep_lines(text, "hit", lines=1, context=1, max_tokens=500) == (
        '3 of 3 lines match "hit"; first 2 shown, next: from_line=3\n1: hit 1\n2: hit 2'
    )


def test_grep_without_a_match_says_so() -> None:
    assert grep_lines(LOG, "nothing", max_tokens=500) == 'none of 100 lines matches "nothing"'


@given(st.integers(100, 300), st.integers(0, 20), st.integers(1, 30))
def test_grepping_on_by_the_numbers_given_finds_every_match(max_tokens: int, context: int, every: int) -> None:
    text = "\n".join("hit " + "x" * 90 if i % every == 0 else "." * 90 for i in range(1, 61))
    seen, at = set[int](), 1
    while True:
        header, *shown = grep_lines(text, "hit", from_line=at, context=context, max_tokens=max_tokens).split("\n")
        seen |= {int(line.split(":")[0]) for line in shown if ": " in line}
        if "next" not in header:
            break
        following = int(header.rsplit("=", 1)[1])
        assert following > at
        at = following
    assert seen == set(find_lines(text, "hit"))


@pytest.mark.parametrize(
    ("pattern", "lines"),
    [
        ("ERROR", [2, 4]),
        ("error*timeout", [4]),
        ("timeout*error", []),
        ("warn|error", [2, 3, 4]),
        ("|error|", [2, 4]),
        ("*", [5]),
        ("|", [5]),
        ("a.c", []),
        ("(a+)+$", [5]),
        ("straße", [1]),
    ],
)
def test_patterns_are_words_with_stars_and_alternatives(pattern: str, lines: list[int]) -> None:
    text = "Straße ok\nan Error here\nWARN abc\nERROR then Timeout\nliteral * and | and (a+)+$"
    assert find_lines(text, pattern) == lines


def test_too_many_alternatives_are_refused() -> None:
    with pytest.raises(InvalidArguments, match="10"):
        find_lines("x", "|".join("abcdefghijk"))


@given(
    st.text(st.sampled_from("ab\n"), max_size=60),
    st.lists(st.text(st.sampled_from("ab"), min_size=1), min_size=1, max_size=3),
)
def test_stars_match_as_a_regular_expression_would(text: str, parts: list[str]) -> None:
    expected = [i for i, line in enumerate(text.split("\n"), 1) if re.search(".*".join(parts), line)]
    assert find_lines(text, "*".join(parts)) == expected


def test_no_pattern_is_slow() -> None:
    # As a regular expression, or tried from every start, this would outlast the timeout of the test.
    assert find_lines("a" * 400_000 + "\n" + "ab" * 200_000, "a*" * 60 + "c") == []
