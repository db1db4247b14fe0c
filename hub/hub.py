"""The hub itself: one configuration, its connectors, what they offer, and the way of a call through them."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator, Hashable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeVar
from uuid import uuid4

from hub.access.principal import Principal
from hub.audit.log import AuditLog
from hub.builtin.connector import builtin_items
from hub.calls.pipeline import Pipeline
from hub.calls.types import Call, Outcome
from hub.catalog.items import AnyItem, PromptItem, ResourceItem, ToolItem
from hub.config.known import KnownSecrets
from hub.config.models import HubSettings
from hub.connector.base import Connector
from hub.discovery.state import ConnectorState
from hub.errors import CallError, Draining
from hub.generation import Generation
from hub.generations import Generations
from hub.plugins.state import PluginState
from hub.results.spill import SpillStore

ListName = Literal["tools", "resources", "prompts"]
ItemT = TypeVar("ItemT", ToolItem, ResourceItem, PromptItem)

MAX_COMPLETIONS = 100
"""MCP specification, server/utilities/completion: at most 100 values."""


@dataclass(frozen=True, kw_only=True)
class Completion:
    """Values that complete an argument: at most 100, and whether there are more."""

    values: tuple[str, ...]
    total: int | None = None
    has_more: bool = False


class Hub:
    """Everything between a face (MCP, command line) and the connectors. Made by `Hub.open`."""

    def __init__(
        self, generations: Generations, audit: AuditLog, spill: SpillStore, redact: Callable[[str], str]
    ) -> None:
        self._generations = generations
        self._audit = audit
        self._spill = spill
        self._redact = redact
        self._pipeline = Pipeline(audit, spill, redact)
        self._listeners: list[Callable[[frozenset[ListName]], None]] = []
        self._calls = 0
        self._accepting = True
        self._quiet = asyncio.Event()
        self._quiet.set()

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        config: Path,
        *,
        strict: bool = False,
        locked: bool = False,
        files: Sequence[Path] = (),
        secrets: KnownSecrets | None = None,
    ) -> "AsyncGenerator[Hub]":
        """Read hub.toml, load the connectors and open the stores; closes all of it at the end.

        Args:
            config: Path of hub.toml.
            strict: A connector or plugin that does not load, or a tool that is refused, makes this fail.
            locked: Only what is as it stands in hub.lock beside hub.toml is offered.
            files: Connectors that are single Python files; with one, hub.toml need not be there.
            secrets: Told every secret value, so that whoever shares it keeps its output clean of them.

        Raises:
            ConfigError: The file is wrong, or a plugin did not load that the hub must not go without.
            ConnectorLoadError: With `strict`, a connector did not load.
        """
        secrets = secrets or KnownSecrets()
        generations = Generations(
            config, secrets.add, forget_secret=secrets.forget, strict=strict, locked=locked, files=files
        )
        settings, plugins = await generations.read()
        spill = SpillStore(keep_seconds=settings.results.keep)
        async with AuditLog.open(settings.hub.state, mask_known=secrets.redact) as audit:
            hub = cls(generations, audit, spill, secrets.redact)
            try:
                await generations.start(settings, plugins, builtin_items(hub, spill))
                audit.feed(plugins.feeds)
                yield hub
            finally:
                await generations.aclose()
                await hub._pipeline.aclose()

    @property
    def settings(self) -> HubSettings:
        """hub.toml as it was last read."""
        return self._generations.current.settings

    # Calls

    async def call(self, call: Call) -> Outcome:
        """Take a call through all stages. Failures are outcomes with an `error`; only cancellation is raised."""
        if not self._accepting:
            return await self.refuse(call, _draining())
        with self._in_flight() as generation:
            return await self._pipeline.take(generation, call)

    async def refuse(self, call: Call, error: CallError) -> Outcome:
        """Refuse a call that its face cannot take on; recorded like a refusal of any stage.

        Args:
            call: What was asked for.
            error: Why not.
        """
        return await self._pipeline.refuse(self._generations.current, call, error)

    async def complete(
        self,
        principal: Principal,
        kind: Literal["resource", "prompt"],
        ref: str,
        argument: str,
        prefix: str,
        context: Mapping[str, str],
        transport: str = "memory",
    ) -> Completion:
        """Complete an argument of a resource template or of a prompt.

        Args:
            principal: Who asks.
            kind: What `ref` names.
            ref: The URI template of the resource, or the name of the prompt.
            argument: Which one.
            prefix: What it begins with.
            context: Other arguments that are known already.
            transport: How the request came, see `Call`.

        Raises:
            UnknownName: No such template or prompt is visible.
        """
        call = Call(
            id=uuid4().hex,
            kind=kind,
            name=ref,
            arguments={**context, argument: prefix},
            principal=principal,
            transport=transport,
            completes=argument,
        )
        if not self._accepting:
            await self.refuse(call, _draining())
            return Completion(values=())
        with self._in_flight() as generation:
            values = await self._pipeline.complete(generation, call)
        return Completion(
            values=tuple(values[:MAX_COMPLETIONS]), total=len(values), has_more=len(values) > MAX_COMPLETIONS
        )

    @contextmanager
    def _in_flight(self) -> Generator[Generation]:
        """Count a call among those that draining waits for; gives the generation it stays in."""
        generation = self._generations.current
        self._calls += 1
        self._quiet.clear()
        try:
            with generation.call():
                yield generation
        finally:
            self._calls -= 1
            if not self._calls:
                self._quiet.set()

    # Who is calling, and what they see

    def authenticate(self, key: str) -> Principal | None:
        """The client behind an API key; None if no key matches. Constant time."""
        return self._generations.current.keys.authenticate(key)

    @property
    def requires_key(self) -> bool:
        """Whether keys are configured, so that HTTP callers need one."""
        return bool(self._generations.current.keys)

    def tools(self, principal: Principal) -> Sequence[ToolItem]:
        """The tools this principal may see, in a fixed order."""
        return self._visible(principal, self._generations.current.catalog.tools.values())

    def resources(self, principal: Principal) -> Sequence[ResourceItem]:
        """The resource templates this principal may see."""
        return self._visible(principal, self._generations.current.catalog.resources)

    def prompts(self, principal: Principal) -> Sequence[PromptItem]:
        """The prompts this principal may see."""
        return self._visible(principal, self._generations.current.catalog.prompts.values())

    def _visible(self, principal: Principal, items: Iterable[ItemT]) -> list[ItemT]:
        generation = self._generations.current
        return [item for item in items if generation.visible(principal, item)]

    def tool(self, name: str) -> ToolItem | None:
        """A tool by its full name, whoever asks; for schema look-ups that show nothing to a caller."""
        return self._generations.current.catalog.tools.get(name)

    def visibility(self, principal: Principal) -> Hashable:
        """Equal for principals that see the same lists, and different after a reload: a cache key for lists."""
        return (self._generations.current.number, principal.how, principal.roles)

    def instructions(self, principal: Principal) -> str:
        """What lies behind the hub, for the model: only connectors of which the principal sees something."""
        generation = self._generations.current
        seen = {item.namespace for item in self._visible(principal, generation.catalog.tools.values())}
        lines = [f"{generation.settings.hub.name}: tools of several systems, named <system>_<tool>."]
        for state in generation.connectors.states:
            if state.state == "loaded" and state.namespace in seen:
                told = generation.connectors.instructions[state.namespace]
                lines.append(
                    f"- {state.namespace}_*: {state.title}"
                    + (" (SANDBOX: invented data)" if state.sandbox else "")
                    + (f". {told}" if told else "")
                )
        return self._redact("\n".join(lines))

    def states(self, principal: Principal) -> Sequence[ConnectorState]:
        """The connectors with their states; to a principal held to roles, only those it sees something of."""
        generation = self._generations.current
        runtimes = generation.connectors.runtimes
        states = [
            self._masked(state, runtimes[state.namespace].health() if state.namespace in runtimes else state.health)
            for state in generation.connectors.states
        ]
        if not generation.policy.restricts(principal):
            return states
        seen = {item.namespace for item in generation.connectors.items if generation.visible(principal, item)}
        return [state for state in states if state.namespace in seen]

    def plugin_states(self, principal: Principal) -> Sequence[PluginState]:
        """The plugins with their states; none to a principal held to roles."""
        generation = self._generations.current
        if generation.policy.restricts(principal):
            return ()
        health = {feed.name: feed.health for feed in generation.plugins.feeds}
        return [
            replace(
                state,
                reason=self._redact(state.reason),
                hint=self._redact(state.hint),
                health=self._redact(health.get(state.name, "")),
            )
            for state in generation.plugins.states
        ]

    def _masked(self, state: ConnectorState, health: str) -> ConnectorState:
        return replace(
            state,
            reason=self._redact(state.reason),
            hint=self._redact(state.hint),
            health=self._redact(health),
            refusals=tuple(self._redact(refusal) for refusal in state.refusals),
        )

    def connector(self, namespace: str) -> Connector[Any] | None:
        """A loaded connector, for checks and demos; calls go through `call`."""
        items = self._generations.current.connectors.items
        return next((item.connector for item in items if item.namespace == namespace), None)

    # Life

    def subscribe(self, listener: Callable[[frozenset[ListName]], None]) -> Callable[[], None]:
        """Hear which lists changed after a reload; returns the way to stop hearing. Called on the loop."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    async def reload(self) -> frozenset[ListName]:
        """Read hub.toml again and swap everything at once; on any error the old state stays.

        Raises:
            ConfigError: The new file is wrong, or a connector that works now would not with it.
            ConnectorLoadError: With `strict`, a connector did not load.
        """
        old, new = await self._generations.reload()
        self._spill.keep_seconds = new.settings.results.keep
        self._audit.feed(new.plugins.feeds)
        changed = changed_lists(old, new)
        if changed:
            for listener in list(self._listeners):
                listener(changed)
        return changed

    @property
    def problems(self) -> Sequence[str]:
        """Why the hub is not ready to serve; empty when it is."""
        told = [] if self._accepting else ["shutting down"]
        return told + ([self._audit.problem] if self._audit.problem else [])

    async def drain(self, seconds: float) -> None:
        """Refuse new calls and wait for those in flight, for at most so many seconds."""
        self._accepting = False
        try:
            async with asyncio.timeout(seconds):
                await self._quiet.wait()
        except TimeoutError:
            pass


def _draining() -> Draining:
    return Draining("The hub is shutting down", hint="Try again in a moment", retry_after=5.0)


def changed_lists(old: Generation, new: Generation) -> frozenset[ListName]:
    """Which lists look different to somebody: an item came, went or is described otherwise, or a role changed."""

    def shown(items: Iterable[AnyItem]) -> list[object]:
        return [(item.name, item.title, item.description, item.parameters.schema) for item in items]

    if old.settings.roles != new.settings.roles or old.settings.auth != new.settings.auth:
        return frozenset(("tools", "resources", "prompts"))
    pairs: dict[ListName, bool] = {
        "tools": shown(old.catalog.tools.values()) != shown(new.catalog.tools.values()),
        "resources": shown(old.catalog.resources) != shown(new.catalog.resources),
        "prompts": shown(old.catalog.prompts.values()) != shown(new.catalog.prompts.values()),
    }
    return frozenset(name for name, differs in pairs.items() if differs)
