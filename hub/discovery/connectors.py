"""Everything one reading of hub.toml gives: connectors with their states, and what they offer."""

import asyncio
import logging
import threading
from collections.abc import AsyncGenerator, Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from hub.catalog.build import Built, build_items
from hub.catalog.items import AnyItem
from hub.config.models import ConnectorTable, HubSettings
from hub.config.references import Resolvers
from hub.connector.base import Connector, ConnectorContext, settings_of
from hub.connector.sandboxes import Sandbox
from hub.connector.service import Service
from hub.discovery.found import FoundConnector, find_connectors
from hub.discovery.guarded import Deadline, guarded, stdout_to_stderr
from hub.discovery.kept import Kept
from hub.discovery.load import import_class, line_of, state_of, unconfigured, unusable, with_files, with_tables
from hub.discovery.sandboxed import has_sandbox, hosted
from hub.discovery.state import BROKEN, ConnectorState
from hub.errors import ConfigError, ConnectorLoadError, HubError
from hub.http.authorization import Authorizations
from hub.http.threads import DaemonThreads
from hub.http.traffic import TrafficRegistry
from hub.limits.bulkhead import Bulkhead

if TYPE_CHECKING:
    from hub.http.client import ServiceClient

MAX_INSTRUCTIONS = 300
"""Characters of what a connector tells the model of itself: every conversation pays for them."""

log = logging.getLogger("hub.discovery")


class Runtime:
    """One loaded connector with what is its own: clients, threads, bulkhead."""

    def __init__(
        self,
        namespace: str,
        table: ConnectorTable,
        traffic: TrafficRegistry | None = None,
        authorizations: Authorizations | None = None,
    ) -> None:
        self.table = table
        self._authorizations = authorizations or Authorizations()
        self._namespace = namespace
        self._traffic = TrafficRegistry() if traffic is None else traffic
        self.bulkhead = Bulkhead(table.max_concurrent_calls, namespace)
        self._clients: list[ServiceClient] = []
        self._executor: DaemonThreads | None = None
        self.lifespan: Kept[None] | None = None

    def open_service(self, service: Service) -> "ServiceClient":
        """Build a guarded client; see ConnectorContext."""
        from hub.http.client import ServiceClient

        service = replace(service, rate_limit=self.table.rate_limit or service.rate_limit)
        client = ServiceClient(
            service,
            traffic=self._traffic.of(self._namespace, service),
            authorization=self._authorizations.of(service, ServiceClient),
        )
        self._clients.append(client)
        return client

    def executor(self) -> Executor:
        """The connector's own threads, for blocking methods; made at first use."""
        if self._executor is None:
            self._executor = DaemonThreads(min(self.table.max_concurrent_calls, 16), "hub-connector")
        return self._executor

    def health(self) -> str:
        """What is known of its services without asking them; empty while all is well."""
        own = self.lifespan.problem if self.lifespan else ""
        return "; ".join(filter(None, (own, *(client.health() for client in self._clients))))

    async def aclose(self) -> None:
        """Close the clients; threads end when their work does."""
        await self._authorizations.aclose()  # first: a fetch under way may need the clients
        for client in self._clients:
            await client.aclose()
        if self._executor is not None:
            self._executor.shutdown(wait=False, cancel_futures=True)


class Connectors:
    """The connectors of one reading of hub.toml.

    Attributes:
        states: What became of each, by namespace.
        items: What they offer, in the order of hub.toml.
        runtimes: Of those that are loaded, by namespace.
        instructions: What those that are loaded tell the model of themselves, by namespace.
    """

    def __init__(self, states: Sequence[ConnectorState], loaded: "Mapping[str, Loaded]") -> None:
        self.states = tuple(sorted(states, key=lambda state: (state.namespace, state.state == "shadowed")))
        self.items = tuple(item for one in loaded.values() for item in one.items)
        self.runtimes = {namespace: one.runtime for namespace, one in loaded.items()}
        self.instructions = {namespace: one.instructions for namespace, one in loaded.items()}


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """What one connector gives."""

    runtime: Runtime
    items: tuple[AnyItem, ...]
    instructions: str


