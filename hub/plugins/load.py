"""Loads the plugins that hub.toml asks for, each ending in a state; says which the hub must not go without."""

import inspect
import logging
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pluggy

from hub.audit.feed import SinkFeed
from hub.catalog.nearest import nearest
from hub.config.models import PLUGIN_KEYS, PluginTable
from hub.config.references import Resolvers
from hub.config.secrets import resolve_settings
from hub.connector.settings import Settings
from hub.discovery.found import PLUGIN_PREFIX, FoundPlugin
from hub.discovery.guarded import Deadline, guarded
from hub.discovery.importing import hooks_in, import_plugin
from hub.discovery.state import BROKEN
from hub.errors import ConfigError, ConnectorLoadError, HubError
from hub.hookspecs import PluginHooks
from hub.plugins.middleware import CallMiddleware
from hub.plugins.resolver import SecretResolver
from hub.plugins.sink import AuditSink
from hub.plugins.state import PluginState
from hub.plugins.timed import TimedResolver

_KIND = re.compile(r"[a-z][a-z0-9_]{0,31}")
_SETTINGS = "hub_plugin_settings"

log = logging.getLogger("hub.plugins")


@dataclass(frozen=True)
class NamedMiddleware:
    """A middleware with the name of its plugin, which errors tell."""

    name: str
    middleware: CallMiddleware


@dataclass
class Plugins:
    """The plugins of one reading of hub.toml.

    Attributes:
        states: What became of each, by name.
        resolvers: By the kind of references they read.
        middlewares: In the order they are asked in.
        feeds: To the audit sinks.
        indispensable: Names of those without which the hub must not start, though they did not load.
    """

    states: tuple[PluginState, ...] = ()
    resolvers: dict[str, SecretResolver] = field(default_factory=dict[str, SecretResolver])
    middlewares: tuple[NamedMiddleware, ...] = ()
    feeds: tuple[SinkFeed, ...] = ()
    indispensable: frozenset[str] = frozenset()

    @property
    def broken(self) -> list[PluginState]:
        """Those that hub.toml wants and that are not there."""
        return [state for state in self.states if state.state in BROKEN]

    def resolvers_at(self, base: Path) -> Resolvers:
        """All that read secret references, those that are built in included.

        Args:
            base: Folder that relative file names start from.
        """
        missing = [f"the plugin {state.name} is not loaded: {state.reason}" for state in self.broken]
        return Resolvers(base, self.resolvers, missing)

    def require(self) -> None:
        """Refuse to go on without a policy.

        Raises:
            ConfigError: One did not load that is, or may be, a call middleware.
        """
        for state in self.broken:
            if state.name in self.indispensable:
                raise ConfigError(
                    f"the plugin {state.name} is not loaded, and without its policy the hub does not start:"
                    f" {state.reason}",
                    setting=f"plugins.{state.name}",
                    hint=state.hint or f"Mend it, or take [plugins.{state.name}] out of hub.toml",
                )

    def discard(self) -> None:
        """Close what was opened and is not going to be used."""
        for feed in self.feeds:
            feed.close()


async def load_plugins(
    tables: Mapping[str, PluginTable],
    found: Sequence[FoundPlugin],
    *,
    base: Path,
    register_secret: Callable[[str], None],
    load_seconds: float,
) -> Plugins:
    """Load the plugins, one after the other in the order of hub.toml.

    Args:
        tables: What hub.toml says.
        found: What is installed.
        base: Folder that relative paths start from.
        register_secret: Told every secret value, so that logs can be kept clean of it.
        load_seconds: How long each may take.
    """
    loader = _Loader(base, register_secret, load_seconds)
    by_name = {item.name: item for item in found if not item.shadowed_by}
    states = [_not_wanted(item) for item in found if item.shadowed_by or item.name not in tables]
    for name, table in tables.items():
        states.append(state := await loader.load(name, table, by_name.get(name), by_name))
        if state.state in BROKEN:
            log.warning("plugin %s %s: %s", state.name, state.state, state.reason)
    loader.plugins.states = tuple(sorted(states, key=lambda one: (one.name, one.state == "shadowed")))
    loader.plugins.middlewares = tuple(
        sorted(loader.plugins.middlewares, key=lambda one: (one.middleware.order, one.name))
    )
    return loader.plugins


