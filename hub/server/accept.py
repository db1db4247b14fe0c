"""Which kinds of answer a client takes, read as the SDK reads it, so that no two ways to an answer can differ."""

from functools import lru_cache

from mcp.server.streamable_http import check_accept_headers
from starlette.requests import Request
from starlette.types import Scope

from hub.server.refusals import Header

ACCEPT = b"accept"


def one_accept(scope: Scope) -> Scope:
    """The request with its Accept headers as one (RFC 9110, 5.3); the SDK looks at the first alone."""
    headers: list[Header] = scope["headers"]
    values = [value for name, value in headers if name == ACCEPT]
    if len(values) < 2:
        return scope
    others = [(name, value) for name, value in headers if name != ACCEPT]
    return {**scope, "headers": [*others, (ACCEPT, b", ".join(values))]}


def accepts(headers: list[Header]) -> tuple[bool, bool]:
    """Whether JSON is accepted, and whether a stream of events is."""
    return _accepts(next((value for name, value in headers if name == ACCEPT), b""))


@lru_cache(maxsize=64)
def _accepts(value: bytes) -> tuple[bool, bool]:
    return check_accept_headers(Request({"type": "http", "headers": [(ACCEPT, value)]}))
