"""Makes catalogue items of what a connector declares, and refuses what would spoil the lists."""

import inspect
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

import orjson

from hub.catalog.definitions import definition
from hub.catalog.items import IDEMPOTENCY_KEY, AnyItem, PromptItem, ResourceItem, ToolItem
from hub.catalog.schemas import check_schema, described
from hub.catalog.uris import compile_template, in_namespace
from hub.config.models import ConnectorTable
from hub.connector.base import Connector
from hub.connector.declare import Declaration, ResourceDeclaration, ToolDeclaration, declarations
from hub.connector.schema import Parameters, parameters_of
from hub.errors import ConfigError, ConnectorLoadError
from hub.results.text import clean_text

MAX_DEFINITION_BYTES = 64 * 1024
"""Of one tool, resource or prompt in a list."""

_KEY_SCHEMA = {"type": "string", "description": "Same key within 10 min: not done twice"}
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
            declaration.name not in allowed or (declaration.writes and table.read_only)
        ):
            continue
        try:
            if isinstance(declaration, ToolDeclaration) and declaration.when and not declaration.when(connector):
                continue
            item = _item(connector, table, attribute, declaration)
            key = (type(item), item.name)
            if key in items:
                raise ConnectorLoadError("its name is taken by another of the same connector")
            items[key] = item
        except ConnectorLoadError as error:
            refusals.append(f"{connector.namespace}_{declaration.name}: {error}")
        except Exception as error:  # noqa: BLE001  types that nobody can resolve and the like spoil this one alone
            refusals.append(f"{connector.namespace}_{declaration.name}: its declaration raises {_told(error)}")
    return Built(items=tuple(items.values()), refusals=tuple(refusals))


def _told(error: Exception) -> str:
    """A name that is not defined is told in full: type hints hold no secret."""
    return f"{type(error).__name__}: {error}" if isinstance(error, NameError) else type(error).__name__


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
    schema = common["parameters"].schema
    check_schema(schema)
    if isinstance(declaration, ResourceDeclaration):
        return _checked(_resource(common, declaration))
    for parameter, prop in schema["properties"].items():
        if not described(schema, prop):
            raise ConnectorLoadError(f'its parameter {parameter!r} has no description: Annotated[…, "what it is"]')
    if isinstance(declaration, ToolDeclaration):
        common["deadline"] = declaration.deadline or table.deadline
        return _checked(_tool(common, declaration))
    return _checked(PromptItem(**common, declaration=declaration))


def _checked(item: AnyItem) -> AnyItem:
    """The item, if a list that holds it can be sent and read."""
    try:
        size = len(orjson.dumps(shown := definition(item)))
    except TypeError:
        raise ConnectorLoadError(
            "its definition holds what JSON cannot carry, such as a default or an example"
        ) from None
    if size > MAX_DEFINITION_BYTES:
        raise ConnectorLoadError(f"its definition takes {size:,} bytes; {MAX_DEFINITION_BYTES:,} is the most")
    text = json.dumps(shown, ensure_ascii=False)
    if clean_text(text) != text:
        raise ConnectorLoadError("its definition holds characters that nobody sees")
    return item


def _tool(common: dict[str, Any], declaration: ToolDeclaration) -> ToolItem:
    if declaration.cost < 0:
        raise ConnectorLoadError("its cost is below zero")
    parameters: Parameters = common["parameters"]
    properties: Mapping[str, Any] = parameters.schema["properties"]
    # An author's own parameter of that name goes to the service, which then knows a repetition itself.
    keyed = declaration.writes and IDEMPOTENCY_KEY not in properties
    if keyed:
        schema = {**parameters.schema, "properties": {**properties, IDEMPOTENCY_KEY: _KEY_SCHEMA}}
        common["parameters"] = replace(parameters, schema=schema)
    return ToolItem(**common, declaration=declaration, keyed=keyed)


def _resource(common: dict[str, Any], declaration: ResourceDeclaration) -> ResourceItem:
    template = compile_template(in_namespace(declaration.uri, common["namespace"]), declaration.grammar)
    schema = common["parameters"].schema
    if set(schema["properties"]) != {*template.variables, *template.query}:
        raise ConnectorLoadError(f"its parameters are not the variables of {declaration.uri!r}")
    if missing := set(schema.get("required", ())) & set(template.query):
        raise ConnectorLoadError(f"{min(missing)!r} stands in the query of its URI and so needs a default")
    return ResourceItem(**common, declaration=declaration, uri=template.template, template=template)
