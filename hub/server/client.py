"""What the client of the request at hand can be asked, wants to hear, and is told while its call runs."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, get_args
from weakref import WeakKeyDictionary

import mcp_types as t
from mcp.server.connection import Connection
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from hub.connector.messages import Level
from hub.server.guard import Context

if TYPE_CHECKING:
    from hub.connector.asking import Feature
    from hub.connector.messages import MessageReport
    from hub.connector.progress import ProgressReport

_LEVELS: tuple[Level, ...] = get_args(Level)


def is_modern(ctx: Context) -> bool:
    """Whether the request is one of 2026-07-28 or later."""
    return ctx.protocol_version in MODERN_PROTOCOL_VERSIONS


def features_of(ctx: Context) -> "frozenset[Feature]":
    """What the client can be asked. Up to 2025-11-25 that takes a stream the question can go out on."""
    told = ctx.session.client_capabilities
    if told is None or not (is_modern(ctx) or ctx.session.can_send_request):
        return frozenset()
    form = told.elicitation is not None and (told.elicitation.form is not None or told.elicitation.url is None)
    can: dict[Feature, bool] = {
        "elicitation": form,
        "sampling": told.sampling is not None,
        "roots": told.roots is not None,
    }
    return frozenset(feature for feature, there in can.items() if there)


def progress_of(ctx: Context) -> "ProgressReport | None":
    """Where progress goes, if the client sent a token for it."""
    if ctx.meta is None or "progress_token" not in ctx.meta:
        return None
    report: Callable[[float, float | None, str | None], Awaitable[None]] = ctx.session.report_progress
    return report


class LogLevels:
    """Which log messages clients want: each session its level up to 2025-11-25, each request its own since.

    A session that never set a level gets none.
    """

    def __init__(self) -> None:
        self._of_session: WeakKeyDictionary[Connection, Level] = WeakKeyDictionary()

    async def set(self, ctx: Context, params: t.SetLevelRequestParams) -> dict[str, Any]:
        """Answer logging/setLevel."""
        self._of_session[_connection(ctx)] = params.level
        return {}

    def messages_of(self, ctx: Context) -> "MessageReport | None":
        """Where log messages of this request's call go; None if the client wants none."""
        if is_modern(ctx):
            wanted = (ctx.params or {}).get("_meta", {}).get(t.LOG_LEVEL_META_KEY)
        else:
            wanted = self._of_session.get(_connection(ctx))
        if wanted not in _LEVELS:
            return None
        least = _LEVELS.index(wanted)

        async def report(text: str, level: Level) -> None:
            if _LEVELS.index(level) >= least:
                params = t.LoggingMessageNotificationParams(level=level, data=text)
                message = t.LoggingMessageNotification(params=params)
                await ctx.session.send_notification(message, related_request_id=ctx.request_id)

        return report


def _connection(ctx: Context) -> Connection:
    return ctx.session._connection  # noqa: SLF001  the SDK gives no other way to tell sessions apart
