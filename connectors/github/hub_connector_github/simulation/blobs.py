"""The storage that logs and artifacts are fetched from: signed addresses that take no credential.

GitHub keeps both in Azure Blob Storage, on a host of its own. The sandbox has one address only, so here it is a
path beside the API that refuses what that host would refuse: an Authorization header, a wrong signature, a late
request.
"""

import asyncio
import hashlib
import hmac
import re
import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from hub_connector_github.simulation.api import utc

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

PATH = "/_blobs"
_VALID_SECONDS = 60
_RANGE = re.compile(r"bytes=(\d{1,15})-(\d{1,15})?")
Content = Callable[[], Iterator[bytes]]


@dataclass(kw_only=True)
class _Blob:
    """What an address names.

    Attributes:
        size: In bytes; None until a range of it is asked for.
    """

    media_type: str
    content: Content
    size: int | None = None


class Blobs:
    """Signs addresses and serves what they name.

    Args:
        clock: The present in unix seconds.
        origin: Where the addresses lead; the sandbox itself if empty.
    """

    def __init__(self, clock: Callable[[], float], origin: str = "") -> None:
        self._clock = clock
        self._origin = origin
        self._key = secrets.token_bytes(32)
        self._blobs: dict[str, _Blob] = {}

    def address(self, name: str, media_type: str, content: Content, *, own_origin: str) -> str:
        """An address that answers for a minute.

        Args:
            name: Path of the blob, the same for the same content.
            media_type: Of the content.
            content: Makes the content in chunks.
            own_origin: Where the sandbox was asked.
        """
        self._blobs.setdefault(name, _Blob(media_type=media_type, content=content))
        expires = utc(self._clock() + _VALID_SECONDS)
        query = f"sv=2025-11-05&sr=b&sp=r&se={quote(expires, safe='')}&sig={self._signature(name, expires)}"
        return f"{self._origin or own_origin}{PATH}/{quote(name)}?{query}"

    async def serve(self, request: "Request") -> "Response":
        """Answer a request for a blob, or for a range of its bytes, as Azure Blob Storage does."""
        from starlette.responses import StreamingResponse

        if "authorization" in request.headers:
            return _refused(
                400,
                "InvalidAuthenticationInfo",
                "Authentication information is not given in the correct format. "
                "Check the value of Authorization header.",
            )
        name: str = request.path_params["name"]
        expires, signature = request.query_params.get("se", ""), request.query_params.get("sig", "")
        signed = hmac.compare_digest(signature.encode(), self._signature(name, expires).encode())
        if not signed or utc(self._clock()) > expires:
            return _refused(
                403,
                "AuthenticationFailed",
                "Server failed to authenticate the request: the signature is not well formed or has expired.",
            )
        blob = self._blobs.get(name)
        if blob is None:
            return _refused(404, "BlobNotFound", "The specified blob does not exist.")
        headers = {"Accept-Ranges": "bytes"}
        wanted = _RANGE.fullmatch(request.headers.get("range", ""))
        if wanted is None:
            return StreamingResponse(_in_turns(blob.content()), media_type=blob.media_type, headers=headers)
        if blob.size is None:
            blob.size = await asyncio.to_thread(lambda: sum(map(len, blob.content())))
        first, last = int(wanted[1]), min(int(wanted[2] or blob.size), blob.size - 1)
        if first > last:
            return _refused(
                416, "InvalidRange", "The range specified is invalid for the current size of the resource."
            )
        headers |= {"Content-Range": f"bytes {first}-{last}/{blob.size}", "Content-Length": str(last - first + 1)}
        part = _in_turns(_slice(blob.content(), first, last + 1))
        return StreamingResponse(part, 206, media_type=blob.media_type, headers=headers)

    def _signature(self, name: str, expires: str) -> str:
        return hmac.new(self._key, f"{name}\n{expires}".encode(), hashlib.sha256).hexdigest()


def _refused(status: int, code: str, message: str) -> "Response":
    from starlette.responses import Response

    error = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    body = f'<?xml version="1.0" encoding="utf-8"?>{error}'
    return Response(body, status, media_type="application/xml", headers={"x-ms-error-code": code})


def _slice(chunks: Iterator[bytes], first: int, end: int) -> Iterator[bytes]:
    """The bytes from `first` to before `end`."""
    at = 0
    for chunk in chunks:
        if at >= end:
            return
        if part := chunk[max(0, first - at) : end - at]:
            yield part
        at += len(chunk)


async def _in_turns(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The chunks, each made when the one before is on its way, so that other requests get their turns."""
    for chunk in chunks:
        yield chunk
