"""A simulated site with a fixed present, and a client that is let in."""

import json
import os
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, cast

import httpx
import jsonschema_rs
import pytest
from hub_connector_jira.simulation.app import JiraSite
from hub_connector_jira.simulation.options import API_TOKEN, EMAIL, PERSONAL_ACCESS_TOKEN, SiteOptions

from hub.sandbox.story import Story

NOW = 1_799_958_000.0


class Present:
    """A clock that a test moves."""

    seconds = NOW

    def __call__(self) -> float:
        return self.seconds


# Descriptions that the real API does not keep to: a value that was empty before or after a change is null in the
# changelog, and links to elsewhere come as a list unless one is asked for by its global id.
_NULL_IN_PRACTICE = (["from"], ["fromString"], ["to"], ["toString"])


class Oracle:
    """What Atlassian publishes about its own APIs: which answer has which form.

    Attributes:
        checked: Methods, path templates and statuses of the answers held against it.
    """

    def __init__(self, *files: Path) -> None:
        self.checked: set[tuple[str, str, int]] = set()
        self._documents = [json.loads(file.read_text()) for file in files]
        self._validators: dict[tuple[str, str, int], jsonschema_rs.Draft7Validator | None] = {}
        self._paths = [
            (re.compile(re.sub(r"\{\w+\}", "[^/]+", template)), template, document)
            for document in self._documents
            for template in document["paths"]
        ]
        self._paths.sort(key=lambda known: "{" in known[1])

    def errors(self, method: str, path: str, status: int, body: Any) -> list[str]:
        """What is wrong with an answer; nothing for what is not described."""
        found = [(template, document) for pattern, template, document in self._paths if pattern.fullmatch(path)]
        for template, document in found[:1]:
            validator = self._validator(method, template, status, document)
            if validator is not None:
                self.checked.add((method, template, status))
                is_list = template.endswith("/remotelink") and isinstance(body, list)
                parts = cast("list[Any]", body if is_list else [body])
                return [
                    f"{list(error.instance_path)}: {error.message[:200]}"
                    for part in parts
                    for error in validator.iter_errors(part)
                    if not (error.instance is None and error.instance_path[-1:] in _NULL_IN_PRACTICE)
                ]
        return []

    def _validator(
        self, method: str, template: str, status: int, document: dict[str, Any]
    ) -> jsonschema_rs.Draft7Validator | None:
        key = (method, template, status)
        if key not in self._validators:
            response = document["paths"][template].get(method.lower(), {}).get("responses", {}).get(str(status), {})
            schema = response.get("content", {}).get("application/json", {}).get("schema")
            if schema is None and status >= 400 and "ErrorCollection" in document["components"]["schemas"]:
                schema = {"$ref": "#/components/schemas/ErrorCollection"}
            whole = as_json_schema({"allOf": [schema or {}], "components": document["components"]})
            # Jira writes offsets without a colon, so its times are no "date-time", whatever the description says.
            self._validators[key] = jsonschema_rs.Draft7Validator(whole, validate_formats=False) if schema else None
        return self._validators[key]


def as_json_schema(schema: Any) -> Any:
    """An OpenAPI 3.0 schema as JSON Schema: `nullable` is a type there."""
    if isinstance(schema, list):
        return [as_json_schema(part) for part in cast("list[Any]", schema)]
    if not isinstance(schema, dict):
        return schema
    parts = cast("dict[str, Any]", schema)
    found = {name: as_json_schema(part) for name, part in parts.items() if name not in ("nullable", "example")}
    return {"anyOf": [found, {"type": "null"}]} if parts.get("nullable") is True else found


class Api:
    """Calls the site and looks at its answers, which must fit what Atlassian says of them."""

    def __init__(self, site: JiraSite, client: httpx.AsyncClient, oracle: Oracle | None = None) -> None:
        self.site = site
        self.client = client
        self.oracle = oracle
        self.api = "/rest/api/2" if site.options.data_center else "/rest/api/3"

    async def send(self, method: str, path: str, json: Any = None, **params: Any) -> httpx.Response:
        url = path if path.startswith("/rest") else self.api + path
        answer = await self.client.request(method, url, json=json, params=params or None)
        if self.oracle is not None and answer.content and answer.headers["content-type"] == "application/json":
            path = answer.request.url.path
            assert self.oracle.errors(method, path, answer.status_code, answer.json()) == []
        return answer

    async def get(self, path: str, **params: Any) -> Any:
        answer = await self.send("GET", path, **params)
        assert answer.is_success, answer.text
        return answer.json()

    async def post(self, path: str, json: Any, **params: Any) -> Any:
        answer = await self.send("POST", path, json, **params)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    async def put(self, path: str, json: Any, **params: Any) -> None:
        answer = await self.send("PUT", path, json, **params)
        assert answer.status_code == 204, answer.text

    async def refusal(self, method: str, path: str, json: Any = None, **params: Any) -> tuple[int, Any]:
        """Status and what is wrong: the message, or what is wrong by field."""
        answer = await self.send(method, path, json, **params)
        body = answer.json()
        return answer.status_code, body["errors"] or " ".join(body["errorMessages"])

    async def keys(self, jql: str, **more: Any) -> list[str]:
        """Keys of the issues that a query finds."""
        found = await self.post("/search/jql", {"jql": jql, "fields": ["summary"], "maxResults": 100, **more})
        return [issue["key"] for issue in found["issues"]]

    async def complaint(self, jql: str) -> str:
        """What Jira says of a query it refuses."""
        status, text = await self.refusal("POST", "/search/jql", {"jql": jql})
        assert status == 400
        return str(text)


Opening = Callable[[SiteOptions], AbstractAsyncContextManager[Api]]


@pytest.fixture
def present() -> Present:
    return Present()


@pytest.fixture(scope="session")
def oracle() -> Oracle | None:
    """None where the vendor's descriptions are not at hand."""
    folder = Path(os.environ.get("HUB_ORACLES", "")) / "jira"
    files = (folder / "openapi-v3.json", folder / "openapi-agile.json")
    return Oracle(*files) if all(file.is_file() for file in files) else None


@pytest.fixture
def opening(present: Present, oracle: Oracle | None) -> Opening:
    """Opens a site of any kind."""

    @asynccontextmanager
    async def opened(options: SiteOptions) -> AsyncGenerator[Api]:
        site = JiraSite(Story.beginning(present), present, options)
        bearer = {"authorization": f"Bearer {PERSONAL_ACCESS_TOKEN}"}
        by_token = {"headers": bearer} if options.data_center else {"auth": (EMAIL, API_TOKEN)}
        transport = httpx.ASGITransport(site)
        async with httpx.AsyncClient(transport=transport, base_url="http://jira", **by_token) as client:  # pyright: ignore[reportArgumentType]  one of two credentials
            yield Api(site, client, None if options.data_center else oracle)

    return opened


@pytest.fixture
async def cloud(opening: Opening) -> AsyncIterator[Api]:
    async with opening(SiteOptions()) as api:
        yield api


@pytest.fixture
async def server(opening: Opening) -> AsyncIterator[Api]:
    async with opening(SiteOptions(data_center=True)) as api:
        yield api


def document(text: str) -> dict[str, Any]:
    paragraph = {"type": "paragraph", "content": [{"type": "text", "text": text}]}
    return {"type": "doc", "version": 1, "content": [paragraph]}


@pytest.fixture
def adf() -> Callable[[str], dict[str, Any]]:
    """Makes a document of one paragraph."""
    return document
