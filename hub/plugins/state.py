"""What became of each plugin."""

from dataclasses import dataclass

from hub.discovery.state import State


@dataclass(frozen=True, kw_only=True)
class PluginState:
    """One plugin as people see it.

    Attributes:
        name: Of its table in hub.toml, or of its entry point if it has none.
        state: What became of it.
        reason: Why, unless it is loaded; one sentence.
        hint: What to do about it.
        provides: What it adds, such as `audit sink`.
        distribution: The package it came with.
        version: Of that package.
        health: What is wrong with it since it was loaded.
    """

    name: str
    state: State
    reason: str = ""
    hint: str = ""
    provides: tuple[str, ...] = ()
    distribution: str = ""
    version: str = ""
    health: str = ""
