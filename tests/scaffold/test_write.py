"""What `hub new` writes, and where it writes nothing."""

from pathlib import Path

import pytest

from hub.errors import ConfigError
from hub.scaffold.write import write_connector


def test_the_name_runs_through_all_of_it(tmp_path: Path) -> None:
    folder = tmp_path / "crm"
    written = write_connector("acme_crm", folder, "Acme CRM")
    assert {path.relative_to(folder).as_posix() for path in written} == {
        ".gitignore",
        "CHANGELOG.md",
        "README.md",
        "pyproject.toml",
        "quality.toml",
        "hub_connector_acme_crm/__init__.py",
        "hub_connector_acme_crm/connector.py",
        "hub_connector_acme_crm/py.typed",
        "hub_connector_acme_crm/sandbox.py",
        "hub_connector_acme_crm/settings.py",
        "tests/test_connector.py",
        "tests/test_contract.py",
    }
    text = "\n".join(path.read_text(encoding="utf-8") for path in written)
    for expected in ("class AcmeCrm(", 'title = "Acme CRM"', "acme-crm://item/{key}", "hub-connector-acme-crm"):
        assert expected in text
    assert "$" not in text.replace("$ pip", "")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("Acme", "Try acme"),
        ("acme-crm", "Try acme_crm"),
        ("1st", ""),
        ("a__b", "Try a_b"),
        ("hub", "service"),
        ("class", "service"),
    ],
)
def test_a_name_that_is_none_is_refused_with_a_better_one(tmp_path: Path, name: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        write_connector(name, tmp_path / "new")
    assert hint in caught.value.hint
    assert not (tmp_path / "new").exists()


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("keep", encoding="utf-8")
    with pytest.raises(ConfigError, match="is there already"):
        write_connector("acme", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_folder_that_cannot_be_written_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="cannot be written"):
        write_connector("acme", tmp_path / "file" / "new")
