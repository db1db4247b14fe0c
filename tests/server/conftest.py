"""A hub in memory with one connector, for tests of the MCP face."""

import asyncio
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, cast

import pytest

from hub.access.principal import LOCAL, Principal
from hub.calls.types import Call, Outcome
from hub.catalog.build import build_items
from hub.catalog.items import PromptItem, ResourceItem, ToolItem
from hub.config.models import ConnectorTable, HubSettings, HubTable, ServerTable
from hub.connector.base import Connector, ConnectorContext
from hub.connector.declare import prompt, resource, tool
from hub.connector.messages import resource_changed
from hub.connector.progress import current_progress, report_progress
from hub.connector.settings import ConnectorSettings
from hub.errors import CallError, UnknownName
from hub.http.exchange import Exchange, current_exchange
from hub.results.content import Content, Image, ResourceLink, Result, Text
from hub.server.identity import Caller
from hub.server.server import HubServer

if TYPE_CHECKING:
    from hub.hub import Hub

ANALYST_KEY = "analyst-key"
READER_KEY = "reader-key"
SECRET = "hunter2-secret"


@dataclass
class Signals:
    """Lets a test wait for a tool, and a tool for a test."""

    started: asyncio.Event = field(default_factory=asyncio.Event)
    arrivals: asyncio.Queue[str] = field(default_factory=asyncio.Queue[str])
    release: asyncio.Event = field(default_factory=asyncio.Event)
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)


class Bench(Connector[ConnectorSettings]):
    """Tools that do what a test needs."""

    title = "Bench"
    signals: Signals

    @tool(title="Say it again")
    async def echo(self, text: Annotated[str, "What to say"] = "") -> str:
        """Say it again."""
        return text

    @tool(writes=True, destructive=True, idempotent=True)
    async def wipe(self) -> str:
        """Wipe the bench."""
        return "wiped"

    @tool()
    async def wait(self) -> str:
        """Wait until the test lets go."""
        self.signals.started.set()
        self.signals.arrivals.put_nowait("wait")
        try:
            await self.signals.release.wait()
        except asyncio.CancelledError:
            self.signals.cancelled.set()
            raise
        return "released"

    @tool()
    async def steps(self) -> str:
        """Report two steps."""
        await report_progress(1, 2, "one")
        await report_progress(2, 2, "two")
        return "done"

    @tool()
    async def picture(self) -> Result:
        """Show a picture and a link."""
        link = ResourceLink(uri="bench://note/7", name="Note 7", description="A note")
        return Result((Text("seen"), Image(data=b"\x89PNG", mime_type="image/png"), link))

    @tool(writes=True)
    async def mend(self) -> str:
        """Change note 7."""
        resource_changed("bench://note/7")
        return "mended"

    @tool()
    async def explode(self) -> str:
        """Fail in a way nobody foresaw."""
        raise ValueError(SECRET)

    @tool()
    async def shout(self) -> str:
        """Print to standard output."""
        print("stray output")  # noqa: T201  what is tested
        return "shouted"

    @resource("bench://note/{number}", mime_type="text/markdown")
    async def note(self, number: str) -> str:
        """One note."""
        return f"# Note {number}"

    @resource("bench://index")
    async def index(self) -> str:
        """All notes."""
        return "7"

    @prompt()
    async def review(
        self, note: Annotated[str, "Its number"], tone: Annotated[str, "How to say it"] = "kind"
    ) -> str:
        """Review a note."""
        return f"Review note {note}, be {tone}."


