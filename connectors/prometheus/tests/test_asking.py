from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
import respx

from hub.plugin import InvalidArguments, InvalidRequest, ResponseTooLarge

Call = Callable[..., Awaitable[str]]
Json = dict[str, Any]
NOON = 1_767_268_800  # 2026-01-01T12:00:00Z


def success(data: Any, **more: Any) -> Json:
    return {"status": "success", "data": data, **more}


def vector(*series: tuple[Json, str], **more: Any) -> Json:
    result = [{"metric": labels, "value": [NOON, value]} for labels, value in series]
    return success({"resultType": "vector", "result": result}, **more)


def matrix(*series: tuple[Json, list[str]], step: int = 15) -> Json:
    result = [
        {"metric": labels, "values": [[NOON + step * index, value] for index, value in enumerate(values)]}
        for labels, values in series
    ]
    return success({"resultType": "matrix", "result": result})


def form(call: Any) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(call.request.content.decode()).items()}


async def test_an_instant_query_is_a_table_with_common_labels_told_once(call: Call, router: respx.Router) -> None:
    route = router.post("/api/v1/query").respond(
        json=vector(
            ({"__name__": "up", "job": "api", "instance": "a"}, "1"),
            ({"__name__": "up", "job": "api", "instance": "b"}, "0"),
        )
    )
    text = await call("query", query="up", time="2026-01-01T12:00:00Z")
    assert text == (
        'query: up\ntime: at 2026-01-01T12:00:00Z\ncommon labels: up{job="api"}\ninstance\tvalue\na\t1\nb\t0'
    )
    assert form(route.calls.last) == {"query": "up", "time": str(NOON), "timeout": "30s", "limit": "2000"}


async def test_a_query_reaches_the_server_as_it_was_written(call: Call, router: respx.Router) -> None:
    query = 'sum(rate(http_total{path=~"/a b&c=d%+.*",q="ü\\"\\n"}[5m])) # all'
    route = router.post("/api/v1/query").respond(json=vector(({}, "1")))
    await call("query", query=query)
    assert form(route.calls.last)["query"] == query


async def test_what_is_no_finite_number_is_shown_as_such(call: Call, router: respx.Router) -> None:
    router.post("/api/v1/query").respond(
        json=vector(({"a": "1"}, "NaN"), ({"a": "2"}, "+Inf"), ({"a": "3"}, "-Inf"), ({"a": "4"}, "1e-320"))
    )
    lines = (await call("query", query="x")).splitlines()
    assert [line.split("\t")[1] for line in lines[-4:]] == ["NaN", "+Inf", "-Inf", "9.99989e-321"]


async def test_a_scalar_and_a_string_are_answered_as_they_are(call: Call, router: respx.Router) -> None:
    router.post("/api/v1/query").respond(json=success({"resultType": "scalar", "result": [NOON, "42.5"]}))
    assert (await call("query", query="42.5")).endswith("\n42.5")


async def test_warnings_and_infos_of_the_server_are_passed_on_once(call: Call, router: respx.Router) -> None:
    router.post("/api/v1/query").respond(
        json=vector(
            ({}, "1"), warnings=["store eu is down", "store eu is down"], infos=["metric might not be a counter"]
        )
    )
    text = await call("query", query="rate(x[5m])")
    assert text.count("warning: store eu is down") == 1
    assert "info: metric might not be a counter" in text


async def test_too_many_series_are_cut_with_narrower_queries_to_run(call: Call, router: respx.Router) -> None:
    router.post("/api/v1/query").respond(
        json=vector(
            *(({"__name__": "x_total", "pod": f"p{n}", "zone": f"z{n % 3}"}, str(n)) for n in range(120)),
            warnings=["results truncated due to limit"],
        )
    )
    text = await call("query", query="x_total # everything", limit=5)
    assert "5 of 120 or more series shown (the first); values per label: zone 3, pod 120" in text
    assert "narrower: topk(10, rate(x_total[5m])) — or sum by (zone) (rate(x_total[5m]))" in text
    assert len(text.splitlines()) < 16


async def test_a_ratio_is_narrowed_by_its_largest_and_not_by_a_sum(call: Call, router: respx.Router) -> None:
    series = [({"zone": f"z{n}"}, "0.5") for n in range(9)]
    router.post("/api/v1/query").respond(json=vector(*series))
    assert "max by (zone) (a / b)" in await call("query", query="a / b", limit=2)


