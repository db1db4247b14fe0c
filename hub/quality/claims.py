"""What a connector's owner claims in quality.toml, rule by rule."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

FILE = "quality.toml"
RECORD = "verified"
"""The table that `hub check-quality --full` writes."""


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What is claimed of one rule.

    Attributes:
        status: `done`, `todo` (also where nothing is said) or `exempt`.
        reason: Why it is exempt.
    """

    status: Literal["done", "todo", "exempt"] = "todo"
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Claims:
    """A whole quality.toml.

    Attributes:
        path: The file.
        tier: The tier claimed; `none` claims nothing.
        owner: Who answers for the connector.
        rules: By name of the rule; a rule left out is `todo`.
        records: What long checks found when they ran last, by name of the rule.
    """

    path: Path
    tier: str
    owner: str
    rules: Mapping[str, Claim] = field(default_factory=dict[str, Claim])
    records: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])

    def of(self, rule: str) -> Claim:
        """What is claimed of the rule of this name."""
        return self.rules.get(rule, Claim())
