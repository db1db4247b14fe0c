"""The built-in connector `hub`: what state the connectors are in, and the rest of results that were cut."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Protocol

from pydantic import Field

from hub.access.principal import Principal
from hub.calls.current import current_call
from hub.catalog.build import build_items
from hub.catalog.items import AnyItem
from hub.config.models import ConnectorTable, HubSettings
from hub.connector.base import Connector, ConnectorContext
from hub.connector.declare import resource, tool
from hub.connector.service import Service
from hub.connector.settings import ConnectorSettings
from hub.discovery.state import ConnectorState
from hub.errors import ConnectorLoadError
from hub.plugins.state import PluginState
from hub.results.cut import HARD_MAX_TOKENS
from hub.results.reading import grep_lines, read_lines
from hub.results.spill import SpillStore
from hub.results.table import Table

if TYPE_CHECKING:
    from hub.http.client import ServiceClient

NAMESPACE = "hub"
_AT_ONCE = 256 * 1024
"""Characters up to which a stored text is read on the event loop."""

ResultId = Annotated[str, "from the note where the result was cut"]
Line = Annotated[int, Field(ge=1, description="first line to give")]
LineCount = Annotated[int, Field(ge=1, le=5000, description="how many at most")]
Pattern = Annotated[str, Field(max_length=200, description="a|b: either, a*b: both in order; no regex, any case")]
Context = Annotated[int, Field(ge=0, le=20, description="lines around each match")]


class HubView(Protocol):
    """What the connector sees of the hub it belongs to."""

    @property
    def settings(self) -> HubSettings:
        """hub.toml as it was last read."""
        ...

    def states(self, principal: Principal) -> Sequence[ConnectorState]:
        """The connectors this principal may know of."""
        ...

    def plugin_states(self, principal: Principal) -> Sequence[PluginState]:
        """The plugins this principal may know of."""
        ...


class HubConnector(Connector[ConnectorSettings]):
    """The hub's own tools and resources.

    Args:
        view: The hub.
        spill: Where results that were cut are kept.
    """

    title = "Hub"

    def __init__(self, view: HubView, spill: SpillStore) -> None:
        super().__init__(ConnectorSettings(), ConnectorContext(namespace=NAMESPACE, open_service=_no_service))
        self._view = view
        self._spill = spill

    @tool()
    async def status(self) -> Table | str:
        """The systems behind this hub, and why one is missing."""
        return self._states()

    @tool()
    async def read_result(
        self,
        id: ResultId,  # noqa: A002  the name the model reads
        from_line: Line = 1,
        lines: LineCount | None = None,
        grep: Pattern = "",
        context: Context = 0,
    ) -> str:
        """Read on in a result that was cut: a range of its lines, or those that match `grep`."""
        return await self._read(id, from_line, lines, grep, context, self._view.settings.results.max_tokens)

    @resource("hub://connectors", title="Connectors")
    async def connectors(self) -> Table | str:
        """The systems behind this hub, and why one is missing."""
        return self._states()

    @resource("hub://results/{id}{?from_line,lines,grep,context}", title="Stored result")
    async def results(
        self,
        id: ResultId,  # noqa: A002  a variable of the URI
        from_line: Line = 1,
        lines: LineCount | None = None,
        grep: Pattern = "",
        context: Context = 0,
    ) -> str:
        """A result that was cut, whole or in part; kept for some minutes for the client whose call made it."""
        return await self._read(id, from_line, lines, grep, context, HARD_MAX_TOKENS)

    async def _read(
        self, result_id: str, from_line: int, lines: int | None, grep: str, context: int, max_tokens: float
    ) -> str:
        stored = self._spill.get(_caller(), result_id)
        most = min(max_tokens, 0.9 * HARD_MAX_TOKENS)

        def read() -> str:
            if grep:
                return grep_lines(
                    stored.text, grep, from_line=from_line, lines=lines, context=context, max_tokens=most
                )
            return read_lines(stored.text, from_line=from_line, lines=lines, max_tokens=most)

        text = read() if len(stored.text) <= _AT_ONCE else await asyncio.to_thread(read)
        lost = "" if stored.complete else " (its end was too long to keep)"
        return f"{stored.source}{lost}: {text}"

    def _states(self) -> Table | str:
        states = self._view.states(_caller())
        plugins = self._view.plugin_states(_caller())
        if not states and not plugins:
            return "no system is connected"
        return Table(
            columns=("connector", "product", "state", "details"),
            rows=[
                *((state.namespace, state.title, state.state, _details(state)) for state in states),
                *((f"plugin {state.name}", "", state.state, _of_plugin(state)) for state in plugins),
            ],
        )


def builtin_items(view: HubView, spill: SpillStore) -> Sequence[AnyItem]:
    """The catalogue items of the built-in connector.

    Args:
        view: The hub; asked only when a tool runs.
        spill: Where results that were cut are kept.

    Raises:
        ConnectorLoadError: A declaration in this file is wrong.
    """
    built = build_items(HubConnector(view, spill), ConnectorTable())
    if built.refusals:
        raise ConnectorLoadError("; ".join(built.refusals))
    return built.items


def _caller() -> Principal:
    call = current_call.get()
    if call is None:
        raise RuntimeError("the hub's own connector runs only within a call")
    return call.principal


def _details(state: ConnectorState) -> str:
    told = [
        "SANDBOX: invented data" if state.sandbox else "",
        state.health,
        state.reason,
        state.hint,
        f"not offered: {'; '.join(state.refusals)}" if state.refusals else "",
    ]
    return _sentences(told)


def _of_plugin(state: PluginState) -> str:
    return _sentences([", ".join(state.provides), state.health, state.reason, state.hint])


def _sentences(parts: Sequence[str]) -> str:
    return ". ".join(part.rstrip(".") for part in parts if part)


def _no_service(service: Service) -> "ServiceClient":
    raise RuntimeError(f"the hub's own connector talks to no service, so not to {service.label}")
