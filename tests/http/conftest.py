"""Shared ground of the client's tests."""

from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest

from hub.connector.service import Service
from hub.http.client import ServiceClient
from hub.testing.http import FastClock, fast_clock

OpenClient = Callable[..., AbstractAsyncContextManager[ServiceClient]]


@pytest.fixture(autouse=True)
def clock() -> Generator[FastClock]:
    """No test waits: retries and pauses pass at once."""
    with fast_clock() as fast:
        yield fast


@pytest.fixture
def open_client() -> OpenClient:
    """Opens the client of a service at a URL; closes it at the end."""

    @asynccontextmanager
    async def opened(url: str, **options: Any) -> AsyncGenerator[ServiceClient]:
        names: dict[str, Any] = {
            "label": "Fake",
            "setting": "connectors.fake.url",
            "credential": "connectors.fake.token",
        }
        client = ServiceClient(Service(base_url=url, **{**names, **options}))
        try:
            yield client
        finally:
            await client.aclose()

    return opened
