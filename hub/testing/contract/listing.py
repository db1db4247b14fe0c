"""The contract's part on what a client sees: names, descriptions, schemas, writes, snapshots."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from hub.access.principal import LOCAL
from hub.catalog.items import AnyItem
from hub.connector.declare import ToolDeclaration, declarations
from hub.testing.contract.base import ContractBase, fail, require, run, skip
from hub.testing.hubs import OpenHub
from hub.testing.schemas import assert_tool_schemas

_NAME = re.compile(r"[a-z][a-z0-9_]*")
MOST_CHARACTERS = 64
"""Of a full tool name: some MCP clients refuse longer ones."""


class Listing(ContractBase):
    """Checks of the lists."""

    def test_the_package_is_named_after_its_connector(self) -> None:
        from hub.testing.installed import installed

        found = installed(self.connector)
        distribution = f"hub-connector-{found.name.replace('_', '-')}"
        module = f"hub_connector_{found.name}"
        problems = [
            f"{what} is {given!r}, it should be {wanted!r}"
            for what, given, wanted in (
                ("the distribution", found.distribution.replace("_", "-"), distribution),
                ("the module", found.module.partition(":")[0].partition(".")[0], module),
            )
            if given != wanted
        ]
        if not _NAME.fullmatch(found.name):
            problems.append(f"the entry point {found.name!r} is no namespace: a letter, then a-z, 0-9 and _")
        require(problems=problems, what=f"names that follow from the entry point {found.name!r}")

    def test_it_loads_and_nothing_it_declares_is_refused(self) -> None:
        async def check() -> list[str]:
            async with self.open() as hub:
                (state,) = (one for one in hub.hub.states(LOCAL) if one.namespace == self.name)
                return list(state.refusals)

        require(problems=run(check()), what="the hub does not offer")

    def test_every_tool_is_offered(self) -> None:
        async def check() -> list[str]:
            async with self.open() as hub:
                offered = {item.declaration.name for item in self.tools(hub)}
            declared = declarations(self.connector).values()
            return [d.name for d in declared if isinstance(d, ToolDeclaration) and d.name not in offered]

        if hidden := run(check()):
            skip(f"with these settings the connector does not offer {', '.join(hidden)}, so they go unchecked")

    def test_names_are_short_enough_for_every_client(self) -> None:
        problems = [
            f"{self.name}_{one.name} has {len(f'{self.name}_{one.name}')} characters, {MOST_CHARACTERS} is the most"
            for one in declarations(self.connector).values()
            if len(f"{self.name}_{one.name}") > MOST_CHARACTERS
        ]
        problems += [
            f"{one.name} repeats the namespace that the hub puts before it"
            for one in declarations(self.connector).values()
            if one.name.startswith(f"{self.name}_")
        ]
        tools = [one for one in declarations(self.connector).values() if isinstance(one, ToolDeclaration)]
        names = {one.name for one in tools}
        problems += [
            f"{alias} is an alias of {one.name} and is also a tool's name"
            for one in tools
            for alias in one.aliases
            if alias in names
        ]
        require(problems=problems, what="names")

    def test_everything_is_described(self) -> None:
        async def check() -> list[str]:
            async with self.open() as hub:
                return [problem for item in self._items(hub) for problem in _undescribed(item)]

        require(problems=run(check()), what="not described")

    def test_schemas_are_closed_and_valid(self) -> None:
        async def check() -> list[str]:
            async with self.open() as hub:
                return [problem for item in self._items(hub) for problem in _faults(item)]

        require(problems=run(check()), what="schemas")

    def test_read_only_hides_every_write(self) -> None:
        async def check() -> list[str]:
            async with self.open(read_only=True) as hub:
                return [item.name for item in self.tools(hub) if item.declaration.writes]

        require(problems=run(check()), what="listed although read_only is on")

    def test_tools_that_are_no_writes_send_none(self) -> None:
        from hub.testing.contract.wires import Watching

        async def check() -> list[str]:
            async with self.open() as hub:
                problems: list[str] = []
                for item in self.tools(hub):
                    if item.declaration.writes:
                        continue
                    with Watching(self.fake_service()) as wire:
                        await self.call(hub, item)
                    problems += [
                        f"{item.name} sent {told}: declare it with writes=True, or the request with safe=True"
                        for told in wire.writes
                    ]
                return problems

        self.needs_a_service()
        require(problems=run(check()), what="writes of tools that are declared to read")

    def test_clients_see_the_tools_as_they_were_accepted(self) -> None:
        async def check() -> None:
            async with self.open() as hub:
                assert_tool_schemas(hub, self.snapshots())

        try:
            run(check())
        except AssertionError as error:
            fail(str(error))

    def _items(self, hub: OpenHub) -> Iterator[AnyItem]:
        for items in (hub.hub.tools(LOCAL), hub.hub.resources(LOCAL), hub.hub.prompts(LOCAL)):
            yield from (item for item in items if item.namespace == self.name)


def _undescribed(item: AnyItem) -> Iterator[str]:
    if not item.description.strip():
        yield f"{item.name}: no docstring"
    properties = cast("Mapping[str, Mapping[str, Any]]", item.parameters.schema["properties"])
    from hub.catalog.items import ResourceItem

    if isinstance(item, ResourceItem):
        return  # clients see the variables of a URI by their names alone
    for name, schema in properties.items():
        if not str(schema.get("description", "")).strip():
            yield f'{item.name}: parameter {name}; write it as Annotated[…, "what it is"]'


def _faults(item: AnyItem) -> Iterator[str]:
    import jsonschema_rs

    schema = dict(item.parameters.schema)
    if schema.get("type") != "object" or schema.get("additionalProperties") is not False:
        yield f"{item.name}: not a closed object"
    try:
        jsonschema_rs.meta.validate(schema)
    except jsonschema_rs.ValidationError as error:
        yield f"{item.name}: no valid JSON Schema ({error.message})"
    for reference in _references(schema):
        if not reference.startswith("#"):
            yield f"{item.name}: refers to {reference}, which no client fetches"


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in cast("dict[str, Any]", value).items():
            if key == "$ref" and isinstance(item, str):
                yield item
            else:
                yield from _references(item)
    elif isinstance(value, list):
        for item in cast("list[Any]", value):
            yield from _references(item)
