"""What one call has going on outside: written by the client, read by the run stage when time is up."""

from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class Exchange:
    """The traffic of one call.

    Attributes:
        deadline: When the call's time is over, on the `time.monotonic` clock.
        requests: Requests handed to the network so far.
        writes: Unsafe ones among them that the service has not refused (4xx).
        unanswered_writes: Unsafe requests that may have reached the service and have no answer yet.
        changed: URIs of resources the connector says it changed.
    """

    deadline: float
    requests: int = 0
    writes: int = 0
    unanswered_writes: int = 0
    changed: list[str] = field(default_factory=list[str])


current_exchange: ContextVar[Exchange | None] = ContextVar("current_exchange", default=None)
