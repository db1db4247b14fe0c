"""The fake service answers what is expected, and fails a test for anything else."""

from collections.abc import Callable
from typing import Any

import pytest

from hub.connector.base import Connector, ConnectorContext
from hub.connector.settings import ConnectorSettings
from hub.errors import HubError, NotFound, OutcomeUnknown, RateLimited, ServiceUnavailable
from hub.http.client import ServiceClient
from hub.testing import FakeService, mock_services

Client = Callable[[FakeService], ServiceClient]


class ShopSettings(ConnectorSettings):
    url: str


class Shop(Connector[ShopSettings]):
    """A connector as its author writes it."""


@pytest.fixture
def client() -> Client:
    """Gives the guarded client of a connector whose address is the service's."""

    def make(service: FakeService) -> ServiceClient:
        return Shop(
            ShopSettings(url=service.url), ConnectorContext(namespace="shop", open_service=ServiceClient)
        ).http

    return make


async def test_an_expected_request_gets_its_answer(client: Client) -> None:
    with FakeService() as service:
        service.expect("GET", "/items", query={"page": "2"}).reply(json=[1, 2])
        service.expect("post", "/items/{id}/close", json={"why": "done"}).reply(201, text="closed")
        http = client(service)
        assert (await http.get("/items", params={"page": 2, "size": 10})).json() == [1, 2]
        closed = await http.post("/items/{id}/close", path_params={"id": "a b"}, json={"why": "done"})
        assert (closed.status_code, closed.text) == (201, "closed")
    assert [request.method for request in service.requests] == ["GET", "POST"]


@pytest.mark.parametrize(
    ("method", "path", "options"),
    [
        ("GET", "/other", {}),
        ("POST", "/items", {}),
        ("GET", "/items/7", {}),
        ("GET", "/items", {"params": {"page": "1"}}),
        ("GET", "/items", {"params": {"page": "2"}, "headers": {"accept": "text/html"}}),
    ],
)
async def test_an_unexpected_request_fails_where_it_is_made_and_at_the_end(
    client: Client, method: str, path: str, options: dict[str, Any]
) -> None:
    service = FakeService()
    service.expect("GET", "/items", query={"page": "2"}, headers={"accept": "application/json"}).repeatedly()
    with (
        mock_services(service),
        pytest.raises(AssertionError, match=f"unexpected request: {method} .*; expected: "),
    ):
        await client(service).request(method, path, **options)
    with pytest.raises(AssertionError, match=f"unexpected: {method}"):
        service.check()


async def test_a_body_that_differs_is_unexpected_and_its_values_are_not_told(client: Client) -> None:
    service = FakeService()
    service.expect("POST", "/items", json={"a": 1})
    with pytest.raises(AssertionError) as caught, service:
        await client(service).post("/items", json={"a": 2}, params={"token": "hunter2"})
    assert "token" in str(caught.value)
    assert "hunter2" not in str(caught.value)


async def test_a_request_that_never_came_fails_the_test(client: Client) -> None:
    service = FakeService()
    service.expect("GET", "/items").reply(text="one").reply(text="two")
    with pytest.raises(AssertionError, match=r"never came: GET https://service.example.com/items \(1x\)"), service:
        assert (await client(service).get("/items")).text == "one"


async def test_answers_come_in_their_order_and_the_last_one_repeatedly(client: Client) -> None:
    with FakeService() as service:
        expected = service.expect("GET", "/items").reply(text="one").reply(text="two").repeatedly()
        http = client(service)
        assert [(await http.get("/items")).text for _ in range(3)] == ["one", "two", "two"]
    assert len(expected.requests) == 3


async def test_what_may_come_repeatedly_need_not_come_at_all() -> None:
    with FakeService() as service:
        service.expect("GET", "/items").repeatedly()


async def test_the_error_of_a_test_is_not_hidden_by_what_never_came() -> None:
    service = FakeService()
    service.expect("GET", "/items")
    with pytest.raises(ZeroDivisionError), service:
        raise ZeroDivisionError


async def test_a_dropped_write_is_not_repeated_and_a_read_is(client: Client) -> None:
    with FakeService() as service:
        service.expect("POST", "/items").drop()
        service.expect("GET", "/items").drop().refuse().reply(text="third time")
        http = client(service)
        with pytest.raises(OutcomeUnknown):
            await http.post("/items")
        assert (await http.get("/items")).text == "third time"
        assert len(service.clock.waits) == 2


@pytest.mark.parametrize(
    ("status", "headers", "error"),
    [(404, {}, NotFound), (429, {"retry-after": "90"}, RateLimited), (500, {}, ServiceUnavailable)],
)
async def test_statuses_become_the_hubs_errors(
    client: Client, status: int, headers: dict[str, str], error: type[HubError]
) -> None:
    with FakeService() as service:
        service.expect("GET", "/items").reply(status, headers=headers).repeatedly()
        with pytest.raises(error):
            await client(service).get("/items")


async def test_another_host_can_be_expected_by_its_whole_address(client: Client) -> None:
    with FakeService("https://one.example.com/api/") as service:
        service.expect("GET", "https://two.example.com/x").reply(text="two")
        assert (await client(FakeService("https://two.example.com")).get("/x")).text == "two"


def test_its_clock_is_there_while_it_answers_only() -> None:
    with pytest.raises(RuntimeError, match="with service"):
        _ = FakeService().clock
