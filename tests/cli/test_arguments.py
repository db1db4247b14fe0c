from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.cli.arguments import arguments_of
from hub.errors import InvalidArguments

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "text": {"type": "string"},
        "count": {"type": "integer"},
        "ratio": {"type": "number"},
        "on": {"type": "boolean"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "ids": {"type": "array", "items": {"type": "integer"}},
        "labels": {"type": "object"},
        "either": {"anyOf": [{"type": "integer"}, {"type": "string"}]},
        "one_or_many": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
        "maybe": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        "mode": {"enum": ["fast", "slow"]},
        "level": {"enum": [1, 2]},
        "fixed": {"const": True},
        "many": {"type": ["integer", "null"]},
        "ref": {"$ref": "#/$defs/Point"},
        "refs": {"type": "array", "items": {"$ref": "#/$defs/Point"}},
        "any": {},
    },
    "$defs": {"Point": {"type": "object", "properties": {"x": {"type": "integer"}}}},
}


def read(name: str) -> str:
    """There is one file."""
    if name != "file":
        raise FileNotFoundError(2, "No such file or directory")
    return "12\n"


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("text=12", "12"),
        ("text=a=b", "a=b"),
        ("text=", ""),
        ("text=[1]", "[1]"),
        ("count=12", 12),
        ("count=-3", -3),
        ("count=many", "many"),
        ("ratio=0.5", 0.5),
        ("ratio=1e3", 1000.0),
        ("on=true", True),
        ("on=False", False),
        ("on=yes", "yes"),
        ("tags=a,b", ["a", "b"]),
        ('tags=["a,b"]', ["a,b"]),
        ("tags=1", ["1"]),
        ("ids=1,2", [1, 2]),
        ("ids=[1, 2]", [1, 2]),
        ('labels={"a": 1}', {"a": 1}),
        ("labels=x", "x"),
        ("either=12", "12"),
        ('one_or_many=["a"]', ["a"]),
        ("maybe=3", 3),
        ("maybe=null", None),
        ("mode=fast", "fast"),
        ("level=2", 2),
        ("fixed=true", True),
        ("many=4", 4),
        ('ref={"x": 1}', {"x": 1}),
        ('refs=[{"x": 1}]', [{"x": 1}]),
        ("any=5", "5"),
        ("unknown=5", "5"),
        ("count=@file", 12),
        ("text=@@file", "@file"),
    ],
)
def test_a_value_becomes_what_its_parameter_takes(word: str, value: Any) -> None:
    key = word.partition("=")[0]
    given_value = arguments_of([word], SCHEMA, read)[key]
    assert given_value == value
    assert type(given_value) is type(value)


def test_a_repeated_key_adds_to_an_array_and_is_refused_elsewhere() -> None:
    assert arguments_of(["tags=a", "tags=b,c"], SCHEMA, read) == {"tags": ["a", "b", "c"]}
    with pytest.raises(InvalidArguments, match="text is given twice"):
        arguments_of(["text=a", "text=b"], SCHEMA, read)


def test_an_array_of_a_text_or_many_is_text_unless_it_is_json() -> None:
    assert arguments_of(["one_or_many=a"], SCHEMA, read) == {"one_or_many": "a"}


@pytest.mark.parametrize("word", ["text", "=x", "", "text=@none"])
def test_a_word_that_is_no_argument_is_refused(word: str) -> None:
    with pytest.raises(InvalidArguments):
        arguments_of([word], SCHEMA, read)


@given(st.lists(st.tuples(st.sampled_from(list(SCHEMA["properties"])), st.text(max_size=12)), max_size=4))
def test_any_words_are_arguments_or_an_error_for_people(pairs: list[tuple[str, str]]) -> None:
    try:
        arguments = arguments_of([f"{key}={value}" for key, value in pairs], SCHEMA, read)
    except InvalidArguments:
        return
    assert arguments.keys() == {key for key, _ in pairs}
