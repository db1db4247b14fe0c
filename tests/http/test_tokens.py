"""Tokens that are renewed: once for all who wait, in time, and after a refusal."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from hub.connector.credentials import AccessToken, ClientCredentials, FetchedToken
from hub.connector.service import Service
from hub.connector.settings import Secret
from hub.errors import (
    AuthenticationFailed,
    ConnectorError,
    DeadlineExceeded,
    HubError,
    OutcomeUnknown,
    RateLimited,
    ServiceUnavailable,
)
from hub.http.authorization import Authorizations
from hub.http.client import ServiceClient
from hub.http.exchange import Exchange, current_exchange
from hub.testing.faults import FaultServer
from hub.testing.http import FastClock

OpenClient = Callable[..., AbstractAsyncContextManager[ServiceClient]]
Vendor = Any  # tests/http/conftest.py


def app(served: FaultServer, **options: Any) -> ClientCredentials:
    return ClientCredentials(
        token_url=f"{served.url}/oauth/token",
        client_id="hub",
        client_secret=Secret(options.pop("secret", "canary-CLIENT-SECRET")),
        **options,
    )


@pytest.fixture
def ask(open_client: OpenClient, served: FaultServer) -> Callable[..., AbstractAsyncContextManager[ServiceClient]]:
    """Opens a client of the vendor's API with client credentials."""

    def opened(**options: Any) -> AbstractAsyncContextManager[ServiceClient]:
        return open_client(served.url, **{"auth": app(served), **options})

    return opened


async def test_a_token_is_obtained_at_the_first_request_and_used_until_it_expires(
    ask: OpenClient, vendor: Vendor
) -> None:
    async with ask() as client:
        assert vendor.forms == []
        for _ in range(3):
            assert (await client.get("/items")).json() == {"done": True}
    assert vendor.forms == [
        {"grant_type": "client_credentials", "client_id": "hub", "client_secret": "canary-CLIENT-SECRET"}
    ]
    assert vendor.calls == ["Bearer canary-ACCESS-1"] * 3


async def test_a_hundred_waiting_calls_make_one_token_request(ask: OpenClient, vendor: Vendor) -> None:
    vendor.hold.clear()
    async with ask(max_connections=100) as client:
        calls = [asyncio.create_task(client.get("/items")) for _ in range(100)]
        await vendor.asked.wait()
        vendor.hold.set()
        await asyncio.gather(*calls)
    assert len(vendor.forms) == 1
    assert len(vendor.calls) == 100


async def test_a_caller_that_gives_up_does_not_take_the_token_from_the_others(
    ask: OpenClient, vendor: Vendor
) -> None:
    vendor.hold.clear()
    async with ask() as client:
        first, second = (asyncio.create_task(client.get("/items")) for _ in range(2))
        await vendor.asked.wait()
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        vendor.hold.set()
        assert (await second).status_code == 200
    assert len(vendor.forms) == 1


async def test_a_hundred_refused_calls_make_one_renewal_and_all_succeed(ask: OpenClient, vendor: Vendor) -> None:
    async with ask(max_connections=100) as client:
        await client.get("/items")
        vendor.withdraw()
        answers = await asyncio.gather(*(client.get("/items") for _ in range(100)))
    assert [answer.status_code for answer in answers] == [200] * 100
    assert len(vendor.forms) == 2


async def test_a_write_that_is_answered_with_401_is_sent_once_more_and_counted_as_answered(
    ask: OpenClient, vendor: Vendor
) -> None:
    exchange = Exchange(deadline=float("inf"))
    async with ask() as client:
        await client.get("/items")
        vendor.withdraw()
        token = current_exchange.set(exchange)
        try:
            await client.post("/items", json={"name": "x"})
        finally:
            current_exchange.reset(token)
    assert vendor.calls == ["Bearer canary-ACCESS-1", "Bearer canary-ACCESS-1", "Bearer canary-ACCESS-2"]
    assert exchange.requests == 2  # the token's own are not the call's
    assert exchange.unanswered_writes == 0


