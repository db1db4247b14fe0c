"""Where audit records go besides the hub's own log, such as to a SIEM."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord:
    """One record, as it stands in the hub's log.

    Attributes:
        sequence: Its number in the log of this hub's state folder.
        time_ns: When it was made, in nanoseconds since 1970 (UTC).
        event: `intent` before a call, `outcome` after it, `refusal` for a call that never ran.
        intent: Sequence number of the intent that an outcome belongs to.
        body: The rest as a JSON object, secrets masked.
    """

    sequence: int
    time_ns: int
    event: Literal["intent", "outcome", "refusal"]
    intent: int | None
    body: str


class AuditSink(ABC):
    """Takes every audit record after it is on disk.

    It has a thread of its own and holds up no call. What it does not take in time is dropped, counted and told in
    the log and by `hub_status`; the hub's own log loses nothing.
    """

    @abstractmethod
    def send(self, records: Sequence[AuditRecord]) -> None:
        """Hand records over, oldest first; may block.

        An error, whatever it is, makes the hub hand over the same records again a little later, a few times.
        """

    def close(self) -> None:  # noqa: B027  most have nothing to close
        """Called once after the last records; may take two seconds."""
