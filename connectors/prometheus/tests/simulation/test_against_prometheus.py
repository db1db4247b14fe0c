"""The evaluator gives what a real Prometheus gives for the same samples."""

import math
import os
import shutil
import socket
import struct
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from hub_connector_prometheus.simulation.errors import ExecutionError, QueryError
from hub_connector_prometheus.simulation.evaluator import Evaluation
from hub_connector_prometheus.simulation.nodes import type_of
from hub_connector_prometheus.simulation.numbers import format_number, format_plain
from hub_connector_prometheus.simulation.parser import parse
from hub_connector_prometheus.simulation.series import SCRAPE_INTERVAL_MS, SeriesStore
from hub_connector_prometheus.simulation.world import World

from hub.sandbox.story import Story

pytestmark = pytest.mark.integration

NOW = 1_800_000_000
STORY = Story.beginning(lambda: NOW)
DEPLOY_MS = round(STORY.deploy_at.timestamp() * 1000)
FIRST_MS, LAST_MS = DEPLOY_MS - 120 * 60_000, DEPLOY_MS + 30 * 60_000
STALE_NAN = struct.pack("<Q", 0x7FF0000000000002)
"""Prometheus's mark for a series that ended (prometheus/common, model/value)."""
MOMENTS = (-2400.5, -3.5, 47.25, 130.75, 601.5)
"""Seconds after the deploy; none falls on a scrape, where Prometheus 2 and 3 differ on what a window holds."""
RANGE = (-600.5, 900.0, 30.0)

