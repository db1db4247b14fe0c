"""Asks a vendor's token endpoint (RFC 6749 section 3.2), through a guarded client of its own."""

import base64
import math
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, cast
from urllib.parse import quote_plus, urlsplit

from hub.connector.credentials import AccessToken, ClientCredentials, JWTBearer, RefreshToken
from hub.connector.service import Service
from hub.connector.settings import Secret
from hub.errors import AuthenticationFailed, ConfigError, ConnectorError, ServiceUnavailable
from hub.http.address import parse_base_url
from hub.http.redaction import Redactor, presentable

if TYPE_CHECKING:
    import httpx

_SECONDS = 15.0
_MOST_BYTES = 256 * 1024
_VENDOR_TEXT = 200
# RFC 6749 section 5.2, and the names that some vendors have for the same.
_GRANT_REFUSED = frozenset(("invalid_grant", "invalid_refresh_token", "bad_refresh_token", "token_expired"))
_CLIENT_REFUSED = frozenset(("invalid_client", "unauthorized_client", "invalid_client_id", "bad_client_secret"))
_FAILING_FOR_NOW = frozenset(("temporarily_unavailable", "server_error"))
_OTHER_TYPES = frozenset(("mac", "dpop"))
"""Tokens that are no use without a key (RFC 6749 section 7.1: they must not be sent as if they were others)."""


class Poster(Protocol):
    """What is needed of the guarded client to ask an endpoint."""

    async def post(self, path: str, **options: Any) -> "httpx.Response":
        """See `ServiceClient.post`."""
        ...

    async def aclose(self) -> None:
        """Close it."""
        ...


