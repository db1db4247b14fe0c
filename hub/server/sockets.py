"""Binds the address before anything is served, so that what cannot work is said at once and in one line."""

import errno
import os
import socket
from dataclasses import dataclass

from hub.errors import StartError
from hub.server.origins import is_loopback


@dataclass(frozen=True, slots=True)
class Address:
    """Where the hub listens.

    Attributes:
        host: IP address.
        port: The real one, also where 0 was asked for.
    """

    host: str
    port: int

    @property
    def base(self) -> str:
        """URL without a path, as a client on this machine reaches it."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104  compared, not bound
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    @property
    def mcp(self) -> str:
        """URL of the MCP endpoint."""
        return f"{self.base}/mcp"

    @property
    def on_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return is_loopback(self.host)


def bind(host: str, port: int, *, keys: bool) -> tuple[socket.socket, Address]:
    """Bind and listen.

    Args:
        host: Name or address; of a name with several addresses an IPv4 one is preferred.
        port: 0 takes a free one.
        keys: Whether API keys are configured; without any, only a loopback address may be bound.

    Raises:
        StartError: The address is taken, not this machine's, or open to others without keys.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError:
        raise StartError(f"{host!r} is not an address", hint="Set [server] host or --host") from None
    family, _, _, _, address = min(found, key=lambda one: one[0] != socket.AF_INET)
    if not keys and not is_loopback(str(address[0])):
        raise StartError(
            f"The hub would listen on {host} for everybody, and no API key is configured",
            hint='Add [[auth.keys]] to hub.toml, or set [server] host = "127.0.0.1"',
        )
    # With the protocol named, asyncio turns off Nagle on what it accepts; without, answers wait 40 ms.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(1024)
        listening.setblocking(False)
    except OSError as error:
        listening.close()
        raise _why(host, port, error) from None
    bound = listening.getsockname()
    return listening, Address(str(bound[0]), int(bound[1]))


def _why(host: str, port: int, error: OSError) -> StartError:
    if error.errno == errno.EADDRINUSE:
        return StartError(f"Port {port} is in use", hint="Set [server] port or --port")
    if error.errno == errno.EACCES:
        return StartError(f"Port {port} needs more rights", hint="Set [server] port or --port to one above 1023")
    return StartError(
        f"The hub cannot listen on {host}", hint="Set [server] host or --host to an address of this machine"
    )