EXPRESSIONS = (
    "up",
    'http_requests_total{job="checkout", code=~"5.."}',
    'http_requests_total{job!="checkout", method!~"GET|PUT"}',
    '{__name__=~"process_.*", instance="payment-1:8080"}',
    "sum(rate(http_requests_total[5m]))",
    "sum by (job, code) (rate(http_requests_total[5m]))",
    "sum without (instance, version, method) (increase(http_requests_total[3m20s]))",
    'rate(http_requests_total{job="checkout"}[1m])',
    "irate(process_cpu_seconds_total[2m])",
    "increase(process_cpu_seconds_total[1h])",
    "delta(process_resident_memory_bytes[10m])",
    "idelta(node_load1[5m])",
    "deriv(node_filesystem_avail_bytes[30m])",
    "predict_linear(node_memory_MemAvailable_bytes[15m], 3600)",
    "resets(process_cpu_seconds_total[1h])",
    "changes(process_start_time_seconds[1h])",
    "histogram_quantile(0.99, sum by (job, le) (rate(http_request_duration_seconds_bucket[5m])))",
    "histogram_quantile(0.5, rate(http_request_duration_seconds_bucket[5m]))",
    "histogram_quantile(1.5, sum by (le) (http_request_duration_seconds_bucket))",
    'sum(rate(http_requests_total{code=~"5.."}[5m])) / sum(rate(http_requests_total[5m]))',
    'sum by (job) (rate(http_requests_total{code="500"}[5m])) / on (job) count by (job) (up) > 0.01',
    "rate(http_request_duration_seconds_sum[5m]) / rate(http_request_duration_seconds_count[5m])",
    "sum by (instance) (rate(http_requests_total[5m])) * on (instance) group_left (version) app_build_info",
    "app_build_info * on (instance, job) group_right (version) process_open_fds",
    "process_resident_memory_bytes / 1024 ^ 2 > bool 200",
    "process_open_fds % 7 - 3",
    "-process_open_fds + 2 * 3",
    "1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes",
    "avg by (job) (node_load1) or avg by (job) (process_open_fds)",
    "up and on (instance) process_open_fds > 45",
    "up unless on (instance) http_requests_total",
    "topk(2, process_resident_memory_bytes)",
    "bottomk by (job) (1, process_resident_memory_bytes)",
    "quantile by (job) (0.75, process_open_fds)",
    "stddev(process_open_fds)",
    "stdvar by (job) (process_open_fds)",
    "min by (job) (process_open_fds) + max by (job) (process_open_fds)",
    "count by (version) (app_build_info)",
    'count_values("fds", process_open_fds)',
    "group by (job) (up)",
    "avg_over_time(node_load1[10m])",
    "max_over_time(node_load1[10m]) - min_over_time(node_load1[10m])",
    "quantile_over_time(0.9, node_load1[10m])",
    "stddev_over_time(node_load1[10m])",
    "stdvar_over_time(node_load1[10m])",
    "sum_over_time(up[5m]) + count_over_time(up[5m])",
    'last_over_time(app_build_info{job="checkout"}[10m])',
    "present_over_time(checkout_exceptions_total[5m])",
    "max_over_time(sum by (job) (rate(http_requests_total[2m]))[10m:1m])",
    'avg_over_time(rate(node_cpu_seconds_total{mode="user"}[1m])[5m:])',
    'absent(up{job="nothing", instance=~".+"})',
    "absent(up)",
    'absent_over_time(checkout_exceptions_total{job="checkout"}[5m])',
    "sum(rate(http_requests_total[5m] offset 10m))",
    "process_open_fds offset -1m - process_open_fds",
    f"process_open_fds @ {NOW}",
    f"sum by (job) (rate(http_requests_total[5m] @ {DEPLOY_MS / 1000}))",
    "rate(process_cpu_seconds_total[5m] @ start()) - rate(process_cpu_seconds_total[5m] @ end() offset 5m)",
    'label_replace(up, "pod", "$1-$2", "instance", "(.*)-([0-9]):.*")',
    'label_join(up, "where", "/", "job", "instance", "nothing")',
    "clamp(node_load1, 0.8, 1) + clamp_min(node_load1, 1) - clamp_max(node_load1, 1)",
    "round(node_load1 * 100, 5)",
    "ceil(node_load1) + floor(node_load1) + abs(-node_load1) + sgn(node_load1 - 1)",
    "ln(node_load1) + log2(node_load1) + log10(node_load1) + exp(node_load1) + sqrt(node_load1)",
    "time() - timestamp(up)",
    "timestamp(up + 0)",
    'vector(scalar(node_load1{instance="node-1:9100"})) + vector(scalar(up))',
    "hour() + minute() + day_of_week() + day_of_month() + month() + year() + days_in_month() + day_of_year()",
    "predict_linear(node_load1[5m] offset 3m, time() % 60)",
    'absent_over_time({__name__=~"node_memory.*"}[10m])',
    "round(1 / (up - up), 2)",
    "(up > 2) * on (job) up",
    "up <= on () (up > 2)",
    "clamp(up * NaN, 0, 1)",
    "hour(process_start_time_seconds)",
    "2 ^ 3 ^ 2 - -1 % 3",
    "1 / 0 > bool 5",
    "up / (up - up)",
    "node_load1 > 0.9 < 1.2",
    "1 < node_load1",
    "node_load1 == node_load1",
    "(up == 1) * ignoring (job) up",
    "0x1F + 1e3 + .5",
    "time() % 100",
    'sum by (job,) (up{job="node",})',
)

AT_ONE_MOMENT = (
    "predict_linear(node_load1[5m] @ end(), time() % 60)",
    "quantile_over_time(time() % 60 / 60, node_load1[5m] @ start())",
)
"""Asked at one moment only: over a range Prometheus 2.42 loses points of these."""


def varint(number: int) -> bytes:
    encoded = bytearray()
    while number > 127:
        encoded.append(number & 127 | 128)
        number >>= 7
    return bytes([*encoded, number])


