"""Who may ask the simulated API for what: tokens with permissions, and GitHub Apps with their signed claims."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hub_connector_github.simulation.accounts import AGENT, Account
from hub_connector_github.simulation.noise import sha1_like

SANDBOX_TOKEN = "sandbox-token-that-opens-nothing-else"  # noqa: S105  of the sandbox, known to everybody
INSTALLATION_ID = 48_120_316
_TOKEN_SECONDS = 3600
_LONGEST_JWT_SECONDS = 600
_CLOCK_SKEW_SECONDS = 60
_LEVELS = {"read": 1, "write": 2}


@dataclass(frozen=True, kw_only=True)
class Viewer:
    """Who asks.

    Attributes:
        key: What rates are counted by.
        permissions: Level by permission; None for all of them, as a classic token with the scope `repo` has.
        installation: Whether it is a GitHub App's installation.
        known: Whether there was a credential at all.
    """

    key: str
    account: Account = AGENT
    permissions: Mapping[str, str] | None = None
    installation: bool = False
    known: bool = True

    def may(self, needs: str) -> bool:
        """Whether it has a permission such as `actions=write`; everybody may read metadata."""
        if not needs or self.permissions is None:
            return True
        name, _, level = needs.partition("=")
        return _LEVELS.get(self.permissions.get(name, ""), 0) >= _LEVELS[level]


NOBODY = Viewer(key="", permissions={}, known=False)


@dataclass(frozen=True, kw_only=True)
class AppKey:
    """A GitHub App that is installed on the organization.

    Attributes:
        id: Its App ID.
        client_id: Its client ID, which may stand for the App ID.
        public_key: PEM of the key that belongs to the one it signs with.
        permissions: What its installation may do.
    """

    id: int
    client_id: str
    public_key: str
    permissions: Mapping[str, str]


class WrongCredential(Exception):
    """A credential that is not accepted; its text is GitHub's message."""


class Access:
    """Knows tokens and GitHub Apps.

    Args:
        tokens: Permissions by token; None for all.
        apps: The GitHub Apps installed.
    """

    def __init__(self, tokens: Mapping[str, Mapping[str, str] | None], apps: tuple[AppKey, ...] = ()) -> None:
        self._tokens = dict(tokens)
        self._apps = apps
        self._issued: dict[str, tuple[AppKey, float]] = {}

    def viewer(self, authorization: str, now: float) -> Viewer:
        """Who sends this Authorization header; `NOBODY` if it is empty.

        Raises:
            WrongCredential: It is no token, or one that is not known or has expired.
        """
        if not authorization:
            return NOBODY
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() not in ("bearer", "token"):
            raise WrongCredential("Bad credentials")
        if (issued := self._issued.get(token)) is not None and now < issued[1]:
            app = issued[0]
            return Viewer(key=f"app {app.id}", permissions=app.permissions, installation=True)
        for known, permissions in self._tokens.items():
            if hmac.compare_digest(known.encode(), token.encode()):
                return Viewer(key=f"token {sha1_like(known)[:8]}", permissions=permissions)
        raise WrongCredential("Bad credentials")

    def app(self, authorization: str, now: float) -> AppKey:
        """The GitHub App that signed the JWT in this Authorization header.

        https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app

        Raises:
            WrongCredential: It is none, is signed by another key, or its times are out of bounds.
        """
        import jwt

        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or token.count(".") != 2:
            raise WrongCredential("A JSON web token could not be decoded")
        for app in self._apps:
            try:
                claims: dict[str, Any] = jwt.decode(
                    token,
                    app.public_key,
                    algorithms=["RS256"],
                    options={"verify_exp": False, "verify_iat": False, "verify_nbf": False},
                )
            except jwt.PyJWTError:
                continue
            _check_times(claims, now)
            if str(claims.get("iss", "")) not in (str(app.id), app.client_id):
                raise WrongCredential("'Issuer' claim ('iss') must be an Integer")
            return app
        raise WrongCredential("A JSON web token could not be decoded")

    def issue(self, app: AppKey, now: float) -> tuple[str, float]:
        """A new installation token and when it expires, in unix seconds."""
        token = f"installation-{sha1_like(app.id, len(self._issued), now)}"
        self._issued[token] = (app, now + _TOKEN_SECONDS)
        return token, now + _TOKEN_SECONDS


def _check_times(claims: Mapping[str, Any], now: float) -> None:
    expires, issued = claims.get("exp"), claims.get("iat")
    if not isinstance(expires, int) or expires <= now:
        raise WrongCredential(
            "'Expiration time' claim ('exp') must be a numeric value representing the future time"
        )
    if expires > now + _LONGEST_JWT_SECONDS + _CLOCK_SKEW_SECONDS:
        raise WrongCredential("'Expiration time' claim ('exp') is too far in the future")
    if not isinstance(issued, int) or issued > now + _CLOCK_SKEW_SECONDS:
        raise WrongCredential(
            "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"
        )
