"""Stage 1: from the name a caller wrote to the item behind it."""

from collections.abc import Mapping
from typing import Any

from hub.calls.types import Call
from hub.catalog.catalog import Catalog
from hub.catalog.items import AnyItem


def find(catalog: Catalog, call: Call) -> tuple[AnyItem, Mapping[str, Any]] | None:
    """The item and the arguments for it, or None if nothing has that name."""
    if call.kind == "resource":
        if call.completes is not None:
            template = catalog.template(call.name)
            return None if template is None else (template, call.arguments)
        return catalog.resource(call.name)
    item = (catalog.tools if call.kind == "tool" else catalog.prompts).get(call.name)
    return None if item is None else (item, call.arguments)
