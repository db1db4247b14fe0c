"""Everything one reading of hub.toml gives: connectors with their states, and what they offer."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hub.catalog.build import Built, build_items
from hub.catalog.items import AnyItem
from hub.config.models import ConnectorTable, HubSettings
from hub.connector.base import Connector, ConnectorContext, settings_of
from hub.connector.service import Service
from hub.discovery.found import FoundConnector, find_connectors
from hub.discovery.guarded import guarded
from hub.discovery.load import LOAD_SECONDS, import_class, plugin_manager, state_of, unconfigured, unusable
from hub.discovery.state import ConnectorState
from hub.errors import ConfigError, ConnectorLoadError, HubError
from hub.limits.bulkhead import Bulkhead

if TYPE_CHECKING:
    from hub.http.client import ServiceClient
    from hub.sandbox.host import SandboxHost

log = logging.getLogger("hub.discovery")


class Runtime:
    """One loaded connector with what is its own: clients, threads, bulkhead."""

    def __init__(self, namespace: str, table: ConnectorTable) -> None:
        self.table = table
        self.bulkhead = Bulkhead(table.max_concurrent_calls, namespace)
        self._clients: list[ServiceClient] = []
        self._executor: ThreadPoolExecutor | None = None

    def open_service(self, service: Service) -> "ServiceClient":
        """Build a guarded client; see ConnectorContext."""
        from hub.http.client import ServiceClient

        client = ServiceClient(replace(service, rate_limit=self.table.rate_limit or service.rate_limit))
        self._clients.append(client)
        return client

    def executor(self) -> Executor:
        """The connector's own threads, for blocking methods; made at first use."""
        if self._executor is None:
            self._executor = ThreadPoolExecutor(min(self.table.max_concurrent_calls, 16), "hub-connector")
        return self._executor

    def health(self) -> str:
        """What is known of its services without asking them; empty while all is well."""
        return "; ".join(filter(None, (client.health() for client in self._clients)))

    async def aclose(self) -> None:
        """Close the clients; threads end when their work does."""
        for client in self._clients:
            await client.aclose()
        if self._executor is not None:
            self._executor.shutdown(wait=False, cancel_futures=True)


class Connectors:
    """The connectors of one reading of hub.toml."""

    def __init__(
        self, states: Sequence[ConnectorState], items: Sequence[AnyItem], runtimes: Mapping[str, Runtime]
    ) -> None:
        self.states = tuple(sorted(states, key=lambda state: (state.namespace, state.state == "shadowed")))
        self.items = tuple(items)
        self.runtimes = runtimes


@asynccontextmanager
async def open_connectors(
    settings: HubSettings,
    *,
    base: Path,
    register_secret: Callable[[str], None],
    found: Sequence[FoundConnector] | None = None,
    load_seconds: float = LOAD_SECONDS,
) -> AsyncGenerator[Connectors]:
    """Load every enabled connector; each ends in a state, and none takes another along.

    Args:
        settings: What hub.toml says.
        base: Folder that relative paths in secret references start from.
        register_secret: Told every secret value, so that logs can be kept clean of it.
        found: What is installed, if that is known already.
        load_seconds: How long one connector may take for each step of loading.
    """
    installed = await asyncio.to_thread(find_connectors) if found is None else found
    by_name = {item.name: item for item in installed if not item.shadowed_by}
    async with AsyncExitStack() as stack:
        loader = _Loader(stack, base, register_secret, load_seconds)
        states = unconfigured(settings.connectors, installed)
        for namespace, table in settings.connectors.items():
            states.append(await loader.load(namespace, table, by_name.get(table.connector or namespace)))
        for state in states:
            if state.state in ("failed", "incompatible", "missing_config"):
                log.warning("connector %s %s: %s", state.namespace, state.state, state.reason)
            for refusal in state.refusals:
                log.warning("not offered: %s", refusal)
        yield Connectors(states, loader.items, loader.runtimes)


class _Loader:
    """Loads one connector after the other into one exit stack."""

    def __init__(
        self, stack: AsyncExitStack, base: Path, register_secret: Callable[[str], None], load_seconds: float
    ) -> None:
        self.items: list[AnyItem] = []
        self.runtimes: dict[str, Runtime] = {}
        self._stack = stack
        self._base = base
        self._register_secret = register_secret
        self._seconds = load_seconds
        self._manager = plugin_manager()
        self._sandbox: SandboxHost | None = None

    async def load(self, namespace: str, table: ConnectorTable, found: FoundConnector | None) -> ConnectorState:
        if (state := unusable(namespace, table, found)) is not None or found is None:
            return state or state_of(namespace, table, found, state="failed")
        title = ""
        own = AsyncExitStack()
        try:
            async with own:
                cls = await asyncio.to_thread(import_class, self._manager, found, self._seconds)
                title = cls.title
                raw = await self._settings(namespace, table, cls)
                runtime = Runtime(namespace, table)
                own.push_async_callback(runtime.aclose)
                connector, built = await asyncio.to_thread(
                    guarded,
                    f"setting up {namespace}",
                    lambda: self._construct(namespace, table, cls, raw, runtime),
                    self._seconds,
                )
                await self._enter(namespace, connector, own)
                self._stack.push_async_exit(own.pop_all())
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
        self.items.extend(built.items)
        self.runtimes[namespace] = runtime
        return state_of(namespace, table, found, state="loaded", title=title, refusals=built.refusals)

    async def _settings(
        self, namespace: str, table: ConnectorTable, cls: type[Connector[Any]]
    ) -> Mapping[str, Any]:
        if not table.sandbox:
            return table.settings
        sandbox = cls.sandbox()
        if sandbox is None:
            raise ConfigError(
                f"{cls.title} has no sandbox",
                setting=f"connectors.{namespace}.sandbox",
                hint="Remove the line and give the connector an address and a credential",
            )
        if self._sandbox is None:
            from hub.sandbox.host import SandboxHost

            self._sandbox = SandboxHost()
            self._stack.push_async_callback(self._sandbox.aclose)
        url = await self._sandbox.serve(namespace, sandbox.app)
        return {**table.settings, **sandbox.settings(url)}

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
            register_secret=self._register_secret,
        )
        connector = cls(settings, ConnectorContext(namespace=namespace, open_service=runtime.open_service))
        return connector, build_items(connector, table)

    async def _enter(self, namespace: str, connector: Connector[Any], stack: AsyncExitStack) -> None:
        try:
            async with asyncio.timeout(self._seconds):
                await stack.enter_async_context(connector.lifespan())
        except TimeoutError:
            raise ConnectorLoadError(f"the lifespan of {namespace} took over {self._seconds:g} seconds") from None
        except HubError:
            raise
        except Exception as error:
            raise ConnectorLoadError(f"the lifespan of {namespace} raised {type(error).__name__}") from error
