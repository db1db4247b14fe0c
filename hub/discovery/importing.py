"""Imports what packages and single files offer, so that whatever that does harms nothing but itself."""

import importlib
import importlib.util
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import pluggy

from hub.discovery.found import FoundConnector, FoundPackage
from hub.discovery.guarded import Deadline, guarded
from hub.errors import ConnectorLoadError
from hub.hookspecs import PROJECT, ConnectorHooks, PluginHooks


async def import_plugin(found: FoundPackage, deadline: Deadline, wanted: type[Any]) -> pluggy.PluginManager:
    """Import it; gives a manager that knows its hooks and nothing else.

    Args:
        found: What to import.
        deadline: For this and what follows.
        wanted: The hooks of its group.

    Raises:
        ConnectorLoadError: It cannot be imported in time, or has a hook that is none of the hub's.
    """
    file = found.file if isinstance(found, FoundConnector) else None
    plugin = await guarded(
        f"importing {found.module}", lambda: _from_file(file) if file else _from_package(found.module), deadline
    )

    def register() -> pluggy.PluginManager:
        # A manager for each: they are not made for several threads.
        manager = pluggy.PluginManager(PROJECT)
        manager.add_hookspecs(ConnectorHooks)
        manager.add_hookspecs(PluginHooks)
        try:
            manager.register(plugin, name=found.name)
            manager.check_pending()
        except pluggy.PluginValidationError as error:
            raise ConnectorLoadError(
                f"{found.module} has a hook that does not fit: {' '.join(str(error).split())}",
                hint=f"The hooks of its group are {', '.join(hooks_in(wanted))}",
            ) from None
        return manager

    return await guarded(f"registering {found.module}", register, deadline)


def hooks_in(spec: type[Any]) -> list[str]:
    """Names of the hooks a class of hookspecs declares."""
    return [name for name in vars(spec) if name.startswith("hub_")]


def _from_package(entry: str) -> object:
    name, _, attribute = entry.partition(":")
    plugin: object = importlib.import_module(name)
    for part in filter(None, attribute.split(".")):
        plugin = getattr(plugin, part)
    return plugin


def _from_file(file: Path) -> ModuleType:
    """The module in a file, executed anew each time: a reload takes over what has changed in it."""
    name = f"hub_file_{file.stem.replace('-', '_')}"
    loader = _Fresh(name, str(file))
    spec = importlib.util.spec_from_loader(name, loader)
    if spec is None:
        raise ImportError(f"no module can be made of {file.name}")
    module = importlib.util.module_from_spec(spec)
    before = sys.modules.get(name)
    sys.modules[name] = module  # type hints and dataclasses look it up there
    try:
        loader.exec_module(module)
    except BaseException:
        if before is None:
            del sys.modules[name]
        else:
            sys.modules[name] = before
        raise
    return module


class _Fresh(SourceFileLoader):
    """Neither reads nor leaves compiled files: a file saved twice in a second would be taken for the same."""

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002  overrides
        return self.source_to_code(self.get_data(self.path), self.path)
