"""From a request's credential to a principal; over HTTP nobody is anybody without one, once keys exist."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hub.access.principal import OPEN, Principal
from hub.server.origins import only
from hub.server.refusals import Header, Refusal

if TYPE_CHECKING:
    from hub.hub import Hub

LONGEST_KEY = 4096
"""Characters of a credential; a longer one is not looked up."""

CHALLENGE = (b"www-authenticate", b'Bearer realm="hub"')
REJECTED = (b"www-authenticate", b'Bearer realm="hub", error="invalid_token"')


def authenticate(hub: "Hub", headers: Sequence[Header], *, on_loopback: bool) -> Principal:
    """Who sends a request.

    Args:
        hub: Knows the keys.
        headers: `Authorization: Bearer <key>` or `X-API-Key: <key>`; a key in the URL is never looked at.
        on_loopback: Whether the hub listens on this machine alone; only there may it be without keys.

    Raises:
        Refusal: 400 for more than one credential, 401 for none or a wrong one.
    """
    authorization = only(headers, b"authorization")
    api_key = only(headers, b"x-api-key")
    if not hub.requires_key:
        if on_loopback:
            return OPEN
        raise Refusal(401, "The hub has no keys any more; add [[auth.keys]]", headers=[CHALLENGE])
    if authorization is not None and api_key is not None:
        raise Refusal(400, "Send the key once: as Authorization: Bearer or as X-API-Key")
    key = api_key if authorization is None else _bearer(authorization)
    if not key:
        raise Refusal(401, "A key is needed: Authorization: Bearer <key>", headers=[CHALLENGE])
    principal = hub.authenticate(key) if len(key) <= LONGEST_KEY else None
    if principal is None:
        raise Refusal(401, "This key is not known to the hub", headers=[REJECTED])
    return principal


def _bearer(authorization: str) -> str | None:
    scheme, _, key = authorization.partition(" ")
    return key.strip() if scheme.lower() == "bearer" else None