@asynccontextmanager
async def open_connectors(
    settings: HubSettings,
    *,
    base: Path,
    register_secret: Callable[[str], None],
    forget_secret: Callable[[str], None] = lambda _: None,
    resolvers: Resolvers | None = None,
    files: Sequence[Path] = (),
    load_seconds: float | None = None,
    traffic: TrafficRegistry | None = None,
) -> AsyncGenerator[Connectors]:
    """Load all enabled connectors at once; each ends in a state, and none takes another along.

    Whatever they print meanwhile goes to stderr. Leaving closes each within seconds, whatever it does.

    Args:
        settings: What hub.toml says.
        base: Folder that relative paths in secret references start from.
        register_secret: Told every secret value, so that logs can be kept clean of it.
        forget_secret: Told every token that is long out of use.
        resolvers: Read secret references; those that are built in if left out.
        files: Connectors that are single files; each is loaded though hub.toml has no table for it.
        load_seconds: How long each connector may take, all steps together; what hub.toml says if left out.
        traffic: What is known of the services already; nothing if left out.
    """
    installed = with_files(await asyncio.to_thread(find_connectors), files)
    by_name = {item.name: item for item in installed if not item.shadowed_by}
    tables = with_tables(settings.connectors, installed)
    authorizations = partial(
        Authorizations,
        folder=settings.hub.state / "credentials",
        register=register_secret,
        forget=forget_secret,
    )
    loader = _Loader(
        resolvers or Resolvers(base),
        base,
        register_secret,
        load_seconds or settings.hub.load_deadline,
        traffic,
        by_name,
        authorizations,
        untabled=tables.keys() - settings.connectors.keys(),
    )
    try:
        with stdout_to_stderr():
            async with asyncio.TaskGroup() as group:
                loading = [
                    group.create_task(loader.load(namespace, table, by_name.get(table.connector or namespace)))
                    for namespace, table in tables.items()
                ]
        states = [*unconfigured(tables, installed), *(task.result() for task in loading)]
        loaded = {name: loader.loaded[name] for name in tables if name in loader.loaded}
        loaded, states = _without_doubles(loaded, states)
        for state in states:
            if state.state in BROKEN:
                log.warning("connector %s %s: %s", state.namespace, state.state, state.reason)
            for refusal in state.refusals:
                log.warning("not offered: %s", refusal)
        yield Connectors(states, loaded)
    finally:
        await loader.aclose()


