"""A connector whose servers are mocked, called the way the hub calls it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest
import respx
from hub_connector_prometheus.connector import Prometheus
from hub_connector_prometheus.settings import PrometheusSettings

from hub.calls.validate import validate
from hub.catalog.build import build_items
from hub.catalog.items import AnyItem, PromptItem, ResourceItem, ToolItem
from hub.config.models import ConnectorTable
from hub.plugin import ConnectorContext, Service, ServiceClient, Table
from hub.testing.http import mock_services

URL = "http://prometheus.test:9090"
KINDS: dict[str, type[AnyItem]] = {"tool": ToolItem, "resource": ResourceItem, "prompt": PromptItem}


@pytest.fixture
def url() -> str:
    """Address of the mocked server."""
    return URL


@pytest.fixture
def router() -> respx.Router:
    """What the mocked server answers; nothing but 404 until a test says more."""
    return respx.Router(base_url=URL, assert_all_called=False)


@pytest.fixture
def build() -> Callable[..., Prometheus]:
    """Builds a connector from its settings; its clients open nothing before they are used."""

    def build_connector(**settings: Any) -> Prometheus:
        context = ConnectorContext(namespace="prometheus", open_service=ServiceClient)
        return Prometheus(PrometheusSettings.model_validate(settings or {"url": URL}), context)

    return build_connector


@pytest.fixture
def call(router: respx.Router) -> Callable[..., Awaitable[str]]:
    """Calls an item of a connector against the router, arguments checked, and gives its text.

    `with_settings` are the connector's (one source at `url` if left out), `kind` is `tool`, `resource` or `prompt`.
    """

    async def call_item(
        name: str, /, *, with_settings: Mapping[str, Any] | None = None, kind: str = "tool", **arguments: Any
    ) -> str:
        clients: list[ServiceClient] = []

        def open_service(service: Service) -> ServiceClient:
            clients.append(ServiceClient(service))
            return clients[-1]

        context = ConnectorContext(namespace="prometheus", open_service=open_service)
        connector = Prometheus(PrometheusSettings.model_validate(with_settings or {"url": URL}), context)
        built = build_items(connector, ConnectorTable(read_only=False))
        item = next(one for one in built.items if isinstance(one, KINDS[kind]) and one.declaration.name == name)
        with mock_services(router):
            try:
                value = await item.function(**validate(item, arguments))
            finally:
                for client in clients:
                    await client.aclose()
        return value.render() if isinstance(value, Table) else str(value)

    return call_item
