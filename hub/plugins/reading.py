"""Reads a whole hub.toml: its plugins first, since they may read the secrets that the rest refers to."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from hub.config.load import read_document, settings_in
from hub.config.models import HubSettings

if TYPE_CHECKING:
    from hub.plugins.load import Plugins


async def read_hub(
    path: Path, register_secret: Callable[[str], None], *, may_be_missing: bool = False
) -> "tuple[HubSettings, Plugins]":
    """Read hub.toml and load the plugins it asks for.

    A plugin that does not load is no error here: `Plugins.require` refuses to go without those that matter.

    Args:
        path: The file.
        register_secret: Told every secret value that belongs to a plugin.
        may_be_missing: A file that is not there counts as an empty one.

    Raises:
        ConfigError: The file is wrong, or refers to a secret that cannot be read.
    """
    from hub.plugins.load import Plugins, load_plugins

    document = read_document(path, may_be_missing=may_be_missing)
    if "plugins" not in document.tables:
        return settings_in(document), Plugins()

    from hub.discovery.found import find_plugins
    from hub.discovery.guarded import stdout_to_stderr

    early = settings_in(document, only=("hub", "plugins"))
    base = document.base
    found = await asyncio.to_thread(find_plugins)
    with stdout_to_stderr():
        plugins = await load_plugins(
            early.plugins,
            found,
            base=base,
            register_secret=register_secret,
            load_seconds=early.hub.load_deadline,
        )
    try:
        # A plugin's resolver may take its time.
        settings = await asyncio.to_thread(settings_in, document, plugins.resolvers_at(base))
    except BaseException:
        plugins.discard()
        raise
    return settings, plugins