class _Loader:
    """Loads connectors side by side, and closes them."""

    def __init__(
        self,
        resolvers: Resolvers,
        base: Path,
        register_secret: Callable[[str], None],
        load_seconds: float,
        traffic: TrafficRegistry | None,
        installed: Collection[str],
        authorizations: Callable[[], Authorizations],
        *,
        untabled: Collection[str],
    ) -> None:
        self._resolvers = resolvers
        self._untabled = untabled
        self._authorizations = authorizations
        self._installed = installed
        self.loaded: dict[str, Loaded] = {}
        self._base = base
        self._register_secret = register_secret
        self._seconds = load_seconds
        self._traffic = traffic
        self._open: list[AsyncExitStack] = []
        self._registering = threading.Lock()
        self._turn = asyncio.Lock()
        self._patience = self._step_seconds = load_seconds / 5
        self._leave_seconds = load_seconds / 2

    async def load(self, namespace: str, table: ConnectorTable, found: FoundConnector | None) -> ConnectorState:
        """Load one connector and give what became of it; raises nothing."""
        try:
            return await self._load(namespace, table, found)
        except Exception as error:
            # Even an error of the connector's own whose attributes are broken.
            log.debug("connector %s failed", namespace, exc_info=error)
            reason = f"loading {namespace} raised {type(error).__name__}"
            return state_of(namespace, table, found, state="failed", reason=reason)

    async def _load(self, namespace: str, table: ConnectorTable, found: FoundConnector | None) -> ConnectorState:
        if (state := unusable(namespace, table, found, self._installed)) is not None or found is None:
            return state or state_of(namespace, table, found, state="failed")
        title = ""
        refusals: tuple[str, ...] = ()
        try:
            async with AsyncExitStack() as own:
                cls, title, deadline = await self._import(found)
                if namespace in self._untabled and has_sandbox(cls):
                    table = table.model_copy(update={"sandbox": True})
                refusals = await self._set_up(namespace, table, cls, title, deadline, own)
                self._open.append(own.pop_all())
        except ConfigError as error:
            where = f"{error.setting}: " if error.setting else ""
            return state_of(
                namespace,
                table,
                found,
                state="missing_config",
                reason=f"{where}{error.message}",
                hint=error.hint,
                title=title,
            )
        except HubError as error:
            if error.__cause__ is not None:
                log.debug("connector %s failed", namespace, exc_info=error.__cause__)
            return state_of(
                namespace, table, found, state="failed", reason=error.message, hint=error.hint, title=title
            )
        return state_of(namespace, table, found, state="loaded", title=title, refusals=refusals)

    def _register(self, secret: str) -> None:
        """Connectors are set up on several threads, and not every register is made for that."""
        with self._registering:
            self._register_secret(secret)

    async def aclose(self) -> None:
        """Close all side by side: one that takes its time costs the others none."""
        closed = await asyncio.gather(*(own.aclose() for own in self._open), return_exceptions=True)
        for error in closed:
            if isinstance(error, BaseException):
                log.error("a connector did not close cleanly (%s)", type(error).__name__)

    async def _import(self, found: FoundConnector) -> tuple[type[Connector[Any]], str, Deadline]:
        """Import one after the other, as long as none hangs.

        Two threads that import packages which import each other meet half of a package; see
        https://docs.python.org/3/library/importlib.html and `_DeadlockError` in `importlib._bootstrap`. One that
        takes longer than the others' patience goes on beside them; each time the patience halves, so that all
        who hang cost no more than twice the first.
        """
        async with self._turn:
            deadline = Deadline(self._seconds)
            importing = asyncio.create_task(import_class(found, deadline))
            try:
                _, waiting = await asyncio.wait({importing}, timeout=self._patience)
            except BaseException:
                importing.cancel()
                raise
            if waiting:
                self._patience /= 2
        return *await importing, deadline

    async def _set_up(
        self,
        namespace: str,
        table: ConnectorTable,
        cls: type[Connector[Any]],
        title: str,
        deadline: Deadline,
        own: AsyncExitStack,
    ) -> tuple[str, ...]:
        """From class to connector; gives what it cannot offer, with reasons."""
        raw = table.settings
        if table.sandbox:
            raw = {**raw, **await self._sandbox(namespace, title, cls, deadline, own)}
        runtime = Runtime(namespace, table, self._traffic, self._authorizations())
        own.push_async_callback(runtime.aclose)
        connector, built = await guarded(
            f"setting up {namespace}", lambda: self._construct(namespace, table, cls, raw, runtime), deadline
        )
        runtime.lifespan = Kept(f"the lifespan of {namespace}", connector.lifespan, step_seconds=self._step_seconds)
        own.push_async_callback(runtime.lifespan.leave, self._leave_seconds)
        await runtime.lifespan.enter(deadline)
        refusals = built.refusals
        instructions = ""
        try:
            told = await guarded(f"instructions() of {namespace}", connector.instructions, deadline)
            instructions = line_of(told, MAX_INSTRUCTIONS)
        except HubError as error:
            refusals = (*refusals, error.message)
        self.loaded[namespace] = Loaded(runtime=runtime, items=built.items, instructions=instructions)
        return refusals

    async def _sandbox(
        self, namespace: str, title: str, cls: type[Connector[Any]], deadline: Deadline, own: AsyncExitStack
    ) -> Mapping[str, Any]:
        """Serve the connector's sandbox and give the settings that lead there."""
        what = f"the sandbox of {namespace}"
        sandbox = await guarded(what, cast("Callable[[], object]", cls.sandbox), deadline)
        if sandbox is None:
            raise ConfigError(
                f"{title} has no sandbox",
                setting=f"connectors.{namespace}.sandbox",
                hint="Remove the line and give the connector an address and a credential",
            )
        if not isinstance(sandbox, Sandbox):
            raise ConnectorLoadError(f"{what} is no hub.plugin.Sandbox")
        kept = Kept(what, lambda: hosted(namespace, sandbox, self._step_seconds), step_seconds=self._step_seconds)
        own.push_async_callback(kept.leave, self._leave_seconds)
        url = await kept.enter(deadline)
        return await guarded(f"the settings of {what}", lambda: dict(sandbox.settings(url)), deadline)

    def _construct(
        self,
        namespace: str,
        table: ConnectorTable,
        cls: type[Connector[Any]],
        raw: Mapping[str, Any],
        runtime: Runtime,
    ) -> tuple[Connector[Any], Built]:
        from hub.config.secrets import resolve_settings

        settings = resolve_settings(
            raw,
            settings_of(cls),
            where=f"connectors.{namespace}",
            base=self._base,
            register_secret=self._register,
            resolvers=self._resolvers,
        )
        connector = cls(settings, ConnectorContext(namespace=namespace, open_service=runtime.open_service))
        if connector.namespace != namespace:
            raise ConnectorLoadError(f"{namespace} calls itself {connector.namespace!r}")
        return connector, build_items(connector, table)


def _without_doubles(
    loaded: Mapping[str, Loaded], states: Iterable[ConnectorState]
) -> tuple[dict[str, Loaded], list[ConnectorState]]:
    """Of two items of one name, as `jira_eu_find` of `jira` and of `jira_eu`, the first connector's is offered."""
    owners: dict[tuple[type, str], str] = {}
    kept: dict[str, Loaded] = {}
    refused: dict[str, tuple[str, ...]] = {}
    for namespace, one in loaded.items():
        own = [item for item in one.items if owners.setdefault((type(item), item.name), namespace) == namespace]
        refused[namespace] = tuple(
            f"{item.name}: {owners[type(item), item.name]} has one of the same name"
            for item in one.items
            if item not in own
        )
        kept[namespace] = replace(one, items=tuple(own))
    told = [replace(state, refusals=(*state.refusals, *refused.get(state.namespace, ()))) for state in states]
    return kept, told
