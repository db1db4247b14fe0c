"""Which clients watch which resources, in both eras; each hears of those it may read and of no others."""

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import mcp_types as t
from mcp.server.connection import Connection
from mcp.server.subscriptions import InMemorySubscriptionBus, ResourceUpdated, ServerEvent
from mcp.shared.exceptions import MCPError

from hub.access.principal import Principal
from hub.server.guard import Context
from hub.server.identity import Caller

if TYPE_CHECKING:
    from hub.hub import Hub

MOST_WATCHED = 100
"""Resources one session or one stream may watch."""

LONGEST_URI = 8192
"""Characters of a resource's URI; longer ones are refused before anything looks at them."""

PATIENCE = 5.0
"""Seconds a client of the older era may take to accept a notification before it goes without."""


class Watching:
    """Answers resources/subscribe and resources/unsubscribe, and tells of changes.

    Args:
        hub: Knows what a principal may read.
        who: Names the caller of the message at hand.
    """

    def __init__(self, hub: "Hub", who: Callable[[], Caller]) -> None:
        self._hub = hub
        self._who = who
        self._sessions: WeakKeyDictionary[Connection, tuple[Principal, set[str]]] = WeakKeyDictionary()
        self.bus = _ReadersBus(self._readable, who)
        """For the streams of 2026-07-28."""

    async def subscribe(self, ctx: Context, params: t.SubscribeRequestParams) -> dict[str, Any]:
        """Answer resources/subscribe."""
        principal = self._who().principal
        uri = str(params.uri)
        if len(uri) > LONGEST_URI or not self._readable(principal, uri):
            raise MCPError(t.INVALID_PARAMS, "There is no such resource", {"uri": uri[:LONGEST_URI]})
        _, watched = self._sessions.setdefault(_connection(ctx), (principal, set()))
        if uri not in watched and len(watched) >= MOST_WATCHED:
            raise MCPError(t.INVALID_PARAMS, f"A session may watch {MOST_WATCHED} resources")
        watched.add(uri)
        return {}

    async def unsubscribe(self, ctx: Context, params: t.UnsubscribeRequestParams) -> dict[str, Any]:
        """Answer resources/unsubscribe."""
        if (watching := self._sessions.get(_connection(ctx))) is not None:
            watching[1].discard(str(params.uri))
        return {}

    def admitted(self, uris: Sequence[str] | None) -> list[str] | None:
        """Those of the URIs the caller at hand may watch by one stream; None if none."""
        principal = self._who().principal
        wanted = [uri for uri in dict.fromkeys((uris or ())[:MOST_WATCHED]) if len(uri) <= LONGEST_URI]
        return [uri for uri in wanted if self._readable(principal, uri)] or None

    async def tell(self, uris: Sequence[str]) -> None:
        """Tell whoever watches one of these resources that it changed."""
        for uri in uris:
            await self.bus.publish(ResourceUpdated(uri=uri))
        await asyncio.gather(*(self._tell(session, uris) for session in list(self._sessions)))

    async def _tell(self, session: Connection, uris: Sequence[str]) -> None:
        watching = self._sessions.get(session)
        if watching is None:
            return
        principal, watched = watching
        try:
            async with asyncio.timeout(PATIENCE):
                for uri in uris:
                    if uri in watched and self._readable(principal, uri):
                        await session.send_resource_updated(uri)
        except TimeoutError:
            return  # it reads none of its notifications; a client that comes back reads the resource anew

    def _readable(self, principal: Principal, uri: str) -> bool:
        return any(item.template.match(uri) is not None for item in self._hub.resources(principal))


class _ReadersBus(InMemorySubscriptionBus):
    """Asks again for every event whether the stream's caller may read the resource: roles change by a reload."""

    def __init__(self, readable: Callable[[Principal, str], bool], who: Callable[[], Caller]) -> None:
        super().__init__()
        self._readable = readable
        self._who = who

    def subscribe(self, listener: Callable[[ServerEvent], None]) -> Callable[[], None]:
        principal = self._who().principal

        def hear(event: ServerEvent) -> None:
            if not isinstance(event, ResourceUpdated) or self._readable(principal, event.uri):
                listener(event)

        return super().subscribe(hear)


def _connection(ctx: Context) -> Connection:
    return ctx.session._connection  # noqa: SLF001  the SDK gives no other way to tell sessions apart
