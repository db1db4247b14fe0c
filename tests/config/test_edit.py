import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hub.config.edit import add_table, set_enabled, write_atomically
from hub.errors import ConfigError

TEXT = """\
# The hub of Acme

[connectors.jira]   # the cloud one
# where it is
url = "https://x"   # not the old one

# and this is GitHub
[connectors.github]
enabled = false  # until May
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A hub.toml with comments."""
    path = tmp_path / "hub.toml"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_disabling_adds_one_line_and_keeps_every_comment(path: Path) -> None:
    assert set_enabled(path, "jira", enabled=False)
    header = "[connectors.jira]   # the cloud one\n"
    assert path.read_text(encoding="utf-8") == TEXT.replace(header, header + "enabled = false\n")


def test_enabling_changes_the_line_and_keeps_its_comment(path: Path) -> None:
    assert set_enabled(path, "github", enabled=True)
    assert path.read_text(encoding="utf-8") == TEXT.replace("enabled = false  #", "enabled = true  #")


def test_what_is_so_already_is_not_written(path: Path) -> None:
    before = path.stat().st_mtime_ns
    assert not set_enabled(path, "jira", enabled=True)
    assert not set_enabled(path, "github", enabled=False)
    assert path.stat().st_mtime_ns == before


def test_a_table_is_added_below_the_rest(path: Path) -> None:
    add_table(path, "slack", "# Slack\n[connectors.slack]\n# token = 1\n")
    assert path.read_text(encoding="utf-8") == TEXT + "\n# Slack\n[connectors.slack]\n# token = 1\n"


@pytest.mark.parametrize("text", ["", "\n", "[hub]"])
def test_a_table_is_added_to_a_file_that_ends_anyhow(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    add_table(path, "slack", "[connectors.slack]\n")
    assert tomllib.loads(path.read_text(encoding="utf-8"))["connectors"] == {"slack": {}}


@pytest.mark.parametrize(
    "text",
    [
        'connectors = { jira = { url = "x" } }\n',
        '[connectors]\njira.url = "x"\n',
        '[connectors]\njira = { url = "x" }  # c\n',
        '[connectors.jira.sources.eu]\nurl = "x"\n',
        '[connectors."jira"]\nurl = "x"\n',
        '[ connectors . jira ]\r\nurl = "x"\r\n\r\n[hub]\r\n',
    ],
)
def test_a_table_may_be_written_in_any_way(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="")
    wanted = tomllib.loads(text)
    for enabled in (False, True):
        assert set_enabled(path, "jira", enabled=enabled)
        wanted["connectors"]["jira"]["enabled"] = enabled
        assert tomllib.loads(path.read_bytes().decode()) == wanted
    assert (b"\r\n" in path.read_bytes()) == ("\r\n" in text)


def test_a_file_that_cannot_be_edited_safely_is_left_as_it_is(path: Path) -> None:
    text = 'connectors = { jira = { url = "x" } }\n'
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="by hand"):
        add_table(path, "slack", "[connectors.slack]\n")
    assert path.read_text(encoding="utf-8") == text


def test_a_missing_table_and_a_broken_file_are_config_errors(path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no \[connectors\.slack\]"):
        set_enabled(path, "slack", enabled=False)
    path.write_text("[", encoding="utf-8")
    with pytest.raises(ConfigError, match="no valid TOML"):
        set_enabled(path, "jira", enabled=False)
    with pytest.raises(ConfigError, match="no valid TOML"):
        add_table(path, "slack", "[connectors.slack]\n")


def test_the_file_keeps_its_mode_and_leaves_nothing_beside_it(path: Path) -> None:
    path.chmod(0o640)
    set_enabled(path, "jira", enabled=False)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert list(path.parent.iterdir()) == [path]


def test_a_symbolic_link_keeps_pointing_at_the_edited_file(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.toml"
    link.symlink_to(path)
    set_enabled(link, "jira", enabled=False)
    assert link.is_symlink()
    assert "enabled = false\n" in path.read_text(encoding="utf-8")


def test_a_folder_that_cannot_be_written_is_a_config_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be written"):
        write_atomically(tmp_path / "none" / "hub.toml", "")


LINES = st.sampled_from(["", "# a comment", "    # an indented one", 'text = """\n[connectors.jira]\n"""', "n = 1"])
BLOCKS = st.dictionaries(
    st.sampled_from(
        ["hub", "connectors.jira", "connectors.jira.sources.a", "connectors.x", "connectors", "limits"]
    ),
    st.lists(LINES, max_size=4, unique_by=lambda line: line.split(" =")[0] if "=" in line else object()),
    max_size=5,
)


@given(BLOCKS, st.booleans())
def test_an_edit_changes_one_value_and_keeps_all_lines_in_their_order(
    tmp_path_factory: pytest.TempPathFactory, blocks: Mapping[str, list[str]], enabled: bool
) -> None:
    text = "".join("\n".join([f"[{name}]", *lines, ""]) for name, lines in blocks.items())
    path = tmp_path_factory.getbasetemp() / "edit.toml"
    path.write_text(text, encoding="utf-8")
    wanted = tomllib.loads(text)
    table = wanted.get("connectors", {}).get("jira")
    assume(table is not None)
    changed = set_enabled(path, "jira", enabled=enabled)
    edited = path.read_text(encoding="utf-8")
    assert changed is not enabled
    if changed:
        table["enabled"] = enabled
    assert tomllib.loads(edited) == wanted
    remaining = iter(edited.split("\n"))
    assert all(line in remaining for line in text.split("\n") if line)
