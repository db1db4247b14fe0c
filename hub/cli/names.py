"""Names in `[roles.*]` and `[limits.tools]` that mean nothing: a mistyped denial would never deny."""

from collections.abc import Collection, Iterator

from hub.catalog.nearest import nearest
from hub.config.models import HubSettings

_WILD = frozenset("*?[")


def names_without_meaning(
    settings: HubSettings, known: Collection[str], unknown: Collection[str]
) -> Iterator[tuple[str, str, str]]:
    """The setting, the name and what it may have meant, for each name that no connector has.

    Patterns with wildcards are left alone: they may be there for what comes later.

    Args:
        settings: What hub.toml says.
        known: Names of all tools, resources and prompts of the connectors that are loaded.
        unknown: Namespaces of connectors that are not loaded, whose names nobody can tell.
    """
    for setting, name in _mentioned(settings):
        told = name in known or _WILD & set(name) or any(name.startswith(f"{namespace}_") for namespace in unknown)
        if not told:
            yield setting, name, next(iter(nearest(name, known, 1)), "")


def _mentioned(settings: HubSettings) -> Iterator[tuple[str, str]]:
    for role, table in settings.roles.items():
        for key in ("allowed_tools", "denied_tools", "require_approval"):
            for name in getattr(table, key):
                yield f"roles.{role}.{key}", name
    for name in settings.limits.tools:
        yield "limits.tools", name