class FakeHub:
    """The interface of `hub.hub.Hub`, with the tools of `Bench` and roles `analyst` and `reader`."""

    def __init__(self, *, keys: bool = False, server: ServerTable | None = None, copies: int = 0) -> None:
        self.settings = HubSettings(hub=HubTable(name="Test hub"), server=server or ServerTable(port=0))
        self.signals = Signals()
        self.keys = (
            {
                ANALYST_KEY: Principal(client="ann", roles=("analyst",), how="key"),
                READER_KEY: Principal(client="rob", roles=("reader",), how="key"),
            }
            if keys
            else {}
        )
        self.generation = 1
        self.calls: list[Call] = []
        self.refused: list[tuple[Call, CallError]] = []
        self.problems: list[str] = []
        self.drained: float | None = None
        self.completed_over = ""
        self.hide_resources = False
        self.listeners: list[Callable[[frozenset[str]], None]] = []
        self.items = self._build("bench")
        for copy in range(copies):
            self.items += self._build(f"bench{copy}")
        self._running: set[asyncio.Task[Any]] = set()

    def _build(self, namespace: str) -> list[Any]:
        def no_service(_: Any) -> Any:
            raise AssertionError("no service here")

        context = ConnectorContext(namespace=namespace, open_service=no_service)
        connector = Bench(ConnectorSettings(), context)
        connector.signals = self.signals
        built = build_items(connector, ConnectorTable(read_only=False))
        assert not built.refusals
        return list(built.items)

    def as_hub(self) -> "Hub":
        return cast("Hub", self)

    def sees(self, principal: Principal, item: Any) -> bool:
        return principal.how != "key" or "analyst" in principal.roles or item.name in ("bench_echo", "bench_review")

    async def call(self, call: Call) -> Outcome:
        self.calls.append(call)
        found = self._find(call)
        if found is None:
            error = UnknownName(call.kind, call.name)
            return Outcome(content=(Text(str(error)),), error=error.code)
        item, arguments = found
        current_progress.set(call.progress)
        exchange = Exchange(deadline=0)
        current_exchange.set(exchange)
        task = asyncio.current_task()
        assert task is not None
        self._running.add(task)
        try:
            value = await item.function(**arguments)
        except ValueError as error:
            if call.name == "bench_explode":
                raise
            return Outcome(content=(Text(str(error)),), error="call")
        finally:
            self._running.discard(task)
        content: tuple[Content, ...] = value.content if isinstance(value, Result) else (Text(str(value)),)
        mime_type = item.declaration.mime_type if isinstance(item, ResourceItem) else "text/plain"
        return Outcome(content=content, mime_type=mime_type, changed=tuple(exchange.changed))

    async def refuse(self, call: Call, error: CallError) -> Outcome:
        self.refused.append((call, error))
        return Outcome(content=(Text(str(error)),), error=error.code, retry_after=error.retry_after)

    def _find(self, call: Call) -> tuple[Any, Mapping[str, Any]] | None:
        kinds = {"tool": ToolItem, "resource": ResourceItem, "prompt": PromptItem}
        for item in self.items:
            if not isinstance(item, kinds[call.kind]) or not self.sees(call.principal, item):
                continue
            if isinstance(item, ResourceItem):
                if (variables := item.template.match(call.name)) is not None:
                    return item, variables
            elif item.name == call.name:
                return item, call.arguments
        return None

    def authenticate(self, key: str) -> Principal | None:
        return self.keys.get(key)

    @property
    def requires_key(self) -> bool:
        return bool(self.keys)

    def _visible(self, principal: Principal, kind: type) -> list[Any]:
        return [item for item in self.items if isinstance(item, kind) and self.sees(principal, item)]

    def tools(self, principal: Principal) -> Sequence[ToolItem]:
        return self._visible(principal, ToolItem)

    def resources(self, principal: Principal) -> Sequence[ResourceItem]:
        return [] if self.hide_resources else self._visible(principal, ResourceItem)

    def prompts(self, principal: Principal) -> Sequence[PromptItem]:
        return self._visible(principal, PromptItem)

    def tool(self, name: str) -> ToolItem | None:
        return next((i for i in self.items if isinstance(i, ToolItem) and i.name == name), None)

    def visibility(self, principal: Principal) -> Hashable:
        return (self.generation, principal.how, principal.roles)

    async def complete(
        self,
        principal: Principal,
        kind: str,
        ref: str,
        argument: str,
        prefix: str,
        context: Mapping[str, str],
        transport: str = "memory",
    ) -> Any:
        self.completed_over = transport
        known = {
            "resource": [i.uri for i in self.resources(principal)],
            "prompt": [i.name for i in self.prompts(principal)],
        }
        if ref not in known[kind]:
            raise UnknownName(kind, ref)
        values = tuple(v for v in ("kind", "keen", *context.values()) if v.startswith(prefix))
        return Completed(values=values, total=len(values))

    def instructions(self, principal: Principal) -> str:
        return f"Test hub for {principal.client}: {len(self.tools(principal))} tools"

    def subscribe(self, listener: Callable[[frozenset[str]], None]) -> Callable[[], None]:
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)

    def change(self, *lists: str) -> None:
        """What a reload does."""
        self.generation += 1
        for listener in list(self.listeners):
            listener(frozenset(lists))

    async def drain(self, seconds: float) -> None:
        self.drained = seconds
        running = {task for task in self._running if not task.done()}
        if running:
            await asyncio.wait(running, timeout=seconds)


@dataclass(frozen=True, kw_only=True)
class Completed:
    values: tuple[str, ...]
    total: int | None = None
    has_more: bool = False


@pytest.fixture
def make_hub() -> type[FakeHub]:
    """The class of hub the tests use."""
    return FakeHub


@pytest.fixture
def fake_hub() -> FakeHub:
    """A hub without keys."""
    return FakeHub()


@pytest.fixture
def keyed_hub() -> FakeHub:
    """A hub with two keys."""
    return FakeHub(keys=True)


@pytest.fixture
def in_memory() -> Callable[..., HubServer]:
    """Makes a server for the SDK's in-memory client."""

    def make(hub: FakeHub, principal: Principal = LOCAL) -> HubServer:
        return HubServer(hub.as_hub(), fallback=Caller(principal, "memory"))

    return make
