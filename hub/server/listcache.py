"""Finished answers of the list requests, kept per set of visible items; the one use made of SDK middleware.

The SDK validates and dumps a list anew for every request, which for 200 tools takes milliseconds. A middleware
sees the finished answer (`ServerMiddleware`: `call_next` returns what goes onto the wire) and may give the same
one again. The SDK calls its middleware provisional: without this file the lists are the same, only slower.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from typing import TYPE_CHECKING, Any

from mcp.server.context import CallNext, HandlerResult
from mcp_types.methods import validate_client_request

from hub.server.guard import Context
from hub.server.identity import Caller

if TYPE_CHECKING:
    from hub.hub import Hub

LISTS = frozenset({"tools/list", "resources/list", "resources/templates/list", "prompts/list"})
KEPT = 64
"""Answers kept; the one unused for longest goes first."""


class ListCache:
    """Middleware for `Server.middleware`.

    Args:
        hub: Its `visibility` is the key.
        who: Names the caller of the message at hand.
    """

    def __init__(self, hub: "Hub", who: Callable[[], Caller]) -> None:
        self._hub = hub
        self._who = who
        self._kept: OrderedDict[Hashable, HandlerResult] = OrderedDict()

    async def __call__(self, ctx: Context, call_next: CallNext) -> HandlerResult:
        """Answer from what is kept, or keep what the handler answers."""
        if ctx.method not in LISTS or not _is_whole(ctx.params) or not _may_ask(ctx):
            return await call_next(ctx)
        key = (ctx.method, ctx.protocol_version, self._hub.visibility(self._who().principal))
        if (answer := self._kept.get(key)) is not None:
            validate_client_request(ctx.method, ctx.protocol_version, ctx.params)
            self._kept.move_to_end(key)
            return answer
        answer = await call_next(ctx)
        self._kept[key] = answer
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return answer


def _is_whole(params: Mapping[str, Any] | None) -> bool:
    """Whether the request asks for the list from its start."""
    return not params or params.keys() <= {"_meta"}


def _may_ask(ctx: Context) -> bool:
    """Whether the handshake is done; before it the SDK has to refuse."""
    return ctx.session.client_capabilities is not None
