"""Methods and headers: what the client sets, what callers may add, and what neither may hold."""

import re
from collections.abc import Mapping

from hub import __version__
from hub.errors import AuthenticationFailed, InvalidArguments
from hub.http.bodies import ACCEPT_ENCODING

SAFE_METHODS = frozenset(("GET", "HEAD", "OPTIONS"))
"""Those that only read (RFC 9110 section 9.2.1), and so may be sent twice."""

# RFC 9110 sections 5.1 and 5.5: a token; visible characters, spaces and tabs.
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?|")
_OURS = frozenset(
    (
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "keep-alive",
        "te",
        "trailer",
        "upgrade",
        "expect",
        "accept-encoding",
    )
)
_CREDENTIALS = frozenset(("authorization", "proxy-authorization", "cookie"))
# What a redirect to another host still gets (RFC 9110 section 15.4: whatever could identify is left out).
_HARMLESS = frozenset(("accept", "accept-encoding", "accept-language", "range", "user-agent"))
_DEFAULTS = {
    "user-agent": f"mcp-integration-hub/{__version__}",
    "accept": "*/*",
    "accept-encoding": ACCEPT_ENCODING,
}


def checked_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers that a caller of the client adds, with their names in lower case.

    Raises:
        InvalidArguments: A value holds characters that no header may hold. The value is not repeated.
        ValueError: A name is malformed, or one that callers may not set.
    """
    checked: dict[str, str] = {}
    for name, value in headers.items():
        lower = name.lower()
        if not _NAME.fullmatch(name) or lower in _OURS or lower in _CREDENTIALS:
            raise ValueError(f"the header {name!r} cannot be set per request")
        if not _VALUE.fullmatch(value):
            raise InvalidArguments(
                f"The value of the header {name} holds a line break or another character it may not hold"
            )
        checked[lower] = value
    return checked


def from_sdk(headers: Mapping[str, str | bytes]) -> dict[str, str]:
    """What may pass of the headers a vendor SDK has set: its own credential is a placeholder and stays behind.

    Raises:
        InvalidArguments: As `checked_headers`.
    """
    plain = {name: value if isinstance(value, str) else value.decode("latin-1") for name, value in headers.items()}
    return checked_headers(
        {name: value for name, value in plain.items() if name.lower() not in _OURS | _CREDENTIALS | {"user-agent"}}
    )


def merged(
    service: Mapping[str, str], call: Mapping[str, str], auth: Mapping[str, str], label: str
) -> dict[str, str]:
    """All headers of one request; the credential wins over everything.

    Raises:
        AuthenticationFailed: The credential holds a line break, most often the one at the end of a file.
    """
    headers = dict(_DEFAULTS)
    for name, value in service.items():
        headers[name.lower()] = value
    headers.update(call)
    for name, value in auth.items():
        if not _VALUE.fullmatch(value) or not _NAME.fullmatch(name):
            raise AuthenticationFailed(
                f"The credential for {label} holds a line break or another character it cannot have",
                hint="Look at the end of the variable or file it comes from",
            )
        headers[name.lower()] = value
    return headers


def harmless(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that another host may see."""
    return {name: value for name, value in headers.items() if name in _HARMLESS}
