"""A client that hangs up while it waits: what was being done for it is cancelled."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager

from hub.server.bodies import ClientGone

KEY = "hub.hang_up"
"""Where the protocol puts the connection's `HangUp` into the ASGI scope."""


class HangUp:
    """The loss of one connection. Told by the protocol itself, since a task that listens costs more than a call."""

    def __init__(self) -> None:
        self._happened = False
        self._working: set[asyncio.Task[object]] = set()

    def happens(self) -> None:
        """The connection is lost."""
        self._happened = True
        for task in self._working:
            task.cancel()

    @contextmanager
    def cancels(self) -> Generator[None]:
        """Cancel what runs inside if the client hangs up, which the SDK does for streams only.

        Raises:
            ClientGone: The client hung up.
        """
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  an ASGI application runs in a task
        if self._happened:
            raise ClientGone
        self._working.add(task)
        try:
            yield
        except asyncio.CancelledError:
            if not self._happened:
                raise
            task.uncancel()
            raise ClientGone from None
        finally:
            self._working.discard(task)
