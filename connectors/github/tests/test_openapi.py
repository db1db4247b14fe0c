"""Every request of the tools, and every answer to it, against GitHub's published description."""

import json
import os
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl

import httpx
import jsonschema_rs
import pytest
from hub_connector_github.simulation.history import red_run_id

from hub.sandbox.story import Story

Json = dict[str, Any]
DESCRIPTION = Path(os.environ.get("HUB_ORACLES", "")) / "github" / "openapi-actions.json"

pytestmark = pytest.mark.skipif(
    not DESCRIPTION.is_file(), reason="set HUB_ORACLES to the folder of the vendors' API descriptions"
)


def as_json_schema(schema: Any) -> Any:
    """OpenAPI 3.0's `nullable` in JSON Schema's words, without `required`, which GitHub's own examples break."""
    if isinstance(schema, list):
        return [as_json_schema(item) for item in cast("list[Any]", schema)]
    if not isinstance(schema, dict):
        return schema
    given = cast("Json", schema)
    found = {
        key: as_json_schema(value)
        for key, value in given.items()
        if not (key == "required" and isinstance(value, list))
    }
    # The description gives `created` as a moment, where GitHub documents ranges of them.
    if found.get("format") == "date-time":
        del found["format"]
    return {"anyOf": [found, {"type": "null"}]} if given.get("nullable") is True else found


class Description:
    """The description, asked by request."""

    def __init__(self) -> None:
        self._document: Json = json.loads(DESCRIPTION.read_text(encoding="utf-8"))
        self._components = as_json_schema(self._document["components"])
        self.paths = [
            (
                re.compile(re.sub(r"\{[^}]+\}", "[^/]+", re.escape(path).replace(r"\{", "{").replace(r"\}", "}"))),
                path,
            )
            for path in sorted(self._document["paths"], key=lambda path: path.count("{"))
        ]

    def operation(self, request: httpx.Request) -> Json | None:
        for pattern, path in self.paths:
            if pattern.fullmatch(request.url.path):
                return cast("Json", self._document["paths"][path].get(request.method.lower()))
        return None

    def problems(self, schema: Any, value: Any) -> list[str]:
        whole = {**as_json_schema(schema), "components": self._components}
        errors = jsonschema_rs.Draft202012Validator(whole).iter_errors(value)
        return [f"{list(error.instance_path)}: {error.message[:200]}" for error in errors]

    def request_problems(self, operation: Json, request: httpx.Request) -> list[str]:
        resolved = [self._resolved(parameter) for parameter in operation.get("parameters", [])]
        known = {parameter["name"]: parameter for parameter in resolved if parameter["in"] == "query"}
        problems: list[str] = []
        for name, value in parse_qsl(request.url.query.decode()):
            if name not in known:
                problems.append(f"unknown parameter {name}")
                continue
            kind = known[name]["schema"].get("type")
            problems += self.problems(known[name]["schema"], int(value) if kind == "integer" else value)
        if request.content:
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            problems += self.problems(schema, json.loads(request.content))
        return problems

    def answer_problems(self, operation: Json, answer: httpx.Response) -> list[str]:
        described = operation["responses"].get(str(answer.status_code))
        if described is None:
            return [f"status {answer.status_code} is not described"]
        content = self._resolved(described).get("content", {}).get("application/json")
        return self.problems(content["schema"], answer.json()) if content and answer.content else []

    def _resolved(self, found: Json) -> Json:
        if "$ref" not in found:
            return found
        part: Any = self._document
        for key in found["$ref"].removeprefix("#/").split("/"):
            part = part[key]
        return cast("Json", part)


@pytest.fixture(scope="module")
def description() -> Description:
    return Description()


async def test_all_requests_and_answers_fit_the_description(
    simulated: Any, story: Story, description: Description
) -> None:
    use: Callable[..., Awaitable[str]] = simulated
    run = str(red_run_id(story))
    listed = await use("list_runs", status="failure", branch="main", event="push", actor="tomas.rey", since="90d")
    assert "runs" in listed
    await use("list_runs", workflow="ci.yml", sha=story.bad_release.commit, limit=5, cursor="1x5")
    await use("get_run", run=run)
    await use("get_run", run=run, attempt=1)
    await use("get_logs", run=run, job="lint", tail=2)
    await use("explain_failure", target=run)
    await use("explain_failure", target="main")
    await use("run_stats", since="30d", workflow="ci.yml", branch="main")
    await use("list_workflows")
    deployments = await use("list_deployments")
    await use("compare", base=story.good_release.commit, head="main")
    artifacts = await use("read_artifact", run=run)
    await use("read_artifact", run=run, artifact=artifacts.splitlines()[2].split("\t")[1])
    await use("workflow", kind="resource", owner="shop-sandbox", repo="checkout", file="ci.yml")
    await use("run_workflow", workflow=story.workflow, ref="main", inputs={"version": "1.42.0"})
    await use("rerun", run=run, debug=True)
    waiting = re.search(r"run (\d+) \(Deploy", deployments)
    assert waiting is not None
    await use("review_deployment", run=waiting[1], decision="reject", comment="error rate")
    await use("cancel_run", run=run)
    checked = 0
    for request, answer in simulated.exchanges:
        operation = description.operation(request)
        if operation is None:  # pulls, commits, contents, deployments and the storage are not part of it
            assert not re.search(r"/actions/(?!.*\.txt|.*\.zip)", request.url.path) or "_" in request.url.path
            continue
        checked += 1
        where = f"{request.method} {request.url.path}?{request.url.query.decode()}"
        assert description.request_problems(operation, request) == [], where
        assert description.answer_problems(operation, answer) == [], where
    assert checked > 40


def test_the_check_can_fail(description: Description) -> None:
    request = httpx.Request("GET", "http://x/repos/a/b/actions/runs?status=broken&sort=up")
    operation = description.operation(request)
    assert operation is not None
    assert len(description.request_problems(operation, request)) == 2
    assert description.answer_problems(operation, httpx.Response(200, json={"workflow_runs": 1}))
    assert description.answer_problems(operation, httpx.Response(418))
