"""Loads all that hub.toml wants for commands that look at it and serve nothing."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from hub.cli.state import CommandState
from hub.config.models import HubSettings
from hub.discovery.connectors import Connectors, open_connectors
from hub.plugins.load import Plugins
from hub.plugins.reading import read_hub


@dataclass(frozen=True)
class Opened:
    """What hub.toml says, and what became of it."""

    settings: HubSettings
    plugins: Plugins
    connectors: Connectors


@asynccontextmanager
async def opened(state: CommandState) -> AsyncGenerator[Opened]:
    """Load it, what is broken included; a middleware that is missing stops none of these commands.

    Raises:
        ConfigError: hub.toml is wrong.
    """
    path = state.config
    settings, plugins = await read_hub(path, state.secrets.add, may_be_missing=bool(state.files))
    plugins.discard()
    async with open_connectors(
        settings,
        base=path.parent,
        register_secret=state.secrets.add,
        resolvers=plugins.resolvers_at(path.parent),
        files=state.files,
    ) as connectors:
        yield Opened(settings, plugins, connectors)
