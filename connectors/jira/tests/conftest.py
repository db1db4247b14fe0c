"""A connector in front of the simulated Jira, or of a mocked one, called the way the hub calls it.

Every request to the documented API is held against what Atlassian publishes about it, where HUB_ORACLES says where.
"""

import json
import os
import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import pytest
from hub_connector_jira.connector import Jira
from hub_connector_jira.sandbox import jira_sandbox
from hub_connector_jira.settings import JiraSettings
from hub_connector_jira.simulation.app import JiraSite

from hub.calls.validate import validate
from hub.catalog.build import build_items
from hub.catalog.items import AnyItem
from hub.config.models import ConnectorTable
from hub.plugin import ConnectorContext, Image, Result, Service, ServiceClient, Text
from hub.testing.http import Router, mock_services

NOW = 1_799_958_000.0
URL = "http://jira.test"
ORACLES = Path(os.environ.get("HUB_ORACLES", "")) / "jira"
# Part of the product, and not of the published description this is held against.
UNDESCRIBED = re.compile(
    r"/rest/api/3/(attachment/content|filter)/|/rest/dev-status/|/rest/api/2/|/secure/|/oauth/"
)


class Description:
    """What Atlassian publishes about one of its APIs."""

    def __init__(self, path: Path) -> None:
        self._document = json.loads(path.read_text())
        self._paths = [
            (re.compile(re.sub(r"\\?\{\w+\\?\}", "[^/]+", re.escape(template))), operations)
            for template, operations in sorted(self._document["paths"].items(), key=lambda item: "{" in item[0])
        ]

    def problems(self, request: httpx.Request, path: str) -> list[str]:
        """What is wrong with a request."""
        for pattern, operations in self._paths:
            if pattern.fullmatch(path) and request.method.lower() in operations:
                return list(self._wrong(request, operations[request.method.lower()]))
        return ["no such operation"]

    def _wrong(self, request: httpx.Request, operation: Mapping[str, Any]) -> Iterator[str]:
        known = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"}
        yield from (f"no parameter {name}" for name in request.url.params if name not in known)
        body = operation.get("requestBody")
        if body is None or not request.content:
            if request.content:
                yield "a body where none belongs"
            return
        schema = {**body["content"]["application/json"]["schema"], "components": self._document["components"]}
        validator = jsonschema_rs.validator_for(schema)
        yield from (
            f"{list(error.instance_path)}: {error.message}"
            for error in validator.iter_errors(json.loads(request.content))
        )


@pytest.fixture(scope="session")
def descriptions() -> Mapping[str, Description]:
    """The published descriptions by the first part of the path; none where HUB_ORACLES does not say where."""
    files = {"/rest/api/3": "openapi-v3.json", "/rest/agile": "openapi-agile.json"}
    return {prefix: Description(ORACLES / name) for prefix, name in files.items() if (ORACLES / name).is_file()}


class Desk:
    """A connector and what its requests meet.

    Attributes:
        site: The simulated Jira; a mocked one has none.
        requests: Every request so far.
    """

    def __init__(
        self, router: Router, settings: Mapping[str, Any], check: Callable[[httpx.Request], None], site: Any = None
    ) -> None:
        self.site: JiraSite = site
        self.requests: list[httpx.Request] = []
        self._router = router
        self._check = check
        self._clients: list[ServiceClient] = []
        context = ConnectorContext(namespace="jira", open_service=self._open)
        self.connector = Jira(JiraSettings.model_validate(settings), context)
        built = build_items(self.connector, ConnectorTable(read_only=False))
        self._items: dict[str, AnyItem] = {item.declaration.name: item for item in built.items}

    async def call(self, name: str, /, **arguments: Any) -> str:
        """Call an item, arguments checked, and give its text."""
        value = await self.result(name, **arguments)
        if isinstance(value, Result):
            return "\n".join(part.text for part in value.content if isinstance(part, Text))
        return value if isinstance(value, str) else value.render()

    async def result(self, name: str, /, **arguments: Any) -> Any:
        """Call an item, and give back what it gave."""
        item = self._items[name]
        with mock_services(self):
            return await item.function(**validate(item, arguments))

    async def run(self, work: Callable[[], Any]) -> Any:
        """Run a coroutine function with its requests answered."""
        with mock_services(self):
            return await work()

    async def async_handler(self, request: httpx.Request) -> httpx.Response:
        """Answer a request."""
        self.requests.append(request)
        self._check(request)
        return await self._router.async_handler(request)

    @property
    def sent(self) -> list[str]:
        """Method and path of the requests so far."""
        return [f"{request.method} {request.url.path}" for request in self.requests]

    def body(self, method: str, path: str) -> Any:
        """The JSON of the last such request."""
        found = [one for one in self.requests if one.method == method and one.url.path.endswith(path)]
        return json.loads(found[-1].content)

    async def aclose(self) -> None:
        """Close the connector's clients."""
        for client in self._clients:
            await client.aclose()

    def _open(self, service: Service) -> ServiceClient:
        self._clients.append(ServiceClient(service))
        return self._clients[-1]


class InProcess:
    """Hands requests to an ASGI application."""

    def __init__(self, app: Any) -> None:
        self._transport = httpx.ASGITransport(app)

    async def async_handler(self, request: httpx.Request) -> httpx.Response:
        """Answer a request."""
        answer = await self._transport.handle_async_request(request)
        content = await answer.aread()
        return httpx.Response(answer.status_code, headers=answer.headers, content=content, request=request)


@pytest.fixture
async def open_desk(descriptions: Mapping[str, Description]) -> AsyncIterator[Callable[..., Desk]]:
    """Opens a connector: `router` in front of a mocked Jira, else the simulated one, further keys as settings."""
    opened: list[Desk] = []

    def check(request: httpx.Request) -> None:
        path = re.sub(r"^/ex/jira/[^/]+", "", request.url.path)
        for prefix, description in descriptions.items():
            if path.startswith(prefix) and not UNDESCRIBED.search(path):
                assert description.problems(request, path) == [], f"{request.method} {request.url}"

    def open_one(router: Router | None = None, *, data_center: bool = False, **settings: Any) -> Desk:
        sandbox = jira_sandbox(lambda: NOW, data_center=data_center)
        own = {**sandbox.settings(URL), **settings}
        answers = InProcess(sandbox.app) if router is None else router
        given = {key: value for key, value in own.items() if value is not None}
        desk = Desk(answers, given, check, sandbox.app if router is None else None)
        opened.append(desk)
        return desk

    yield open_one
    for desk in opened:
        await desk.aclose()


@pytest.fixture
def desk(open_desk: Callable[..., Desk]) -> Desk:
    """A connector in front of the simulated Jira Cloud, all projects in reach."""
    return open_desk()


@pytest.fixture
def limited(open_desk: Callable[..., Desk]) -> Desk:
    """The same with the projects limited to SHOP."""
    return open_desk(projects=["SHOP"])


@pytest.fixture
def center(open_desk: Callable[..., Desk]) -> Desk:
    """A connector in front of the simulated Jira Data Center."""
    return open_desk(data_center=True)


@pytest.fixture
def picture_of() -> Callable[[Any], Image | None]:
    """The picture in a result."""

    def find(result: Any) -> Image | None:
        return next((part for part in result.content if isinstance(part, Image)), None)

    return find