async def test_an_answer_beyond_the_size_cap_names_a_narrower_query(call: Call, router: respx.Router) -> None:
    router.post("/api/v1/query").respond(content=b" " * (16 * 1024 * 1024 + 1))
    with pytest.raises(ResponseTooLarge) as refused:
        await call("query", query="huge")
    assert "topk(10, huge)" in refused.value.hint


async def test_wrong_promql_is_told_in_the_servers_words(call: Call, router: respx.Router) -> None:
    router.post("/api/v1/query").respond(
        400,
        json={
            "status": "error",
            "errorType": "bad_data",
            "error": 'invalid parameter "query": 1:5: parse error: x',
        },
    )
    with pytest.raises(InvalidRequest) as refused:
        await call("query", query="sum(")
    assert "1:5: parse error: x" in refused.value.message
    assert "Mend the PromQL" in refused.value.hint


async def test_a_query_that_loads_too_much_is_told_how_to_ask_for_less(call: Call, router: respx.Router) -> None:
    error = "query processing would load too many samples into memory in query execution"
    router.post("/api/v1/query_range").respond(
        422, json={"status": "error", "errorType": "execution", "error": error}
    )
    with pytest.raises(InvalidRequest) as refused:
        await call("query_range", query="x")
    assert "topk(10" in refused.value.hint


async def test_a_range_is_summed_up_per_series_largest_change_first(call: Call, router: respx.Router) -> None:
    route = router.post("/api/v1/query_range").respond(
        json=matrix(
            ({"job": "api", "code": "200"}, ["10"] * 241),
            ({"job": "api", "code": "500"}, ["0.01"] * 121 + ["0.35"] * 120),
        )
    )
    text = await call("query_range", query="x", start="2026-01-01T12:00:00Z", end="2026-01-01T13:00:00Z")
    assert "time: 2026-01-01T12:00:00Z to 2026-01-01T13:00:00Z, step 15s" in text
    assert text.splitlines()[-2:] == [
        "500\t0.01\t0.35\t0.1793\t0.35\tup\t0.01→0.35 at 12:30:15Z",
        "200\t10\t10\t10\t10\tflat\t-",
    ]
    sent = form(route.calls.last)
    assert (sent["start"], sent["end"], sent["step"]) == (str(NOON), str(NOON + 3600), "15")


async def test_relative_times_are_resolved_and_echoed(call: Call, router: respx.Router) -> None:
    route = router.post("/api/v1/query_range").respond(json=matrix(({}, ["1"] * 3)))
    text = await call("query_range", query="x", start="now-2h", end="now-1h")
    sent = form(route.calls.last)
    assert int(sent["end"]) - int(sent["start"]) == 3600
    assert "Z to 20" in text
    assert "now" not in text


async def test_points_are_one_row_a_moment_and_one_column_a_series(call: Call, router: respx.Router) -> None:
    router.post("/api/v1/query_range").respond(
        json=matrix(({"a": "1"}, ["1", "NaN", "3"]), ({"a": "2"}, ["4", "5"]), step=60)
    )
    text = await call(
        "query_range", query="x", start="2026-01-01T12:00:00Z", end="2026-01-01T12:02:00Z", step="1m", points=True
    )
    assert text.splitlines()[-6:] == [
        's1: {a="2"}',
        's2: {a="1"}',
        "time (UTC)	s1	s2",
        "12:00	4	1",
        "12:01	5	NaN",
        "12:02	-	3",
    ]


