from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
import respx

from hub.plugin import InvalidArguments, NotFound

Call = Callable[..., Awaitable[str]]

NAMES = [
    "http_seconds_bucket",
    "http_seconds_count",
    "http_seconds_sum",
    "node_cpu_seconds_total",
    "node_load1",
    "up",
]
METADATA = {
    "http_seconds": [{"type": "histogram", "help": "Duration of requests.", "unit": ""}],
    "node_cpu_seconds": [{"type": "counter", "help": "Time of CPUs by mode.", "unit": "seconds"}],
    "node_load1": [{"type": "gauge", "help": "Load over a minute.", "unit": ""}],
}


def success(data: Any, **more: Any) -> dict[str, Any]:
    return {"status": "success", "data": data, **more}


@pytest.fixture
def server(router: respx.Router) -> respx.Router:
    """A server with a few metrics of each type."""
    router.get("/api/v1/label/__name__/values").respond(json=success(NAMES))
    router.get("/api/v1/metadata").respond(json=success(METADATA))
    return router


async def test_metrics_are_found_by_name_and_help_with_type(call: Call, server: respx.Router) -> None:
    text = await call("find_metrics", search="cpu")
    assert (
        text == "1 of 4 metrics match\nmetric\ttype\thelp\nnode_cpu_seconds_total\tcounter\tTime of CPUs by mode."
    )
    assert "http_seconds\thistogram" in await call("find_metrics", search="REQUESTS duration")


async def test_the_parts_of_a_histogram_are_listed_once(call: Call, server: respx.Router) -> None:
    text = await call("find_metrics")
    assert text.startswith("4 metrics\na histogram x is queried as x_bucket, x_sum, x_count\n")
    assert "seconds_bucket" not in text
    assert "http_seconds\thistogram" in await call("find_metrics", search="http_seconds_bucket")


async def test_a_name_comes_before_a_help_text_that_mentions_it(call: Call, server: respx.Router) -> None:
    lines = (await call("find_metrics", search="load")).splitlines()
    assert lines[-1].startswith("node_load1")


async def test_a_long_list_says_how_much_there_is_and_of_what(call: Call, server: respx.Router) -> None:
    text = await call("find_metrics", limit=1)
    assert "4 metrics; 1 shown\nby prefix: node 2, http 1, up 1" in text
    assert "2 of 4 metrics match; 1 shown\nadd words to narrow it" in await call(
        "find_metrics", search="node", limit=1
    )


async def test_a_misspelt_search_offers_near_names(call: Call, server: respx.Router) -> None:
    assert "near: node_load1" in await call("find_metrics", search="node_laod1")


@pytest.mark.parametrize(
    ("search", "said"),
    [
        ("cpu latency", "metrics with each word alone: cpu 1, latency 0"),
        ("http.*latency", "search takes plain words, no patterns"),
        ("latency", "4 metrics by prefix: node 2, http 1, up 1"),
    ],
)
async def test_a_search_without_matches_says_what_there_is(
    call: Call, server: respx.Router, search: str, said: str
) -> None:
    text = await call("find_metrics", search=search)
    assert text.startswith(f"no metric matches {search!r}")
    assert said in text


async def test_a_match_may_be_written_without_braces(call: Call, router: respx.Router) -> None:
    route = router.get("/api/v1/label/__name__/values").respond(json=success([]))
    router.get("/api/v1/metadata").respond(json=success({}))
    router.get("/api/v1/label/job/values").respond(json=success(["api", "node"]))
    text = await call("find_metrics", match="job=nod")
    calls: list[Any] = list(route.calls)
    assert calls[0].request.url.params["match[]"] == '{job="nod"}'
    assert text == 'no series match {job="nod"}\nno job="nod" in the series; near: node'


async def test_metrics_can_be_bound_to_some_series(call: Call, router: respx.Router) -> None:
    route = router.get("/api/v1/label/__name__/values").respond(json=success(["node_load1"], warnings=["partial"]))
    router.get("/api/v1/metadata").respond(404, text="404 page not found")
    text = await call("find_metrics", match='{job="node"}')
    assert route.calls.last.request.url.params["match[]"] == '{job="node"}'
    assert "warning: partial" in text
    assert "the server keeps no types and help texts" in text


async def test_label_names_and_values_are_listed_with_their_range(call: Call, router: respx.Router) -> None:
    names = router.post("/api/v1/labels").respond(json=success(["__name__", "job"]))
    values = router.get("/api/v1/label/job/values").respond(json=success(["api", "node"]))
    assert (await call("labels")).endswith("2 in all\nlabel\n__name__\njob")
    text = await call("labels", name="job", match="up", start="2026-01-01T00:00:00Z")
    assert text.startswith("values of job in up, 2026-01-01T00:00:00Z to 20")
    sent = parse_qs(names.calls.last.request.content.decode())
    assert float(sent["end"][0]) - float(sent["start"][0]) == pytest.approx(6 * 3600)
    assert values.calls.last.request.url.params["start"] == "1767225600"


