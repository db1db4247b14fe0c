"""What a service is known for - its pause, its budget, its outage - outlives the client that found it out."""

import asyncio
import gc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hub.access.principal import LOCAL
from hub.calls.types import Call
from hub.connector.service import Service
from hub.errors import ConfigError, RateLimited
from hub.http.breaker import FAILURES_TO_OPEN
from hub.http.client import ServiceClient
from hub.http.traffic import TrafficRegistry
from hub.hub import Hub
from hub.testing.faults import Received, fault_server, http_answer


async def test_a_client_that_follows_another_obeys_the_pause_it_was_asked_for() -> None:
    async def storm(_: Received, __: asyncio.StreamWriter) -> bytes:
        return http_answer(status=429, headers={"retry-after": "50"})

    registry = TrafficRegistry()
    async with fault_server(storm) as server:
        service = Service(base_url=server.url, label="Fake")
        before = ServiceClient(service, traffic=registry.of("fake", service))
        with pytest.raises(RateLimited):
            await before.post("/")
        after = ServiceClient(service, traffic=registry.of("fake", service))
        await before.aclose()
        with pytest.raises(RateLimited, match="asked for a pause"):
            await after.post("/")
        await after.aclose()
    assert len(server.requests) == 1
    assert after.health().startswith("Fake has asked for a pause")


def test_only_the_same_service_of_the_same_connector_with_the_same_budget_is_followed() -> None:
    registry = TrafficRegistry()
    first = Service(base_url="http://x", label="X", rate_limit="5/minute")
    known = registry.of("a", first)
    assert registry.of("a", Service(base_url="http://x", label="X", rate_limit="5/minute")) is known
    others = [
        registry.of("b", first),
        registry.of("a", Service(base_url="http://y", label="X", rate_limit="5/minute")),
        registry.of("a", Service(base_url="http://x", label="X", rate_limit="6/minute")),
        registry.of("a", Service(base_url="http://x", label="Y", rate_limit="5/minute")),
    ]
    assert known not in others


def test_what_no_client_uses_any_more_is_forgotten() -> None:
    registry = TrafficRegistry()
    for number in range(100):
        registry.of("a", Service(base_url=f"http://x{number}"))
    gc.collect()
    assert len(registry) == 0


def test_a_rate_that_is_none_is_a_configuration_error() -> None:
    with pytest.raises(ConfigError, match="rate limit of X"):
        TrafficRegistry().of("a", Service(base_url="http://x", label="X", rate_limit="fast"))


SHOP = """
from hub.plugin import Connector, ConnectorSettings, hookimpl, tool

class ShopSettings(ConnectorSettings):
    url: str

class Shop(Connector[ShopSettings]):
    title = "Shop"

    @tool()
    async def stock(self) -> str:
        '''Look at the stock.'''
        return (await self.http.post("/stock")).text

@hookimpl
def hub_connector():
    return Shop
"""
ASK_FOR_STOCK: dict[str, Any] = {
    "kind": "tool",
    "name": "shop_stock",
    "arguments": {},
    "principal": LOCAL,
    "transport": "memory",
}


@pytest.mark.parametrize(
    ("rate", "answered", "said"),
    [("1/hour", True, "request budget"), ("1000/minute", False, "not asked again")],
)
async def test_a_reload_forgets_neither_a_spent_budget_nor_an_outage(
    install_connector: Callable[..., Path],
    write_config: Callable[[str], Path],
    rate: str,
    answered: bool,
    said: str,
) -> None:
    async def service(_: Received, __: asyncio.StreamWriter) -> bytes | None:
        return http_answer(b"3") if answered else None

    install_connector("shop", SHOP)
    async with fault_server(service) as server:
        table = f'[connectors.shop]\nurl = "{server.url}"\nrate_limit = "{rate}"\n'
        async with Hub.open(write_config(table)) as hub:
            for number in range(1 if answered else FAILURES_TO_OPEN):
                await hub.call(Call(id=f"{number:032}", **ASK_FOR_STOCK))
            reached = len(server.requests)
            write_config(f"{table}max_concurrent_calls = 7\n")
            await hub.reload()
            outcome = await hub.call(Call(id="f" * 32, **ASK_FOR_STOCK))
    assert said in str(outcome.content)
    assert len(server.requests) == reached > 0