async def test_twenty_series_of_241_points_stay_under_two_thousand_tokens(call: Call, router: respx.Router) -> None:
    # The tokenizer's vocabulary is not among what tests may fetch. Text of labels and figures never has more than
    # two tokens in three characters (o200k: 1,000 tokens for 1,910 characters of such an answer).
    shared = {"__name__": "node_network_receive_bytes_total", "job": "node-exporter", "cluster": "prod-eu-west-1"}
    series = [
        (
            {
                **shared,
                "instance": f"10.0.{n}.17:9100",
                "device": f"eth{n % 4}",
                "pod": f"node-exporter-{n:02d}x7f{n}",
            },
            [
                str(1000 * n + 17.123 * (index % 7) + (900 if index > 150 and n % 3 == 0 else 0))
                for index in range(241)
            ],
        )
        for n in range(20)
    ]
    router.post("/api/v1/query_range").respond(json=matrix(*series))
    text = await call(
        "query_range",
        query="rate(node_network_receive_bytes_total[5m])",
        start="2026-01-01T12:00:00Z",
        end="2026-01-01T13:00:00Z",
    )
    assert len(text.splitlines()) == 26
    assert text.count("prod-eu-west-1") == 1
    assert len(text) * 2 / 3 < 2000


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("x_total", "rate(x_total[5m]) is its rate per second"),
        ('x_total{ a = "b" } # all', 'rate(x_total{a="b"}[5m]) is its rate per second'),
        ("x_seconds_bucket", "histogram_quantile(0.95, sum by (le) (rate(x_seconds_bucket[5m]))) is the 95th"),
    ],
)
async def test_a_bare_counter_comes_with_its_rate(call: Call, router: respx.Router, query: str, said: str) -> None:
    router.post("/api/v1/query_range").respond(json=matrix(({"__name__": "x"}, ["1", "2"])))
    router.post("/api/v1/query").respond(json=vector(({"__name__": "x"}, "1")))
    assert said in await call("query_range", query=query)
    assert said in await call("query", query=query)


@pytest.mark.parametrize("query", ["rate(x_total[5m])", "x_total / y_total", "x_total > 5", "node_load1"])
async def test_what_is_no_bare_counter_comes_without_advice(call: Call, router: respx.Router, query: str) -> None:
    router.post("/api/v1/query").respond(json=vector(({}, "1")))
    assert "counter" not in await call("query", query=query)


async def test_a_selector_without_a_name_is_narrowed_to_the_metrics_it_holds(
    call: Call, router: respx.Router
) -> None:
    series = [
        ({"__name__": f"m{n}", "job": "api", **({"pod": "p"} if n else {"zone": "z"})}, "1") for n in range(9)
    ]
    router.post("/api/v1/query").respond(json=vector(*series))
    text = await call("query", query='{job=~".+"}', limit=2)
    assert "2 of 9 series shown (the first); values per label: __name__ 9\n" in text
    assert 'narrower: count by (__name__) ({job=~".+"})\n' in text
    assert text.splitlines()[-3:] == ["__name__\tpod\tzone\tvalue", 'm0\t""\tz\t1', 'm1\tp\t""\t1']


async def test_buckets_are_narrowed_to_their_quantile(call: Call, router: respx.Router) -> None:
    router.post("/api/v1/query").respond(json=vector(*(({"le": str(n)}, "1") for n in range(9))))
    text = await call("query", query='x_bucket{job="a"}', limit=2)
    assert 'narrower: histogram_quantile(0.95, sum by (le) (rate(x_bucket{job="a"}[5m])))\n' in text


@pytest.mark.parametrize("limit", [0, -1, 1001])
async def test_a_limit_out_of_bounds_is_refused_before_anything_is_sent(call: Call, limit: int) -> None:
    with pytest.raises(InvalidArguments, match="from 1 to 1000"):
        await call("query", query="up", limit=limit)


async def test_the_samples_of_a_range_selector_are_rows(call: Call, router: respx.Router) -> None:
    router.post("/api/v1/query").respond(json=matrix(({"a": "1"}, ["1", "2"]), ({"a": "2"}, ["3"])))
    text = await call("query", query="x[1m]")
    assert text.splitlines()[-4:] == [
        "a\ttime\tvalue",
        "1\t2026-01-01T12:00:00Z\t1",
        "1\t2026-01-01T12:00:15Z\t2",
        "2\t2026-01-01T12:00:00Z\t3",
    ]


async def test_many_samples_of_a_range_selector_are_narrowed_to_the_last_ones(
    call: Call, router: respx.Router
) -> None:
    router.post("/api/v1/query").respond(json=matrix(*(({"a": str(n)}, ["1"]) for n in range(3))))
    text = await call("query", query="x[1m]", limit=2)
    assert "narrower: topk(10, last_over_time(x[1m]))" in text


async def test_native_histograms_are_told_as_such(call: Call, router: respx.Router) -> None:
    value: list[Any] = [NOON, {"count": "12", "sum": "3.5", "buckets": []}]
    data: dict[str, Any] = {"resultType": "vector", "result": [{"metric": {"__name__": "h"}, "histogram": value}]}
    router.post("/api/v1/query").respond(json=success(data))
    text = await call("query", query="h")
    assert "native histograms: the values are their counts" in text
    assert text.endswith("value\n12")


