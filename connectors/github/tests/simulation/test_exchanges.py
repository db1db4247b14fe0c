"""What the connector asks and what the sandbox answers fits GitHub's description, driven through a hub."""

import re
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest
from hub_connector_github import sandbox
from hub_connector_github.sandbox import github_sandbox

from hub.plugin import Sandbox
from hub.sandbox.story import Story
from hub.testing import OpenHub, open_hub

Vendor = Any  # the fixture's own class lives in conftest.py, which tests cannot import
Exchange = tuple[httpx.Request, httpx.Response]
_LEFT_OUT = re.compile(
    r"/_blobs/|/repos/[^/]+/[^/]+/(commits|compare|contents|pulls|check-runs|check-suites|deployments|environments)\b"
)
"""What GitHub's description of Actions does not describe."""


class Recorder:
    """An application that remembers what another one was asked and answered, redirected downloads aside."""

    def __init__(self, app: Any) -> None:
        self.exchanges: list[Exchange] = []
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/_blobs/"):
            await self._app(scope, receive, send)
            return
        asked, status, told = bytearray(), 0, bytearray()

        async def receiving() -> Any:
            message = await receive()
            asked.extend(message.get("body", b""))
            return message

        async def sending(message: Any) -> None:
            nonlocal status
            status = message.get("status", status)
            told.extend(message.get("body", b""))
            await send(message)

        await self._app(scope, receiving, sending)
        url = f"http://sandbox{scope['path']}?{scope['query_string'].decode()}"
        request = httpx.Request(scope["method"], url, content=bytes(asked))
        self.exchanges.append((request, httpx.Response(status, content=bytes(told))))


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    made = github_sandbox()
    recorder = Recorder(made.app)
    monkeypatch.setattr(
        sandbox, "github_sandbox", lambda: Sandbox(app=recorder, settings=made.settings, try_calls=made.try_calls)
    )
    return recorder


@pytest.fixture
async def hub(recorder: Recorder) -> AsyncGenerator[OpenHub]:
    async with open_hub({"connectors": {"github": {"sandbox": True, "read_only": False}}}) as opened:
        yield opened


async def test_all_tools_ask_and_get_what_github_describes(
    hub: OpenHub, recorder: Recorder, vendor: Vendor
) -> None:
    pull = f"#{Story.beginning().pull_request}"
    red = re.findall(r"\brun (\d{11})\b", (await hub.call("github_explain_failure", target=pull)).text)[0]
    waiting = re.findall(r"\b\d{11}\b", (await hub.call("github_list_runs", status="waiting")).text)[0]
    artifact = re.findall(r"(?m)^(\d{11})\t", (await hub.call("github_read_artifact", run=red)).text)[0]
    inputs = {"environment": "staging", "version": "1.42.0"}
    calls: list[tuple[str, dict[str, Any]]] = [
        ("list_runs", {"workflow": "ci.yml", "branch": "main", "event": "push", "since": "20d", "limit": 40}),
        ("get_run", {"run": red}),
        ("get_logs", {"run": red, "job": "integration", "grep": "out of memory"}),
        ("explain_failure", {"target": "main"}),
        ("run_stats", {}),
        ("list_workflows", {}),
        ("list_deployments", {"environment": "production"}),
        ("compare", {"base": "v1.42.0", "head": "v1.43.0"}),
        ("read_artifact", {"artifact": artifact, "path": "junit.xml"}),
        ("run_workflow", {"workflow": "deploy.yml", "ref": "main", "inputs": inputs}),
        ("rerun", {"run": red}),
        ("cancel_run", {"run": red}),
        ("review_deployment", {"run": waiting, "decision": "approve", "comment": "Back to 1.42.0"}),
    ]
    for name, arguments in calls:
        reply = await hub.call(f"github_{name}", **arguments)
        assert reply.ok, f"{name}: {reply.text}"
    asked = {f"{request.method} {vendor.exchange(request, response)}" for request, response in recorder.exchanges}
    left_out = {
        request.url.path
        for request, _ in recorder.exchanges
        if vendor.exchange(request, httpx.Response(304)) is None
    }
    assert [path for path in left_out if not _LEFT_OUT.search(path)] == []
    run = "/repos/{owner}/{repo}/actions/runs/{run_id}"
    assert {f"POST {run}/rerun-failed-jobs", f"POST {run}/cancel", f"POST {run}/pending_deployments"} <= asked


def test_the_judge_of_exchanges_can_find_fault(vendor: Vendor) -> None:
    runs = "http://sandbox/repos/a/b/actions/runs"
    answer = httpx.Response(200, json={"total_count": 0, "workflow_runs": []})
    vendor.exchange(httpx.Request("GET", f"{runs}?status=failure&per_page=5"), answer)
    for query in ("status=broken", "state=failure"):
        with pytest.raises(AssertionError):
            vendor.exchange(httpx.Request("GET", f"{runs}?{query}"), answer)
    with pytest.raises(AssertionError):
        vendor.exchange(httpx.Request("GET", runs), httpx.Response(200, json={}))
