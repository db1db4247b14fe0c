"""Who sent the message that is being handled: set by the transport, read by the handlers, never assumed."""

from contextvars import ContextVar
from dataclasses import dataclass

from hub.access.principal import Principal


@dataclass(frozen=True, slots=True)
class Caller:
    """The sender of a message.

    Attributes:
        principal: Who it is.
        transport: How it came: `http`, `sse`, `stdio` or `memory`.
    """

    principal: Principal
    transport: str


sender: ContextVar[Caller | None] = ContextVar("mcp_sender", default=None)
"""Set around every HTTP request; the SDK carries the context to the task that handles the message."""