async def test_many_series_over_time_are_cut_too(call: Call, router: respx.Router) -> None:
    router.post("/api/v1/query_range").respond(json=matrix(*(({"pod": f"p{n}"}, ["1", "NaN"]) for n in range(9))))
    text = await call("query_range", query="x", limit=2)
    assert "2 of 9 series shown (those that changed most); values per label: pod 9" in text
    assert "narrower: topk(10, x) — or sum by (pod) (x)" in text
    assert "9 points are NaN or infinite" in text


@pytest.mark.parametrize("data", [None, {"resultType": "vector", "result": None}, {"resultType": "vector"}])
async def test_an_answer_without_data_counts_as_empty(call: Call, empty: respx.Router, data: Any) -> None:
    empty.post("/api/v1/query").respond(json=success(data))
    assert "no series" in await call("query", query="up")


# Empty answers


@pytest.fixture
def empty(router: respx.Router) -> respx.Router:
    """A server with two metrics, and no series for any query."""
    router.post("/api/v1/query").respond(json=vector())
    router.get("/api/v1/label/__name__/values").respond(
        json=success(["http_requests_total", "http_errors_total", "up"])
    )

    def values(request: httpx.Request, label: str) -> httpx.Response:
        known = {"code": ["200", "404", "500"], "job": ["checkout", "payments"]}
        return httpx.Response(200, json=success(known.get(label, [])))

    router.get(path__regex=r"/api/v1/label/(?P<label>\w+)/values").mock(side_effect=values)
    router.post("/api/v1/labels").respond(json=success(["__name__", "code", "job"]))
    router.post("/api/v1/series").respond(json=success([]))
    return router


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (
            "sum(rate(http_reqests_total[5m]))",
            "no metric http_reqests_total in the last 6h; near: http_requests",
        ),
        ("completely_different", "find_metrics searches names"),
        ('up{job="chekout"}', 'no job="chekout" in up; near: checkout'),
        ('up{code="999"}', 'no code="999" in up; it has: 200, 404, 500'),
        ('up{jbo="checkout"}', "up has no label jbo; its labels: code, job"),
        ('up{code=~"9.."}', 'no code=~"9.." in up; it has: 200, 404, 500'),
        ('up{job="checkout"} > 5', "a filter such as `> 0`"),
        ('up{job!="checkout"}', "a filter such as `> 0`"),
    ],
)
async def test_an_empty_answer_says_what_does_not_exist_and_what_is_near(
    call: Call, empty: respx.Router, query: str, said: str
) -> None:
    text = await call("query", query=query)
    assert "\nno series\n" in text
    assert said in text


async def test_an_empty_answer_about_another_time_says_so(call: Call, empty: respx.Router) -> None:
    empty.post("/api/v1/query_range").respond(json=matrix())
    future = "the time asked for lies in the future"
    assert (await call("query", query="up", time="now+1h")).endswith(future)
    assert (await call("query_range", query="up", start="now+1h", end="now+2h")).endswith(future)
    assert "perhaps not yet at the time asked for" in await call("query", query="up", time="2020-01-01")
    text = await call("query_range", query="up", start="2020-01-01", end="now")
    assert "a filter such as `> 0`" in text


async def test_an_empty_answer_does_not_wait_long_for_its_explanation(
    call: Call, empty: respx.Router, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub_connector_prometheus.server._PATIENCE", 0.0)
    assert "near names could not be looked up: no answer within" in await call("query", query="up")


async def test_an_empty_answer_stays_one_when_the_names_cannot_be_had(call: Call, router: respx.Router) -> None:
    router.post("/api/v1/query").respond(json=vector())
    router.get("/api/v1/label/__name__/values").respond(503)
    text = await call("query", query="up")
    assert "no series\nnear names could not be looked up: Prometheus" in text


async def test_label_look_ups_always_say_their_time_range(call: Call, empty: respx.Router) -> None:
    await call("query", query='up{jbo="checkout"}')
    calls: list[Any] = list(empty.calls)
    for made in calls:
        if "/query" not in str(made.request.url):
            sent = parse_qs(made.request.url.query.decode()) | parse_qs(made.request.content.decode())
            assert float(sent["end"][0]) - float(sent["start"][0]) == pytest.approx(6 * 3600)
