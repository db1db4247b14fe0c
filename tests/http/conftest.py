"""Shared ground of the client's tests."""

import asyncio
import base64
import itertools
import json
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, unquote_plus

import pytest

from hub.connector.service import Service
from hub.http.authorization import Authorizations
from hub.http.client import ServiceClient
from hub.testing.faults import FaultServer, Received, fault_server, http_answer
from hub.testing.http import FastClock, fast_clock

OpenClient = Callable[..., AbstractAsyncContextManager[ServiceClient]]

CLIENT_SECRET = "canary-CLIENT-SECRET"


@pytest.fixture(autouse=True)
def clock() -> Generator[FastClock]:
    """No test waits: retries and pauses pass at once."""
    with fast_clock() as fast:
        yield fast


@pytest.fixture
def open_client() -> OpenClient:
    """Opens the client of a service at a URL; closes it at the end.

    Takes `authorizations` besides the service's own options, for clients that share them.
    """

    @asynccontextmanager
    async def opened(
        url: str, *, authorizations: Authorizations | None = None, **options: Any
    ) -> AsyncGenerator[ServiceClient]:
        names: dict[str, Any] = {
            "label": "Fake",
            "setting": "connectors.fake.url",
            "credential": "connectors.fake.token",
        }
        service = Service(base_url=url, **{**names, **options})
        shared = authorizations.of(service, ServiceClient) if authorizations else None
        client = ServiceClient(service, authorization=shared)
        try:
            yield client
        finally:
            if authorizations:
                await authorizations.aclose()
            await client.aclose()

    return opened


class Vendor:
    """A vendor with a token endpoint and an API behind it.

    Refresh tokens are good for one use; a second use of one takes the whole chain out of service (RFC 9700 section
    4.14.2).

    Attributes:
        forms: What the token endpoint was asked, in order.
        calls: Authorization headers of the API's requests, in order.
        good: Access tokens the API takes.
        newest: The refresh token that is good, if the chain is.
        expires_in: As the token endpoint tells it; None leaves it out.
        fail_with: Status and body of the token endpoint's answers, in place of a token; None drops the connection.
        asked: Set when the token endpoint is asked.
        hold: Answers of the token endpoint wait for it.
    """

    def __init__(self) -> None:
        self.forms: list[dict[str, str]] = []
        self.calls: list[str] = []
        self.good: set[str] = set()
        self.newest: str | None = "refresh-0"
        self.expires_in: Any = 3600
        self.scope: str | None = None
        self.rotates = True
        self.wants_basic = False
        self.fail_with: tuple[int, bytes | None] | None = None
        self.refuse_all = False
        self.asked = asyncio.Event()
        self.hold = asyncio.Event()
        self.hold.set()
        self._numbers = itertools.count(1)

    async def __call__(self, request: Received, writer: asyncio.StreamWriter) -> bytes | None:
        """Answer one request."""
        if request.target == "/oauth/token":
            return await self._token(request)
        self.calls.append(given := request.headers.get("authorization", ""))
        if self.refuse_all or given.removeprefix("Bearer ") not in self.good:
            return http_answer(status=401)
        return http_answer(b'{"done": true}', headers={"content-type": "application/json"})

    def withdraw(self) -> None:
        """Take all access tokens out of service."""
        self.good.clear()

    async def _token(self, request: Received) -> bytes | None:
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        self.forms.append(form)
        self.asked.set()
        await self.hold.wait()
        if self.fail_with is not None:
            status, body = self.fail_with
            return None if body is None else _json(body, status)
        if (refused := self._client_refused(form, request.headers)) is not None:
            return refused
        number = next(self._numbers)
        answer: dict[str, Any] = {"access_token": f"canary-ACCESS-{number}", "token_type": "bearer"}
        if form["grant_type"] == "refresh_token":
            if form["refresh_token"] != self.newest:
                self.newest = None
                return _json(b'{"error": "invalid_grant", "error_description": "reused"}', 400)
            if self.rotates:
                answer["refresh_token"] = self.newest = f"canary-REFRESH-{number}"
        self.good.add(answer["access_token"])
        told = {"expires_in": self.expires_in, "scope": self.scope}
        answer |= {name: value for name, value in told.items() if value is not None}
        return _json(json.dumps(answer).encode(), 200)

    def _client_refused(self, form: Mapping[str, str], headers: Mapping[str, str]) -> bytes | None:
        if form["grant_type"].endswith("jwt-bearer"):
            return None
        if self.wants_basic or "authorization" in headers:
            pair = base64.b64decode(headers.get("authorization", "").removeprefix("Basic ")).decode()
            secret = unquote_plus(pair.partition(":")[2])
        else:
            secret = form.get("client_secret", CLIENT_SECRET)
        return None if secret == CLIENT_SECRET else _json(b'{"error": "invalid_client"}', 401)


def _json(body: bytes, status: int) -> bytes:
    return http_answer(body, status=status, headers={"content-type": "application/json"})


@pytest.fixture
def vendor() -> Vendor:
    """A vendor that does as it should."""
    return Vendor()


@pytest.fixture
async def served(vendor: Vendor) -> AsyncGenerator[FaultServer]:
    """The vendor on a loopback address; its token endpoint is /oauth/token."""
    async with fault_server(vendor) as server:
        yield server
