"""Atlassian's authorization server for OAuth 2.0 (3LO): access tokens that end, refresh tokens that rotate.

https://developer.atlassian.com/cloud/jira/platform/oauth-2-3lo-apps/#use-a-refresh-token-to-get-another-access-token-and-refresh-token-pair
"""

from collections.abc import Callable
from typing import Any, cast

from hub_connector_jira.simulation.options import CLIENT_ID, CLIENT_SECRET, CLOUD_ID, REFRESH_TOKEN, SiteOptions
from hub_connector_jira.simulation.refusals import Refused

_REUSE_SECONDS = 600
"""How long a refresh token may be used again after the next one was issued (leeway for lost answers)."""


class Grants:
    """The tokens of one authorized app. A refresh token used again too late ends the whole grant.

    Args:
        clock: The present in unix seconds.
        options: How long tokens last, and their scopes.

    Attributes:
        refreshes: How many times a token was issued.
        reuse_seconds: Leeway for using a refresh token again.
    """

    def __init__(self, clock: Callable[[], float], options: SiteOptions) -> None:
        self._clock = clock
        self._options = options
        self._current = REFRESH_TOKEN
        self._spent: dict[str, float] = {}
        self._access: dict[str, float] = {}
        self._revoked = False
        self.refreshes = 0
        self.reuse_seconds: float = _REUSE_SECONDS

    def token(self, body: Any) -> dict[str, Any]:
        """Exchange a refresh token.

        Raises:
            Refused: The client or the token is wrong, or was used before and is now reused too late.
        """
        form = cast("dict[str, Any]", body) if isinstance(body, dict) else {}
        if form.get("client_id") != CLIENT_ID or form.get("client_secret") != CLIENT_SECRET:
            raise _refusal(401, "access_denied", "Unauthorized")
        if form.get("grant_type") != "refresh_token":
            raise _refusal(400, "unsupported_grant_type", f"Unsupported grant type: {form.get('grant_type')}")
        given, now = str(form.get("refresh_token")), self._clock()
        if given in self._spent and now - self._spent[given] > self.reuse_seconds:
            self._revoked = True  # someone else has the token: nobody keeps access
            self._access.clear()
        if self._revoked or (given != self._current and given not in self._spent):
            raise _refusal(403, "invalid_grant", "Unknown or invalid refresh token.")
        self.refreshes += 1
        self._spent.setdefault(given, now)
        self._current = f"sandbox-refresh-token-{self.refreshes}"
        access = f"sandbox-access-token-{self.refreshes}"
        self._access[access] = now + self._options.token_seconds
        return {
            "access_token": access,
            "refresh_token": self._current,
            "expires_in": self._options.token_seconds,
            "token_type": "Bearer",
            "scope": " ".join(self._options.scopes),
        }

    def is_valid(self, access: str) -> bool:
        """Whether an access token opens the site now."""
        return self._access.get(access, 0) > self._clock()

    def resources(self, base: str) -> list[dict[str, Any]]:
        """The sites an access token is for."""
        scopes = [scope for scope in self._options.scopes if scope != "offline_access"]
        avatar = "https://avatars.shop.example/site.png"
        return [{"id": CLOUD_ID, "url": base, "name": "shop", "scopes": scopes, "avatarUrl": avatar}]


def _refusal(status: int, error: str, description: str) -> Refused:
    return Refused(status, body={"error": error, "error_description": description})
