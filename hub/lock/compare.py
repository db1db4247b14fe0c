"""What differs between what was locked and what clients would see now, and how to show it."""

import difflib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from hub.catalog.definitions import definition
from hub.catalog.items import AnyItem, ResourceItem, ToolItem
from hub.discovery.state import ConnectorState
from hub.lock.file import Definition, LockedConnector
from hub.results.text import clean_text

INSTRUCTIONS = "instructions"
"""Key of the line with which a connector introduces itself to the model."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One thing that is not as it was locked.

    Attributes:
        name: Kind and name of what differs, such as `tool jira_search`; `package` for the package itself.
        before: What was locked; None for what is new.
        after: What there is now; None for what is gone.
    """

    name: str
    before: Definition | None
    after: Definition | None

    def __str__(self) -> str:
        """One line for people."""
        if self.name == PACKAGE:
            return f"{_package(self.after)} is installed, {_package(self.before)} was locked"
        if self.before is None:
            return f"{self.name} is new"
        if self.after is None:
            return f"{self.name} is gone"
        parts = [key for key in {**self.before, **self.after} if self.before.get(key) != self.after.get(key)]
        return f"{self.name} has another {', '.join(parts)}"

    def lines(self) -> list[str]:
        """The difference line by line, as `diff -u` shows it, safe to print."""
        before, after = (_text(side) for side in (self.before, self.after))
        changed = list(difflib.unified_diff(before, after, lineterm="", n=2))[2:]
        return [clean_text(line) for line in changed if not line.startswith("@@")]


PACKAGE = "package"


def key_of(item: AnyItem) -> str:
    """How the lock file names an item."""
    kind = "tool" if isinstance(item, ToolItem) else "resource" if isinstance(item, ResourceItem) else "prompt"
    return f"{kind} {item.name}"


def locked_now(state: ConnectorState, items: Iterable[AnyItem], instructions: str) -> LockedConnector:
    """A loaded connector as it would be locked now.

    Args:
        state: Of the connector.
        items: What it offers.
        instructions: What it tells the model of itself.
    """
    definitions = {key_of(item): definition(item) for item in items}
    if instructions:
        definitions[INSTRUCTIONS] = {"text": instructions}
    return LockedConnector(
        distribution=state.distribution,
        version=state.version,
        # As JSON gives it back, so that a tuple is no difference to a list.
        definitions=cast("dict[str, Definition]", json.loads(json.dumps(definitions))),
    )


def differences(before: LockedConnector | None, after: LockedConnector | None) -> list[Difference]:
    """What differs, the package first, then by name; nothing if all is as it was locked.

    Args:
        before: As locked; None if it was not.
        after: As it is now; None if it is no longer there.
    """
    found: list[Difference] = []
    if before and after and _identity(before) != _identity(after):
        found.append(Difference(name=PACKAGE, before=_identity(before), after=_identity(after)))
    old: Mapping[str, Definition] = before.definitions if before else {}
    new: Mapping[str, Definition] = after.definitions if after else {}
    found += [
        Difference(name=name, before=old.get(name), after=new.get(name))
        for name in sorted({*old, *new})
        if old.get(name) != new.get(name)
    ]
    return found


def _identity(connector: LockedConnector) -> dict[str, str]:
    return {"distribution": connector.distribution, "version": connector.version}


def _package(identity: Definition | None) -> str:
    return f"{identity['distribution']} {identity['version']}" if identity else "nothing"


def _text(definition: Definition | None) -> Sequence[str]:
    """A definition as lines: prose as it is read, the rest as JSON."""
    lines: list[str] = []
    for key, value in (definition or {}).items():
        shown: Any = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
        first, *rest = str(shown).splitlines() or [""]
        lines += [f"{key}: {first}", *(f"  {line}" for line in rest)]
    return lines
