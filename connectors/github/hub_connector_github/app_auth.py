"""A GitHub App's way in: a signed JWT in exchange for an installation token, which is good for an hour.

https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app
"""

import time
from collections.abc import Callable, Mapping

from hub.plugin import (
    AccessToken,
    AuthenticationFailed,
    FetchedToken,
    NotFound,
    Secret,
    Service,
    ServiceClient,
    read_json,
    sign_jwt,
)
from hub_connector_github.settings import AppSettings
from hub_connector_github.shapes import integer, mapping, objects, text
from hub_connector_github.times import seconds_of

_SKEW = 60
"""Seconds GitHub recommends to date the JWT back, since clocks differ."""
_GOOD_FOR = 540
"""GitHub takes no JWT that is good for more than ten minutes."""


class AppAccess:
    """Gets installation tokens.

    Args:
        settings: The app.
        service: GitHub, with whatever but the app's own credential; the app itself is let in with its JWT.
        open_service: Builds a guarded client.
        setting: Dotted path of the app's table; errors point at it.
    """

    def __init__(
        self,
        settings: AppSettings,
        service: Callable[[], Service],
        open_service: Callable[[Service], ServiceClient],
        setting: str,
    ) -> None:
        self._settings = settings
        self._service = service
        self._open_service = open_service
        self._setting = setting
        self._client: ServiceClient | None = None

    def credential(self) -> FetchedToken:
        """The credential as the hub takes it: it keeps the token and asks for the next in time."""
        return FetchedToken(fetch=self.fetch)

    def proof(self) -> Mapping[str, str]:
        """The headers that prove to be the app."""
        now = int(time.time())
        claims = {"iat": now - _SKEW, "exp": now + _GOOD_FOR, "iss": self._settings.client_id}
        return {"Authorization": f"Bearer {sign_jwt(claims, private_key=self._settings.private_key)}"}

    async def fetch(self) -> AccessToken:
        """A new installation token.

        Raises:
            AuthenticationFailed: GitHub does not know the app or its key, or it is installed nowhere.
        """
        client = self._client = self._client or self._open_service(self._service())
        installation = self._settings.installation_id or await self._only_installation(client)
        try:
            response = await client.post(
                "/app/installations/{id}/access_tokens", path_params={"id": str(installation)}
            )
        except NotFound:
            raise AuthenticationFailed(
                f"The GitHub App has no installation {installation}",
                hint=f"{self._setting}.installation_id is the number at the end of the installation's address",
            ) from None
        answer = read_json(response, client.service)
        expires = seconds_of(text(answer, "expires_at"))
        granted = mapping(answer, "permissions")
        return AccessToken(
            token=Secret(text(answer, "token")),
            expires_in=None if expires is None else expires - time.time(),
            scopes=tuple(f"{name}: {level}" for name, level in granted.items()),
        )

    async def _only_installation(self, client: ServiceClient) -> int:
        found = objects(read_json(await client.get("/app/installations"), client.service))
        if len(found) == 1:
            return integer(found[0], "id")
        listed = ", ".join(f"{integer(one, 'id')} ({text(one, 'account', 'login')})" for one in found[:10])
        raise AuthenticationFailed(
            f"The GitHub App has {len(found)} installations" if found else "The GitHub App is installed nowhere",
            hint=f"Set {self._setting}.installation_id: {listed}"
            if found
            else "Install it on your repositories first",
        )