def unusable(
    name: str, table: PluginTable, found: FoundPlugin | None, installed: Collection[str] = ()
) -> PluginState | None:
    """The state of a plugin that must not even be imported; None if it may be."""
    if not table.enabled:
        return _state(name, found, state="disabled", reason=f"[plugins.{name}] says enabled = false")
    if found is None:
        near = nearest(name, installed, 1)
        install = f"Run `pip install {PLUGIN_PREFIX}{name.replace('_', '-')}`, or correct [plugins.{name}]"
        return _state(
            name,
            found,
            state="failed",
            reason=f"no installed package offers a plugin named {name!r}",
            hint=f"Did you mean {near[0]}? Correct [plugins.{name}]" if near else install,
        )
    if found.incompatible:
        return _state(
            name,
            found,
            state="incompatible",
            reason=f"{found.distribution} {found.version} {found.incompatible}",
            hint=f"Run `pip install --upgrade {found.distribution} mcp-integration-hub`",
        )
    return None


def seen(tables: Mapping[str, PluginTable], found: Sequence[FoundPlugin]) -> list[PluginState]:
    """States as far as they can be told without importing anything; one that may work counts as loaded."""
    by_name = {item.name: item for item in found if not item.shadowed_by}
    states = [_not_wanted(item) for item in found if item.shadowed_by or item.name not in tables]
    for name, table in tables.items():
        item = by_name.get(name)
        states.append(unusable(name, table, item, by_name) or _state(name, item, state="loaded"))
    return sorted(states, key=lambda one: (one.name, one.state == "shadowed"))


def _not_wanted(found: FoundPlugin) -> PluginState:
    if found.shadowed_by:
        return _state(
            found.name,
            found,
            state="shadowed",
            reason=f"{found.shadowed_by} offers a plugin of the same name and is used",
            hint=f"Uninstall {found.distribution} or {found.shadowed_by}",
        )
    return _state(
        found.name,
        found,
        state="disabled",
        reason=f"hub.toml has no [plugins.{found.name}]",
        hint="Add that table to use it",
    )


def _state(name: str, found: FoundPlugin | None, **rest: Any) -> PluginState:
    return PluginState(
        name=name,
        distribution=found.distribution if found else "",
        version=found.version if found else "",
        **rest,
    )