async def test_more_values_than_shown_are_told(call: Call, router: respx.Router) -> None:
    route = router.get("/api/v1/label/pod/values")
    route.respond(json=success(["a1", "a2", "b3"], warnings=["results truncated due to limit"]))
    text = await call("labels", name="pod", limit=2)
    assert "2 of more than 2 shown" in text
    assert "warning" not in text
    assert route.calls.last.request.url.params["limit"] == "3"
    assert "2 in all\nvalue\na1\na2" in await call("labels", name="pod", search="A", limit=2)


async def test_a_label_that_is_not_there_offers_near_ones(call: Call, router: respx.Router) -> None:
    router.get("/api/v1/label/instanec/values").respond(json=success([]))
    router.post("/api/v1/labels").respond(json=success(["instance", "job"]))
    assert (await call("labels", name="instanec")).endswith("none\nnear: instance")


async def test_series_that_do_not_exist_are_told_from_labels_that_do_not(call: Call, router: respx.Router) -> None:
    router.get("/api/v1/label/job/values").respond(json=success([]))
    router.post("/api/v1/labels").respond(json=success([]))
    router.get("/api/v1/label/__name__/values").respond(json=success(["up", "nothing_total"]))
    explained = "none\nno series match nothing\nno metric nothing in the last 6h; near: nothing_total"
    assert (await call("labels", name="job", match="nothing")).endswith(explained)
    assert (await call("labels", match="nothing")).endswith(explained)
    assert (await call("labels")).endswith("none\nthe server has no series in this time")
    assert (await call("labels", search="x")).endswith("none\nnothing contains 'x'; leave search out to see all")


@pytest.mark.parametrize("name", ["../admin", "a/b", "1a", "a b", "..", "a-b"])
async def test_what_is_no_label_name_is_refused_before_anything_is_sent(call: Call, name: str) -> None:
    with pytest.raises(InvalidArguments, match="name"):
        await call("labels", name=name)


async def test_a_start_in_the_future_is_refused(call: Call) -> None:
    with pytest.raises(InvalidArguments, match="lies in the future"):
        await call("labels", start="now+1h")


async def test_the_card_of_a_metric_tells_what_it_is_and_how_it_splits(call: Call, server: respx.Router) -> None:
    server.post("/api/v1/query").respond(json=success({"resultType": "vector", "result": [{"value": [1, "16"]}]}))
    series = [
        {"__name__": "node_cpu_seconds_total", "cpu": str(n % 2), "mode": f"m{n:02d}", "job": "node"}
        for n in range(16)
    ]
    server.post("/api/v1/series").respond(json=success(series))
    card = await call("metric", kind="resource", source="default", name="node_cpu_seconds_total")
    assert card == (
        "metric: node_cpu_seconds_total\n"
        "type: counter\n"
        "unit: seconds\n"
        "help: Time of CPUs by mode.\n"
        "series: 16 now\n"
        "labels (number of values: examples):\n"
        "  job 1: node\n"
        "  cpu 2: 0, 1\n"
        "  mode 16: m00, m01, m02, m03, m04, m05, m06, m07, …\n"
        "query: sum(rate(node_cpu_seconds_total[5m]))"
    )


async def test_the_card_of_a_huge_metric_lets_the_server_count(call: Call, server: respx.Router) -> None:
    def count(request: httpx.Request) -> httpx.Response:
        query = parse_qs(request.content.decode())["query"][0]
        value = {"count(http_seconds_bucket)": "90000", "count(count by (pod) (http_seconds_bucket))": "4500"}[
            query
        ]
        return httpx.Response(200, json=success({"resultType": "vector", "result": [{"value": [1, value]}]}))

    server.post("/api/v1/query").mock(side_effect=count)
    server.post("/api/v1/labels").respond(json=success(["__name__", "pod"]))
    card = await call("metric", kind="resource", source="default", name="http_seconds")
    assert "series: 90000 now of http_seconds_bucket" in card
    assert "  pod 4500" in card
    assert "query: histogram_quantile(0.95, sum by (le) (rate(http_seconds_bucket[5m])))" in card


async def test_the_card_of_an_unknown_metric_names_near_ones(call: Call, server: respx.Router) -> None:
    with pytest.raises(NotFound) as refused:
        await call("metric", kind="resource", source="default", name="node_laod1")
    assert "node_load1" in refused.value.hint


async def test_names_are_fetched_once_a_minute(router: respx.Router, server: respx.Router, build: Any) -> None:
    from hub.testing.http import mock_services

    connector = build()
    source = connector.sources.get()
    with mock_services(router):
        assert await source.metric_names() == await source.metric_names()
        await source.metadata()
        await source.metadata()
        await connector.http.aclose()
    calls: list[Any] = list(router.calls)
    assert [made.request.url.path for made in calls] == [
        "/api/v1/label/__name__/values",
        "/api/v1/metadata",
    ]
