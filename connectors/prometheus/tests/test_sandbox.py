"""The connector's part of the sandbox, served over loopback HTTP."""

import httpx
import pytest
from hub_connector_prometheus.connector import Prometheus
from hub_connector_prometheus.sandbox import prometheus_sandbox
from hub_connector_prometheus.settings import PrometheusSettings

from hub.connector.declare import ToolDeclaration, declarations
from hub.connector.schema import parameters_of
from hub.sandbox.host import SandboxHost
from hub.sandbox.story import NOTICE, Story

NOW = 1_799_958_000.0


async def test_it_answers_over_loopback_at_the_address_its_settings_name() -> None:
    sandbox = prometheus_sandbox()
    async with SandboxHost() as host, httpx.AsyncClient(trust_env=False) as client:
        settings = PrometheusSettings.model_validate(sandbox.settings(await host.serve("prometheus", sandbox.app)))
        (source,) = settings.by_name().values()
        assert source.alertmanager is not None
        alerts = (await client.get(f"{source.url}/api/v1/alerts")).json()["data"]["alerts"]
        known = (await client.get(f"{source.alertmanager.url}/api/v2/alerts")).json()
        build = (await client.get(f"{source.url}/api/v1/status/buildinfo")).json()["data"]
    firing = [alert["labels"]["alertname"] for alert in alerts if alert["state"] == "firing"]
    assert (
        firing
        == [alert["labels"]["alertname"] for alert in known]
        == ["CheckoutErrorRateHigh", "CheckoutLatencyHigh"]
    )
    assert NOTICE in build["buildUser"]


async def test_its_calls_show_errors_that_begin_with_the_deploy() -> None:
    sandbox = prometheus_sandbox(lambda: NOW)
    calls = dict(sandbox.try_calls)
    assert list(calls) == ["alerts", "query_range", "compare"]
    deploy = Story.beginning(lambda: NOW).deploy_at
    assert calls["compare"]["at"] == deploy.strftime("%Y-%m-%dT%H:%M:%SZ")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(sandbox.app), base_url="http://sandbox") as client:
        window = {name: calls["query_range"][name] for name in ("query", "start", "end")}
        answer = (await client.get("/api/v1/query_range", params={**window, "step": "15s"})).json()
    (series,) = answer["data"]["result"]
    before = [float(value) for at, value in series["values"] if at < deploy.timestamp()]
    settled = [float(value) for at, value in series["values"] if at > deploy.timestamp() + 180]
    assert max(before) < 0.01
    assert min(settled) > 0.05


@pytest.mark.parametrize("number", range(3))
def test_its_calls_fit_the_tools(number: int) -> None:
    name, arguments = prometheus_sandbox(lambda: NOW).try_calls[number]
    (attribute,) = [
        attribute
        for attribute, declaration in declarations(Prometheus).items()
        if isinstance(declaration, ToolDeclaration) and declaration.name == name
    ]
    parameters = parameters_of(getattr(Prometheus, attribute))
    assert set(arguments) <= set(parameters.schema["properties"])
    assert set(parameters.schema.get("required", ())) <= set(arguments)
    assert parameters.bind(arguments)


def test_the_connector_brings_it() -> None:
    assert Prometheus.sandbox() is not None