class _Loader:
    """Loads plugins and keeps what they give."""

    def __init__(self, base: Path, register_secret: Callable[[str], None], load_seconds: float) -> None:
        self.plugins = Plugins()
        self._base = base
        self._register_secret = register_secret
        self._seconds = load_seconds

    async def load(
        self, name: str, table: PluginTable, found: FoundPlugin | None, installed: Collection[str]
    ) -> PluginState:
        """Load one and give what became of it; raises nothing."""
        state = unusable(name, table, found, installed)
        is_policy: bool | None = None  # not known before it is imported
        if state is None and found is not None:
            try:
                deadline = Deadline(self._seconds)
                manager = await import_plugin(found, deadline, PluginHooks)
                hooks = {one for one in hooks_in(PluginHooks) if getattr(manager.hook, one).get_hookimpls()}
                is_policy = "hub_call_middleware" in hooks
                provides = await self._set_up(name, table, found, manager, hooks, deadline)
                return _state(name, found, state="loaded", provides=provides)
            except ConfigError as error:
                where = f"{error.setting}: " if error.setting else ""
                state = _state(
                    name, found, state="missing_config", reason=f"{where}{error.message}", hint=error.hint
                )
            except HubError as error:
                if error.__cause__ is not None:
                    log.debug("plugin %s failed", name, exc_info=error.__cause__)
                state = _state(name, found, state="failed", reason=error.message, hint=error.hint)
        if state is None:
            state = _state(name, found, state="failed")
        if state.state in BROKEN and (is_policy or (is_policy is None and not table.optional)):
            self.plugins.indispensable |= {name}
        return state

    async def _set_up(
        self,
        name: str,
        table: PluginTable,
        found: FoundPlugin,
        manager: pluggy.PluginManager,
        hooks: set[str],
        deadline: Deadline,
    ) -> tuple[str, ...]:
        """Call its hooks and keep what they give, once all of it is known to be right; gives what it adds."""
        offered = [hook for hook in hooks_in(PluginHooks) if hook != _SETTINGS]
        if not hooks & set(offered):
            raise ConnectorLoadError(f"{found.module} has none of the hooks {', '.join(offered)}")
        settings = await self._settings(name, table, manager, deadline)
        given: dict[str, Any] = {}
        for hook in offered:
            if hook in hooks:
                what = f"the hook {hook} of {found.module}"
                call = getattr(manager.hook, hook)
                given[hook] = await guarded(what, lambda call=call: call(settings=settings), deadline)
        resolver = self._resolver(found, given.get("hub_secret_resolver"), "hub_secret_resolver" in given)
        middleware = _middleware(found, given.get("hub_call_middleware"), "hub_call_middleware" in given)
        sink = given.get("hub_audit_sink")
        if "hub_audit_sink" in given and not isinstance(sink, AuditSink):
            raise _gives_none(found, "hub_audit_sink", AuditSink)
        provides: list[str] = []
        if resolver is not None:
            self.plugins.resolvers[resolver.kind] = TimedResolver(name, resolver)
            provides.append(f"secrets {{ {resolver.kind} = … }}")
        if middleware is not None:
            self.plugins.middlewares += (NamedMiddleware(name, middleware),)
            provides.append(f"call middleware, order {middleware.order}")
        if sink is not None:
            self.plugins.feeds += (SinkFeed(name, sink),)
            provides.append("audit sink")
        return tuple(provides)

    async def _settings(
        self, name: str, table: PluginTable, manager: pluggy.PluginManager, deadline: Deadline
    ) -> Settings:
        def build() -> Settings:
            given: object = manager.hook.hub_plugin_settings()
            settings_type = Settings if given is None else given
            if not (isinstance(settings_type, type) and issubclass(settings_type, Settings)):
                raise ConnectorLoadError(f"the hook {_SETTINGS} of {name} gives no class derived from Settings")
            return resolve_settings(
                table.settings,
                settings_type,
                where=f"plugins.{name}",
                base=self._base,
                register_secret=self._register_secret,
                hubs_keys=PLUGIN_KEYS,
            )

        return await guarded(f"the settings of {name}", build, deadline)

    def _resolver(self, found: FoundPlugin, given: object, offered: bool) -> SecretResolver | None:  # noqa: FBT001  whether the hook was there
        if not offered:
            return None
        if not isinstance(given, SecretResolver):
            raise _gives_none(found, "hub_secret_resolver", SecretResolver)
        kind: object = getattr(given, "kind", None)
        if not (isinstance(kind, str) and _KIND.fullmatch(kind)):
            raise ConnectorLoadError(f"{found.module} reads secrets of a kind that has no name: give it a `kind`")
        if kind in Resolvers(self._base, self.plugins.resolvers).kinds:
            raise ConnectorLoadError(
                f"{found.module} reads secrets of the kind {kind!r}, which another reads already"
            )
        return given


def _middleware(found: FoundPlugin, given: object, offered: bool) -> CallMiddleware | None:  # noqa: FBT001  whether the hook was there
    if not offered:
        return None
    if not isinstance(given, CallMiddleware):
        raise _gives_none(found, "hub_call_middleware", CallMiddleware)
    if not all(inspect.iscoroutinefunction(method) for method in (given.before, given.after)):
        raise ConnectorLoadError(f"before() and after() of the middleware in {found.module} have to be async")
    if type(given.order) is not int:
        raise ConnectorLoadError(f"the order of the middleware in {found.module} is no whole number")
    return given


def _gives_none(found: FoundPlugin, hook: str, wanted: type[Any]) -> ConnectorLoadError:
    return ConnectorLoadError(f"the hook {hook} of {found.module} gives no {wanted.__name__}")
