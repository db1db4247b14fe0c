"""What is installed, read from distribution metadata: no plugin is imported."""

import re
from dataclasses import dataclass
from importlib.metadata import Distribution, EntryPoint, entry_points
from pathlib import Path
from typing import TypeVar

from hub import __version__
from hub.config.models import is_namespace
from hub.errors import ConfigError
from hub.hookspecs import CONNECTOR_GROUP, PLUGIN_GROUP

CORE = "mcp-integration-hub"
PREFIX = "hub-connector-"
PLUGIN_PREFIX = "hub-plugin-"


@dataclass(frozen=True, kw_only=True)
class FoundPackage:
    """What a package offers under one name.

    Attributes:
        name: Of its entry point.
        module: What the entry point names.
        distribution: The package it came with.
        version: Of that package.
        incompatible: Why this hub does not meet the package's requirement; empty if it does.
        shadowed_by: The distribution that offers the same name and is used instead; empty if there is none.
    """

    name: str
    module: str
    distribution: str
    version: str
    incompatible: str = ""
    shadowed_by: str = ""


@dataclass(frozen=True, kw_only=True)
class FoundConnector(FoundPackage):
    """An installed connector; its name is its default namespace.

    Attributes:
        file: The file it is, instead of a module of a package.
    """

    file: Path | None = None


@dataclass(frozen=True, kw_only=True)
class FoundPlugin(FoundPackage):
    """An installed plugin; its name is that of its table in hub.toml."""


FoundT = TypeVar("FoundT", FoundConnector, FoundPlugin)


def find_connectors() -> list[FoundConnector]:
    """All installed connectors, sorted by name; shadowed ones come after the one in use.

    Of two distributions with one entry-point name the one called `hub-connector-<name>` is used, then the
    first in the alphabet: not the order of sys.path, which nobody sees.
    """
    return _find(FoundConnector, CONNECTOR_GROUP, PREFIX)


def find_plugins() -> list[FoundPlugin]:
    """All installed plugins, in the same way; `hub-plugin-<name>` goes first."""
    return _find(FoundPlugin, PLUGIN_GROUP, PLUGIN_PREFIX)


def connector_in(file: Path) -> FoundConnector:
    """A connector that is a single file, named after it.

    Raises:
        ConfigError: There is no such file, or a connector cannot have its name.
    """
    if not file.is_file():
        raise ConfigError(f"there is no file {file}", hint="Name the Python file of a connector after --plugin")
    name = file.stem.lower().replace("-", "_").removeprefix("hub_connector_")
    if file.suffix != ".py" or not is_namespace(name):
        raise ConfigError(
            f"a connector cannot be named after {file}",
            hint="Name the file like pager.py: a letter, then at most 31 of a-z, 0-9 and _",
        )
    return FoundConnector(name=name, module=str(file), distribution=str(file), version="", file=file.absolute())


def _find(kind: type[FoundT], group: str, prefix: str) -> list[FoundT]:
    by_name: dict[str, list[EntryPoint]] = {}
    for entry in entry_points(group=group):
        by_name.setdefault(entry.name, []).append(entry)
    found: list[FoundT] = []
    for name in sorted(by_name):
        candidates = sorted({_distribution(entry): entry for entry in by_name[name]}.items())
        candidates.sort(key=lambda pair: pair[0] != prefix + name.replace("_", "-"))
        used = candidates[0][0]
        found.extend(
            kind(
                name=name,
                module=entry.value,
                distribution=distribution,
                version=entry.dist.version if entry.dist else "",
                incompatible=_incompatibility(entry.dist) if entry.dist else "",
                shadowed_by="" if distribution == used else used,
            )
            for distribution, entry in candidates
        )
    return found


def _distribution(entry: EntryPoint) -> str:
    return entry.dist.name.lower() if entry.dist else "unknown"


def _incompatibility(distribution: Distribution) -> str:
    """Compare the package's own requirement on the hub with the version that runs."""
    stated = [line for line in distribution.requires or () if re.sub("[-_.]+", "-", line.lower()).startswith(CORE)]
    if not stated:
        return ""
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    for line in stated:
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            return f"states a requirement nobody can read: {line!r}"
        if canonicalize_name(requirement.name) != CORE:
            continue
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        if not requirement.specifier.contains(__version__, prereleases=True):
            return f"needs {CORE}{requirement.specifier}, this is {__version__}"
    return ""
