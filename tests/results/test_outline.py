"""Mappings, models and lists as text."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from hub.results.outline import outline
from hub.results.table import Table


class Issue(BaseModel):
    key: str
    labels: list[str]
    assignee: str | None = None


def test_a_model_is_lines_of_keys_and_values_with_its_empty_fields_named() -> None:
    assert outline(Issue(key="A-1", labels=["x", "y"])) == "key: A-1\nlabels: x, y\nempty: assignee"


def test_nested_mappings_are_indented_and_lists_of_them_become_tables() -> None:
    value = {
        "status": {"name": "Open"},
        "text": "one\ntwo",
        "comments": [{"by": "ada", "votes": 1}, {"by": "bob", "votes": 0}],
        "names": ["Ada, Lady", "Bob"],
        "count": 0,
        "done": False,
    }
    assert outline(value) == (
        "status:\n  name: Open\ntext:\n  one\n  two\ncomments:\n  by\tvotes\n  ada\t1\n  bob\t0\n"
        'names: ["Ada, Lady","Bob"]\ncount: 0\ndone: false'
    )


def test_what_is_nested_too_deep_is_json() -> None:
    value: Any = "leaf"
    for _ in range(10):
        value = {"a": value}
    assert str(outline(value)).endswith('a: {"a":{"a":{"a":"leaf"}}}')


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "done"),
        ([], "no results"),
        ({}, "empty"),
        (3, "3"),
        (0.25, "0.25"),
        (True, "true"),
        (["a", "b"], "a\nb"),
        ([[1, 2], [3]], "[1,2]\n[3]"),
        ({"a": None}, "empty: a"),
    ],
)
def test_small_values_say_what_they_are(value: Any, text: str) -> None:
    assert outline(value) == text


def test_a_list_of_models_is_a_table() -> None:
    table = outline([Issue(key="A-1", labels=[])])
    assert isinstance(table, Table)
    assert table.columns == ["key", "labels", "assignee"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(json_values)
def test_any_json_becomes_text(value: Any) -> None:
    told = outline(value)
    assert told.render() if isinstance(told, Table) else isinstance(told, str)
