"""Holds claims against findings: what is true of each rule, and which tier is really reached."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from hub.quality.claims import Claims
from hub.quality.evidence import Evidence
from hub.quality.finding import Finding
from hub.quality.scale import RULES, TIERS, Rule

Verdict = Literal["verified", "by hand", "exempt", "open", "FAILED", "not verified"]
_HOLDS = frozenset[Verdict](("verified", "by hand", "exempt"))


@dataclass(frozen=True, kw_only=True)
class Judged:
    """One rule with what is claimed and what is true.

    Attributes:
        rule: The rule.
        claimed: As quality.toml says it.
        verdict: `FAILED` where the claim is wrong, `not verified` where something is missing to tell.
        text: What was seen, or what to do.
        finding: What the check found, if there is one.
    """

    rule: Rule
    claimed: str
    verdict: Verdict
    text: str
    finding: Finding | None = None

    @property
    def holds(self) -> bool:
        """Whether a tier may be claimed with it."""
        return self.verdict in _HOLDS


def judge(evidence: Evidence) -> Iterator[Judged]:
    """Every rule in the order of the scale; each check runs when its turn comes."""
    for rule in RULES:
        yield _judged(rule, evidence)


def _judged(rule: Rule, evidence: Evidence) -> Judged:
    claim = evidence.claims.of(rule.name)
    finding = rule.check(evidence) if rule.check is not None and claim.status != "exempt" else None
    verdict: Verdict
    match claim.status, finding:
        case "exempt", _:
            verdict, text = "exempt", claim.reason
        case "todo", Finding(kind="verified"):
            verdict, text = "open", 'it holds; claim it with "done"'
        case "todo", _:
            verdict, text = "open", finding.text if finding else rule.text
        case _, None:
            verdict, text = "by hand", ""
        case _, Finding(kind="verified"):
            verdict, text = "verified", finding.text
        case _, Finding(kind="failed"):
            verdict, text = "FAILED", finding.text
        case _:
            verdict, text = "not verified", finding.text
    return Judged(rule=rule, claimed=claim.status, verdict=verdict, text=text, finding=finding)


def included(tier: str) -> Sequence[str]:
    """A tier with those below it; nothing for `none`."""
    return TIERS[: TIERS.index(tier) + 1] if tier in TIERS else ()


def reached(judged: Sequence[Judged]) -> str:
    """The highest tier of which every rule holds, with all below it."""
    best = "none"
    for tier in TIERS:
        if not all(one.holds for one in judged if one.rule.tier == tier):
            break
        best = tier
    return best


def missing(judged: Sequence[Judged], claims: Claims) -> list[Judged]:
    """The rules of the claimed tier, and of those below, that do not hold."""
    wanted = included(claims.tier)
    return [one for one in judged if one.rule.tier in wanted and not one.holds]