async def test_a_renewed_token_that_is_refused_too_is_an_error_and_not_renewed_for_every_call(
    ask: OpenClient, vendor: Vendor, clock: FastClock
) -> None:
    vendor.refuse_all = True
    async with ask() as client:
        for _ in range(3):
            with pytest.raises(AuthenticationFailed, match=r"rejected the credential \(401\)") as raised:
                await client.get("/items")
            assert raised.value.hint == "Check connectors.fake.token: it is wrong, expired or revoked"
        assert len(vendor.forms) == 2
        await clock.sleep(30)
        with pytest.raises(AuthenticationFailed):
            await client.get("/items")
    assert len(vendor.forms) == 3


async def test_one_request_is_repeated_once_however_often_a_newer_token_is_at_hand(
    served: FaultServer, vendor: Vendor
) -> None:
    class AlwaysNewer:
        granted = None
        asked = 0

        def in_use(self) -> dict[str, str]:
            return {}

        async def headers(self) -> dict[str, str]:
            self.asked += 1
            return {"Authorization": f"Bearer {self.asked}"}

        async def renew(self, refused: object) -> bool:
            return True

    client = ServiceClient(Service(base_url=served.url), authorization=AlwaysNewer())
    with pytest.raises(AuthenticationFailed):
        await client.get("/items")
    await client.aclose()
    assert vendor.calls == ["Bearer 1", "Bearer 2"]


async def test_a_token_is_renewed_before_it_expires_while_calls_go_on_with_the_old_one(
    ask: OpenClient, vendor: Vendor, clock: FastClock
) -> None:
    async with ask() as client:
        await client.get("/items")
        await clock.sleep(3600 - 59)
        vendor.hold.clear()
        await client.get("/items")
        assert vendor.calls[-1] == "Bearer canary-ACCESS-1"
        vendor.hold.set()
        while vendor.calls[-1] != "Bearer canary-ACCESS-2":
            await client.get("/items")
    assert len(vendor.forms) == 2


async def test_an_expired_token_is_not_sent(ask: OpenClient, vendor: Vendor, clock: FastClock) -> None:
    async with ask() as client:
        await client.get("/items")
        await clock.sleep(3601)
        await client.get("/items")
    assert vendor.calls == ["Bearer canary-ACCESS-1", "Bearer canary-ACCESS-2"]


@pytest.mark.parametrize("told", [None, 0, "never", -1])
async def test_a_token_without_a_usable_lifetime_is_used_until_it_is_refused(
    ask: OpenClient, vendor: Vendor, clock: FastClock, told: object
) -> None:
    vendor.expires_in = told
    async with ask() as client:
        await client.get("/items")
        await clock.sleep(1_000_000)
        await client.get("/items")
        assert len(vendor.forms) == 1
        vendor.withdraw()
        await client.get("/items")
    assert len(vendor.forms) == 2


async def test_a_lifetime_may_be_a_string(ask: OpenClient, vendor: Vendor, clock: FastClock) -> None:
    vendor.expires_in = "100"
    async with ask() as client:
        await client.get("/items")
        await clock.sleep(101)
        await client.get("/items")
    assert len(vendor.forms) == 2


async def test_a_hundred_calls_do_not_hammer_a_token_endpoint_that_refuses(
    ask: OpenClient, vendor: Vendor, clock: FastClock
) -> None:
    vendor.fail_with = (400, b'{"error": "invalid_scope", "error_description": "no such scope: boards"}')
    async with ask() as client:
        for _ in range(99):
            with pytest.raises(AuthenticationFailed):
                await client.get("/items")
        with pytest.raises(AuthenticationFailed) as raised:
            await client.get("/items")
        assert len(vendor.forms) == 1
        vendor.fail_with = None
        await clock.sleep(31)
        assert (await client.get("/items")).status_code == 200
    assert str(raised.value) == (
        "Fake gives no token for connectors.fake.token (invalid_scope: no such scope: boards). "
        "Check the scopes of connectors.fake.token against those the app has"
    )
    assert vendor.calls == ["Bearer canary-ACCESS-1"]


async def test_an_outage_of_the_token_endpoint_is_no_rejection(
    ask: OpenClient, vendor: Vendor, clock: FastClock
) -> None:
    vendor.fail_with = (503, b"")
    async with ask() as client:
        for _ in range(20):
            with pytest.raises(ServiceUnavailable, match="The token endpoint of Fake failed on its side"):
                await client.get("/items")
        assert len(vendor.forms) == 3  # one renewal, with the attempts of any read
        vendor.fail_with = None
        await clock.sleep(6)
        await client.get("/items")


