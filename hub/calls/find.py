"""Stage 1: from the name a caller wrote to the item behind it, whose present name may be another."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hub.calls.types import Call, Outcome
from hub.catalog.catalog import Catalog
from hub.catalog.items import AnyItem, ToolItem
from hub.results.content import Text


def find(catalog: Catalog, call: Call) -> tuple[AnyItem, Mapping[str, Any]] | None:
    """The item and the arguments for it, or None if nothing has that name."""
    if call.kind == "resource":
        if call.completes is not None:
            template = catalog.template(call.name)
            return None if template is None else (template, call.arguments)
        return catalog.resource(call.name)
    item = (catalog.tools if call.kind == "tool" else catalog.prompts).get(call.name)
    if item is None and call.kind == "tool":
        item = catalog.renamed.get(call.name)
    return None if item is None else (item, call.arguments)


def with_new_name(outcome: Outcome, call: Call, item: AnyItem) -> Outcome:
    """The outcome of a tool; if it was called by a name it had before, its present one is told first."""
    if not isinstance(item, ToolItem) or call.name == item.name:
        return outcome
    told = Text(f"[{call.name} is now called {item.name}; the old name will go away]")
    return replace(outcome, content=(told, *outcome.content))
