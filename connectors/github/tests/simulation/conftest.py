"""A simulated GitHub with a clock that tests move, and GitHub's own description to hold its answers against."""

import json
import os
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import httpx
import jsonschema_rs
import pytest
from hub_connector_github.simulation.access import SANDBOX_TOKEN
from hub_connector_github.simulation.app import create_app

from hub.sandbox.story import Story

NOW = 1_799_958_000.0
DESCRIPTION = Path(os.environ.get("HUB_ORACLES", "")) / "github" / "openapi-actions.json"


@dataclass
class Present:
    """A clock that a test moves.

    Attributes:
        seconds: Unix seconds; a little more than six hours after the deploy at first.
    """

    seconds: float = NOW

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def present() -> Present:
    return Present()


@pytest.fixture
def story() -> Story:
    return Story.beginning(lambda: NOW)


Opened = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.fixture
def opened(present: Present, story: Story) -> Opened:
    """Opens a client of a server made with other switches; `token=""` sends no credential."""

    @asynccontextmanager
    async def open_client(*, token: str = SANDBOX_TOKEN, **switches: Any) -> AsyncGenerator[httpx.AsyncClient]:
        transport = httpx.ASGITransport(create_app(story, present, **switches))
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with httpx.AsyncClient(transport=transport, base_url="http://sandbox", headers=headers) as client:
            yield client

    return open_client


@pytest.fixture
async def client(opened: Opened) -> AsyncGenerator[httpx.AsyncClient]:
    async with opened() as one:
        yield one


@dataclass
class Vendor:
    """GitHub's description of its API, as a judge of requests and answers."""

    document: Mapping[str, Any]
    checked: set[str] = field(default_factory=set[str])

    def answer(self, method: str, path: str, status: int, body: object) -> None:
        """Fail unless an answer fits; a status the description leaves out has to be GitHub's error object."""
        responses = self.document["paths"][path][method.lower()]["responses"]
        self.checked.add(f"{method} {path} {status}")
        if str(status) not in responses:
            assert status >= 400, f"{method} {path} never answers {status}"
            return self.fits("basic-error", body)
        response = responses[str(status)]
        if "$ref" in response:
            response = self.document["components"]["responses"][response["$ref"].rpartition("/")[2]]
        content = response.get("content", {}).get("application/json")
        if content is None:
            assert body is None
            return None
        return self._check(content["schema"], body)

    def request(self, method: str, path: str, body: object) -> None:
        """Fail unless the body of a request fits."""
        described = self.document["paths"][path][method.lower()]["requestBody"]
        self._check(described["content"]["application/json"]["schema"], body)

    def exchange(self, request: httpx.Request, response: httpx.Response) -> str | None:
        """Fail unless a request and its answer fit.

        Returns:
            The path of the description that was asked; None for one that it leaves out.
        """
        path = self._described(request.method, request.url.path)
        if path is None:
            return None
        operation = self.document["paths"][path][request.method.lower()]
        known = {one["name"]: one["schema"] for one in map(self._parameter, operation.get("parameters", ()))}
        for name, value in request.url.params.multi_items():
            assert name in known, f"{path} takes no parameter {name}"
            if name == "created":  # described as a moment, documented as a range such as `>=2026-01-31`
                continue
            self._check(known[name], int(value) if known[name].get("type") == "integer" else value)
        if request.content:
            self.request(request.method, path, json.loads(request.content))
        if response.status_code != 304:
            self.answer(request.method, path, response.status_code, response.json() if response.content else None)
        return path

    def _described(self, method: str, path: str) -> str | None:
        """The path of the description with the fewest parameters that a path fits."""
        parts = path.split("/")
        found = [
            template
            for template, operations in self.document["paths"].items()
            if method.lower() in operations
            and len(names := template.split("/")) == len(parts)
            and all(name.startswith("{") or name == part for name, part in zip(names, parts, strict=True))
        ]
        return min(found, key=lambda template: template.count("{"), default=None)

    def _parameter(self, parameter: Mapping[str, Any]) -> Mapping[str, Any]:
        if "$ref" not in parameter:
            return parameter
        return self.document["components"]["parameters"][parameter["$ref"].rpartition("/")[2]]

    def fits(self, schema: str, body: object) -> None:
        """Fail unless something fits one of the named schemas."""
        self._check({"$ref": f"#/components/schemas/{schema}"}, body)

    def _check(self, schema: Mapping[str, Any], body: object) -> None:
        whole = {"components": {"schemas": self.document["components"]["schemas"]}, **schema}
        errors = jsonschema_rs.validator_for(whole, validate_formats=True).iter_errors(body)
        assert [f"{list(error.instance_path)}: {error.message}" for error in errors] == []


def as_json_schema(node: Any) -> Any:
    """OpenAPI 3.0 as JSON Schema: `nullable` becomes one more type."""
    if isinstance(node, list):
        return [as_json_schema(item) for item in cast("list[Any]", node)]
    if not isinstance(node, dict):
        return node
    schema = {
        key: as_json_schema(value) for key, value in cast("dict[str, Any]", node).items() if key != "discriminator"
    }
    if schema.pop("nullable", False) is not True:
        return schema
    if isinstance(schema.get("type"), str):
        schema["type"] = [schema["type"], "null"]
        if "enum" in schema:
            schema["enum"] = [*schema["enum"], None]
        return schema
    return {"anyOf": [schema, {"type": "null"}]}


@pytest.fixture(scope="session")
def vendor() -> Vendor:
    if not DESCRIPTION.is_file():
        pytest.skip("set HUB_ORACLES to the folder of the vendors' API descriptions")
    return Vendor(as_json_schema(json.loads(DESCRIPTION.read_text())))
