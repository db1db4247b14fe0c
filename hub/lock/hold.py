"""Holds back what is not as it was locked, so that an upgrade changes nothing an agent sees unasked."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from hub.catalog.items import AnyItem
from hub.discovery.connectors import Connectors, Loaded
from hub.discovery.state import ConnectorState
from hub.lock.compare import INSTRUCTIONS, PACKAGE, differences, key_of, locked_now
from hub.lock.file import LockedConnector

log = logging.getLogger("hub.lock")


def hold_back(connectors: Connectors, locked: Mapping[str, LockedConnector]) -> Connectors:
    """The connectors with only what is as it was locked; the rest are refusals in their states.

    Args:
        connectors: As they were loaded.
        locked: The lock file.
    """
    states: list[ConnectorState] = []
    loaded: dict[str, Loaded] = {}
    for state in connectors.states:
        if state.state == "loaded":
            runtime = connectors.runtimes[state.namespace]
            items = [item for item in connectors.items if item.namespace == state.namespace]
            held = hold_one(locked, state, items, connectors.instructions[state.namespace])
            for reason in held.reasons:
                log.warning("%s", reason)
            loaded[state.namespace] = Loaded(runtime=runtime, items=held.items, instructions=held.instructions)
            states.append(replace(state, refusals=(*state.refusals, *held.reasons)))
        else:
            states.append(state)
    return Connectors(states, {name: loaded[name] for name in connectors.runtimes})


@dataclass(frozen=True, kw_only=True)
class Held:
    """What one connector may still show.

    Attributes:
        items: Those that are as they were locked.
        instructions: What it tells the model of itself; empty if that has changed.
        reasons: Why the others are held back, one line each.
    """

    items: tuple[AnyItem, ...]
    instructions: str
    reasons: tuple[str, ...]


def hold_one(
    locked: Mapping[str, LockedConnector], state: ConnectorState, items: Iterable[AnyItem], instructions: str
) -> Held:
    """Split what a loaded connector offers into what was agreed to and what was not.

    Another package or version holds back the whole connector: its code was not there to be looked at. What is
    gone is no reason to hold anything back.

    Args:
        locked: The lock file.
        state: Of the connector.
        items: What it offers.
        instructions: What it tells the model of itself.
    """
    items = tuple(items)
    accept = f"run `hub lock --accept {state.namespace}`"
    before = locked.get(state.namespace)
    if before is None:
        reason = f"{state.namespace}: all of it is held back, it is not in hub.lock; {accept}"
        return Held(items=(), instructions="", reasons=(reason,))
    found = differences(before, locked_now(state, items, instructions))
    by_name = {one.name: one for one in found if one.after is not None}
    if PACKAGE in by_name:
        reason = f"{state.namespace}: all of it is held back, {by_name[PACKAGE]}; {accept}"
        return Held(items=(), instructions="", reasons=(reason,))
    return Held(
        items=tuple(item for item in items if key_of(item) not in by_name),
        instructions="" if INSTRUCTIONS in by_name else instructions,
        reasons=tuple(
            f"{state.namespace}: held back, {one} since hub.lock was written; {accept}" for one in by_name.values()
        ),
    )
