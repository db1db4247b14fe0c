"""One attempt as it travels: the request handed to a carrier, and the answer it brings back.

httpx is imported here at the top, so this module itself is imported at the first request only.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import httpx


@dataclass(slots=True, kw_only=True)
class Parcel:
    """A request ready to go.

    Attributes:
        url: Absolute and encoded; sent as it stands.
        headers: Names in lower case.
        sent: Some of it may have left. True until a carrier says otherwise.
    """

    method: str
    url: str
    headers: dict[str, str]
    body: bytes | None
    sent: bool = True

    def request(self) -> httpx.Request:
        """The same as httpx's type."""
        return httpx.Request(self.method, self.url, headers=self.headers, content=self.body)


@dataclass(slots=True, kw_only=True)
class Answer:
    """Status and headers of an answer whose body is still to come.

    Attributes:
        chunks: The body as it comes, its content coding not undone.
        aclose: Lets go of the connection; keeps it for others only if the whole body was read.
    """

    status: int
    reason: str
    headers: Sequence[tuple[bytes, bytes]]
    chunks: AsyncIterator[bytes]
    aclose: Callable[[], Awaitable[None]]

    def header(self, name: bytes) -> str:
        """A header's value, for a name in lower case; empty if it is not there."""
        for key, value in self.headers:
            if key.lower() == name:
                return value.decode("latin-1")
        return ""


class Carrier(Protocol):
    """Takes parcels to a service. Every failure is a `SendFailure`."""

    async def send(self, parcel: Parcel) -> Answer:
        """Send it, and come back as soon as the answer's headers are there.

        Raises:
            NotSent: Nothing has left.
            Unanswered: Something may have left, and no answer came.
        """
        ...

    async def aclose(self) -> None:
        """Close all connections."""
        ...


class ServiceResponse(httpx.Response):
    """An `httpx.Response` at a quarter of the cost: its `httpx.Request` is made only if somebody asks for it.

    Args:
        answer: Where status and headers come from.
        parcel: What it answers.
        inflated: A content coding has been undone, so the headers about it are left out.
        body: The whole body, or where the caller reads it from.
    """

    def __init__(
        self, answer: Answer, parcel: Parcel, *, inflated: bool, body: bytes | httpx.AsyncByteStream
    ) -> None:
        headers = list(answer.headers)
        if inflated:
            headers = [pair for pair in headers if pair[0].lower() not in (b"content-encoding", b"content-length")]
        super().__init__(
            answer.status,
            headers=headers,
            stream=httpx.ByteStream(body) if isinstance(body, bytes) else body,
            extensions={"reason_phrase": answer.reason.encode("latin-1", "replace")},
        )
        self._parcel = parcel
        if isinstance(body, bytes):
            self._content = body  # what httpx's own `read` would set, after several generators
            self.is_closed = self.is_stream_consumed = True

    @property
    def request(self) -> httpx.Request:
        """The request this answers."""
        if self._request is None:
            self._request = self._parcel.request()
        return self._request

    @request.setter
    def request(self, value: httpx.Request) -> None:
        self._request = value
