"""A connector called the way the hub calls it: against a router, or against the simulated GitHub."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import httpx
import pytest
import respx
from hub_connector_github.connector import GitHub
from hub_connector_github.settings import GitHubSettings
from hub_connector_github.simulation.access import SANDBOX_TOKEN
from hub_connector_github.simulation.app import create_app

from hub.calls.validate import validate
from hub.catalog.build import build_items
from hub.catalog.items import AnyItem, PromptItem, ResourceItem, ToolItem
from hub.config.models import ConnectorTable
from hub.plugin import ConnectorContext, Service, ServiceClient, Table
from hub.sandbox.story import Story
from hub.testing import mock_services

URL = "https://api.github.com"
NOW = 1_799_958_000.0
KINDS: dict[str, type[AnyItem]] = {"tool": ToolItem, "resource": ResourceItem, "prompt": PromptItem}


@pytest.fixture
def url() -> str:
    """Address of the mocked API."""
    return URL


@pytest.fixture
def story() -> Story:
    """The story as the simulated GitHub of these tests tells it."""
    return Story.beginning(lambda: NOW)


@pytest.fixture
def router() -> respx.Router:
    """What GitHub and its storage answer; nothing until a test says more."""
    return respx.Router(assert_all_called=False)


@pytest.fixture
def build() -> Callable[..., GitHub]:
    """Builds a connector from its settings; its clients open nothing before they are used."""

    def build_connector(
        open_service: Callable[[Service], ServiceClient] = ServiceClient, **settings: Any
    ) -> GitHub:
        context = ConnectorContext(namespace="github", open_service=open_service)
        given = {"token": "placeholder", "repositories": ["octo/shop"], **settings}
        return GitHub(GitHubSettings.model_validate(given), context)

    return build_connector


class Simulation:
    """Answers as the simulated GitHub does, and remembers every request with its answer."""

    def __init__(self, **switches: Any) -> None:
        self.exchanges: list[tuple[httpx.Request, httpx.Response]] = []
        story = Story.beginning(lambda: NOW)
        self._transport = httpx.ASGITransport(create_app(story, lambda: NOW, **switches))

    async def async_handler(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        answer = await self._transport.handle_async_request(request)
        content = await answer.aread()
        response = httpx.Response(answer.status_code, headers=answer.headers, content=content)
        self.exchanges.append((request, response))
        return httpx.Response(answer.status_code, headers=answer.headers, content=content)


@pytest.fixture
def simulate() -> Callable[..., Simulation]:
    """Makes a simulated GitHub; the keywords are those of its application."""
    return Simulation


@pytest.fixture
def call(router: respx.Router, build: Callable[..., GitHub]) -> Callable[..., Awaitable[str]]:
    """Calls an item of a connector, arguments checked, and gives its text.

    `kind` is `tool`, `resource` or `prompt`, `answers` what answers in place of the router, `connector` one to use
    again, `with_settings` settings beside those of `build`.
    """

    async def call_item(
        name: str,
        /,
        *,
        kind: str = "tool",
        answers: Any = None,
        connector: GitHub | None = None,
        with_settings: Mapping[str, Any] | None = None,
        **arguments: Any,
    ) -> str:
        clients: list[ServiceClient] = []

        def open_service(service: Service) -> ServiceClient:
            clients.append(ServiceClient(service))
            return clients[-1]

        used = connector or build(open_service, **(with_settings or {}))
        built = build_items(used, ConnectorTable(read_only=False))
        item = next(one for one in built.items if isinstance(one, KINDS[kind]) and one.declaration.name == name)
        with mock_services(answers or router):
            try:
                value = await item.function(**validate(item, arguments))
            finally:
                for client in clients:
                    await client.aclose()
        return value.render() if isinstance(value, Table) else str(value)

    return call_item


@pytest.fixture
def simulated(
    call: Callable[..., Awaitable[str]], simulate: Callable[..., Simulation], story: Story
) -> Callable[..., Awaitable[str]]:
    """Calls an item against one simulated GitHub; `simulated.exchanges` are its requests and answers."""
    answers = simulate()
    settings = {"token": SANDBOX_TOKEN, "repositories": [story.repository]}

    async def call_simulated(name: str, /, **arguments: Any) -> str:
        return await call(name, answers=answers, with_settings=settings, **arguments)

    call_simulated.exchanges = answers.exchanges  # type: ignore[attr-defined]  # what a test asks it besides
    return call_simulated


@pytest.fixture
def run_json() -> Callable[..., dict[str, Any]]:
    """A workflow run as GitHub writes it, as far as it is read; keywords replace keys."""

    def make(**more: Any) -> dict[str, Any]:
        return {
            "id": 20_000_001,
            "name": "CI",
            "run_number": 7,
            "run_attempt": 1,
            "workflow_id": 11,
            "path": ".github/workflows/ci.yml",
            "display_title": "Add a cart",
            "event": "push",
            "head_branch": "main",
            "head_sha": "a" * 40,
            "status": "completed",
            "conclusion": "failure",
            "actor": {"login": "maya"},
            "triggering_actor": {"login": "maya"},
            "created_at": "2026-11-22T12:00:00Z",
            "run_started_at": "2026-11-22T12:00:10Z",
            "updated_at": "2026-11-22T12:04:22Z",
            "html_url": "https://github.com/octo/shop/actions/runs/20000001",
            "url": "https://api.github.com/repos/octo/shop/actions/runs/20000001",
            "pull_requests": [],
            **more,
        }

    return make


@pytest.fixture
def job_json() -> Callable[..., dict[str, Any]]:
    """A job as GitHub writes it; keywords replace keys."""

    def make(**more: Any) -> dict[str, Any]:
        return {
            "id": 30_000_001,
            "run_id": 20_000_001,
            "run_attempt": 1,
            "name": "unit",
            "status": "completed",
            "conclusion": "failure",
            "created_at": "2026-11-22T12:00:00Z",
            "started_at": "2026-11-22T12:00:20Z",
            "completed_at": "2026-11-22T12:04:20Z",
            "runner_name": "GitHub Actions 3",
            "url": "https://api.github.com/repos/octo/shop/actions/jobs/30000001",
            "check_run_url": "https://api.github.com/repos/octo/shop/check-runs/40000001",
            "steps": [
                {
                    "number": 1,
                    "name": "Set up job",
                    "status": "completed",
                    "conclusion": "success",
                    "started_at": "2026-11-22T12:00:20Z",
                    "completed_at": "2026-11-22T12:00:22Z",
                },
                {
                    "number": 2,
                    "name": "Run tests",
                    "status": "completed",
                    "conclusion": "failure",
                    "started_at": "2026-11-22T12:00:22Z",
                    "completed_at": "2026-11-22T12:04:00Z",
                },
            ],
            **more,
        }

    return make
