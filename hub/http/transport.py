"""The carrier that real requests take: aiohttp's connections, with every failure known for what it is.

httpx's own pool wedges under cancellation, and the ready-made transport over aiohttp reports a connection that was
dropped after sending like one that was never made; at-most-once cannot be built on either.

aiohttp is imported here at the top, so this module itself is imported at the first request only.
"""

import io
import os
import socket
import ssl
from collections.abc import AsyncIterator
from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from hub.http.address import Origin
from hub.http.guard import AddressGuard, ForbiddenAddress
from hub.http.outcome import NotSent, SendFailure, Unanswered
from hub.http.parcel import Answer, Parcel
from hub.http.wire import connecting

if TYPE_CHECKING:
    from aiohttp.client_reqrep import ClientRequest
    from aiohttp.connector import Connection
    from aiohttp.tracing import Trace

_CONNECT_SECONDS = 10.0
_KEEP_ALIVE = 15.0
_MAX_HEADER = 64 * 1024
_LARGE_BODY = 512 * 1024
_NO_TIMEOUT = aiohttp.ClientTimeout(total=None, connect=None, sock_connect=_CONNECT_SECONDS, sock_read=None)
_NO_CONTENT_TYPE = ("Content-Type",)

_travelling: ContextVar[Parcel] = ContextVar("_travelling")
"""The parcel on its way; aiohttp's own hooks do not lead from a connection back to the request."""


