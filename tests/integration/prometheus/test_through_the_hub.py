"""Every tool, resource and prompt of the Prometheus connector, driven through the hub by an MCP client."""

import subprocess
import sys
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Literal

import pytest
from mcp import StdioServerParameters
from mcp.client import Client
from mcp.client.session import ClientSession
from mcp.client.sse import sse_client
from mcp_types import ResourceTemplateReference

HUB = str(Path(sys.executable).with_name("hub"))
Mode = Literal["legacy", "2026-07-28"]

CALLS: list[tuple[str, dict[str, Any], str]] = [
    ("hub_status", {}, "loaded"),
    ("prometheus_query", {"query": "up == 1"}, "node"),
    ("prometheus_query", {"query": "node_load1", "source": "victoria"}, "node_load1"),
    ("prometheus_query_range", {"query": "node_load1", "start": "now-1m", "step": "1s"}, "max"),
    ("prometheus_query_range", {"query": "node_load1", "start": "now-1m", "points": True}, "20"),
    ("prometheus_compare", {"query": "up", "window": "5s"}, "before"),
    ("prometheus_find_metrics", {"search": "load1"}, "node_load1"),
    ("prometheus_labels", {"name": "job"}, "broken"),
    ("prometheus_alerts", {"state": "firing"}, "TargetGone"),
    ("prometheus_rules", {"search": "TargetGone"}, "availability"),
    ("prometheus_targets", {"health": "down"}, "broken"),
    ("prometheus_status", {}, "2."),
    ("prometheus_silence", {"action": "list"}, "silence"),
]


def text_of(result: Any) -> str:
    return "\n".join(getattr(block, "text", "") for block in result.content)


@pytest.fixture(scope="session")
def hub_toml(tmp_path_factory: pytest.TempPathFactory, stack: Any, victoria: str) -> Path:
    """A hub with a Prometheus and a VictoriaMetrics as two sources of one connector."""
    path = tmp_path_factory.mktemp("hub") / "hub.toml"
    path.write_text(
        f"""
[server]
port = 0
sse = true
[connectors.prometheus]
read_only = false
default_source = "main"
[connectors.prometheus.sources.main]
url = "{stack.prometheus}"
[connectors.prometheus.sources.main.alertmanager]
url = "{stack.alertmanager}"
[connectors.prometheus.sources.victoria]
url = "{victoria}"
""",
        encoding="utf-8",
    )
    return path


@contextmanager
def served(config: Path) -> Generator[str]:
    """`hub serve` as a program; gives the URL it announces."""
    process = subprocess.Popen([HUB, "serve", "--config", str(config)], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        for line in process.stderr:
            if line.startswith("Serving MCP at "):
                yield line.split()[-1]
                break
        else:
            pytest.fail(f"hub serve ended with status {process.wait()}")
    finally:
        process.terminate()
        process.communicate(timeout=20)
        assert process.returncode == 0


@pytest.fixture(scope="session")
def url(hub_toml: Path) -> Generator[str]:
    with served(hub_toml) as address:
        yield address


@pytest.fixture(params=["http", "stdio"])
def connect(request: pytest.FixtureRequest, hub_toml: Path) -> Callable[..., Any]:
    """Connect an MCP client over one of the transports."""

    @asynccontextmanager
    async def connected(mode: Mode) -> AsyncGenerator[Client]:
        target: Any = (
            request.getfixturevalue("url")
            if request.param == "http"
            else StdioServerParameters(command=HUB, args=["serve", "--stdio", "--config", str(hub_toml)])
        )
        async with Client(target, mode=mode) as client:
            yield client

    return connected


@pytest.mark.integration
@pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])
async def test_an_agent_gets_all_tools_and_each_does_its_work(connect: Callable[..., Any], mode: Mode) -> None:
    async with connect(mode) as client:
        listed = {tool.name for tool in (await client.list_tools()).tools}
        assert listed == {name for name, _, _ in CALLS} | {"hub_read_result"}
        for name, arguments, expected in CALLS:
            result = await client.call_tool(name, arguments)
            text = text_of(result)
            assert not result.is_error, f"{name}: {text}"
            assert expected in text, f"{name}: {text}"


@pytest.mark.integration
@pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])
async def test_an_alert_is_silenced_and_the_silence_ended(connect: Callable[..., Any], mode: Mode) -> None:
    async with connect(mode) as client:
        arguments = {
            "action": "create",
            "matchers": "alertname=TargetGone",
            "comment": "known",
            "duration": "10m",
        }
        made = await client.call_tool("prometheus_silence", arguments)
        text = text_of(made)
        assert not made.is_error, text
        listed = text_of(await client.call_tool("prometheus_silence", {"action": "list"}))
        (silence,) = [word for word in listed.replace("\t", " ").split() if word.count("-") == 4 and word in text]
        ended = await client.call_tool("prometheus_silence", {"action": "expire", "id": silence})
        assert not ended.is_error, text_of(ended)


@pytest.mark.integration
@pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])
async def test_resources_are_found_completed_and_read_and_prompts_got(
    connect: Callable[..., Any], mode: Mode
) -> None:
    async with connect(mode) as client:
        templates = {t.uri_template for t in (await client.list_resource_templates()).resource_templates}
        metric = "prometheus://{source}/metrics/{name}"
        assert metric in templates
        reference = ResourceTemplateReference(type="ref/resource", uri=metric)
        argument = {"name": "name", "value": "node_load"}
        completed = await client.complete(reference, argument, context_arguments={"source": "main"})
        assert "node_load1" in completed.completion.values
        read = await client.read_resource("prometheus://main/metrics/node_load1")
        assert "gauge" in read.contents[0].text
        prompts = {prompt.name for prompt in (await client.list_prompts()).prompts}
        assert prompts == {"prometheus_metric_explain", "prometheus_alert_hygiene"}
        prompt = await client.get_prompt("prometheus_metric_explain", {"metric": "node_load1"})
        assert "node_load1" in prompt.messages[0].content.text


@pytest.mark.integration
async def test_the_old_sse_transport_serves_the_same(url: str) -> None:
    async with sse_client(url.replace("/mcp", "/sse")) as (read, write), ClientSession(read, write) as session:
        await session.initialize()
        result = await session.call_tool("prometheus_query", {"query": "up"})
        assert "node" in text_of(result)
