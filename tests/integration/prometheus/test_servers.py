"""The connector against real servers: Prometheus with Alertmanager, VictoriaMetrics, a guarded Prometheus."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from hub.plugin import AuthenticationFailed, InvalidRequest, NotFound, ServiceUnavailable

Opened = Callable[..., Any]
Call = Callable[..., Any]


async def test_access_is_verified_and_told_with_version_and_address(stack: Any, opened: Opened) -> None:
    async with opened(url=stack.prometheus, alertmanager=stack.alertmanager) as connector:
        told = await connector.verify_access()
    assert re.fullmatch(rf"Prometheus \S+ at {stack.prometheus}; Alertmanager \S+ at {stack.alertmanager}", told)


@pytest.mark.parametrize("server", ["prometheus", "victoria"])
async def test_queries_answer_alike_from_prometheus_and_victoriametrics(
    stack: Any, victoria: str, opened: Opened, call: Call, server: str
) -> None:
    async with opened(url=stack.prometheus if server == "prometheus" else victoria) as connector:
        assert "node_load1{" in await call(connector, "query", query="node_load1")
        assert (await call(connector, "query", query="scalar(vector(3.5))")).endswith("3.5")
        assert "[3s]" in await call(connector, "query", query="node_load1[3s]")
        text = await call(connector, "query", query="node_cpu_seconds_total", limit=3)
        assert re.search(r"3 of \d+ series shown \(the first\); values per label: .*mode \d", text)
        narrower = text.split("narrower: ")[1].splitlines()[0].split(" — or ")
        assert len(narrower) == 2
        for query in narrower:
            assert "no series" not in await call(connector, "query", query=query)
        text = await call(connector, "query_range", query="rate(node_cpu_seconds_total[5s])", start="now-1m")
        assert "unit: seconds per second" in text
        assert "order: largest change first" in text
        assert "\tmean\tlast" in text
        text = await call(connector, "query_range", query="node_load1", start="now-10h", step="1s")
        assert "step 5s (raised: 11,000 points a series is the most)" in text
        assert "mean before" in await call(connector, "compare", query="node_load1", window="2s")
        with pytest.raises(InvalidRequest) as refused:
            await call(connector, "query", query="sum(")
        assert "Mend the PromQL" in refused.value.hint


@pytest.mark.parametrize("server", ["prometheus", "victoria"])
async def test_nothing_found_is_explained_by_prometheus_and_victoriametrics(
    stack: Any, victoria: str, opened: Opened, call: Call, server: str
) -> None:
    async with opened(url=stack.prometheus if server == "prometheus" else victoria) as connector:
        for query, said in (
            ("node_laod1", "near: node_load1"),
            ('node_load1{job="nodes"}', 'no job="nodes" in node_load1; near: node'),
            ('node_load1{jbo="node"}', "node_load1 has no label jbo; its labels: instance, job"),
            ('node_load1{job=~"x.*"}', 'no job=~"x.*" in node_load1; it has: node'),
            ("node_load1 > 100000", "a filter such as `> 0`"),
        ):
            assert said in await call(connector, "query", query=query)
        assert "near: mode" in await call(connector, "labels", name="mod")
        assert "near: node_load" in await call(connector, "find_metrics", search="nod_laod")


@pytest.mark.parametrize("server", ["prometheus", "victoria"])
async def test_metrics_and_labels_are_explored(
    stack: Any, victoria: str, opened: Opened, call: Call, read: Call, server: str
) -> None:
    async with opened(url=stack.prometheus if server == "prometheus" else victoria) as connector:
        text = await call(connector, "find_metrics", search="cpu seconds")
        assert "node_cpu_seconds_total" in text
        assert ("counter" in text) == (server == "prometheus")
        assert ("keeps no types" in text) == (server == "victoria")
        assert "8 in all" in await call(connector, "labels", name="mode", match="node_cpu_seconds_total")
        card = await read(connector, "metric", source="default", name="node_cpu_seconds_total")
        assert re.search(r"mode 8: idle, iowait", card)
        query = card.split("query: ")[1]
        assert "no series" not in await call(connector, "query", query=query.replace("5m", "5s"))
        with pytest.raises(NotFound) as refused:
            await read(connector, "metric", source="default", name="node_cpu_second_total")
        assert "node_cpu_seconds_total" in refused.value.hint


async def test_a_histogram_is_one_metric_with_a_query_that_runs(
    stack: Any, opened: Opened, call: Call, read: Call
) -> None:
    async with opened(url=stack.prometheus) as connector:
        name = "prometheus_http_request_duration_seconds"
        assert f"{name}\t" in await call(connector, "find_metrics", search="http request latencies")
        card = await read(connector, "metric", source="default", name=name)
        assert "type: histogram" in card
        query = card.split("query: ")[1]
        assert query == f"histogram_quantile(0.95, sum by (le) (rate({name}_bucket[5m])))"
        await call(connector, "query", query=query)


async def test_alerts_rules_and_targets_are_told(stack: Any, opened: Opened, call: Call, read: Call) -> None:
    async with opened(url=stack.prometheus) as connector:
        text = await call(connector, "alerts")
        assert "active alerts: 1 firing, 1 pending" in text
        assert re.search(r"firing\tTargetGone\tcritical\t\S+Z\t0\tinstance=\S+ job=broken team=payments\t", text)
        assert await read(connector, "active_alerts", source="default") is not None
        text = await call(connector, "rules")
        assert "4 of 4 rules in 2 groups" in text
        assert "err: invalid destination label name" in text
        assert "for: 1d" in await call(connector, "rules", search="AlwaysPending")
        group = await read(connector, "rule_group", source="default", group="faulty / group")
        assert "alert: Faulty" in group
        text = await call(connector, "targets")
        assert "broken 0/1, node 1/1, prometheus 1/1" in text
        assert "connection refused" in text


async def test_the_status_tells_storage_and_cardinality(
    stack: Any, victoria: str, opened: Opened, call: Call
) -> None:
    sources = {"prom": {"url": stack.prometheus}, "vm": {"url": victoria}}
    async with opened(sources=sources) as connector:
        text = await call(connector, "status", source="prom")
        assert "retention 15d" in text
        assert "series in memory since" in text
        assert f"sends alerts to {stack.alertmanager}" in text
        assert "not offered by this server: runtimeinfo" in await call(connector, "status", source="vm")
        assert "vm\tno\t" in await call(connector, "status")


async def test_a_silence_is_created_shown_and_expired(stack: Any, opened: Opened, call: Call) -> None:
    async with opened(url=stack.prometheus, alertmanager=stack.alertmanager) as connector:
        text = await call(
            connector,
            "silence",
            action="create",
            matchers='alertname="TargetGone",team=~"pay.*",job!=node',
            duration="10m",
            comment='known: "broken" on purpose\nsince today',
        )
        assert "active alerts it covers: 1 (TargetGone)" in text
        identifier = text.split()[1]
        listed = await call(connector, "silence", action="list")
        assert f'{identifier}\tactive\talertname="TargetGone",team=~"pay.*",job!="node"' in listed
        assert identifier in await call(connector, "alerts", state="firing")
        assert "expired" in await call(connector, "silence", action="expire", id=identifier)
        assert identifier not in await call(connector, "silence", action="list")
        with pytest.raises(NotFound, match="no active silence"):
            await call(connector, "silence", action="expire", id="0a1b2c3d-0000-4000-8000-000000000001")


async def test_alerts_come_from_alertmanager_where_the_server_has_none(
    stack: Any, victoria: str, opened: Opened, call: Call
) -> None:
    async with opened(url=victoria, alertmanager=stack.alertmanager) as connector:
        text = await call(connector, "alerts")
        assert "from Alertmanager" in text
        assert "TargetGone" in text


async def test_a_client_certificate_and_basic_authentication_open_a_guarded_server(
    guarded_prometheus: Any, opened: Opened, call: Call
) -> None:
    right = {
        "url": guarded_prometheus.url,
        "username": "admin",
        "password": "test",
        "ca_file": guarded_prometheus.ca,
        "cert_file": guarded_prometheus.certificate,
    }
    async with opened(**right) as connector:
        assert (await connector.verify_access()).endswith(f"at {guarded_prometheus.url}")
        assert "no targets" in await call(connector, "targets")
    async with opened(**{**right, "password": "canary"}) as connector:
        with pytest.raises(AuthenticationFailed) as refused:
            await connector.verify_access()
        assert "connectors.prometheus.password" in refused.value.hint
        assert "canary" not in str(refused.value)
    async with opened(url=right["url"], username="admin", password="test", ca_file=right["ca_file"]) as connector:
        with pytest.raises(ServiceUnavailable):
            await connector.verify_access()


async def test_a_server_that_is_down_is_told_apart_from_a_wrong_credential(opened: Opened) -> None:
    async with opened(url="http://127.0.0.1:1", bearer_token="t") as connector:
        with pytest.raises(ServiceUnavailable) as refused:
            await connector.verify_access()
    assert "connectors.prometheus.url" in refused.value.hint