OpenClient = Callable[[Service], Poster]
"""Builds the guarded client of a service: `ServiceClient` itself, which stands above this module."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenAnswer:
    """What the endpoint gave; `refresh_token` is empty if there is no new one."""

    access: AccessToken
    refresh_token: str = field(default="", repr=False)


class TokenEndpoint:
    """The token endpoint of one credential.

    Args:
        credential: Names the endpoint and, but for assertions, the client.
        service: What the credential is for.
        open_client: Builds the client of the endpoint.

    Raises:
        ConfigError: The token URL cannot be used.
    """

    def __init__(
        self, credential: ClientCredentials | RefreshToken | JWTBearer, service: Service, open_client: OpenClient
    ) -> None:
        self._open_client = open_client
        self._credential = credential
        self._service = service
        self._of = service.label or "the service"
        self._setting = service.credential
        parts = urlsplit(credential.token_url)
        if parts.query or parts.fragment:
            raise ConfigError("The token URL has a query or a fragment", setting=self._setting)
        self._base = credential.token_url.removesuffix(parts.path)
        self._path = parts.path
        self._client: Poster | None = None
        self._basic = False
        own = parse_base_url(self._base, setting=self._setting).origin
        self._same_origin = own == parse_base_url(service.base_url, setting=service.setting).origin

    async def ask(self, form: Mapping[str, str], *, safe: bool, secrets: Collection[str] = ()) -> TokenAnswer:
        """Send a form and read the answer.

        The client is named in the form, which all vendors of note take; an endpoint that refuses that is asked
        again with Basic authentication (RFC 6749 section 2.3.1), and from then on in that way only.

        Args:
            form: The grant.
            safe: Whether it may be sent twice.
            secrets: Values in it that no text may show.

        Raises:
            AuthenticationFailed: It refuses the credential.
            ServiceUnavailable: It cannot be reached, or fails on its side.
            RateLimited: It wants to be left alone for a while.
            OutcomeUnknown: It was asked and gave no answer.
        """
        response = await self._send(form, safe=safe)
        if not self._basic and self._client_secret and _said(response).get("error") == "invalid_client":
            self._basic = True
            again = await self._send(form, safe=safe)
            if _said(again).get("error") == "invalid_client":
                self._basic = False
            response = again
        return self._read(response, Redactor((*secrets, *self._secrets())))

    async def aclose(self) -> None:
        """Close its client."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    @property
    def _client_secret(self) -> str:
        secret = None if isinstance(self._credential, JWTBearer) else self._credential.client_secret
        return secret.get_secret_value() if secret else ""

    def _secrets(self) -> Iterator[str]:
        for value in vars(self._credential).values():
            if isinstance(value, Secret):
                yield value.get_secret_value()

    def _headers(self) -> Mapping[str, str]:
        if not self._basic or isinstance(self._credential, JWTBearer):
            return {}
        # Both parts are form-encoded first (RFC 6749 section 2.3.1).
        pair = f"{quote_plus(self._credential.client_id)}:{quote_plus(self._client_secret)}"
        return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode('ascii')}"}

    async def _send(self, form: Mapping[str, str], *, safe: bool) -> "httpx.Response":
        if self._client is None:
            self._client = self._open_client(
                Service(
                    base_url=self._base,
                    label=f"The token endpoint of {self._of}",
                    setting=self._setting,
                    credential=self._setting,
                    auth_headers=self._headers,
                    headers={"Accept": "application/json"},
                    # A private CA and a client certificate are for the service's own origin alone.
                    tls=self._service.tls if self._same_origin else None,
                    proxy=self._service.proxy,
                    max_bytes=_MOST_BYTES,
                    timeout=_SECONDS,
                )
            )
        if not isinstance(self._credential, JWTBearer) and not self._basic:
            form = {**form, "client_id": self._credential.client_id}
            if self._client_secret:
                form["client_secret"] = self._client_secret
        return await self._client.post(self._path, data=form, safe=safe, allow=(400, 401, 403))

    def _read(self, response: "httpx.Response", redact: Redactor) -> TokenAnswer:
        said = _said(response)
        token, refresh_token, scopes = said.get("access_token"), said.get("refresh_token"), said.get("scope")
        if not isinstance(token, str) or not token or response.status_code >= 300:
            raise self._refused(response.status_code, said, redact)
        kind = said.get("token_type")
        if isinstance(kind, str) and kind.lower() in _OTHER_TYPES:
            raise AuthenticationFailed(
                f"The token endpoint of {self._of} gives tokens of the type {kind.lower()}, which is not supported",
                hint=f"Register the app in {self._setting or 'the credential'} for bearer tokens",
            )
        access = AccessToken(
            token=Secret(token),
            expires_in=_seconds(said.get("expires_in")),
            # RFC 6749 section 3.3 separates them by spaces, Slack by commas.
            scopes=tuple(scopes.replace(",", " ").split()) if isinstance(scopes, str) else (),
        )
        return TokenAnswer(access=access, refresh_token=refresh_token if isinstance(refresh_token, str) else "")

    def _refused(self, status: int, said: Mapping[str, Any], redact: Redactor) -> ConnectorError:
        error, told = said.get("error"), said.get("error_description")
        code = error if isinstance(error, str) else ""
        what = ": ".join(
            presentable(redact(text), _VENDOR_TEXT) for text in (code, told) if isinstance(text, str) and text
        )
        of, credential = self._of, self._setting or "the credential"
        if code in _FAILING_FOR_NOW:
            return ServiceUnavailable(f"The token endpoint of {of} fails for now ({what})", hint="Try again later")
        if not code:
            return AuthenticationFailed(
                f"The token endpoint of {of} gave no token ({status})", hint=f"Check the token URL of {credential}"
            )
        return AuthenticationFailed(
            f"{of} gives no token for {credential} ({what})", hint=self._mend(code, credential)
        )

    def _mend(self, code: str, credential: str) -> str:
        if code in _CLIENT_REFUSED:
            return f"Check the app's id and secret in {credential}, and that the app may use this kind of grant"
        if code == "invalid_scope":
            return f"Check the scopes of {credential} against those the app has"
        if code not in _GRANT_REFUSED:
            return f"Check {credential}"
        if isinstance(self._credential, RefreshToken):
            return (
                f"Its refresh token has expired, was revoked, or was used by somebody else; authorise {self._of} "
                f"again and put the new refresh token where {credential} gets it from"
            )
        if isinstance(self._credential, JWTBearer):
            return (
                f"Check issuer, subject, audience and key of {credential}, and that the subject has allowed the app"
            )
        return f"Check {credential}"


def _said(response: "httpx.Response") -> Mapping[str, Any]:
    """The JSON object of an answer; empty if it is none."""
    try:
        body: object = response.json()
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, Any]", body) if isinstance(body, dict) else {}


def _seconds(value: object) -> float | None:
    """`expires_in`, which some send as a string, and some as 0 for a token without an end."""
    try:
        seconds = float(value) if isinstance(value, (int, float, str)) else 0.0
    except ValueError:
        return None
    return seconds if 0 < seconds < math.inf else None
