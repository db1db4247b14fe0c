"""Opens generations and swaps them: a reload is all or nothing, and calls in flight keep what they began with."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from hub.catalog.items import AnyItem
from hub.config.models import ConnectorTable, HubSettings
from hub.discovery.connectors import Connectors, Runtime, open_connectors
from hub.discovery.state import BROKEN, ConnectorState
from hub.errors import ConfigError, ConnectorLoadError
from hub.generation import Generation
from hub.http.traffic import TrafficRegistry
from hub.limits.quotas import Quotas
from hub.plugins.load import Plugins
from hub.plugins.reading import read_hub

log = logging.getLogger("hub")

_CLOSING_SECONDS = 10.0
"""More than connectors that will not end can take."""


class Generations:
    """The generation in use, and those before it until their last call has ended.

    Args:
        path: The hub.toml to read.
        register_secret: Told every secret value, so that logs can be kept clean of it.
        forget_secret: Told every token that is long out of use.
        strict: A connector or plugin that does not load, and a tool that is refused, make opening fail.
        files: Connectors that are single files.
        locked: Only what is as it stands in hub.lock is offered.
    """

    def __init__(
        self,
        path: Path,
        register_secret: Callable[[str], None],
        *,
        forget_secret: Callable[[str], None] = lambda _: None,
        strict: bool,
        locked: bool = False,
        files: Sequence[Path] = (),
    ) -> None:
        self._path = path
        self._files = tuple(files)
        self._register_secret = register_secret
        self._forget_secret = forget_secret
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

    async def read(self) -> tuple[HubSettings, Plugins]:
        """Read hub.toml and load its plugins, as the first step to a generation.

        Raises:
            ConfigError: The file is wrong, or a plugin did not load that the hub must not go without.
        """
        settings, plugins = await read_hub(self._path, self._register_secret, may_be_missing=bool(self._files))
        try:
            plugins.require()
        except ConfigError:
            plugins.discard()
            raise
        return settings, plugins

    async def start(self, settings: HubSettings, plugins: Plugins, own_items: Sequence[AnyItem]) -> None:
        """Open the first generation.

        Raises:
            ConfigError: hub.toml asks for what cannot be.
            ConnectorLoadError: With `strict`, a connector did not load.
        """
        self._own_items = own_items
        await self._open(settings, plugins)

    async def reload(self) -> tuple[Generation, Generation]:
        """Read the file again and swap; gives the old and the new generation.

        Raises:
            ConfigError: The file is wrong, changes what only a restart can, or breaks a connector that works;
                nothing was swapped.
            ConnectorLoadError: With `strict`, a connector did not load; nothing was swapped.
        """
        async with self._swapping:
            old = self.current
            settings, plugins = await self.read()
            if settings.hub.state != old.settings.hub.state:
                plugins.discard()
                raise ConfigError(
                    "the folder of the audit log cannot change while the hub runs",
                    setting="hub.state",
                    hint="Restart the hub",
                )
            if settings.server != old.settings.server:
                log.warning("[server] has changed; that takes effect at the next start")
            await self._open(settings, plugins)
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

    async def _open(self, settings: HubSettings, plugins: Plugins) -> None:
        """Open a generation in a task of its own: a connector's lifespan has to end in the task it began in."""
        ready: asyncio.Future[Generation] = asyncio.get_running_loop().create_future()
        retire = asyncio.Event()
        keeper = asyncio.create_task(self._keep(settings, plugins, ready, retire), name="hub-generation")
        self._keepers.add(keeper)
        keeper.add_done_callback(self._keepers.discard)
        try:
            self._current = await ready
        except BaseException as error:
            if isinstance(error, asyncio.CancelledError):
                keeper.cancel()
            plugins.discard()
            raise
        self._retire.set()
        self._retire = retire

    async def _keep(
        self, settings: HubSettings, plugins: Plugins, ready: asyncio.Future[Generation], retire: asyncio.Event
    ) -> None:
        try:
            async with open_connectors(
                settings,
                base=self._path.parent,
                register_secret=self._register_secret,
                forget_secret=self._forget_secret,
                traffic=self._traffic,
                resolvers=plugins.resolvers_at(self._path.parent),
                files=self._files,
            ) as connectors:
                offered = self._as_locked(connectors)
                self._refuse_losses([state for state in offered.states if state.state in BROKEN], plugins)
                if self._strict:
                    _refuse_flaws(offered.states, plugins)
                generation = Generation(
                    self._current.number + 1 if self._current else 1,
                    settings,
                    offered,
                    self._own_items,
                    self._own_runtime,
                    self._quotas(settings),
                    plugins,
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

    def _refuse_losses(self, broken: Sequence[ConnectorState], plugins: Plugins) -> None:
        """A reload may take away what hub.toml no longer wants, but not break what works."""
        if self._current is None:
            return
        loaded = {state.namespace for state in self._current.connectors.states if state.state == "loaded"}
        of_plugins = {state.name for state in self._current.plugins.states if state.state == "loaded"}
        lost = [
            *((f"plugins.{s.name}", f"plugin {s.name}", s) for s in plugins.broken if s.name in of_plugins),
            *(
                (f"connectors.{s.namespace}", f"connector {s.namespace}", s)
                for s in broken
                if s.namespace in loaded
            ),
        ]
        if lost:
            raise ConfigError(
                "; ".join(f"{what} works now and would be {s.state}: {s.reason}" for _, what, s in lost),
                setting=lost[0][0],
                hint=lost[0][2].hint,
            )

    def _quotas(self, settings: HubSettings) -> Quotas:
        """Quotas that have not changed keep their counts over a reload."""
        if self._current is not None and self._current.settings.limits == settings.limits:
            return self._current.quotas
        return Quotas(settings.limits)


def _refuse_flaws(states: Sequence[ConnectorState], plugins: Plugins) -> None:
    """Take nothing that is not whole: what did not load, and what is not offered.

    Raises:
        ConnectorLoadError: There is such a thing.
    """
    broken = [state for state in states if state.state in BROKEN]
    flaws = [f"plugin {s.name} {s.state}: {s.reason}" for s in plugins.broken]
    flaws += [f"connector {s.namespace} {s.state}: {s.reason}" for s in broken]
    flaws += [f"not offered: {refusal}" for state in states for refusal in state.refusals]
    if flaws:
        hints = [state.hint for state in (*plugins.broken, *broken)]
        raise ConnectorLoadError("; ".join(flaws), hint=next(filter(None, hints), "Mend it, or leave --strict out"))
