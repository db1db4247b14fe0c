"""Host and Origin, compared exactly: what keeps a web page from reaching a hub on the visitor's own machine."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import ip_address

from starlette.types import Scope

from hub.config.models import ServerTable
from hub.server.refusals import Header, Refusal


def only(headers: Sequence[Header], name: bytes) -> str | None:
    """The value of a header that may stand there once at most.

    Raises:
        Refusal: It is there twice, so that two readers could pick differently.
    """
    values = [value for key, value in headers if key == name]
    if len(values) > 1:
        raise Refusal(400, f"The {name.decode()} header appears more than once")
    return values[0].decode("latin-1") if values else None


def check_host(scope: Scope, settings: ServerTable) -> str:
    """Check the Host header; returns it.

    Accepted are the address the connection came to, `localhost` if that address is a loopback one, and
    `allowed_hosts`.

    Raises:
        Refusal: 400 without one, 421 for another host (RFC 9110, 15.5.20).
    """
    host = only(scope["headers"], b"host")
    if not host:
        raise Refusal(400, "The Host header is missing")
    if host.lower() not in _own_hosts(scope["server"]) and host not in settings.allowed_hosts:
        raise Refusal(421, "This Host is not served here; add it to [server] allowed_hosts if it should be")
    return host


def check_origin(scope: Scope, host: str, settings: ServerTable) -> str | None:
    """Check the Origin header that browsers send; returns it.

    Accepted are no origin, the hub's own pages, and `allowed_origins`.

    Raises:
        Refusal: 403 for another origin (MCP specification, transports: security warning).
    """
    origin = only(scope["headers"], b"origin")
    if origin is None or origin == f"{scope['scheme']}://{host}" or origin in settings.allowed_origins:
        return origin
    raise Refusal(403, "This Origin may not call the hub; add it to [server] allowed_origins if it should")


def cross_origin_headers(origin: str | None) -> list[Header]:
    """What a browser needs to let a page of an accepted origin read the answer."""
    if origin is None:
        return []
    return [
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-expose-headers", b"mcp-session-id, www-authenticate"),
        (b"vary", b"origin"),
    ]


PREFLIGHT: Sequence[Header] = (
    (b"access-control-allow-methods", b"GET, POST, DELETE"),
    (
        b"access-control-allow-headers",
        b"authorization, content-type, accept, x-api-key, last-event-id, mcp-session-id",
    ),
    (b"access-control-allow-headers", b"mcp-protocol-version, mcp-method, mcp-name"),
    (b"access-control-max-age", b"600"),
)
"""Answer to the question a browser asks before a page's request goes out."""


def is_loopback(address: str) -> bool:
    """Whether an IP address stays on this machine."""
    try:
        return ip_address(address.partition("%")[0]).is_loopback
    except ValueError:
        return False


@lru_cache(maxsize=16)
def _own_hosts(server: tuple[str, int]) -> frozenset[str]:
    address, port = server
    names = [f"[{address}]" if ":" in address else address]
    if is_loopback(address):
        names.append("localhost")
    hosts = frozenset(f"{name}:{port}" for name in names)
    return hosts.union(names) if port == 80 else hosts
