"""Checks of the README: each thing it has to tell is missed when it is gone."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hub.quality.evidence import Evidence
from hub.quality.readme import readme_is_complete, rights_limits_and_examples, verification_is_dated

Look = Callable[..., Evidence]


def test_a_complete_readme_is_verified(look: Look) -> None:
    for check in (readme_is_complete, rights_limits_and_examples, verification_is_dated):
        assert check(look()).kind == "verified", check


@pytest.mark.parametrize(
    ("check", "old", "told"),
    [
        (readme_is_complete, "What it reaches", "a heading that says what it reaches"),
        (readme_is_complete, "[connectors.stock]", "[connectors.stock]"),
        (readme_is_complete, "api_token", "the setting `api_token`"),
        (readme_is_complete, "count", "`count`"),
        (readme_is_complete, "stock://items", "`stock://items`"),
        (readme_is_complete, "pip uninstall hub-connector-stock", "`pip uninstall hub-connector-stock`"),
        (rights_limits_and_examples, "## Known limits", "a heading for known limits"),
        (rights_limits_and_examples, "|---|---|", "a table of them"),
        (rights_limits_and_examples, "count  item=gear", "it has 2"),
        (verification_is_dated, "2026-11-22", "Checked on"),
    ],
)
def test_what_is_missing_is_told(
    look: Look, folder: Path, check: Callable[[Evidence], object], old: str, told: str
) -> None:
    path = folder / "README.md"
    path.write_text(path.read_text(encoding="utf-8").replace(old, "…"), encoding="utf-8")
    assert told in repr(check(look()))


def test_without_a_readme_the_check_fails(look: Look, folder: Path) -> None:
    (folder / "README.md").unlink()
    assert readme_is_complete(look()).text == "there is no README.md"