async def test_a_token_endpoint_that_does_not_answer_leaves_no_write_in_doubt(
    ask: OpenClient, vendor: Vendor
) -> None:
    vendor.fail_with = (0, None)
    async with ask() as client:
        with pytest.raises(ServiceUnavailable, match="gave no answer"):
            await client.post("/items", json={})
    assert vendor.calls == []


async def test_a_token_that_cannot_be_renewed_in_an_outage_is_used_until_it_expires(
    ask: OpenClient, vendor: Vendor, clock: FastClock
) -> None:
    async with ask() as client:
        await client.get("/items")
        vendor.fail_with = (503, b"")
        await clock.sleep(3600 - 50)
        while len(vendor.forms) < 1 + 3:  # one renewal, with the attempts of any read
            await client.get("/items")
        for _ in range(20):
            await client.get("/items")
        assert len(vendor.forms) == 1 + 3
        assert set(vendor.calls) == {"Bearer canary-ACCESS-1"}
        await clock.sleep(51)
        with pytest.raises(ServiceUnavailable):
            await client.get("/items")


async def test_a_rate_limited_token_endpoint_is_left_alone_for_as_long_as_it_asks(
    ask: OpenClient, vendor: Vendor, clock: FastClock
) -> None:
    vendor.fail_with = (429, b"")
    async with ask() as client:
        with pytest.raises(RateLimited):
            await client.get("/items")
        asked = len(vendor.forms)
        with pytest.raises(RateLimited):
            await client.get("/items")
    assert len(vendor.forms) == asked


async def test_a_client_that_is_refused_in_the_form_is_named_by_basic_authentication(
    ask: OpenClient, served: FaultServer, vendor: Vendor, clock: FastClock
) -> None:
    vendor.wants_basic = True
    async with ask() as client:
        await client.get("/items")
        await clock.sleep(3601)
        await client.get("/items")
    asked = [request for request in served.requests if request.target == "/oauth/token"]
    assert [b"client_secret" in request.body for request in asked] == [True, False, False]


async def test_a_wrong_client_secret_is_told_from_everything_else(
    open_client: OpenClient, served: FaultServer, vendor: Vendor
) -> None:
    async with open_client(served.url, auth=app(served, secret="canary-WRONG")) as client:
        with pytest.raises(AuthenticationFailed, match="invalid_client") as raised:
            await client.get("/items")
    assert "Check the app's id and secret in connectors.fake.token" in raised.value.hint
    assert len(vendor.forms) == 2


async def test_scopes_and_audience_are_asked_for_and_what_was_granted_is_known(
    open_client: OpenClient, served: FaultServer, vendor: Vendor
) -> None:
    vendor.scope = "read:jira-work offline_access"
    credential = app(served, scopes=("read:jira-work", "write:jira-work"), audience="api.example.com")
    authorizations = Authorizations()
    async with open_client(served.url, auth=credential, authorizations=authorizations) as client:
        assert authorizations.of(client.service, ServiceClient).granted is None
        await client.get("/items")
        assert authorizations.of(client.service, ServiceClient).granted == {"read:jira-work", "offline_access"}
    assert vendor.forms[0]["scope"] == "read:jira-work write:jira-work"
    assert vendor.forms[0]["audience"] == "api.example.com"


async def test_what_was_asked_for_counts_as_granted_where_the_vendor_says_nothing_else(
    open_client: OpenClient, served: FaultServer
) -> None:
    authorizations = Authorizations()
    async with open_client(served.url, auth=app(served, scopes=("read",)), authorizations=authorizations) as client:
        await client.get("/items")
        assert authorizations.of(client.service, ServiceClient).granted == {"read"}


async def test_clients_of_one_connector_share_a_token(
    open_client: OpenClient, served: FaultServer, vendor: Vendor
) -> None:
    shared = Authorizations()
    async with (
        open_client(served.url, auth=app(served), authorizations=shared) as one,
        open_client(f"{served.url}/v2", auth=app(served), authorizations=shared) as other,
    ):
        await one.get("/items")
        await other.get("/items")
    assert len(vendor.forms) == 1


