"""From the credential a connector declares to the headers that carry it."""

import asyncio
import base64
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from hub.connector.credentials import ApiToken, BasicAuth
from hub.connector.service import Service
from hub.connector.settings import Secret
from hub.errors import ConfigError
from hub.http.address import Origin, parse_base_url
from hub.http.recent_secrets import RecentSecrets
from hub.http.tokens import TokenKeeper

if TYPE_CHECKING:
    from hub.http.token_endpoint import OpenClient

_CLOSING_SECONDS = 5.0


class Authorization(Protocol):
    """What a client asks for the credential of its service."""

    @property
    def granted(self) -> frozenset[str] | None:
        """The scopes the credential has, as far as the vendor has said; None if it has not."""
        ...

    def in_use(self) -> Mapping[str, str]:
        """The headers as they are at hand now; empty while there are none."""
        ...

    async def headers(self) -> Mapping[str, str]:
        """The headers for a request that is about to leave.

        Raises:
            CallError: There is no token and none can be had.
        """
        ...

    async def renew(self, refused: Mapping[str, str]) -> bool:
        """Whether a request that was answered with 401 may succeed with the headers there are now.

        Args:
            refused: All headers of that request, names in lower case.

        Raises:
            CallError: A new token is needed and cannot be had.
        """
        ...


class FixedHeaders:
    """A credential that does not change: a 401 is the last word on it."""

    granted: frozenset[str] | None = None

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = headers

    def in_use(self) -> Mapping[str, str]:
        """See `Authorization`."""
        return self._headers

    async def headers(self) -> Mapping[str, str]:
        """See `Authorization`."""
        return self._headers

    async def renew(self, refused: Mapping[str, str]) -> bool:  # noqa: ARG002  the protocol's
        """See `Authorization`."""
        return False


class Authorizations:
    """The credentials of one connector; its clients for one origin share what they stand for.

    Args:
        folder: Where rotating refresh tokens are kept; in memory alone if left out.
        register: Told every secret that comes up, so that logs, errors and records can be kept clean of it.
        forget: Told every token that is long out of use.
    """

    def __init__(
        self,
        *,
        folder: Path | None = None,
        register: Callable[[str], None] = lambda _: None,
        forget: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._folder = folder
        self._register = register
        self._forget = forget
        self._keepers: list[tuple[object, Origin, TokenKeeper]] = []

    def of(self, service: Service, open_client: "OpenClient") -> Authorization:
        """What sends the service's credential; asks for no token yet.

        Args:
            service: Whose credential.
            open_client: Builds the client of a token endpoint, where the credential has one.

        Raises:
            ConfigError: The credential is empty or cannot be what it should be.
        """
        for value in vars(service.auth).values() if service.auth else ():
            if isinstance(value, Secret):
                if not value.get_secret_value():
                    raise ConfigError("The credential is empty", setting=service.credential)
                self._register(value.get_secret_value())
        match service.auth:
            case None:
                return FixedHeaders({})
            case ApiToken(token=token, header=header, scheme=scheme):
                value = token.get_secret_value()
                return FixedHeaders({header: f"{scheme} {value}" if scheme else value})
            case BasicAuth(username=username, password=password):
                if ":" in username:
                    raise ConfigError(
                        "A user name for Basic authentication holds no colon (RFC 7617 section 2)",
                        setting=service.credential,
                    )
                pair = f"{username}:{password.get_secret_value()}"
                return FixedHeaders({"Authorization": f"Basic {base64.b64encode(pair.encode()).decode('ascii')}"})
            case renewable:
                origin = parse_base_url(service.base_url, setting=service.setting).origin
                for known, of_origin, keeper in self._keepers:
                    if known == renewable and of_origin == origin:
                        return keeper
                from hub.http.grants import grant_for

                masked = RecentSecrets(self._register, self._forget)
                grant = grant_for(renewable, service, self._folder, masked, open_client)
                keeper = TokenKeeper(grant, service, origin, masked)
                self._keepers.append((renewable, origin, keeper))
                return keeper

    async def aclose(self) -> None:
        """Let renewals under way come to their end, and close the ways to the token endpoints."""
        await asyncio.gather(*(keeper.aclose(_CLOSING_SECONDS) for _, _, keeper in self._keepers))
        self._keepers.clear()
