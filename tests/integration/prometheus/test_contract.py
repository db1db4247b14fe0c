"""Every request of the connector, and every answer to it, against the vendors' published descriptions."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl

import httpx
import pytest
import yaml
from jsonschema import Draft202012Validator

from hub.testing.http import mock_services

Json = dict[str, Any]


def description(name: str) -> Json:
    """One of the published descriptions in the folder HUB_ORACLES; without it the test is skipped."""
    path = Path(os.environ.get("HUB_ORACLES", "")) / name
    if not path.is_file():
        pytest.skip(f"set HUB_ORACLES to a folder of the vendors' API descriptions that holds {name}")
    return cast("Json", yaml.safe_load(path.read_text(encoding="utf-8")))


def lenient(schema: Any) -> Any:
    """The schema without what older servers break: keys they lack, and alternatives that only keys tell apart."""
    if isinstance(schema, list):
        return [lenient(item) for item in cast("list[Any]", schema)]
    if not isinstance(schema, dict):
        return schema
    found = cast("Json", schema)
    return {
        "anyOf" if key == "oneOf" else key: lenient(value)
        for key, value in found.items()
        if not (key == "required" and isinstance(value, list))
    }


class Recorder:
    """Passes requests on to the real servers and remembers them with their answers."""

    def __init__(self) -> None:
        self.exchanges: list[tuple[httpx.Request, httpx.Response]] = []

    async def async_handler(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.send(
                client.build_request(request.method, request.url, headers=request.headers, content=request.content)
            )
        response = httpx.Response(
            answer.status_code,
            headers={"content-type": answer.headers.get("content-type", "")},
            content=answer.content,
        )
        self.exchanges.append((request, response))
        return response


@pytest.fixture
async def exchanges(
    stack: Any, opened: Callable[..., Any], call: Callable[..., Any], read: Callable[..., Any]
) -> Any:
    """What goes over the wire when every tool and resource is used once."""
    recorder = Recorder()
    settings = {"url": stack.prometheus, "alertmanager": stack.alertmanager, "tenant": "test"}
    with mock_services(recorder):
        async with opened(**settings) as connector:
            await connector.verify_access()
            await call(connector, "query", query="up")
            await call(connector, "query", query="no_such_metric")
            await call(connector, "query", query='up{job="nod"}')
            await call(connector, "query", query='up{jbo=~"node"}')
            await call(connector, "query_range", query="node_load1", start="now-10s")
            await call(connector, "compare", query="up", window="5s")
            await call(connector, "find_metrics", search="load")
            await call(connector, "find_metrics", match='{job="node"}')
            await call(connector, "labels")
            await call(connector, "labels", name="job", match="up")
            for tool in ("alerts", "rules", "targets", "status"):
                await call(connector, tool)
            text = await call(
                connector, "silence", action="create", matchers='alertname="Contract"', comment="test"
            )
            await call(connector, "silence", action="list")
            await call(connector, "silence", action="expire", id=text.split()[1])
            await read(connector, "metric", source="default", name="node_cpu_seconds_total")
    return recorder.exchanges


def pairs(request: httpx.Request) -> list[tuple[str, str]]:
    """Query or form parameters."""
    text = request.content.decode() if request.method == "POST" else request.url.query.decode()
    return parse_qsl(text, keep_blank_values=True)


def operation(paths: Json, path: str, method: str) -> Json:
    """What the description says of a path, which may have variables."""
    for template, found in paths.items():
        parts, wanted = template.split("/"), path.split("/")
        fits = len(parts) == len(wanted) and all(
            p == w or p.startswith("{") for p, w in zip(parts, wanted, strict=True)
        )
        if fits and method.lower() in found:
            return cast("Json", found[method.lower()])
    raise AssertionError(f"{method} {path} is not in the description")


def problems(schema: Json, whole: Json, value: Any) -> Iterator[str]:
    validator = Draft202012Validator({**whole, **schema})
    for error in validator.iter_errors(value):  # pyright: ignore[reportUnknownMemberType]  jsonschema types this loosely
        yield f"{list(error.absolute_path)}: {error.message[:200]}"


async def test_prometheus_is_asked_and_answers_as_its_api_is_described(exchanges: Any) -> None:
    api = description("prometheus/openapi-3.1.yaml")
    whole = {"components": lenient(api["components"])}
    seen: set[str] = set()
    for request, response in exchanges:
        if not request.url.path.startswith("/api/v1"):
            continue
        path = request.url.path.removeprefix("/api/v1")
        told = operation(api["paths"], path, request.method)
        where = f"{request.method} {path}"
        seen.add(where)
        if request.method == "POST":
            schema = {"$ref": told["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]["$ref"]}
            form: Json = {}
            for name, value in pairs(request):
                form[name] = [*form.get(name, []), value] if name.endswith("[]") else value
            form = {name: int(value) if name == "limit" else value for name, value in form.items()}
            assert not list(problems(schema, {"components": api["components"]}, form)), where
        else:
            known = {one["name"]: one for one in told.get("parameters", [])}
            assert {name for name, _ in pairs(request)} <= known.keys(), where
        if response.status_code == 404:  # newer than the server under test
            continue
        schema = lenient(told["responses"]["200"]["content"]["application/json"]["schema"])
        assert not list(problems(schema, whole, response.json())), where
    assert seen >= {
        "POST /query",
        "POST /query_range",
        "POST /labels",
        "POST /series",
        "GET /label/job/values",
        "GET /metadata",
        "GET /alerts",
        "GET /rules",
        "GET /targets",
        "GET /status/tsdb",
    }


async def test_alertmanager_is_asked_and_answers_as_its_api_is_described(exchanges: Any) -> None:
    api = description("alertmanager/openapi.yaml")
    whole = {"definitions": api["definitions"]}
    seen: set[str] = set()
    for request, response in exchanges:
        if not request.url.path.startswith("/api/v2"):
            continue
        path = request.url.path.removeprefix("/api/v2")
        told = operation(api["paths"], path, request.method)
        seen.add(f"{request.method} {path.rpartition('/')[0] or path}")
        if request.method == "POST":
            body = next(one for one in told["parameters"] if one["in"] == "body")
            assert not list(problems(body["schema"], whole, json.loads(request.content)))
        else:
            assert {name for name, _ in pairs(request)} <= {one.get("name") for one in told.get("parameters", [])}
        if schema := told["responses"]["200"].get("schema"):
            assert not list(
                problems(lenient(schema), {"definitions": lenient(api["definitions"])}, response.json())
            )
    assert seen == {"GET /alerts", "GET /silences", "POST /silences", "DELETE /silence", "GET /status"}
