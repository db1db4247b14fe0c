"""Makes catalogue items of what a connector declares, and refuses what would spoil the lists."""

import inspect
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from hub.catalog.items import AnyItem, PromptItem, ResourceItem, ToolItem
from hub.catalog.uris import compile_template
from hub.config.models import ConnectorTable
from hub.connector.base import Connector
from hub.connector.declare import Declaration, ResourceDeclaration, ToolDeclaration, declarations
from hub.connector.schema import parameters_of
from hub.errors import ConfigError, ConnectorLoadError

_NAME = re.compile(r"[a-z0-9_]{1,64}")


@dataclass(frozen=True, kw_only=True)
class Built:
    """The items of one connector, in the author's order, and what was refused with its reason."""

    items: tuple[AnyItem, ...]
    refusals: tuple[str, ...]


def build_items(connector: Connector[Any], table: ConnectorTable) -> Built:
    """Build the items that hub.toml lets through.

    A declaration that is wrong is refused alone; the others are kept.

    Raises:
        ConfigError: The filter `tools` names a tool the connector does not have.
    """
    declared = declarations(type(connector))
    allowed = _filter(connector.namespace, table.tools, [d.name for d in declared.values() if _is_tool(d)])
    items: dict[tuple[type, str], AnyItem] = {}
    refusals: list[str] = []
    for attribute, declaration in declared.items():
        if isinstance(declaration, ToolDeclaration) and (
            declaration.name not in allowed
            or (declaration.writes and table.read_only)
            or (declaration.when is not None and not declaration.when(connector))
        ):
            continue
        try:
            item = _item(connector, table, attribute, declaration)
            key = (type(item), item.name)
            if key in items:
                raise ConnectorLoadError("its name is taken by another of the same connector")
            items[key] = item
        except ConnectorLoadError as error:
            refusals.append(f"{connector.namespace}_{declaration.name}: {error}")
    return Built(items=tuple(items.values()), refusals=tuple(refusals))


def _is_tool(declaration: Declaration) -> bool:
    return isinstance(declaration, ToolDeclaration)


def _filter(namespace: str, rules: Sequence[str], names: Sequence[str]) -> set[str]:
    """Names that pass the `tools` filter: `+` and bare patterns choose, `-` takes away; later rules win nothing."""
    chosen = [rule.removeprefix("+") for rule in rules if not rule.startswith("-")]
    removed = [rule[1:] for rule in rules if rule.startswith("-")]
    for pattern in [*chosen, *removed]:
        if not any(fnmatchcase(name, pattern) for name in names):
            raise ConfigError(
                f"{pattern!r} matches no tool of this connector",
                setting=f"connectors.{namespace}.tools",
                hint=f"It has {', '.join(sorted(names))}; names are written without the prefix",
            )
    return {
        name
        for name in names
        if (not chosen or any(fnmatchcase(name, pattern) for pattern in chosen))
        and not any(fnmatchcase(name, pattern) for pattern in removed)
    }


def _item(connector: Connector[Any], table: ConnectorTable, attribute: str, declaration: Declaration) -> AnyItem:
    name = f"{connector.namespace}_{declaration.name}"
    if not _NAME.fullmatch(name):
        raise ConnectorLoadError(f"the name {name!r} is not made of 1 to 64 of a-z, 0-9 and _")
    function = getattr(connector, attribute)
    description = inspect.cleandoc(function.__doc__ or "")
    if not description:
        raise ConnectorLoadError("it has no docstring, so a model cannot know what it is for")
    common: dict[str, Any] = {
        "name": name,
        "namespace": connector.namespace,
        "title": f"Sandbox: {declaration.title}" if table.sandbox else declaration.title,
        "description": f"Sandbox, invented data. {description}" if table.sandbox else description,
        "connector": connector,
        "function": function,
        "parameters": parameters_of(getattr(type(connector), attribute)),
        "deadline": table.deadline,
    }
    if isinstance(declaration, ToolDeclaration):
        common["deadline"] = declaration.deadline or table.deadline
        return ToolItem(**common, declaration=declaration)
    if isinstance(declaration, ResourceDeclaration):
        return _resource(common, declaration)
    return PromptItem(**common, declaration=declaration)


def _resource(common: dict[str, Any], declaration: ResourceDeclaration) -> ResourceItem:
    _, separator, rest = declaration.uri.partition("://")
    scheme = common["namespace"].replace("_", "-")
    template = compile_template(f"{scheme}{separator}{rest}", declaration.grammar)
    schema = common["parameters"].schema
    if set(schema["properties"]) != {*template.variables, *template.query}:
        raise ConnectorLoadError(f"its parameters are not the variables of {declaration.uri!r}")
    if missing := set(schema.get("required", ())) & set(template.query):
        raise ConnectorLoadError(f"{min(missing)!r} stands in the query of its URI and so needs a default")
    return ResourceItem(**common, declaration=declaration, uri=template.template, template=template)
