"""What a call tells its client besides its result: log messages, and which resources it changed."""

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Literal

from hub.http.exchange import current_exchange

Level = Literal["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"]
"""RFC 5424 section 6.2.1, as MCP's log messages have it."""

MessageReport = Callable[[str, Level], Awaitable[None]]

MAX_CHANGED = 100
"""Resources one call can announce; a client re-reads what it shows, not a whole service."""

current_messages: ContextVar[MessageReport | None] = ContextVar("current_messages", default=None)


async def report_message(text: str, level: Level = "info") -> None:
    """Send the client a log message about the call at hand; does nothing where it wants none.

    A client asks for them (`logging/setLevel` up to 2025-11-25, `logLevel` with the request since 2026-07-28), and
    MCP has deprecated them: what a caller has to know belongs into the result.

    Args:
        text: One line for people.
        level: How much it matters; the client gets those it asked for and graver ones.
    """
    if (report := current_messages.get()) is not None:
        await report(text, level)


def resource_changed(uri: str) -> None:
    """Say that the call at hand changed a resource of this connector; clients that watch it hear of it.

    They are told once the call is over and recorded. At most 100 resources of a call count.

    Args:
        uri: As in `@resource`, with the variables filled in: `jira://issue/ABC-1`.
    """
    exchange = current_exchange.get()
    if exchange is not None and len(exchange.changed) < MAX_CHANGED and uri not in exchange.changed:
        exchange.changed.append(uri)
