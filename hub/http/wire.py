"""What lies beneath the client, and how tests put something else there."""

from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hub.http.clock import Clock

if TYPE_CHECKING:
    import httpx


@dataclass(frozen=True, kw_only=True)
class Wire:
    """The innermost transport (the client's own if left out) and the clock of every request in this context."""

    transport: "httpx.AsyncBaseTransport | None" = None
    clock: Clock = field(default_factory=Clock)


replaced_wire: ContextVar[Wire | None] = ContextVar("replaced_wire", default=None)
"""Read at every request, so that clients built earlier, or by the hub, are covered too."""

_REAL_CLOCK = Clock()

connecting: ContextVar[bool] = ContextVar("connecting", default=False)
"""True while the guarded client makes a connection; tests that let no other one pass look at it."""


def clock_in_use() -> Clock:
    """The clock of requests in this context."""
    wire = replaced_wire.get()
    return _REAL_CLOCK if wire is None else wire.clock
