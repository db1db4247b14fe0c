"""Tells clients of both protocol eras that a list or a resource has changed."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import mcp_types as t
from mcp.server.connection import Connection
from mcp.server.subscriptions import (
    ListenHandler,
    PromptsListChanged,
    ResourcesListChanged,
    ServerEvent,
    ToolsListChanged,
)

from hub.server.guard import Context
from hub.server.identity import Caller
from hub.server.watching import PATIENCE, Watching

if TYPE_CHECKING:
    from hub.hub import Hub, ListName

log = logging.getLogger(__name__)

EVENTS: dict[str, Callable[[], ServerEvent]] = {
    "tools": ToolsListChanged,
    "resources": ResourcesListChanged,
    "prompts": PromptsListChanged,
}


class Changes:
    """Fans changes out: to `subscriptions/listen` streams (2026-07-28), and to open sessions of earlier versions.

    Args:
        hub: Says which lists changed.
        who: Names the caller of the message at hand.
    """

    def __init__(self, hub: "Hub", who: Callable[[], Caller]) -> None:
        self.watching = Watching(hub, who)
        self._streams = ListenHandler(self.watching.bus)
        self._sessions: WeakSet[Connection] = WeakSet()
        self._sending: set[asyncio.Task[None]] = set()
        self._unsubscribe = hub.subscribe(self._changed)

    async def listen(self, ctx: Context, params: t.SubscriptionsListenRequestParams) -> t.SubscriptionsListenResult:
        """Answer subscriptions/listen.

        Resources the caller cannot read are left out of what is acknowledged: the SDK itself would accept any,
        whoever asks.
        """
        wanted = params.notifications
        uris = self.watching.admitted(wanted.resource_subscriptions)
        told = wanted.model_copy(update={"resource_subscriptions": uris})
        return await self._streams(ctx, params.model_copy(update={"notifications": told}))

    def resources_updated(self, uris: Sequence[str]) -> None:
        """Tell whoever watches one of these resources that it changed."""
        self._send(self.watching.tell(uris))

    async def initialized(self, ctx: Context, _: t.NotificationParams) -> None:
        """Remember a session of the older era; it is forgotten when the SDK lets go of it."""
        self._sessions.add(ctx.session._connection)  # noqa: SLF001  the SDK gives no other way to a session's channel

    def end_streams(self) -> None:
        """End the open listen streams, each with its closing result."""
        self._streams.close()

    def close(self) -> None:
        """Stop hearing of changes and end what is being sent."""
        self._unsubscribe()
        self.end_streams()
        for task in self._sending:
            task.cancel()

    def _changed(self, lists: "frozenset[ListName]") -> None:
        self._send(self._announce(sorted(lists)))

    def _send(self, telling: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(telling)
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _announce(self, lists: list[str]) -> None:
        for name in lists:
            await self.watching.bus.publish(EVENTS[name]())
        await asyncio.gather(*(self._tell(session, lists) for session in list(self._sessions)))

    async def _tell(self, session: Connection, lists: list[str]) -> None:
        send: dict[str, Callable[[], Any]] = {
            "tools": session.send_tool_list_changed,
            "resources": session.send_resource_list_changed,
            "prompts": session.send_prompt_list_changed,
        }
        try:
            async with asyncio.timeout(PATIENCE):
                for name in lists:
                    await send[name]()
        except TimeoutError:
            log.info("a client does not read its notifications; it was not told that %s changed", ", ".join(lists))
