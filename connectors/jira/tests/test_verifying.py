from typing import Any

import pytest
from hub_connector_jira.documents.from_markdown import from_markdown
from hub_connector_jira.verifying import is_same


@pytest.mark.parametrize(
    ("meant", "has", "same"),
    [
        (None, None, True),
        (None, [], True),
        (None, {"id": "1"}, False),
        ([], None, True),
        ("a  b\r\nc", "a b c", True),
        ("a", "b", False),
        ("2027-01-14T14:00:00.000+0000", "2027-01-14T15:00:00.000+0100", True),
        ("2027-01-14T14:00:00.000+0000", "2027-01-14T14:00:00.000+0100", False),
        (from_markdown("**a**"), from_markdown("**a**"), True),
        (from_markdown("**a**"), from_markdown("a"), False),
        (3, 3.0, True),
        (3, "3", False),
        (7, [{"id": 6}, {"id": 7}], True),
        (7, [], False),
        ({"id": "1"}, {"id": "1", "name": "x"}, True),
        ({"name": "High"}, {"id": "1", "name": "high"}, True),
        ({"id": "1", "child": {"id": "2"}}, {"id": "1", "child": {"id": "2"}}, True),
        ({"id": "1", "child": {"id": "2"}}, {"id": "1", "child": {"id": "3"}}, False),
        ({"id": "1", "child": {"id": "2"}}, {"id": "1"}, False),
        ([{"id": "1"}, {"id": "2"}], [{"id": "2"}, {"id": "1"}], True),
        ([{"id": "1"}], [{"id": "1"}, {"id": "2"}], False),
    ],
)
def test_what_jira_has_is_held_against_what_was_meant(meant: Any, has: Any, same: bool, desk: Any) -> None:
    assert is_same(desk.connector.site, meant, has) is same
