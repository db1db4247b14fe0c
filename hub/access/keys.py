"""API keys: from what a client presents to who it is."""

import hmac
from collections.abc import Sequence
from hashlib import sha256

from hub.access.principal import Principal
from hub.config.models import KeyTable

LONGEST_KEY = 512
"""Characters of a presented key that are looked at; a longer one is refused unread."""


class Keys:
    """The keys of `[[auth.keys]]`, known by their hashes alone.

    Args:
        keys: Tables with their secret references resolved; the configuration has checked the hashes.
    """

    def __init__(self, keys: Sequence[KeyTable]) -> None:
        self._known = [
            (
                key.key_sha256.get_secret_value().lower().encode(),
                Principal(client=key.client, roles=key.roles, how="key"),
            )
            for key in keys
        ]

    def __bool__(self) -> bool:
        return bool(self._known)

    def authenticate(self, presented: str) -> Principal | None:
        """Who presents this key, or None.

        Every hash is compared, each in constant time, so the time taken tells nothing about the keys.
        """
        if not presented or len(presented) > LONGEST_KEY:
            return None
        digest = sha256(presented.encode("utf-8", "surrogatepass")).hexdigest().encode()
        found: Principal | None = None
        for known, principal in self._known:
            if hmac.compare_digest(known, digest):
                found = principal
        return found
