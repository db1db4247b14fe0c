"""The hub itself: one configuration, its connectors, what they offer, and the way of a call through them."""

from collections.abc import AsyncIterator, Callable, Hashable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from hub.access.principal import Principal
from hub.calls.types import Call, Outcome
from hub.catalog.items import PromptItem, ResourceItem, ToolItem
from hub.config.models import HubSettings

ListName = Literal["tools", "resources", "prompts"]


@dataclass(frozen=True, kw_only=True)
class Completion:
    """Values that complete an argument: at most 100, and whether there are more."""

    values: tuple[str, ...]
    total: int | None = None
    has_more: bool = False


class Hub:
    """Everything between a face (MCP, command line) and the connectors."""

    settings: HubSettings

    @classmethod
    @asynccontextmanager
    async def open(cls, config: Path, *, strict: bool = False) -> "AsyncIterator[Hub]":
        """Read hub.toml, load the connectors and open the stores; closes all of it at the end.

        Raises:
            ConfigError: The file is wrong.
            ConnectorLoadError: With `strict`, a connector did not load.
        """
        raise NotImplementedError
        yield

    async def call(self, call: Call) -> Outcome:
        """Take a call through all stages. Failures are outcomes with an `error`; only cancellation is raised."""
        raise NotImplementedError

    def authenticate(self, key: str) -> Principal | None:
        """The client behind an API key; None if no key matches. Constant time."""
        raise NotImplementedError

    @property
    def requires_key(self) -> bool:
        """Whether keys are configured, so that HTTP callers need one."""
        raise NotImplementedError

    def tools(self, principal: Principal) -> Sequence[ToolItem]:
        """The tools this principal may see, in a fixed order."""
        raise NotImplementedError

    def resources(self, principal: Principal) -> Sequence[ResourceItem]:
        """The resource templates this principal may see."""
        raise NotImplementedError

    def prompts(self, principal: Principal) -> Sequence[PromptItem]:
        """The prompts this principal may see."""
        raise NotImplementedError

    def tool(self, name: str) -> ToolItem | None:
        """A tool by its full name, whoever asks; for schema look-ups that show nothing to a caller."""
        raise NotImplementedError

    def visibility(self, principal: Principal) -> Hashable:
        """Equal for principals that see the same lists, and different after a reload: a cache key for lists."""
        raise NotImplementedError

    async def complete(
        self,
        principal: Principal,
        kind: Literal["resource", "prompt"],
        ref: str,
        argument: str,
        prefix: str,
        context: Mapping[str, str],
    ) -> Completion:
        """Complete an argument of a resource template (`ref` is its URI template) or of a prompt (its name).

        Raises:
            UnknownName: No such template or prompt is visible.
        """
        raise NotImplementedError

    def instructions(self, principal: Principal) -> str:
        """What lies behind the hub, for the model."""
        raise NotImplementedError

    def subscribe(self, listener: Callable[[frozenset[ListName]], None]) -> Callable[[], None]:
        """Hear which lists changed after a reload; returns the way to stop hearing. Called on the loop."""
        raise NotImplementedError

    async def reload(self) -> frozenset[ListName]:
        """Read hub.toml again and swap everything at once; on any error the old state stays.

        Raises:
            ConfigError: The new file is wrong.
        """
        raise NotImplementedError

    @property
    def problems(self) -> Sequence[str]:
        """Why the hub is not ready to serve (audit not writable); empty when it is."""
        raise NotImplementedError

    async def drain(self, seconds: float) -> None:
        """Refuse new calls and wait for those in flight."""
        raise NotImplementedError
