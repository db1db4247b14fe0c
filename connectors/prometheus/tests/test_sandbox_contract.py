"""Every answer of the sandbox fits what Prometheus and Alertmanager publish about their APIs."""

import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import pytest
import yaml
from hub_connector_prometheus.sandbox import prometheus_sandbox

NOW = 1_799_958_000.0
ORACLES = Path(os.environ.get("HUB_ORACLES", ""))
PROMETHEUS, ALERTMANAGER = ORACLES / "prometheus" / "openapi-3.1.yaml", ORACLES / "alertmanager" / "openapi.yaml"

pytestmark = pytest.mark.skipif(
    not (PROMETHEUS.is_file() and ALERTMANAGER.is_file()),
    reason="set HUB_ORACLES to the folder of the vendors' API descriptions",
)
Check = Callable[[str, Any], None]

QUERY, RANGE = "sum by (job) (rate(http_requests_total[5m]))", {"start": NOW - 600, "end": NOW, "step": "30s"}
# A string literal is left out: Prometheus writes its time as a number, where its description asks for a string.
ANSWERS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("QueryOutputBody", "/query", {"query": QUERY}),
    ("QueryOutputBody", "/query", {"query": "up[1m]"}),
    ("QueryOutputBody", "/query", {"query": "1", "stats": "all"}),
    ("QueryOutputBody", "/query", {"query": "up", "limit": 2}),
    ("QueryOutputBody", "/query", {"query": "0 / (up - up)"}),
    ("QueryRangeOutputBody", "/query_range", {"query": QUERY, "stats": "all", **RANGE}),
    ("QueryRangeOutputBody", "/query_range", {"query": "time()", **RANGE}),
    ("QueryExemplarsOutputBody", "/query_exemplars", {"query": "up"}),
    ("LabelsOutputBody", "/labels", {}),
    ("LabelValuesOutputBody", "/label/job/values", {"limit": 2}),
    ("SeriesOutputBody", "/series", {"match[]": "up"}),
    ("MetadataOutputBody", "/metadata", {}),
    ("TargetsOutputBody", "/targets", {}),
    ("TargetMetadataOutputBody", "/targets/metadata", {}),
    ("ScrapePoolsOutputBody", "/scrape_pools", {}),
    ("RulesOutputBody", "/rules", {}),
    ("AlertsOutputBody", "/alerts", {}),
    ("AlertmanagersOutputBody", "/alertmanagers", {}),
    ("StatusConfigOutputBody", "/status/config", {}),
    ("StatusRuntimeInfoOutputBody", "/status/runtimeinfo", {}),
    ("StatusBuildInfoOutputBody", "/status/buildinfo", {}),
    ("StatusFlagsOutputBody", "/status/flags", {}),
    ("StatusTSDBOutputBody", "/status/tsdb", {}),
    ("StatusWALReplayOutputBody", "/status/walreplay", {}),
)
ERRORS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("/query", {"query": "sum("}),
    ("/query", {"query": "up * on (job) up"}),
    ("/query", {"query": "sum(rate(http_requests_total[1d]))", "timeout": "1ms"}),
    ("/query_range", {"query": "up", "start": 0, "end": NOW, "step": 1}),
    ("/series", {}),
)


def described(path: Path) -> dict[str, Any]:
    return yaml.load(path.read_text(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  a safe loader


def checking(document: dict[str, Any], pointer: str) -> Check:
    part = pointer.strip("/").split("/")[0]

    def check(name: str, answer: Any) -> None:
        schema = {"$ref": f"#/{pointer}/{name}", part: document[part]}
        errors = jsonschema_rs.validator_for(schema, validate_formats=True).iter_errors(answer)
        assert [f"{list(error.instance_path)}: {error.message}" for error in errors] == []

    return check


@pytest.fixture(scope="module")
def prometheus() -> Check:
    return checking(described(PROMETHEUS), "components/schemas")


@pytest.fixture(scope="module")
def alertmanager() -> Check:
    return checking(described(ALERTMANAGER), "definitions")


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(prometheus_sandbox(lambda: NOW).app)
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as opened:
        yield opened


@pytest.mark.parametrize(("schema", "path", "parameters"), ANSWERS)
async def test_answers_of_prometheus(
    schema: str, path: str, parameters: dict[str, Any], client: httpx.AsyncClient, prometheus: Check
) -> None:
    answer = await client.get(f"/api/v1{path}", params=parameters)
    assert answer.status_code == 200
    prometheus(schema, answer.json())


@pytest.mark.parametrize(("path", "parameters"), ERRORS)
async def test_errors_of_prometheus(
    path: str, parameters: dict[str, Any], client: httpx.AsyncClient, prometheus: Check
) -> None:
    answer = await client.get(f"/api/v1{path}", params=parameters)
    assert answer.is_error
    prometheus("Error", answer.json())


async def test_answers_of_alertmanager(client: httpx.AsyncClient, alertmanager: Check) -> None:
    silence = {
        "matchers": [{"name": "alertname", "value": "Checkout.*", "isRegex": True}],
        "startsAt": "2027-01-14T20:20:00Z",
        "endsAt": "2027-01-14T22:00:00Z",
        "createdBy": "maya.lindqvist",
        "comment": "rolling back",
    }
    alertmanager("postableSilence", silence)
    base = "/alertmanager/api/v2"
    identifier = (await client.post(f"{base}/silences", json=silence)).json()["silenceID"]
    for schema, path in (
        ("alertmanagerStatus", "status"),
        ("gettableAlerts", "alerts"),
        ("alertGroups", "alerts/groups"),
        ("gettableSilences", "silences"),
        ("gettableSilence", f"silence/{identifier}"),
    ):
        body = (await client.get(f"{base}/{path}")).json()
        assert body
        alertmanager(schema, body)
    for receiver in (await client.get(f"{base}/receivers")).json():
        alertmanager("receiver", receiver)


def test_the_check_can_fail(prometheus: Check) -> None:
    with pytest.raises(AssertionError):
        prometheus("QueryOutputBody", {"status": "success", "data": {"resultType": "vector", "result": [{}]}})
