"""What all parts of the contract share: the connector under test, a hub around it, and a call for each tool."""

import asyncio
import inspect
from collections.abc import AsyncGenerator, Collection, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, TypeVar, cast

from hub.access.principal import LOCAL
from hub.catalog.items import AnyItem, ToolItem
from hub.errors import HubError
from hub.testing.hubs import OpenHub, Reply, open_hub
from hub.testing.installed import installed

if TYPE_CHECKING:
    from hub.connector.base import Connector
    from hub.connector.sandboxes import Sandbox
    from hub.testing.service import FakeService

T = TypeVar("T")


class ContractBase:
    """See `hub.testing.ConnectorContract`."""

    connector: ClassVar["type[Connector[Any]]"]
    """The class under test."""
    settings: ClassVar[Mapping[str, Any]] = {}
    """Its table in hub.toml, secrets written as `Secret("…")`; added to the sandbox's own if it has one."""
    calls: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """Arguments that make a tool do its work in the sandbox, by its name without namespace. Needed for tools that
    write, and where no argument that fits the schema can be guessed."""
    schemas: ClassVar[str | Path] = "schemas"
    """Folder of the tools' snapshots, beside the test file."""
    not_secret: ClassVar[Collection[str]] = ()
    """Settings that are named like a credential and hold none."""

    def fake_service(self) -> "FakeService | None":
        """A service to talk to, for a connector without a sandbox; its expectations hold for every request."""
        return None

    # What the tests use

    @property
    def name(self) -> str:
        """The connector's namespace: the name of its entry point."""
        return installed(self.connector).name

    @property
    def sandbox(self) -> "Sandbox | None":
        """The connector's sandbox."""
        return self.connector.sandbox()

    def table(self, **more: Any) -> dict[str, Any]:
        """The connector's table in hub.toml."""
        own: dict[str, Any] = {"sandbox": True} if self.sandbox is not None else {}
        return {**own, **self.settings, "read_only": False, **more}

    @asynccontextmanager
    async def open(self, **more: Any) -> AsyncGenerator[OpenHub]:
        """A hub with the connector alone."""
        async with AsyncExitStack() as stack:
            config = {"connectors": {self.name: self.table(**more)}}
            try:
                hub = await stack.enter_async_context(open_hub(config, strict=False))
            except HubError as error:
                fail(f"the hub cannot open with it: {error}")
            state = next(one for one in hub.hub.states(LOCAL) if one.namespace == self.name)
            if state.state != "loaded":
                fail(f"the connector is {state.state}: {state.reason}. {state.hint}")
            yield hub

    def tools(self, hub: OpenHub, namespace: str = "") -> Sequence[ToolItem]:
        """The connector's tools."""
        return [item for item in hub.hub.tools(LOCAL) if item.namespace == (namespace or self.name)]

    def arguments(self, item: ToolItem) -> Mapping[str, Any]:
        """Arguments to call a tool with: the author's, else the sandbox's, else some that fit its schema."""
        name = item.declaration.name
        if name in self.calls:
            return self.calls[name]
        for tried, arguments in self.sandbox.try_calls if self.sandbox else ():
            if tried == name:
                return arguments
        guess = guessed(item)
        if guess is None:
            fail(f"{item.name}: no arguments that fit can be guessed; add {name!r} to `calls`")
        return guess

    async def call(self, hub: OpenHub, item: ToolItem) -> Reply:
        """Call a tool with its arguments."""
        reply = await hub.call(item.name, **self.arguments(item))
        if reply.error == "invalid_arguments" and not reply.sent:
            fail(f"{item.name}: {reply.text}; correct its arguments in `calls`")
        return reply

    def needs_a_service(self) -> None:
        """Skip where nothing answers the tools as the service would."""
        if self.sandbox is None and self.fake_service() is None:
            skip(f"{self.connector.__name__} has no sandbox, and the contract no fake_service()")

    def snapshots(self) -> Path:
        """The folder of snapshots."""
        return Path(inspect.getfile(type(self))).parent / self.schemas


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a check on an event loop of its own, so that authors need no plugin for asynchronous tests."""
    return asyncio.run(work)


def fail(message: str) -> NoReturn:
    """Fail the test with a message and without the kit's own traceback."""
    import pytest

    pytest.fail(message, pytrace=False)


def skip(reason: str) -> NoReturn:
    """Skip the test, since it cannot apply."""
    import pytest

    pytest.skip(reason)


def require(*, problems: Sequence[str], what: str) -> None:
    """Fail with all problems at once, unless there are none."""
    if problems:
        fail("\n  ".join([f"{what}:", *problems]))


_TEXTS = ("x", "1", "a-1", "A-1", "SHOP-1", "a1b2c3d4", "owner/name", "now", "1h", "2026-01-31", "1.0")
"""What most grammars of identifiers, times and durations let through."""


def guessed(item: AnyItem) -> Mapping[str, Any] | None:
    """The required arguments with values that fit the schema and the types behind it; None if none were found."""
    from hub.calls.validate import validate
    from hub.errors import InvalidArguments

    schema = cast("dict[str, Any]", item.parameters.schema)
    for text in _TEXTS:
        values = {name: _value(schema["properties"][name], text) for name in schema.get("required", ())}
        try:
            validate(item, values)
        except InvalidArguments:
            continue
        return values
    return None


def _value(schema: Mapping[str, Any], text: str) -> Any:
    if "const" in schema or "enum" in schema:
        return schema["const"] if "const" in schema else schema["enum"][0]
    match schema.get("type"):
        case "integer" | "number":
            return schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
        case "boolean":
            return False
        case "array":
            return [_value(schema.get("items", {}), text)] * schema.get("minItems", 0)
        case "object":
            return {name: _value(schema["properties"][name], text) for name in schema.get("required", ())}
        case _:
            return text
