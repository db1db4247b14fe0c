from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import respx

from hub.plugin import NotFound

Call = Callable[..., Awaitable[str]]


def success(data: Any) -> dict[str, Any]:
    return {"status": "success", "data": data}


RULES: dict[str, Any] = {
    "groups": [
        {
            "name": "checkout",
            "file": "/etc/rules.yml",
            "interval": 30,
            "rules": [
                {
                    "type": "alerting",
                    "name": "Errors",
                    "query": "job:errors:ratio > 0.05",
                    "duration": 300,
                    "labels": {"severity": "critical"},
                    "annotations": {"summary": "Checkout fails"},
                    "alerts": [{}],
                    "state": "firing",
                    "health": "ok",
                    "evaluationTime": 0.0005,
                    "lastEvaluation": "2026-01-01T12:00:00Z",
                },
                {"type": "recording", "name": "job:errors:ratio", "query": "a / b", "health": "ok"},
            ],
        },
        {
            "name": "a group / with spaces",
            "interval": 60,
            "rules": [
                {"type": "recording", "name": f"r{n}", "query": "x", "health": "err", "lastError": "many-to-many"}
                for n in range(3)
            ],
        },
    ]
}


async def test_rules_are_listed_with_state_wait_and_health(call: Call, router: respx.Router) -> None:
    router.get("/api/v1/rules").respond(json=success(RULES))
    lines = (await call("rules")).splitlines()
    assert lines[0] == "5 of 5 rules in 2 groups"
    assert lines[2] == "checkout\tErrors\tfiring\t5m\tok\tjob:errors:ratio > 0.05"
    assert lines[4] == "a group / with spaces\tr0\trecords\t-\terr: many-to-many\tx"


@pytest.mark.parametrize("search", ["Errors", "state=firing", "severity=critical", "type=alerting checkout"])
async def test_few_rules_are_told_in_full(call: Call, router: respx.Router, search: str) -> None:
    router.get("/api/v1/rules").respond(json=success(RULES))
    text = await call("rules", search=search)
    assert "alert: Errors (group checkout, file /etc/rules.yml)" in text
    assert "state: firing, active alerts: 1; for: 5m" in text
    assert "summary: Checkout fails" in text


async def test_a_cut_query_of_a_rule_says_how_to_see_it_whole(call: Call, router: respx.Router) -> None:
    found = [{"type": "recording", "name": f"r{n}", "query": "x + " * 60 + "x", "health": "ok"} for n in range(4)]
    router.get("/api/v1/rules").respond(json=success({"groups": [{"name": "g", "rules": found}]}))
    assert (await call("rules")).startswith("4 of 4 rules in 1 group\n… marks a cut query; search for")


async def test_a_misspelt_rule_offers_near_names(call: Call, router: respx.Router) -> None:
    router.get("/api/v1/rules").respond(json=success(RULES))
    assert (await call("rules", search="Erors")).endswith("near: Errors")


async def test_a_server_without_rules_says_so(call: Call, router: respx.Router) -> None:
    router.get("/api/v1/rules").respond(json=success({"groups": []}))
    assert await call("rules") == "the server has no rules"


async def test_a_rule_group_is_a_resource_in_full(call: Call, router: respx.Router) -> None:
    router.get("/api/v1/rules").respond(json=success(RULES))
    text = await call("rule_group", kind="resource", source="default", group="a group / with spaces")
    assert text.startswith("group a group / with spaces, file ?, every 1m\n\nrecord: r0")
    with pytest.raises(NotFound) as refused:
        await call("rule_group", kind="resource", source="default", group="chekout")
    assert refused.value.hint == "Near: checkout"


def target(pool: str, instance: str, health: str, error: str = "") -> dict[str, Any]:
    return {
        "scrapePool": pool,
        "labels": {"job": pool, "instance": instance},
        "health": health,
        "lastError": error,
        "lastScrape": "2026-01-01T12:00:00Z",
        "lastScrapeDuration": 0.0123,
        "scrapeUrl": f"http://{instance}/metrics",
    }


async def test_targets_are_counted_and_those_that_are_down_shown(call: Call, router: respx.Router) -> None:
    active = [target("api", "a:1", "up"), target("api", "a:2", "down", "timeout"), target("node", "n:1", "up")]
    data = {"activeTargets": active, "droppedTargets": [], "droppedTargetCounts": {"api": 3, "node": 1}}
    router.get("/api/v1/targets", params={"state": "active"}).respond(json=success(data))
    text = await call("targets")
    assert text.startswith("targets: 3; up per pool: api 1/2, node 1/1\ndropped by relabelling: 4\n")
    assert "api\ta:2\tdown\t" in text
    assert "timeout" in text
    assert "n:1" not in text
    assert "n:1" in await call("targets", health="up", search="job=node")
    assert len((await call("targets", health="all")).splitlines()) == 7
    assert (await call("targets", search="node")).endswith("none of the 1 matching is down")
    assert (await call("targets", search="nowhere")).endswith("none of them matches")


async def test_targets_that_are_all_up_are_told_in_a_line(call: Call, router: respx.Router) -> None:
    router.get("/api/v1/targets").respond(json=success({"activeTargets": [target("api", "a:1", "up")]}))
    assert await call("targets") == "targets: 1; up per pool: api 1/1\nall of them are up"
