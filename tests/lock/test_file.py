"""The lock file is read back as written, and never trusted when somebody else wrote in it."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import ConfigError
from hub.lock.file import LockedConnector, fingerprint, path_of, read_lock, write_lock

TOOL = {"name": "toy_echo", "description": "Say it again.", "inputSchema": {"type": "object"}}
TOY = LockedConnector(distribution="hub-connector-toy", version="1.0", definitions={"tool toy_echo": TOOL})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return path_of(tmp_path / "hub.toml")


def test_what_is_written_is_read_back(path: Path) -> None:
    write_lock(path, {"toy": TOY})
    assert read_lock(path) == {"toy": TOY}
    assert path.name == "hub.lock"
    assert [entry.name for entry in path.parent.iterdir()] == ["hub.lock"]


def test_the_same_content_gives_the_same_file(path: Path) -> None:
    other = LockedConnector(distribution="hub-connector-b", version="2", definitions={})
    write_lock(path, {"toy": TOY, "b": other})
    first = path.read_bytes()
    write_lock(path, {"b": other, "toy": TOY})
    assert path.read_bytes() == first


def test_a_definition_changed_by_hand_is_noticed(path: Path) -> None:
    write_lock(path, {"toy": TOY})
    path.write_text(path.read_text(encoding="utf-8").replace("Say it", "Shout it"), encoding="utf-8")
    with pytest.raises(ConfigError, match="changed by hand: tool toy_echo") as caught:
        read_lock(path)
    assert "version control" in caught.value.hint


def test_a_missing_file_says_how_to_make_one(path: Path) -> None:
    with pytest.raises(ConfigError, match=r"there is no hub\.lock") as caught:
        read_lock(path)
    assert "hub lock" in caught.value.hint


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"hub": "1", "connectors": {"toy": {}}}', '{"connectors": {}}']
)
def test_a_file_that_is_no_lock_is_refused(path: Path, content: str) -> None:
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match="is no lock file"):
        read_lock(path)


def test_a_file_that_cannot_be_written_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be written"):
        write_lock(tmp_path / "missing" / "hub.lock", {"toy": TOY})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.dictionaries(st.text(), JSON, min_size=1))
def test_the_order_of_keys_does_not_matter_and_any_change_does(definition: dict[str, object]) -> None:
    backwards = dict(reversed(definition.items()))
    assert fingerprint(backwards) == fingerprint(definition)
    key = next(iter(definition))
    assert fingerprint({**definition, key: [definition[key]]}) != fingerprint(definition)
    assert fingerprint(json.loads(json.dumps(definition))) == fingerprint(definition)
