"""What one call has going on outside: written by the client, read by the run stage when time is up."""

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(slots=True, kw_only=True)
class Exchange:
    """The traffic of one call.

    Attributes:
        deadline: When the call's time is over, on the `time.monotonic` clock.
        requests: Requests handed to the network so far.
        unanswered_writes: Unsafe requests that may have reached the service and have no answer yet.
    """

    deadline: float
    requests: int = 0
    unanswered_writes: int = 0


current_exchange: ContextVar[Exchange | None] = ContextVar("current_exchange", default=None)
