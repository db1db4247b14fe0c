from collections.abc import AsyncIterator
from typing import Any

import pytest
from hub_connector_github.log_lines import Line
from hub_connector_github.log_search import Wanted, Words, excerpt, written

from hub.plugin import InvalidArguments


async def lines(count: int) -> AsyncIterator[Line]:
    for number in range(1, count + 1):
        yield Line(number, 1 if number <= 50 else 2, f"line {number}" + (" error" if number % 10 == 0 else ""))


def every(step: int) -> bool:
    return step >= 0


def second(step: int) -> bool:
    return step == 2


def wanted(**more: Any) -> Wanted:
    given: dict[str, Any] = {
        "in_step": every,
        "words": None,
        "context": 0,
        "from_line": 1,
        "most": 3,
        "last": False,
        **more,
    }
    return Wanted(**given)


@pytest.mark.parametrize(
    ("pattern", "text", "at"),
    [
        ("oom", "an OOM here", 3),
        ("a*c", "xxabc", 2),
        ("a.*c", "xxabc", 2),
        ("b|c", "xxc", 2),
        ("a*c", "c a", -1),
        ("ab*bc", "abc", -1),
        ("none", "x", -1),
    ],
)
def test_a_pattern_of_words(pattern: str, text: str, at: int) -> None:
    assert Words(pattern).find(text) == at


@pytest.mark.parametrize("pattern", ["*", "|", "|".join("abcdefghijk")])
def test_a_pattern_without_words_or_with_too_many_is_refused(pattern: str) -> None:
    with pytest.raises(InvalidArguments, match="grep"):
        Words(pattern)


async def test_the_first_lines_and_where_to_go_on() -> None:
    found = await excerpt(lines(9), wanted(from_line=4))
    assert written(found, None) == ["4: line 4", "5: line 5", "6: line 6"]
    assert (found.total, found.next_line) == (9, 7)


async def test_the_last_lines() -> None:
    found = await excerpt(lines(9), wanted(last=True))
    assert [line.number for line, _ in found.shown] == [7, 8, 9]


async def test_matches_with_what_surrounds_them_and_the_next_one() -> None:
    words = Words("error")
    found = await excerpt(lines(60), wanted(words=words, context=1, most=2))
    assert written(found, words) == [
        "9- line 9",
        "10: line 10 error",
        "11- line 11",
        "--",
        "19- line 19",
        "20: line 20 error",
        "21- line 21",
    ]
    assert (found.matching, found.next_line) == (6, 30)


async def test_surroundings_that_touch_are_told_once() -> None:
    words = Words("line 4|line 5")
    found = await excerpt(lines(9), wanted(words=words, context=2, most=9))
    assert [line.number for line, _ in found.shown] == [2, 3, 4, 5, 6, 7]


async def test_the_last_matches() -> None:
    words = Words("error")
    found = await excerpt(lines(60), wanted(words=words, most=1, last=True))
    assert written(found, words) == ["60: line 60 error"]


async def test_only_lines_of_a_step_count_and_all_are_counted() -> None:
    found = await excerpt(lines(60), wanted(in_step=second, most=1))
    assert (found.total, found.considered, found.first, found.last) == (60, 10, 51, 60)


async def test_of_a_long_line_the_part_around_the_match_is_shown() -> None:
    async def one() -> AsyncIterator[Line]:
        yield Line(1, 0, "x" * 1000 + "needle" + "y" * 1000)

    words = Words("needle")
    (shown,) = written(await excerpt(one(), wanted(words=words)), words)
    assert "needle" in shown
    assert len(shown) < 350
    assert "more]" in shown
