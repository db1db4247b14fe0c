"""quality.toml: what can be claimed, and that nothing is misread."""

from pathlib import Path

import pytest

from hub.errors import ConfigError
from hub.quality.claims import Claim
from hub.quality.reading import read_claims
from hub.quality.record import write_record
from hub.quality.scale import RULES, TIERS
from hub.quality.subject import Subject

HERE = sorted(Path(__file__).parents[2].glob("connectors/*/quality.toml"))


@pytest.mark.parametrize("path", HERE, ids=[path.parent.name for path in HERE])
def test_the_connectors_of_this_repository_claim_what_the_scale_knows(path: Path) -> None:
    assert read_claims(path.parent).owner


def test_claims_are_read_and_what_is_not_said_is_open(folder: Path) -> None:
    text = (
        'tier = "bronze"\nowner = "Maya"\n[bronze]\nverify-access = "done"\nimport-is-light = { exempt = "why" }\n'
    )
    (folder / "quality.toml").write_text(text, encoding="utf-8")
    claims = read_claims(folder)
    assert (claims.tier, claims.owner) == ("bronze", "Maya")
    told = {rule.name: claims.of(rule.name) for rule in RULES}
    assert told["verify-access"] == Claim(status="done")
    assert told["import-is-light"] == Claim(status="exempt", reason="why")
    assert told["closes-cleanly"] == Claim(status="todo")


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ('teir = "gold"', "teir is unknown", "Did you mean tier?"),
        ('tier = "golden"', "tier is 'golden'", "none, bronze, silver, gold, platinum"),
        ('[bronze]\nverify-acess = "done"', "unknown rule verify-acess", "Did you mean verify-access?"),
        ('[bronze]\ncloses-cleanly = "done"', "closes-cleanly is no rule of", "[silver]"),
        ('[bronze]\nverify-access = "yes"', "verify-access is no claim", '"done", "todo"'),
        ('[bronze]\nverify-access = { exmpt = "x" }', "verify-access is no claim", "exempt"),
        ('[bronze]\nverify-access = { exempt = " " }', "exempt for no reason", "Say why"),
        ("bronze = 3", "bronze should be a table", "[bronze]"),
        ("= 3", "no valid TOML", "Correct it"),
    ],
)
def test_a_mistake_is_an_error_that_says_what_to_write(folder: Path, text: str, message: str, hint: str) -> None:
    (folder / "quality.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_claims(folder)
    assert message in caught.value.message
    assert hint in caught.value.hint


def test_a_folder_without_the_file_is_an_error(folder: Path) -> None:
    (folder / "quality.toml").unlink()
    with pytest.raises(ConfigError, match=r"there is no .*quality\.toml"):
        read_claims(folder)


def test_a_record_is_written_beside_the_claims_and_read_again(folder: Path) -> None:
    path = folder / "quality.toml"
    path.write_text('# mine\ntier = "none"\n', encoding="utf-8")
    for version in ("1", "2"):
        write_record(path, "lowest-and-newest-dependencies", {"of": version})
    assert path.read_text(encoding="utf-8").startswith("# mine\n")
    assert read_claims(folder).records == {"lowest-and-newest-dependencies": {"of": "2"}}


def test_the_scale_has_four_tiers_and_no_rule_twice() -> None:
    assert [rule.tier for rule in RULES] == sorted((rule.tier for rule in RULES), key=TIERS.index)
    assert len({rule.name for rule in RULES}) == len(RULES)
    by_hand = [rule.name for rule in RULES if rule.check is None]
    assert by_hand == ["service-errors-mapped-and-tested", "rate-limits-honoured"]


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "offers no connectors"), ("[project", "no valid TOML"), (None, "there is no")],
)
def test_a_folder_that_is_no_connectors_is_an_error(folder: Path, text: str | None, message: str) -> None:
    path = folder / "pyproject.toml"
    path.unlink() if text is None else path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        Subject.at(folder)
