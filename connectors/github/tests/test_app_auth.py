import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any, cast

import jwt
import pytest
import respx
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hub_connector_github.connector import GitHub

from hub.plugin import AuthenticationFailed, FetchedToken, ServiceClient
from hub.testing import mock_services

Build = Callable[..., GitHub]
TOKENS = "/app/installations/7/access_tokens"
ISSUED = {
    "token": "ghs_installation",
    "expires_at": "2099-01-01T00:00:00Z",
    "permissions": {"actions": "read", "contents": "read"},
}


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def pem(key: rsa.RSAPrivateKey) -> str:
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL
    return key.private_bytes(encoding, form, serialization.NoEncryption()).decode()


@pytest.fixture
async def app(build: Build, pem: str) -> AsyncIterator[Callable[..., GitHub]]:
    """Builds a connector with an app; its clients are closed at the end."""
    clients: list[ServiceClient] = []

    def open_service(service: Any) -> ServiceClient:
        clients.append(ServiceClient(service))
        return clients[-1]

    def make(**more: Any) -> GitHub:
        return build(open_service, token=None, app={"client_id": "Iv1.abc", "private_key": pem, **more})

    yield make
    for client in clients:
        await client.aclose()


def fetched(connector: GitHub) -> FetchedToken:
    credential = connector.credential()
    assert isinstance(credential, FetchedToken)
    return credential


async def test_a_signed_jwt_is_exchanged_for_an_installation_token(
    app: Callable[..., GitHub], router: respx.Router, key: rsa.RSAPrivateKey
) -> None:
    route = router.post(path=TOKENS).respond(201, json=ISSUED)
    with mock_services(router):
        token = await fetched(app(installation_id=7)).fetch()
    assert token.token.get_secret_value() == "ghs_installation"
    assert token.scopes == ("actions: read", "contents: read")
    assert token.expires_in is not None
    sent = route.calls.last.request.headers["authorization"].removeprefix("Bearer ")
    claims = jwt.decode(sent, key.public_key(), algorithms=["RS256"])
    assert claims["iss"] == "Iv1.abc"
    assert claims["exp"] - claims["iat"] <= 600


async def test_the_only_installation_is_found(app: Callable[..., GitHub], router: respx.Router) -> None:
    router.get(path="/app/installations").respond(json=[{"id": 7, "account": {"login": "octo"}}])
    router.post(path=TOKENS).respond(201, json=ISSUED)
    with mock_services(router):
        assert (await fetched(app()).fetch()).token.get_secret_value() == "ghs_installation"


@pytest.mark.parametrize(
    ("installations", "said"),
    [
        ([], "installed nowhere"),
        (
            [{"id": 7, "account": {"login": "octo"}}, {"id": 8, "account": {"login": "acme"}}],
            r"2 installations.*connectors\.github\.app\.installation_id: 7 \(octo\), 8 \(acme\)",
        ),
    ],
)
async def test_no_or_several_installations_are_named(
    installations: list[Any], said: str, app: Callable[..., GitHub], router: respx.Router
) -> None:
    router.get(path="/app/installations").respond(json=installations)
    with mock_services(router), pytest.raises(AuthenticationFailed, match=said):
        await fetched(app()).fetch()


async def test_an_unknown_installation_is_named(app: Callable[..., GitHub], router: respx.Router) -> None:
    router.post(path=TOKENS).respond(404, json={"message": "Integration not found"})
    with mock_services(router), pytest.raises(AuthenticationFailed, match=r"no installation 7.*installation_id"):
        await fetched(app(installation_id=7)).fetch()


async def test_a_hundred_waiting_calls_ask_for_one_token_and_send_it(
    app: Callable[..., GitHub], router: respx.Router
) -> None:
    tokens = router.post(path=TOKENS).respond(201, json=ISSUED)
    runs = router.get(path="/repos/octo/shop/actions/runs").respond(json={"total_count": 0, "workflow_runs": []})
    connector = app(installation_id=7)
    repository = connector.repositories.get(None)
    with mock_services(router):
        await asyncio.gather(*(repository.runs({}) for _ in range(100)))
    assert tokens.call_count == 1
    assert {call.request.headers["authorization"] for call in cast("Any", runs.calls)} == {
        "Bearer ghs_installation"
    }


async def test_a_refused_app_names_its_table(app: Callable[..., GitHub], router: respx.Router) -> None:
    body = json.dumps({"message": "A JSON web token could not be decoded"})
    router.post(path=TOKENS).respond(401, text=body, headers={"content-type": "application/json"})
    with mock_services(router), pytest.raises(AuthenticationFailed, match=r"connectors\.github\.app"):
        await fetched(app(installation_id=7)).fetch()
