"""What became of each connector."""

from dataclasses import dataclass
from typing import Literal

State = Literal["loaded", "disabled", "missing_config", "incompatible", "failed", "shadowed"]

BROKEN: frozenset[State] = frozenset(("failed", "incompatible", "missing_config"))
"""States of connectors that hub.toml wants and that do not serve."""


@dataclass(frozen=True, kw_only=True)
class ConnectorState:
    """One connector as people see it.

    Attributes:
        namespace: Name of its table in hub.toml, or its entry point's name if it has none.
        connector: Name of the installed connector behind it.
        state: What became of it.
        reason: Why, unless it is loaded; one sentence.
        hint: What to do about it.
        title: The product's name, once the class is known.
        distribution: The package it came with.
        version: Of that package.
        sandbox: Whether it talks to its embedded sandbox.
        health: What is known of its services without asking them: an outage, a pause, the budget left.
        refusals: Tools, resources, prompts and instructions that are not offered although the connector has
            them, each with the reason.
    """

    namespace: str
    connector: str
    state: State
    reason: str = ""
    hint: str = ""
    title: str = ""
    distribution: str = ""
    version: str = ""
    sandbox: bool = False
    health: str = ""
    refusals: tuple[str, ...] = ()
