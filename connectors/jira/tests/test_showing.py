from typing import Any

import pytest
from hub_connector_jira.near import did_you_mean, near
from hub_connector_jira.showing import clipped, issue_line, shown
from hub_connector_jira.times import lasting, minute


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ([], ""),
        (True, "yes"),
        (False, "no"),
        (3.0, "3"),
        (2.5, "2.5"),
        (float("inf"), "inf"),
        (7, "7"),
        ("2027-01-14T15:05:30.000+0100", "2027-01-14 14:05"),
        ("2027-01-14", "2027-01-14"),
        (["a", None, "b"], "a, b"),
        ({"displayName": "Ann", "accountId": "1"}, "Ann"),
        ({"value": "Europe", "child": {"value": "Sweden"}}, "Europe > Sweden"),
        ({"name": "High", "id": "2"}, "High"),
        ({"title": "Team A"}, "Team A"),
        ({"originalEstimateSeconds": 3600, "timeSpentSeconds": 90}, "estimated 1h, spent 2m"),
        ({"id": 7, "name": "S", "state": "active", "boardId": 1}, "S (active, id 7)"),
        ({"avatar": "x"}, ""),
        ({"type": "doc", "version": 1, "content": []}, ""),
    ],
)
def test_values_are_shown_by_their_names(value: Any, text: str) -> None:
    assert shown(value) == text


def test_an_issue_out_of_reach_is_its_key_alone() -> None:
    issue = {"key": "SECRET-1", "fields": {"summary": "s", "status": {"name": "Open"}}}
    assert issue_line(issue) == "SECRET-1 s (Open)"
    assert issue_line(issue, lambda _: False) == "SECRET-1 (out of reach)"
    assert shown([issue], lambda _: False) == "SECRET-1 (out of reach)"


def test_texts_are_cut_on_one_line() -> None:
    assert clipped("a\nb  c", 10) == "a b c"
    assert clipped("abcdefgh", 5) == "abcd…"


def test_times_of_work_are_hours_and_minutes() -> None:
    assert [lasting(seconds) for seconds in (None, 0, 60, 3600, 5400)] == ["0m", "0m", "1m", "1h", "1h 30m"]
    assert minute(None) == ""


def test_near_names_are_found_by_letters_parts_and_words() -> None:
    names = ["Story Points", "Severity", "Sprint"]
    assert near("severty", names) == ["Severity"]
    assert near("points", names) == ["Story Points"]
    assert near("zzz", names) == []
    assert did_you_mean("zzz", names) == "There are: Story Points, Severity, Sprint"
    assert did_you_mean("zzz", map(str, range(30)), otherwise="look") == "look"