def field(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def time_series(labels: Sequence[tuple[str, str]], samples: Sequence[tuple[int, bytes]]) -> bytes:
    """A TimeSeries of the remote write protocol (prometheus/prometheus, prompb/types.proto)."""
    message = b"".join(field(1, field(1, name.encode()) + field(2, value.encode())) for name, value in labels)
    return field(1, message + b"".join(field(2, b"\x09" + value + b"\x10" + varint(at)) for at, value in samples))


def snappy(content: bytes) -> bytes:
    """The block format of snappy, with all content as one literal."""
    return varint(len(content)) + b"\xfc" + struct.pack("<I", len(content) - 1) + content


@pytest.fixture(scope="module")
def store() -> SeriesStore:
    return SeriesStore(World(STORY).series(), lambda: LAST_MS)


@pytest.fixture(scope="module")
def prometheus(store: SeriesStore, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    program = shutil.which("prometheus")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("prometheus is not installed, and in CI it has to be")
        pytest.skip("prometheus is not installed (Debian: apt-get install prometheus)")
    folder = tmp_path_factory.mktemp("prometheus")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    (folder / "prometheus.yml").write_text("global:\n  evaluation_interval: 15s\n")
    command = [program, f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data"]
    command += [f"--web.listen-address={address}", "--web.enable-remote-write-receiver"]
    command += ["--storage.tsdb.retention.time=100y", "--log.level=error"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        with httpx.Client(base_url=f"http://{address}", trust_env=False, timeout=20) as client:
            wait_until_ready(client, process, folder / "log")
            load(client, store)
            yield client
    finally:
        process.terminate()
        process.wait(10)


def wait_until_ready(client: httpx.Client, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if client.get("/-/ready").is_success:
                return
        except httpx.TransportError:
            pass
    pytest.fail(f"prometheus did not start: {log.read_text()}")


def load(client: httpx.Client, store: SeriesStore) -> None:
    """Write all samples in order of time, with the marks that end a series."""
    slice_ms = 40 * SCRAPE_INTERVAL_MS
    headers = {"Content-Encoding": "snappy", "Content-Type": "application/x-protobuf"}
    headers["X-Prometheus-Remote-Write-Version"] = "0.1.0"
    for start in range(FIRST_MS, LAST_MS, slice_ms):
        end = min(start + slice_ms, LAST_MS)
        message = bytearray()
        for series in store.select(()):
            samples = [(at, struct.pack("<d", series.value(at))) for at in series.times(start, end)]
            if series.stale_ms is not None and start < series.stale_ms <= end:
                samples.append((series.stale_ms, STALE_NAN))
            if samples:
                message += time_series(series.labels, samples)
        client.post("/api/v1/write", content=snappy(bytes(message)), headers=headers).raise_for_status()


def asked(client: httpx.Client, path: str, **parameters: str | float) -> dict[str, Any]:
    answer = client.post(f"/api/v1/{path}", data=parameters).json()
    assert answer["status"] == "success", answer
    return answer["data"]


Points = dict[tuple[tuple[str, str], ...], list[tuple[int, float]]]


def real(data: dict[str, Any]) -> Points:
    if data["resultType"] == "scalar":
        return {(): [point(data["result"])]}
    return {
        tuple(sorted(series["metric"].items())): [point(pair) for pair in series.get("values") or [series["value"]]]
        for series in data["result"]
    }


def point(pair: Sequence[Any]) -> tuple[int, float]:
    return round(float(pair[0]) * 1000), float(pair[1])


def simulated(store: SeriesStore, expression: str, moments: Sequence[int]) -> Points:
    node = parse(expression)
    evaluation = Evaluation(store, moments)
    if type_of(node) == "scalar":
        return {(): list(zip(moments, evaluation.scalar(node), strict=True))}
    return {
        row.labels: [(at, value) for at, value in zip(moments, row.values, strict=True) if value is not None]
        for row in evaluation.vector(node)
    }


def assert_same(expected: Points, actual: Points) -> None:
    assert actual.keys() == expected.keys()
    for labels, points in expected.items():
        assert [at for at, _ in actual[labels]] == [at for at, _ in points], labels
        for (_, one), (at, other) in zip(points, actual[labels], strict=True):
            same = math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9) or (math.isnan(one) and math.isnan(other))
            assert same, (labels, at, one, other)


@pytest.mark.parametrize("expression", EXPRESSIONS + AT_ONE_MOMENT)
def test_instant_queries_give_what_prometheus_gives(
    expression: str, prometheus: httpx.Client, store: SeriesStore
) -> None:
    for seconds in MOMENTS:
        moment = DEPLOY_MS + round(seconds * 1000)
        expected = real(asked(prometheus, "query", query=expression, time=moment / 1000))
        assert_same(expected, simulated(store, expression, [moment]))


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_range_queries_give_what_prometheus_gives(
    expression: str, prometheus: httpx.Client, store: SeriesStore
) -> None:
    start, end, step = (round(seconds * 1000) for seconds in RANGE)
    moments = range(DEPLOY_MS + start, DEPLOY_MS + end + 1, step)
    data = asked(
        prometheus,
        "query_range",
        query=expression,
        start=moments[0] / 1000,
        end=(DEPLOY_MS + end) / 1000,
        step=step / 1000,
    )
    assert_same(real(data), simulated(store, expression, moments))


NUMBERS = ("1e-7", "-2.5e-300", "1e20", "1.5e21", "0.1+0.2", "1/3", "-0.0", "0/0", "-1/0", "1e-5", "3")


@pytest.mark.parametrize("number", NUMBERS)
def test_numbers_are_written_as_prometheus_writes_them(
    number: str, prometheus: httpx.Client, store: SeriesStore
) -> None:
    (value,) = Evaluation(store, [LAST_MS]).scalar(parse(number))
    assert format_plain(value) == asked(prometheus, "query", query=number)["result"][1]
    (sample,) = asked(prometheus, "query", query=f"vector({number})")["result"]
    assert format_number(value) == sample["value"][1]
    (counted,) = Evaluation(store, [LAST_MS]).vector(parse(f'count_values("x", vector({number}))'))
    (real_count,) = asked(prometheus, "query", query=f'count_values("x", vector({number}))')["result"]
    assert dict(counted.labels) == real_count["metric"]


WRONG = (
    "",
    "sum(",
    "up{",
    "up{job}",
    'up{job="x"',
    "rate(up)",
    "up[5m] + 1",
    "sum(up[5m])",
    "up offset",
    "1 + ",
    "foo bar",
    "nothing(up)",
    "rate(up[5m], 1)",
    "topk(up)",
    'topk("x", up)',
    "1 > 2",
    "1 and up",
    "up + bool up",
    'up{job=~"("}',
    "{}",
    '{job=~".*"}',
    "up[5m",
    "up[0s]",
    "up[5m] offset 5m offset 5m",
    "up offset 5m [5m]",
    "(up + up)[5m]",
    "up and on (job) group_left () up",
    "up + on (job) group_left (job) up",
    "-'x'",
    "'x' + 1",
    '"unterminated',
    "up!",
    "sum by job (up)",
    'label_replace(up, "a")',
    "round()",
    "up == on (job)",
    "group_left",
    "sum(up,)",
    "time(,)",
    "bool + 1",
)
"""What is no PromQL."""


@pytest.mark.parametrize("expression", WRONG)
def test_what_prometheus_refuses_to_parse_is_refused(expression: str, prometheus: httpx.Client) -> None:
    answer = prometheus.get("/api/v1/query", params={"query": expression})
    assert (answer.status_code, answer.json()["errorType"]) == (400, "bad_data")
    with pytest.raises(QueryError) as refused:
        parse(expression)
    assert (refused.value.status, refused.value.kind) == (400, "bad_data")


UNEVALUABLE = (
    "process_open_fds * on (job) up",
    "topk(Inf, up)",
    "bottomk(NaN, up)",
    "up * on (job) process_open_fds",
    "up * on (job) group_left () process_open_fds",
    'label_replace(up, "instance", "same", "", "")',
    'label_replace(up, "0", "x", "job", "(.*)")',
    'label_replace(up, "x", "x", "job", "(")',
    'rate({__name__=~"node_load1|node_memory_.*"}[5m])',
)
"""What is PromQL, but meets series that it cannot work with."""


@pytest.mark.parametrize("expression", UNEVALUABLE)
def test_what_prometheus_cannot_evaluate_is_an_execution_error(
    expression: str, prometheus: httpx.Client, store: SeriesStore
) -> None:
    moment = DEPLOY_MS + 600_500
    answer = prometheus.get("/api/v1/query", params={"query": expression, "time": moment / 1000})
    assert (answer.status_code, answer.json()["errorType"]) == (422, "execution")
    with pytest.raises(ExecutionError):
        Evaluation(store, [moment]).vector(parse(expression))
