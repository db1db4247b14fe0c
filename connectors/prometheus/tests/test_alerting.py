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
    assert lines[1].startswith("time: 20")
    assert lines[2:] == [
        "state\talert\tseverity\tsince\tvalue\tlabels\tabout",
        "firing\tErrors\tcritical\t2026-01-01T12:00:00Z\t1\tservice=checkout\tCheckout fails for many",
        "pending\tSlow\twarning\t2026-01-01T12:00:00Z\t1\tservice=search\t-",
    ]


async def test_the_most_severe_alerts_come_first(call: Call, router: respx.Router) -> None:
    severities = ["info", "", "Warning", "page", "team-special", "high"]
    found = [alert(f"A{n}", severity=severity) for n, severity in enumerate(severities)]
    router.get("/api/v1/alerts").respond(
        json=success({"alerts": [alert("P", "pending", severity="critical"), *found]})
    )
    rows = (await call("alerts")).splitlines()[-7:]
    assert [row.split("\t")[1] for row in rows] == ["A3", "A5", "A2", "A1", "A4", "A0", "P"]


async def test_alerts_are_chosen_by_state_and_words(call: Call, router: respx.Router) -> None:
    router.get("/api/v1/alerts").respond(json=success({"alerts": ALERTS}))
    assert "Slow" not in await call("alerts", state="firing")
    assert "Errors" not in await call("alerts", search="severity=warning SEARCH")
    assert "\n1 matching\n" in await call("alerts", search="severity=warning SEARCH")
    assert (await call("alerts", search="nothing")).endswith("none of them matches; their names: Errors, Slow")


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


async def test_an_alert_that_is_not_silenced_says_so(call: Call, router: respx.Router, url: str) -> None:
    more = [*ALERTS, alert("Elsewhere")]
    router.get("/api/v1/alerts").respond(json=success({"alerts": more}))
    router.get("/alertmanager/api/v2/alerts").respond(
        json=[known("Errors", severity="critical", service="checkout")]
    )
    rows = (await call("alerts", with_settings=managed(url))).splitlines()[-3:]
    assert [(row.split("\t")[1], row.split("\t")[-1]) for row in rows] == [
        ("Errors", "no"),
        ("Elsewhere", "unknown"),
        ("Slow", "-"),
    ]


async def test_an_alertmanager_that_holds_no_alert_is_suspected(call: Call, router: respx.Router, url: str) -> None:
    router.get("/api/v1/alerts").respond(json=success({"alerts": ALERTS}))
    router.get("/alertmanager/api/v2/alerts").respond(json=[])
    assert "those that fire may not reach it" in await call("alerts", with_settings=managed(url))


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
