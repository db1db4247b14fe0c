"""Ends what stays open after its request was let in: when the hub stops, and when its key is taken away."""

import asyncio
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.types import Message, Receive

from hub.access.principal import Principal
from hub.server.credentials import authenticate
from hub.server.refusals import Header, Refusal

if TYPE_CHECKING:
    from hub.hub import Hub


@dataclass(frozen=True, eq=False, slots=True)
class _Watched:
    headers: Sequence[Header]
    principal: Principal
    lost: Callable[[], None]


class Standing:
    """Knows the open streams and sessions, and asks after every reload whether their keys are still good.

    Args:
        hub: Knows the keys.
        on_loopback: Whether the hub listens on this machine alone.
    """

    def __init__(self, hub: "Hub", *, on_loopback: bool) -> None:
        self._hub = hub
        self._on_loopback = on_loopback
        self._watched: set[_Watched] = set()
        self._streams: set[asyncio.Event] = set()
        self.stopping = False
        self._unsubscribe = hub.subscribe(lambda _: self._check_all())

    def authenticate(self, headers: Sequence[Header]) -> Principal:
        """Who sends a request.

        Raises:
            Refusal: As `hub.server.credentials.authenticate` does.
        """
        return authenticate(self._hub, headers, on_loopback=self._on_loopback)

    def watch(
        self, headers: Sequence[Header], principal: Principal, lost: Callable[[], None]
    ) -> Callable[[], None]:
        """Hear when a request's key would not let it in any more, or as somebody else; returns the way to stop.

        Raises:
            Refusal: The key is not good any more already.
        """
        watched = _Watched(headers, principal, lost)
        if not self._good(watched):
            raise Refusal(401, "This key was taken away")
        self._watched.add(watched)
        return lambda: self._watched.discard(watched)

    @contextmanager
    def stream(self, headers: Sequence[Header], principal: Principal, receive: Receive) -> Generator[Receive]:
        """Gives a `receive` by which the client seems to hang up when the stream has to end.

        Raises:
            Refusal: The hub is stopping, or the key is not good any more.
        """
        if self.stopping:
            raise Refusal(503, "The hub is shutting down")
        ended = asyncio.Event()
        unwatch = self.watch(headers, principal, ended.set)
        self._streams.add(ended)

        async def next_message() -> Message:
            arriving = asyncio.ensure_future(receive())
            ending = asyncio.create_task(ended.wait())
            try:
                await asyncio.wait({arriving, ending}, return_when=asyncio.FIRST_COMPLETED)
                return arriving.result() if arriving.done() else {"type": "http.disconnect"}
            finally:
                arriving.cancel()
                ending.cancel()

        try:
            yield next_message
        finally:
            self._streams.discard(ended)
            unwatch()

    def stop(self) -> None:
        """Let no stream open any more, and end those there are."""
        self.stopping = True
        self._unsubscribe()
        for ended in self._streams:
            ended.set()

    def _check_all(self) -> None:
        for watched in list(self._watched):
            if not self._good(watched):
                watched.lost()

    def _good(self, watched: _Watched) -> bool:
        try:
            return self.authenticate(watched.headers) == watched.principal
        except Refusal:
            return False
