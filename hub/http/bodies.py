"""Answer bodies, inflated in small steps so that the cap holds before and after decompression."""

import zlib
from collections.abc import AsyncIterator, Iterator
from typing import Protocol

from hub.http.outcome import Unanswered

_STEP = 64 * 1024
ACCEPT_ENCODING = "gzip, deflate"
"""What the inflater below can undo; nothing else is asked for (RFC 9110 section 12.5.3)."""


class TooLarge(Exception):
    """The body exceeds its cap."""


class UnknownEncoding(Exception):
    """The body has a content coding that was not asked for."""


class Inflater(Protocol):
    """Undoes a content coding, in steps."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Chunks of at most 64 KiB."""
        ...

    def finish(self) -> None:
        """Say that no more comes.

        Raises:
            Unanswered: The coded body has not come to its end.
        """
        ...


class _Zlib:
    """gzip (RFC 1952, several members too) and deflate (RFC 1950, and the bare RFC 1951 that some servers send)."""

    def __init__(self) -> None:
        self._new = zlib.decompressobj(zlib.MAX_WBITS | 32)
        self._begun = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._new.eof:
                if not data.startswith(b"\x1f"):
                    return  # padding after the end is no content
                self._new = zlib.decompressobj(zlib.MAX_WBITS | 16)
            yield from self._some(data)
            data = self._new.unused_data if self._new.eof else b""

    def _some(self, data: bytes) -> Iterator[bytes]:
        while True:
            try:
                chunk = self._new.decompress(data, _STEP)
            except zlib.error:
                if self._begun:
                    raise Unanswered("the compressed answer is damaged") from None
                self._begun = True
                self._new = zlib.decompressobj(-zlib.MAX_WBITS)
                continue
            self._begun = True
            if chunk:
                yield chunk
            data = self._new.unconsumed_tail
            if not data and len(chunk) < _STEP:
                return

    def finish(self) -> None:
        if self._begun and not self._new.eof:
            raise Unanswered("the answer broke off")


def inflater_for(encoding: str) -> Inflater | None:
    """The way to undo a `Content-Encoding`; None for the identity.

    Raises:
        UnknownEncoding: It was not asked for, or is several on top of each other.
    """
    coding = encoding.strip().lower()
    if coding in ("", "identity"):
        return None
    if coding in ("gzip", "x-gzip", "deflate"):
        return _Zlib()
    raise UnknownEncoding


async def capped(body: AsyncIterator[bytes], inflater: Inflater | None, cap: int) -> AsyncIterator[bytes]:
    """Chunks of a body, inflated.

    Args:
        body: As it comes from the network.
        inflater: Undoes its coding.
        cap: Bytes allowed, on the network and after inflating alike.

    Raises:
        TooLarge: There is more.
        Unanswered: It broke off.
    """
    received = inflated = 0
    async for data in body:
        received += len(data)
        if received > cap:
            raise TooLarge
        if inflater is None:
            yield data
            continue
        for chunk in inflater.feed(data):
            inflated += len(chunk)
            if inflated > cap:
                raise TooLarge
            yield chunk
    if inflater is not None:
        inflater.finish()


async def whole(body: AsyncIterator[bytes], inflater: Inflater | None, cap: int) -> bytes:
    """The whole body; raises as `capped` does."""
    if inflater is not None:
        return b"".join([chunk async for chunk in capped(body, inflater, cap)])
    # The same without a generator in between: nearly every answer comes this way.
    chunks: list[bytes] = []
    received = 0
    async for data in body:
        received += len(data)
        if received > cap:
            raise TooLarge
        chunks.append(data)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)
