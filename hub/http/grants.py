"""How each kind of credential gets its access token."""

import asyncio
import time
from pathlib import Path
from uuid import uuid4

from hub.connector.credentials import AccessToken, ClientCredentials, FetchedToken, JWTBearer, RefreshToken
from hub.connector.service import Service
from hub.connector.settings import Secret
from hub.connector.signing import sign_jwt
from hub.http.recent_secrets import RecentSecrets
from hub.http.token_endpoint import OpenClient, TokenEndpoint
from hub.http.token_store import Chain, KeptInMemory, TokenStore
from hub.http.tokens import MARGIN_SECONDS, Grant

_ASSERTION_SECONDS = 120
"""How long a signed assertion is good for; vendors take at most three to ten minutes."""
_CLOCK_SKEW = 10
"""Seconds an assertion is dated back, for a vendor whose clock is behind."""


def grant_for(
    credential: ClientCredentials | RefreshToken | JWTBearer | FetchedToken,
    service: Service,
    folder: Path | None,
    masked: RecentSecrets,
    open_client: OpenClient,
) -> Grant:
    """The way this credential gets tokens.

    Args:
        credential: As the connector declares it.
        service: What it is for.
        folder: Where refresh tokens are kept; in memory alone if there is none.
        masked: Told every refresh token.
        open_client: Builds the client of a token endpoint.

    Raises:
        ConfigError: The token URL cannot be used, or a secret is empty.
    """
    match credential:
        case FetchedToken():
            return _Fetched(credential)
        case ClientCredentials():
            return _Exchange(TokenEndpoint(credential, service, open_client), credential)
        case JWTBearer():
            return _Assertion(TokenEndpoint(credential, service, open_client), credential)
        case RefreshToken():
            first = credential.refresh_token.get_secret_value()
            secret = credential.client_secret.get_secret_value() if credential.client_secret else ""
            identity = (credential.token_url, credential.client_id, first)
            store = TokenStore(folder, identity=identity, key=secret or first) if folder else KeptInMemory()
            return _Refresh(TokenEndpoint(credential, service, open_client), credential, store, masked)


class _Fetched:
    requested: tuple[str, ...] = ()

    def __init__(self, credential: FetchedToken) -> None:
        self._fetch = credential.fetch
        self.scheme = credential.scheme

    async def obtain(self, instead_of: str | None) -> AccessToken:  # noqa: ARG002  the protocol's; always a new one
        return await self._fetch()

    async def aclose(self) -> None:
        """Its client is the connector's."""


class _Exchange:
    """RFC 6749 section 4.4."""

    scheme = "Bearer"

    def __init__(self, endpoint: TokenEndpoint, credential: ClientCredentials) -> None:
        self._endpoint = endpoint
        self._form = {"grant_type": "client_credentials"}
        if credential.scopes:
            self._form["scope"] = " ".join(credential.scopes)
        if credential.audience:
            self._form["audience"] = credential.audience
        self.requested = credential.scopes

    async def obtain(self, instead_of: str | None) -> AccessToken:  # noqa: ARG002  as above
        return (await self._endpoint.ask(self._form, safe=True)).access

    async def aclose(self) -> None:
        await self._endpoint.aclose()


class _Assertion:
    """RFC 7523 section 2.1."""

    scheme = "Bearer"

    def __init__(self, endpoint: TokenEndpoint, credential: JWTBearer) -> None:
        self._endpoint = endpoint
        self._credential = credential
        self.requested = credential.scopes

    async def obtain(self, instead_of: str | None) -> AccessToken:  # noqa: ARG002  as above
        # In a thread: importing what signs takes a while.
        assertion = await asyncio.to_thread(self._assertion)
        form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion}
        if self.requested:
            form["scope"] = " ".join(self.requested)
        return (await self._endpoint.ask(form, safe=True, secrets=(assertion,))).access

    async def aclose(self) -> None:
        await self._endpoint.aclose()

    def _assertion(self) -> str:
        credential, now = self._credential, int(time.time())
        claims = {
            "iss": credential.issuer,
            "sub": credential.subject,
            "aud": credential.audience,
            "iat": now - _CLOCK_SKEW,
            "exp": now + _ASSERTION_SECONDS,
            "jti": uuid4().hex,
        }
        return sign_jwt(claims, private_key=credential.private_key, algorithm=credential.algorithm)


class _Refresh:
    """RFC 6749 section 6, with refresh tokens that are good for one use (RFC 9700 section 4.14.2)."""

    scheme = "Bearer"

    def __init__(
        self,
        endpoint: TokenEndpoint,
        credential: RefreshToken,
        store: TokenStore | KeptInMemory,
        masked: RecentSecrets,
    ) -> None:
        self._endpoint = endpoint
        self._first = credential.refresh_token.get_secret_value()
        self._store = store
        self._masked = masked
        self._unsaved: Chain | None = None
        self.requested = credential.scopes

    async def obtain(self, instead_of: str | None) -> AccessToken:
        """The token another process has got meanwhile, or a new one.

        The newest refresh token is on disk before its access token is used: from then on the one before may be
        worth nothing.
        """
        async with self._store.locked():
            chain = self._unsaved or await self._store.load() or Chain(refresh_token=self._first)
            self._masked.add(chain.refresh_token)
            if chain.access_token in ("", instead_of) or not chain.lasts(MARGIN_SECONDS, time.time()):
                chain = self._unsaved = await self._refreshed(chain)
            if self._unsaved is not None:
                await self._store.save(chain)
                self._unsaved = None
        return AccessToken(
            token=Secret(chain.access_token),
            expires_in=None if chain.expires_at is None else chain.expires_at - time.time(),
            scopes=chain.scopes,
        )

    async def _refreshed(self, chain: Chain) -> Chain:
        began = time.time()
        form = {"grant_type": "refresh_token", "refresh_token": chain.refresh_token}
        if self.requested:
            form["scope"] = " ".join(self.requested)
        # Sent once: a second use of it can make a vendor revoke all that came of it.
        answer = await self._endpoint.ask(form, safe=False, secrets=(chain.refresh_token,))
        self._masked.add(answer.refresh_token)
        access = answer.access
        return Chain(
            refresh_token=answer.refresh_token or chain.refresh_token,
            access_token=access.token.get_secret_value(),
            expires_at=None if access.expires_in is None else began + access.expires_in,
            scopes=access.scopes,
        )

    async def aclose(self) -> None:
        await self._endpoint.aclose()
