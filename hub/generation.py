"""One reading of hub.toml in use: connectors, catalogue, policy and limits that belong together."""

import asyncio
from collections.abc import Generator, Sequence
from contextlib import contextmanager

from hub.access.keys import Keys
from hub.access.policy import Policy
from hub.access.principal import Principal
from hub.catalog.catalog import Catalog
from hub.catalog.items import AnyItem
from hub.config.models import HubSettings
from hub.discovery.connectors import Connectors, Runtime
from hub.limits.quotas import Quotas
from hub.plugins.load import Plugins


class Generation:
    """A consistent set; a call stays in the generation it began in, whatever a reload does meanwhile."""

    def __init__(
        self,
        number: int,
        settings: HubSettings,
        connectors: Connectors,
        own_items: Sequence[AnyItem],
        own_runtime: Runtime,
        quotas: Quotas,
        plugins: Plugins | None = None,
    ) -> None:
        self.plugins = plugins or Plugins()
        self.middlewares = self.plugins.middlewares
        self.number = number
        self.settings = settings
        self.connectors = connectors
        self.own = frozenset(item.name for item in own_items)
        self.catalog = Catalog([*own_items, *connectors.items])
        self.keys = Keys(settings.auth.keys)
        self.policy = Policy(settings.roles, enforced=bool(self.keys), local_roles=settings.auth.local_roles)
        self.quotas = quotas
        self._own_runtime = own_runtime
        self._calls = 0
        self._idle = asyncio.Event()
        self._idle.set()

    def visible(self, principal: Principal, item: AnyItem) -> bool:
        """Whether the one decision point lets this principal see the item."""
        return self.policy.decide(principal, item.name, builtin=item.name in self.own).visible

    def runtime(self, item: AnyItem) -> Runtime:
        """What belongs to the item's connector."""
        return self._own_runtime if item.name in self.own else self.connectors.runtimes[item.namespace]

    @contextmanager
    def call(self) -> Generator[None]:
        """Keep this generation open while a call is in it."""
        self._calls += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._calls -= 1
            if not self._calls:
                self._idle.set()

    async def idle(self) -> None:
        """Wait until no call is in it."""
        await self._idle.wait()
