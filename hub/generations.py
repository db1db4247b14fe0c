"""Opens generations and swaps them: a reload is all or nothing, and calls in flight keep what they began with."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from hub.catalog.items import AnyItem
from hub.config.load import load_settings
from hub.config.models import ConnectorTable, HubSettings
from hub.discovery.connectors import Connectors, Runtime, open_connectors
from hub.discovery.state import BROKEN, ConnectorState
from hub.errors import ConfigError, ConnectorLoadError
from hub.generation import Generation
from hub.http.traffic import TrafficRegistry
from hub.limits.quotas import Quotas

log = logging.getLogger("hub")

_CLOSING_SECONDS = 10.0
"""More than connectors that will not end can take."""


class Generations:
    """The generation in use, and those before it until their last call has ended.

    Args:
        path: The hub.toml to read.
        register_secret: Told every secret value, so that logs can be kept clean of it.
        strict: A connector that does not load makes opening fail.
        locked: Only what is as it stands in hub.lock is offered.
    """

    def __init__(
        self, path: Path, register_secret: Callable[[str], None], *, strict: bool, locked: bool = False
    ) -> None:
        self._path = path
        self._register_secret = register_secret
        self._strict = strict
        self._locked = locked
        self._traffic = TrafficRegistry()
        self._own_items: Sequence[AnyItem] = ()
        self._own_runtime = Runtime("hub", ConnectorTable(max_concurrent_calls=256))
        self._current: Generation | None = None
        self._retire = asyncio.Event()
        self._keepers: set[asyncio.Task[None]] = set()
        self._swapping = asyncio.Lock()

    @property
    def current(self) -> Generation:
        """The generation that new calls go to."""
        if self._current is None:
            raise RuntimeError("no generation is open")
        return self._current

    async def start(self, settings: HubSettings, own_items: Sequence[AnyItem]) -> None:
        """Open the first generation.

        Raises:
            ConfigError: hub.toml asks for what cannot be.
            ConnectorLoadError: With `strict`, a connector did not load.
        """
        self._own_items = own_items
        await self._open(settings)

    async def reload(self) -> tuple[Generation, Generation]:
        """Read the file again and swap; gives the old and the new generation.

        Raises:
            ConfigError: The file is wrong, changes what only a restart can, or breaks a connector that works;
                nothing was swapped.
            ConnectorLoadError: With `strict`, a connector did not load; nothing was swapped.
        """
        async with self._swapping:
            old = self.current
            settings = load_settings(self._path)
            if settings.hub.state != old.settings.hub.state:
                raise ConfigError(
                    "the folder of the audit log cannot change while the hub runs",
                    setting="hub.state",
                    hint="Restart the hub",
                )
            if settings.server != old.settings.server:
                log.warning("[server] has changed; that takes effect at the next start")
            await self._open(settings)
            return old, self.current

    async def aclose(self) -> None:
        """Retire the generation in use and close all, those too that calls are still in after a while."""
        self._retire.set()
        keepers = set(self._keepers)
        if keepers:
            _, busy = await asyncio.wait(keepers, timeout=_CLOSING_SECONDS)
            for keeper in busy:
                keeper.cancel()
            if busy:
                await asyncio.wait(busy, timeout=_CLOSING_SECONDS)
        await self._own_runtime.aclose()

    async def _open(self, settings: HubSettings) -> None:
        """Open a generation in a task of its own: a connector's lifespan has to end in the task it began in."""
        ready: asyncio.Future[Generation] = asyncio.get_running_loop().create_future()
        retire = asyncio.Event()
        keeper = asyncio.create_task(self._keep(settings, ready, retire), name="hub-generation")
        self._keepers.add(keeper)
        keeper.add_done_callback(self._keepers.discard)
        try:
            self._current = await ready
        except asyncio.CancelledError:
            keeper.cancel()
            raise
        self._retire.set()
        self._retire = retire

    async def _keep(self, settings: HubSettings, ready: asyncio.Future[Generation], retire: asyncio.Event) -> None:
        try:
            async with open_connectors(
                settings, base=self._path.parent, register_secret=self._register_secret, traffic=self._traffic
            ) as connectors:
                offered = self._as_locked(connectors)
                broken = [state for state in offered.states if state.state in BROKEN]
                self._refuse_losses(broken)
                if self._strict and broken:
                    raise ConnectorLoadError(
                        "; ".join(f"connector {s.namespace} {s.state}: {s.reason}" for s in broken),
                        hint=broken[0].hint,
                    )
                generation = Generation(
                    self._current.number + 1 if self._current else 1,
                    settings,
                    offered,
                    self._own_items,
                    self._own_runtime,
                    self._quotas(settings),
                )
                ready.set_result(generation)
                await retire.wait()
                await generation.idle()
        except (Exception, asyncio.CancelledError) as error:
            if not ready.done():
                ready.set_exception(error if isinstance(error, Exception) else RuntimeError("cancelled"))
            elif isinstance(error, asyncio.CancelledError):
                log.warning("calls were still running when their connectors were closed")
            else:
                log.exception("a generation did not close cleanly")

    def _as_locked(self, connectors: Connectors) -> Connectors:
        """What may be offered of them: with `locked`, only what stands in hub.lock."""
        if not self._locked:
            return connectors
        from hub.lock.file import path_of, read_lock
        from hub.lock.hold import hold_back

        return hold_back(connectors, read_lock(path_of(self._path)))

    def _refuse_losses(self, broken: Sequence[ConnectorState]) -> None:
        """A reload may take a connector away that hub.toml no longer wants, but not break one that works."""
        loaded = (
            {state.namespace for state in self._current.connectors.states if state.state == "loaded"}
            if self._current
            else set[str]()
        )
        lost = [state for state in broken if state.namespace in loaded]
        if lost:
            raise ConfigError(
                "; ".join(f"connector {s.namespace} works now and would be {s.state}: {s.reason}" for s in lost),
                setting=f"connectors.{lost[0].namespace}",
                hint=lost[0].hint,
            )

    def _quotas(self, settings: HubSettings) -> Quotas:
        """Quotas that have not changed keep their counts over a reload."""
        if self._current is not None and self._current.settings.limits == settings.limits:
            return self._current.quotas
        return Quotas(settings.limits)