async def test_a_vendor_sdk_gets_the_renewed_token_too(
    ask: OpenClient, vendor: Vendor, served: FaultServer
) -> None:
    async with ask() as client:
        await client.get("/items")
        vendor.withdraw()
        status = await client.run_sdk(lambda session: session.post(f"{served.url}/items").status_code)
    assert status == 200
    assert vendor.calls[1:] == ["Bearer canary-ACCESS-1", "Bearer canary-ACCESS-2"]


async def test_a_streamed_answer_gets_the_renewed_token_too(ask: OpenClient, vendor: Vendor) -> None:
    async with ask() as client:
        await client.get("/items")
        vendor.withdraw()
        async with client.stream("GET", "/items") as response:
            assert await response.aread() == b'{"done": true}'


async def test_a_token_that_does_not_come_in_the_callers_time_is_a_deadline(
    ask: OpenClient, vendor: Vendor
) -> None:
    vendor.hold.clear()
    async with ask() as client:
        with pytest.raises(DeadlineExceeded):
            await client.post("/items", json={}, timeout=0.01)
        vendor.hold.set()
        await client.get("/items")
    assert len(vendor.forms) == 1  # the renewal went on without its caller


async def test_every_token_is_registered_and_those_long_out_of_use_are_forgotten(
    open_client: OpenClient, served: FaultServer, vendor: Vendor, clock: FastClock
) -> None:
    masked: list[str] = []
    shared = Authorizations(register=masked.append, forget=masked.remove)
    async with open_client(served.url, auth=app(served), authorizations=shared) as client:
        for _ in range(20):
            await client.get("/items")
            vendor.withdraw()
            await clock.sleep(11)
    assert "canary-CLIENT-SECRET" in masked
    assert "canary-ACCESS-20" in masked
    assert len(masked) < 10


# FetchedToken


def fetched(fetch: Callable[[], Any]) -> FetchedToken:
    return FetchedToken(fetch=fetch)


async def test_a_connector_can_fetch_the_token_itself_and_the_hub_keeps_it(
    open_client: OpenClient, served: FaultServer, vendor: Vendor
) -> None:
    asked = 0

    async def fetch() -> AccessToken:
        nonlocal asked
        asked += 1
        vendor.good.add(f"installation-{asked}")
        return AccessToken(token=Secret(f"installation-{asked}"), expires_in=3600, base_url=f"{served.url}/api")

    async with open_client(served.url, auth=fetched(fetch)) as client:
        await asyncio.gather(*(client.get("/items") for _ in range(10)))
        assert asked == 1
        vendor.withdraw()
        await client.get("/items")
    assert asked == 2


async def test_a_token_for_another_origin_is_not_sent(
    open_client: OpenClient, served: FaultServer, vendor: Vendor
) -> None:
    async def fetch() -> AccessToken:
        return AccessToken(token=Secret("canary-ELSEWHERE"), base_url="https://eu.example.com/services")

    async with open_client(served.url, auth=fetched(fetch)) as client:
        with pytest.raises(AuthenticationFailed, match=r"The token is for https://eu\.example\.com") as raised:
            await client.get("/items")
    assert raised.value.hint.startswith("Set connectors.fake.url to https://eu.example.com")
    assert vendor.calls == []


async def test_a_fetch_that_would_wait_for_itself_fails_at_once(
    open_client: OpenClient, served: FaultServer, caplog: pytest.LogCaptureFixture
) -> None:
    async def fetch() -> AccessToken:
        await client.post("/installations/1/access_tokens")
        raise AssertionError("never reached")

    async with open_client(served.url, auth=fetched(fetch)) as client:
        with pytest.raises(ConnectorError, match="failed inside its connector"):
            await client.get("/items")
    assert "uses a client that sends this token" in caplog.text


@pytest.mark.parametrize(
    ("raises", "expected"),
    [
        (RuntimeError("canary-TEXT"), ConnectorError),
        (OutcomeUnknown("it broke off"), ServiceUnavailable),
        (AuthenticationFailed("the app was removed"), AuthenticationFailed),
    ],
)
async def test_a_fetch_that_fails_is_an_error_without_its_own_text(
    open_client: OpenClient, served: FaultServer, raises: Exception, expected: type[HubError]
) -> None:
    async def fetch() -> AccessToken:
        raise raises

    async with open_client(served.url, auth=fetched(fetch)) as client:
        with pytest.raises(expected) as raised:
            await client.get("/items")
    assert type(raised.value) is expected
    assert "canary-TEXT" not in str(raised.value)