class AiohttpCarrier:
    """Sends to one service; needs a running loop and belongs to it.

    Args:
        guard: Decides on the addresses that may be connected to.
        own: The origin that gets the client certificate and the private CA.
        tls: Context for that origin; the system's trust store is used if left out, and for any other origin.
        max_connections: Bound of the pool; further requests wait for a connection.
        proxy: URL of an HTTP proxy, with user name and password if it wants them.
    """

    def __init__(
        self,
        *,
        guard: AddressGuard,
        own: Origin,
        tls: ssl.SSLContext | None,
        max_connections: int,
        proxy: str | None,
    ) -> None:
        self._guard = guard
        self._own = own
        self._tls = tls
        self._proxy = proxy
        self._session = aiohttp.ClientSession(
            connector=_Connector(
                resolver=_GuardedResolver(guard), limit=max_connections, keepalive_timeout=_KEEP_ALIVE
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=_NO_TIMEOUT,
            auto_decompress=False,
            trust_env=False,
            max_line_size=_MAX_HEADER,
            max_field_size=_MAX_HEADER,
        )

    async def send(self, parcel: Parcel) -> Answer:
        """Send the parcel; see `Carrier`."""
        parcel.sent = False
        if self._session.closed:
            raise NotSent("the client is closed", lasting=True)
        # Exactly as it was built: yarl would decode and requote some escapes.
        url = URL(parcel.url, encoded=True)
        host, port = url.raw_host or "", url.port or 0
        self._check_literal(host, port)
        own = self._tls is not None and Origin(url.scheme, host, port) == self._own
        mark = _travelling.set(parcel)
        try:
            answer = await self._session.request(
                parcel.method,
                url,
                headers=parcel.headers,
                data=_payload(parcel.body),
                skip_auto_headers=None if "content-type" in parcel.headers else _NO_CONTENT_TYPE,
                allow_redirects=False,
                ssl=self._tls if own and self._tls else True,
                proxy=self._proxy,
            )
        except SendFailure:
            raise
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise (_unanswered(error) if parcel.sent else _not_sent(error)) from None
        finally:
            _travelling.reset(mark)
        return Answer(
            status=answer.status,
            reason=answer.reason or "",
            headers=answer.raw_headers,
            chunks=_chunks(answer),
            aclose=partial(_let_go, answer),
        )

    async def aclose(self) -> None:
        """Close all connections."""
        await self._session.close()

    def _check_literal(self, host: str, port: int) -> None:
        # aiohttp connects to an address literal without asking the resolver.
        if ":" in host or host.replace(".", "").isdigit():
            try:
                self._guard.check(host, port, [host])
            except ForbiddenAddress:
                raise NotSent(_FORBIDDEN, lasting=True) from None


class _Connector(aiohttp.TCPConnector):
    """Knows the moment from which a request may have left: when it has got its connection."""

    async def connect(
        self,
        req: "ClientRequest",
        traces: "list[Trace]",
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109  aiohttp's signature
    ) -> "Connection":
        parcel = _travelling.get()
        if parcel.sent:
            # aiohttp sends an idempotent request again by itself when a kept-alive connection turns out dead;
            # whether to repeat is decided above, where it is counted.
            raise Unanswered("the connection was closed before an answer came")
        mark = connecting.set(True)
        try:
            connection = await super().connect(req, traces, timeout)
        finally:
            connecting.reset(mark)
        parcel.sent = True
        return connection


class _GuardedResolver(AbstractResolver):
    """Hands out only addresses that the guard has seen; aiohttp connects to these and to no others."""

    def __init__(self, guard: AddressGuard) -> None:
        self._guard = guard
        self._resolver = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        self._guard.check(host, port, [address["host"] for address in found])
        return found

    async def close(self) -> None:
        await self._resolver.close()


async def _chunks(answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    content = answer.content
    try:
        while chunk := await content.readany():
            yield chunk
    except (aiohttp.ClientError, OSError) as error:
        raise _unanswered(error) from None


async def _let_go(answer: aiohttp.ClientResponse) -> None:
    # Closes the connection, unless the whole body has been read and it is back in the pool already.
    answer.close()


def _payload(body: bytes | None) -> bytes | io.BytesIO | None:
    # aiohttp writes bytes in one go, which would hold up the loop, and warns about it.
    return io.BytesIO(body) if body is not None and len(body) > _LARGE_BODY else body or None


_FORBIDDEN = "the host has an address in a private or special network, which only a configured URL may have"


def _not_sent(error: Exception) -> NotSent:
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        if isinstance(error.os_error, ForbiddenAddress):
            return NotSent(_FORBIDDEN, lasting=True)
        return NotSent("its host name cannot be resolved")
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return NotSent(f"its TLS certificate is not trusted ({_certificate_problem(error)})", lasting=True)
    if isinstance(error, aiohttp.ClientConnectorSSLError):
        cause: object = getattr(error, "os_error", None)  # aiohttp declares no type for it here
        reason = cause.reason if isinstance(cause, ssl.SSLError) and cause.reason else "no TLS there"
        return NotSent(f"the TLS handshake failed ({reason.lower().replace('_', ' ')})", lasting=True)
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return NotSent(f"the proxy answered {error.status}", lasting=error.status == 407)
    if isinstance(error, aiohttp.ClientProxyConnectionError):
        return NotSent(f"the proxy cannot be reached ({_os_reason(error)})")
    if isinstance(error, aiohttp.ClientConnectorError):
        return NotSent(_os_reason(error))
    if isinstance(error, TimeoutError):
        return NotSent("connecting took too long", lasting=True)
    return NotSent("no connection could be made", lasting=isinstance(error, ValueError))


def _unanswered(error: Exception) -> Unanswered:
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return Unanswered("the connection was closed before an answer came")
    if isinstance(error, aiohttp.ClientPayloadError):
        return Unanswered("the answer broke off")
    if isinstance(error, aiohttp.ClientResponseError):
        return Unanswered("the answer is not valid HTTP, or its headers are too large")
    if isinstance(error, ssl.SSLError | aiohttp.ClientSSLError):
        return Unanswered("the TLS connection failed; does the service want a client certificate?")
    return Unanswered(f"the connection failed ({_os_reason(error)})")


def _os_reason(error: Exception) -> str:
    """What the operating system says, without the address that Python's own texts hold."""
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    number = cause.errno if isinstance(cause, OSError) else None
    return os.strerror(number).lower() if number else "no connection could be made"


def _certificate_problem(error: aiohttp.ClientConnectorCertificateError) -> str:
    cause = error.certificate_error
    return cause.verify_message if isinstance(cause, ssl.SSLCertVerificationError) else "it does not fit the host"
