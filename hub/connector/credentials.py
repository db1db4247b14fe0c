"""The kinds of credential a connector can declare; the hub obtains, keeps, renews and sends what they stand for."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from hub.connector.settings import Secret


@dataclass(frozen=True, kw_only=True)
class ApiToken:
    """A token that stays the same: an API key, a personal access token.

    Attributes:
        token: As the vendor issued it.
        header: The header it travels in.
        scheme: Stands before the token, with a space; empty for the token alone.
    """

    token: Secret
    header: str = "Authorization"
    scheme: str = "Bearer"


@dataclass(frozen=True, kw_only=True)
class BasicAuth:
    """A user's name and password (RFC 7617), or whatever a vendor takes in their places."""

    username: str
    password: Secret


@dataclass(frozen=True, kw_only=True)
class ClientCredentials:
    """OAuth 2 client credentials (RFC 6749 section 4.4).

    Attributes:
        token_url: The vendor's token endpoint.
        client_id: Of the app.
        client_secret: Of the app; sent in the form, or as Basic where the endpoint refuses that.
        scopes: What to ask for; the app's own default if left out.
        audience: The API the token is for, where the vendor wants that said.
    """

    token_url: str
    client_id: str
    client_secret: Secret
    scopes: tuple[str, ...] = ()
    audience: str = ""


@dataclass(frozen=True, kw_only=True)
class RefreshToken:
    """An OAuth 2 refresh token a person has obtained (RFC 6749 section 6).

    A vendor may answer each use with a new refresh token and take the old one out of service. The hub keeps the
    newest, encrypted, in its state folder, and hub.toml goes on naming the first. Another first one in hub.toml
    begins anew.

    Attributes:
        token_url: The vendor's token endpoint.
        client_id: Of the app it was issued to.
        refresh_token: As it was issued.
        client_secret: Of the app, unless it is a public client.
        scopes: Only to ask for fewer than the person has agreed to.
    """

    token_url: str
    client_id: str
    refresh_token: Secret
    client_secret: Secret | None = None
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class JWTBearer:
    """A token in exchange for a signed assertion (RFC 7523 section 2.1).

    Attributes:
        token_url: The vendor's token endpoint.
        private_key: In PEM format.
        issuer: The app's id.
        subject: On whose behalf.
        audience: As the vendor names itself.
        algorithm: Of the signature; see `sign_jwt`.
        scopes: What to ask for, where the vendor wants that said.
    """

    token_url: str
    private_key: Secret
    issuer: str
    subject: str
    audience: str
    algorithm: str = "RS256"
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AccessToken:
    """A token as a vendor has just issued it.

    Attributes:
        token: The token.
        expires_in: Seconds from the moment it was asked for; None if the vendor does not say.
        scopes: What it may do, in the vendor's words; empty if the vendor does not say.
        base_url: Where it is good, if the vendor says. A token for another origin than the service's is never sent.
    """

    token: Secret
    expires_in: float | None = None
    scopes: tuple[str, ...] = ()
    base_url: str = ""


@dataclass(frozen=True, kw_only=True)
class FetchedToken:
    """A token the connector gets by itself, for whatever no other kind covers.

    Attributes:
        fetch: Gets a new token. Called when none is left that is good for a while, never twice at once, and not for
            a caller: it has 30 seconds, and a caller that gives up does not end it. It must not use a client that
            sends this credential, which would wait for itself.
        scheme: Stands before the token, with a space.
    """

    fetch: Callable[[], Awaitable[AccessToken]] = field(repr=False)
    scheme: str = "Bearer"


Credential = ApiToken | BasicAuth | ClientCredentials | RefreshToken | JWTBearer | FetchedToken
"""What `Connector.credential` may return."""
