"""What waits to be sent on one stream of events."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

BACKLOG = 256
"""Notifications kept for a client that reads slowly; further ones are dropped."""

BACKLOG_BYTES = 1024 * 1024
"""Bytes of these notifications together."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One event.

    Attributes:
        event: As it goes onto the wire.
        sent: Told once it is handed to the connection.
    """

    event: bytes
    sent: Callable[[], None] | None = None


class Mailbox:
    """Events of one HTTP response, in order."""

    def __init__(self) -> None:
        self._letters: deque[Letter] = deque()
        self._arrived = asyncio.Event()
        self.held = 0
        """Bytes that wait."""
        self.closed = False

    def __len__(self) -> int:
        return len(self._letters)

    def put(self, event: bytes) -> None:
        """Add a notification, unless the reader is too far behind."""
        if len(self._letters) < BACKLOG and self.held + len(event) <= BACKLOG_BYTES:
            self._add(Letter(event))

    def put_answer(self, event: bytes, sent: Callable[[], None] | None = None) -> None:
        """Add an answer or a question, which are never dropped: whoever takes the requests bounds their number."""
        self._add(Letter(event, sent))

    def close(self) -> None:
        """Say that nothing more will come."""
        self.closed = True
        self._arrived.set()

    def take(self) -> Letter | None:
        """The next event; None if none waits."""
        if not self._letters:
            self._arrived.clear()
            return None
        letter = self._letters.popleft()
        self.held -= len(letter.event)
        return letter

    async def arrival(self) -> None:
        """Wait until an event is added or the mailbox closes."""
        await self._arrived.wait()

    def _add(self, letter: Letter) -> None:
        self._letters.append(letter)
        self.held += len(letter.event)
        self._arrived.set()
