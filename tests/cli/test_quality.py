"""`hub check-quality`: the table, what to do, and the exit status."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from hub.quality.evidence import Evidence
from hub.quality.finding import Finding, failed, unverified, verified
from hub.quality.scale import Rule

Run = Callable[..., Result]
Folder = Callable[[str], Path]


def rule(tier: str, name: str, finding: Finding | None) -> Rule:
    def check(_: Evidence) -> Finding:
        assert finding is not None
        return finding

    return Rule(tier=tier, name=name, text=f"{name} asks for this", check=check if finding else None)


@pytest.fixture
def connector(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """Writes a connector's folder with these claims; the scale has five rules whose findings are fixed."""
    rules = (
        rule("bronze", "is-named", verified("well")),
        rule("bronze", "is-kind", None),
        rule("silver", "is-tested", failed("write tests")),
        rule("gold", "is-fast", unverified("install a clock")),
        rule("platinum", "is-round", verified()),
    )
    for module in ("reading", "verdicts"):
        monkeypatch.setattr(f"hub.quality.{module}.RULES", rules)

    def write(claims: str) -> Path:
        path = folder / "stock"
        path.mkdir()
        (path / "pyproject.toml").write_text(
            '[project]\nname = "hub-connector-stock"\nversion = "0.2.0"\n'
            '[project.entry-points."hub.connectors"]\nstock = "hub_connector_stock"\n',
            encoding="utf-8",
        )
        (path / "quality.toml").write_text(claims, encoding="utf-8")
        return path

    return write


BRONZE = '[bronze]\nis-named = "done"\nis-kind = "done"\n'


def test_a_claim_that_holds_exits_with_0(run: Run, connector: Folder) -> None:
    result = run("check-quality", str(connector('tier = "bronze"\n' + BRONZE)))
    assert result.exit_code == 0
    lines = [line.split() for line in result.stdout.splitlines()]
    assert ["bronze", "is-named", "done", "verified", "well"] in lines
    assert ["bronze", "is-kind", "done", "by", "hand"] in lines
    assert result.stdout.endswith("bronze: every rule holds\n")


def test_a_claim_that_fails_exits_with_1_and_says_what_to_do(run: Run, connector: Folder) -> None:
    result = run("check-quality", str(connector('tier = "silver"\n' + BRONZE + '[silver]\nis-tested = "done"\n')))
    assert result.exit_code == 1
    assert "is-tested: FAILED\n  rule: is-tested asks for this\n  write tests\n" in result.stdout
    assert result.stdout.endswith("claims silver, reaches bronze: 1 rule of bronze, silver not met\n")


def test_an_open_rule_of_a_claimed_tier_exits_with_1(run: Run, connector: Folder) -> None:
    result = run("check-quality", str(connector('tier = "bronze"\n[bronze]\nis-named = "done"\n')))
    assert result.exit_code == 1
    assert "is-kind: open" in result.stdout


def test_what_cannot_be_verified_counts_as_open(run: Run, connector: Folder) -> None:
    claims = 'tier = "gold"\n' + BRONZE + '[silver]\nis-tested = { exempt = "no" }\n[gold]\nis-fast = "done"\n'
    result = run("check-quality", str(connector(claims)))
    assert result.exit_code == 1
    assert "is-fast: not verified\n  rule: is-fast asks for this\n  install a clock\n" in result.stdout


def test_an_exemption_holds_with_its_reason(run: Run, connector: Folder) -> None:
    claims = 'tier = "silver"\n' + BRONZE + '[silver]\nis-tested = { exempt = "it has no code" }\n'
    result = run("check-quality", str(connector(claims)))
    assert result.exit_code == 0
    assert "it has no code" in result.stdout


def test_a_wrong_claim_above_the_tier_is_told_and_harms_nothing(run: Run, connector: Folder) -> None:
    result = run("check-quality", str(connector('tier = "bronze"\n' + BRONZE + '[silver]\nis-tested = "done"\n')))
    assert result.exit_code == 0
    assert "is-tested: FAILED" in result.stdout


def test_claiming_nothing_tells_what_is_reached(run: Run, connector: Folder) -> None:
    result = run("check-quality", str(connector(BRONZE)))
    assert result.exit_code == 0
    assert result.stdout.endswith("claims nothing, reaches bronze\n")


def test_a_mistyped_rule_exits_with_2_and_the_nearest_name(run: Run, connector: Folder) -> None:
    result = run("check-quality", str(connector('[bronze]\nis-namd = "done"\n')))
    assert result.exit_code == 2
    assert "unknown rule is-namd" in result.stderr
    assert "Did you mean is-named?" in result.stderr
