"""What is installed, read from distribution metadata: no plugin is imported."""

from dataclasses import dataclass
from importlib.metadata import Distribution, EntryPoint, entry_points

from hub import __version__
from hub.hookspecs import CONNECTOR_GROUP

CORE = "mcp-integration-hub"
PREFIX = "hub-connector-"


@dataclass(frozen=True, kw_only=True)
class FoundConnector:
    """An installed connector.

    Attributes:
        name: Of its entry point; the default namespace.
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


def find_connectors() -> list[FoundConnector]:
    """All installed connectors, sorted by name; shadowed ones come after the one in use.

    Of two distributions with one entry-point name the one called `hub-connector-<name>` is used, then the
    first in the alphabet: not the order of sys.path, which nobody sees.
    """
    by_name: dict[str, list[EntryPoint]] = {}
    for entry in entry_points(group=CONNECTOR_GROUP):
        by_name.setdefault(entry.name, []).append(entry)
    found: list[FoundConnector] = []
    for name in sorted(by_name):
        candidates = sorted({_distribution(entry): entry for entry in by_name[name]}.items())
        candidates.sort(key=lambda pair: pair[0] != PREFIX + name.replace("_", "-"))
        used = candidates[0][0]
        found.extend(
            FoundConnector(
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
    stated = [line for line in distribution.requires or () if line.lower().replace("_", "-").startswith(CORE)]
    if not stated:
        return ""
    from packaging.requirements import InvalidRequirement, Requirement

    for line in stated:
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            return f"states a requirement nobody can read: {line!r}"
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        if not requirement.specifier.contains(__version__, prereleases=True):
            return f"needs {CORE}{requirement.specifier}, this is {__version__}"
    return ""
