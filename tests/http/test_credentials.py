"""The kinds of credential: what each sends, and what it says when it cannot."""

import base64
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st

from hub.connector.credentials import (
    AccessToken,
    ApiToken,
    BasicAuth,
    ClientCredentials,
    Credential,
    FetchedToken,
    JWTBearer,
    RefreshToken,
)
from hub.connector.service import Service
from hub.connector.settings import Secret
from hub.connector.signing import sign_jwt
from hub.errors import AuthenticationFailed, ConfigError
from hub.http.authorization import Authorizations
from hub.http.client import ServiceClient
from hub.testing.faults import FaultServer

OpenClient = Callable[..., AbstractAsyncContextManager[ServiceClient]]
Vendor = Any  # tests/http/conftest.py


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> Secret:
    return Secret(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()
    )


@pytest.fixture(scope="module")
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def service(auth: Credential | None) -> Service:
    return Service(base_url="http://x.test", credential="connectors.x.token", auth=auth)


async def sent(auth: Credential) -> dict[str, str]:
    return dict(await Authorizations().of(service(auth), ServiceClient).headers())


async def test_an_api_token_is_sent_as_the_vendor_wants_it() -> None:
    token = Secret("t0ken")
    assert await sent(ApiToken(token=token)) == {"Authorization": "Bearer t0ken"}
    assert await sent(ApiToken(token=token, scheme="Token")) == {"Authorization": "Token t0ken"}
    assert await sent(ApiToken(token=token, header="X-Api-Key", scheme="")) == {"X-Api-Key": "t0ken"}


@given(username=st.text().filter(lambda text: ":" not in text), password=st.text(min_size=1))
async def test_name_and_password_come_back_out_of_basic(username: str, password: str) -> None:
    headers = await sent(BasicAuth(username=username, password=Secret(password)))
    pair = base64.b64decode(headers["Authorization"].removeprefix("Basic ")).decode()
    assert pair == f"{username}:{password}"


def test_a_user_name_with_a_colon_is_refused() -> None:
    with pytest.raises(ConfigError, match="no colon"):
        Authorizations().of(service(BasicAuth(username="a:b", password=Secret("x"))), ServiceClient)


@pytest.mark.parametrize(
    "empty",
    [
        ApiToken(token=Secret("")),
        BasicAuth(username="a", password=Secret("")),
        ClientCredentials(token_url="https://x.test/token", client_id="a", client_secret=Secret("")),
    ],
)
def test_an_empty_credential_is_a_wrong_setting(empty: Credential) -> None:
    with pytest.raises(ConfigError, match="empty") as raised:
        Authorizations().of(service(empty), ServiceClient)
    assert raised.value.setting == "connectors.x.token"


@pytest.mark.parametrize("url", ["ftp://x.test/token", "https://u:p@x.test/token", "https://x.test/token?a=b", ""])
def test_a_token_url_that_cannot_be_one_is_a_wrong_setting(url: str) -> None:
    credential = ClientCredentials(token_url=url, client_id="a", client_secret=Secret("s"))
    with pytest.raises(ConfigError) as raised:
        Authorizations().of(service(credential), ServiceClient)
    assert raised.value.setting == "connectors.x.token"


async def test_a_fixed_credential_that_is_refused_is_not_sent_again(
    open_client: OpenClient, served: FaultServer, vendor: Vendor
) -> None:
    async with open_client(served.url, auth=ApiToken(token=Secret("wrong"))) as client:
        with pytest.raises(AuthenticationFailed, match="401") as raised:
            await client.get("/items")
    assert vendor.calls == ["Bearer wrong"]
    assert raised.value.hint == "Check connectors.fake.token: it is wrong, expired or revoked"


async def test_further_headers_go_with_the_credential(open_client: OpenClient, served: FaultServer) -> None:
    async with open_client(
        served.url, auth=ApiToken(token=Secret("t")), auth_headers=lambda: {"X-Tenant": "7"}
    ) as client:
        await client.get("/items", allow=(401,))
    assert served.requests[0].headers["authorization"] == "Bearer t"
    assert served.requests[0].headers["x-tenant"] == "7"


async def test_an_assertion_says_who_asks_for_whom_and_is_short_lived(
    open_client: OpenClient, served: FaultServer, vendor: Vendor, rsa_key: rsa.RSAPrivateKey
) -> None:
    credential = JWTBearer(
        token_url=f"{served.url}/oauth/token",
        private_key=pem(rsa_key),
        issuer="app",
        subject="bot@acme.com",
        audience="https://login.example.com",
    )
    async with open_client(served.url, auth=credential) as client:
        await client.get("/items")
    (form,) = vendor.forms
    assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    claims = jwt.decode(
        form["assertion"], rsa_key.public_key(), algorithms=["RS256"], audience="https://login.example.com"
    )
    assert (claims["iss"], claims["sub"]) == ("app", "bot@acme.com")
    assert 0 < claims["exp"] - claims["iat"] <= 180


async def test_a_key_that_cannot_sign_is_a_wrong_credential_without_the_key_in_its_text(
    open_client: OpenClient, served: FaultServer, vendor: Vendor
) -> None:
    credential = JWTBearer(
        token_url=f"{served.url}/oauth/token",
        private_key=Secret("canary-KEY"),
        issuer="a",
        subject="b",
        audience="c",
    )
    async with open_client(served.url, auth=credential) as client:
        with pytest.raises(AuthenticationFailed, match="cannot sign with RS256") as raised:
            await client.get("/items")
    assert "canary" not in str(raised.value)
    assert vendor.forms == []


def test_what_is_signed_is_verified_with_the_public_key(rsa_key: rsa.RSAPrivateKey) -> None:
    elliptic = ec.generate_private_key(ec.SECP256R1())
    for key, algorithm in ((rsa_key, "RS256"), (elliptic, "ES256")):
        signed = sign_jwt({"iss": "1"}, private_key=pem(key), algorithm=algorithm, headers={"kid": "k"})
        assert jwt.decode(signed, key.public_key(), algorithms=[algorithm]) == {"iss": "1"}
        assert jwt.get_unverified_header(signed)["kid"] == "k"


@pytest.mark.parametrize("algorithm", ["none", "HS256", ""])
def test_only_asymmetric_algorithms_sign(algorithm: str) -> None:
    with pytest.raises(ValueError, match="is none of"):
        sign_jwt({}, private_key=Secret("x"), algorithm=algorithm)


def test_a_key_of_another_kind_is_refused(rsa_key: rsa.RSAPrivateKey) -> None:
    with pytest.raises(AuthenticationFailed):
        sign_jwt({}, private_key=pem(rsa_key), algorithm="ES256")


async def test_no_credential_shows_its_secret() -> None:
    secret = Secret("canary")

    async def fetch() -> AccessToken:
        return AccessToken(token=secret)

    kinds: list[object] = [
        ApiToken(token=secret),
        BasicAuth(username="a", password=secret),
        ClientCredentials(token_url="t", client_id="a", client_secret=secret),
        RefreshToken(token_url="t", client_id="a", refresh_token=secret, client_secret=secret),
        JWTBearer(token_url="t", private_key=secret, issuer="a", subject="b", audience="c"),
        FetchedToken(fetch=fetch),
        await fetch(),
    ]
    assert "canary" not in repr(kinds)
