from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import respx

from hub.plugin import NotFound

Call = Callable[..., Awaitable[str]]


def success(data: Any) -> dict[str, Any]:
    return {"status": "success", "data": data}


def alert(name: str, state: str = "firing", summary: str = "", **labels: str) -> dict[str, Any]:
    return {
        "labels": {"alertname": name, **labels},
        "annotations": {"summary": summary} if summary else {},
        "state": state,
        "activeAt": "2026-01-01T12:00:00.5Z",
        "value": "1e+00",
    }


ALERTS = [
    alert("Slow", "pending", severity="warning", service="search"),
    alert("Errors", severity="critical", service="checkout", summary="Checkout fails\nfor many"),
]


async def test_firing_alerts_come_first_with_what_they_are_about(call: Call, router: respx.Router) -> None:
    router.get("/api/v1/alerts").respond(json=success({"alerts": ALERTS}))
    lines = (await call("alerts")).splitlines()
    assert lines[0] == "active alerts: 1 firing, 1 pending"
    assert lines[1] == "state\talert\tseverity\tsince\tlabels\tabout"
    assert lines[2].startswith("firing\tErrors\tcritical\t")
    assert lines[2].endswith("ago\tservice=checkout\tCheckout fails for many")
    assert lines[3].startswith("pending\tSlow")


async def test_alerts_are_chosen_by_state_and_words(call: Call, router: respx.Router) -> None:
    router.get("/api/v1/alerts").respond(json=success({"alerts": ALERTS}))
    assert "Slow" not in await call("alerts", state="firing")
    assert "Errors" not in await call("alerts", search="severity=warning SEARCH")
    assert (await call("alerts", search="nothing")).endswith("none of them matches")


async def test_no_alert_is_an_answer(call: Call, router: respx.Router) -> None:
    router.get("/api/v1/alerts").respond(json=success({"alerts": []}))
    assert await call("alerts") == "no active alerts"


def managed(url: str) -> dict[str, Any]:
    return {"url": url, "alertmanager": f"{url}/alertmanager"}


def known(
    name: str, silenced: tuple[str, ...] = (), inhibited: tuple[str, ...] = (), **labels: str
) -> dict[str, Any]:
    status = {"state": "active", "silencedBy": list(silenced), "inhibitedBy": list(inhibited)}
    return {
        "labels": {"alertname": name, "cluster": "eu", **labels},
        "annotations": {},
        "status": status,
        "startsAt": "2026-01-01T12:00:00Z",
    }


async def test_silenced_and_inhibited_alerts_are_marked(call: Call, router: respx.Router, url: str) -> None:
    router.get("/api/v1/alerts").respond(json=success({"alerts": ALERTS}))
    router.get("/alertmanager/api/v2/alerts").respond(
        json=[
            known("Errors", silenced=("id-1",), severity="critical", service="checkout"),
            known("Slow", inhibited=("x",), severity="warning", service="search"),
        ]
    )
    lines = (await call("alerts", with_settings=managed(url))).splitlines()
    assert lines[-2].endswith("\tid-1")
    assert lines[-1].endswith("\tinhibited")


async def test_an_alertmanager_that_is_down_costs_silences_only(call: Call, router: respx.Router, url: str) -> None:
    router.get("/api/v1/alerts").respond(json=success({"alerts": ALERTS}))
    router.get("/alertmanager/api/v2/alerts").respond(503)
    text = await call("alerts", with_settings=managed(url))
    assert "silences unknown: Alertmanager" in text
    assert "Errors" in text


async def test_without_alerts_of_its_own_those_of_alertmanager_are_told(
    call: Call, router: respx.Router, url: str
) -> None:
    router.get("/api/v1/alerts").respond(404, text="404 page not found")
    with pytest.raises(NotFound, match="does not offer /api/v1/alerts"):
        await call("alerts")
    router.get("/alertmanager/api/v2/alerts").respond(json=[known("Disk", severity="info")])
    text = await call("alerts", with_settings=managed(url))
    assert "from Alertmanager" in text
    assert "firing\tDisk\tinfo" in text


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
    assert lines[4] == "a group / with spaces\tr0\trecords\t\terr: many-to-many\tx"


@pytest.mark.parametrize("search", ["Errors", "state=firing", "severity=critical", "type=alerting checkout"])
async def test_few_rules_are_told_in_full(call: Call, router: respx.Router, search: str) -> None:
    router.get("/api/v1/rules").respond(json=success(RULES))
    text = await call("rules", search=search)
    assert "alert: Errors (group checkout, file /etc/rules.yml)" in text
    assert "state: firing, active alerts: 1; for: 5m" in text
    assert "summary: Checkout fails" in text


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
    assert (await call("targets", search="node")).endswith("none of them matches")


async def test_targets_that_are_all_up_are_told_in_a_line(call: Call, router: respx.Router) -> None:
    router.get("/api/v1/targets").respond(json=success({"activeTargets": [target("api", "a:1", "up")]}))
    assert await call("targets") == "targets: 1; up per pool: api 1/1\nall of them are up"
