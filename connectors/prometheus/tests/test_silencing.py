import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
import respx

from hub.plugin import InvalidArguments, NotFound, OutcomeUnknown, ServiceUnavailable

Call = Callable[..., Awaitable[str]]
ID = "0a1b2c3d-0000-4000-8000-000000000001"


@pytest.fixture
def silence(call: Call, url: str) -> Call:
    """Calls the tool on a source with an Alertmanager."""

    async def call_silence(**arguments: Any) -> str:
        return await call("silence", with_settings={"url": url, "alertmanager": f"{url}/am"}, **arguments)

    return call_silence


async def test_a_silence_is_created_as_the_api_wants_it_and_says_what_it_covers(
    silence: Call, router: respx.Router
) -> None:
    covered = router.get("/am/api/v2/alerts").respond(json=[{"labels": {"alertname": "Errors"}}])
    created = router.post("/am/api/v2/silences").respond(json={"silenceID": ID})
    text = await silence(
        action="create",
        matchers='service="check\\"out", severity=~warn|info,a!=b',
        duration="2h",
        comment=" why ",
    )
    assert text.splitlines()[0] == f"silence {ID} created at Alertmanager"
    assert text.splitlines()[-1] == "active alerts it covers: 1 (Errors)"
    body = json.loads(created.calls.last.request.content)
    assert body["matchers"] == [
        {"name": "service", "value": 'check"out', "isRegex": False, "isEqual": True},
        {"name": "severity", "value": "warn|info", "isRegex": True, "isEqual": True},
        {"name": "a", "value": "b", "isRegex": False, "isEqual": False},
    ]
    assert (body["comment"], body["createdBy"]) == ("why", "mcp-integration-hub")
    assert body["endsAt"] > body["startsAt"]
    assert covered.calls.last.request.url.params.get_list("filter") == [
        'service="check\\"out"',
        'severity=~"warn|info"',
        'a!="b"',
    ]


SILENCED: dict[str, Any] = {"labels": {"alertname": "Errors"}, "status": {"silencedBy": ["id-1"]}}
NONE_COVERED = "if alerts active now are meant, compare the matchers with their labels and expire this silence"


@pytest.mark.parametrize(
    ("active", "remark"), [([], NONE_COVERED), ([SILENCED], "some of them are silenced already, by id-1")]
)
async def test_a_silence_over_nothing_or_over_the_silenced_says_so(
    silence: Call, router: respx.Router, active: list[dict[str, Any]], remark: str
) -> None:
    router.get("/am/api/v2/alerts").respond(json=active)
    router.post("/am/api/v2/silences").respond(json={"silenceID": ID})
    text = await silence(action="create", matchers="alertname=Errors", comment="why")
    assert text.splitlines()[-1] == remark


async def test_a_silence_can_be_planned(silence: Call, router: respx.Router) -> None:
    router.get("/am/api/v2/alerts").respond(json=[])
    created = router.post("/am/api/v2/silences").respond(json={"silenceID": ID})
    await silence(action="create", matchers="a=b", comment="c", start="2126-01-01T00:00:00Z", duration="30m")
    body = json.loads(created.calls.last.request.content)
    assert (body["startsAt"], body["endsAt"]) == ("2126-01-01T00:00:00.000Z", "2126-01-01T00:30:00.000Z")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"comment": "c"}, "no matcher given"),
        ({"matchers": "checkout", "comment": "c"}, "no matcher at 'checkout'"),
        ({"matchers": "a=b"}, "needs a comment"),
        ({"matchers": "a=b", "comment": " "}, "needs a comment"),
        ({"matchers": 'a=~".*"', "comment": "c"}, "fit every alert"),
        ({"matchers": 'a!="b"', "comment": "c"}, "fit every alert"),
        ({"matchers": "a=b", "comment": "c", "duration": "0s"}, "longer than 0s"),
        ({"matchers": "a=b", "comment": "c", "start": "now-2h", "duration": "1h"}, "ended already"),
    ],
)
async def test_a_silence_that_makes_no_sense_is_refused_before_anything_is_sent(
    silence: Call, arguments: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(InvalidArguments, match=complaint):
        await silence(action="create", **arguments)


async def test_nothing_is_silenced_when_the_alerts_cannot_be_read(silence: Call, router: respx.Router) -> None:
    router.get("/am/api/v2/alerts").respond(503)
    created = router.post("/am/api/v2/silences").respond(json={"silenceID": ID})
    with pytest.raises(ServiceUnavailable):
        await silence(action="create", matchers="a=b", comment="c")
    assert not created.called


async def test_a_silence_without_an_answer_is_reported_as_unknown_and_sent_once(
    silence: Call, router: respx.Router
) -> None:
    router.get("/am/api/v2/alerts").respond(json=[])
    created = router.post("/am/api/v2/silences").mock(side_effect=httpx.ReadTimeout)
    with pytest.raises(OutcomeUnknown):
        await silence(action="create", matchers="a=b", comment="c")
    assert created.call_count == 1


async def test_silences_in_force_are_listed_the_first_to_end_first(silence: Call, router: respx.Router) -> None:
    def one(name: str, state: str, ends: str) -> dict[str, Any]:
        matchers = [{"name": "alertname", "value": name, "isRegex": True, "isEqual": False}]
        return {
            "id": f"id-{name}",
            "status": {"state": state},
            "matchers": matchers,
            "startsAt": "2026-01-01T00:00:00.123Z",
            "endsAt": ends,
            "createdBy": "maya",
            "comment": "c",
        }

    router.get("/am/api/v2/silences").respond(
        json=[
            one("b", "active", "2026-01-03T00:00:00Z"),
            one("a", "pending", "2026-01-02T00:00:00.999Z"),
            one("old", "expired", "2026-01-01T00:00:00Z"),
        ]
    )
    lines = (await silence(action="list")).splitlines()
    assert lines[0] == "silences: 2, the first to end first"
    assert lines[-2].startswith('id-a\tpending\talertname!~"a"\t2026-01-01T00:00:00Z\t2026-01-02T00:00:00Z')
    assert lines[-1].startswith("id-b\tactive")
    router.get("/am/api/v2/silences").respond(json=[])
    assert await silence(action="list") == "no active or pending silences"


async def test_a_silence_is_expired_by_its_id(silence: Call, router: respx.Router) -> None:
    route = router.delete(f"/am/api/v2/silence/{ID}").respond(200)
    assert f"silence {ID} expired" in await silence(action="expire", id=ID)
    assert route.call_count == 1
    with pytest.raises(InvalidArguments, match="needs an id"):
        await silence(action="expire")
    with pytest.raises(InvalidArguments):
        await silence(action="expire", id="../silences")


@pytest.mark.parametrize(("status", "answer"), [(404, {}), (500, {"json": "silence not found"})])
async def test_an_unknown_silence_is_told_as_such(
    silence: Call, router: respx.Router, status: int, answer: dict[str, Any]
) -> None:
    router.delete(f"/am/api/v2/silence/{ID}").respond(status, **answer)
    with pytest.raises(NotFound, match="no active silence"):
        await silence(action="expire", id=ID)


async def test_a_failing_alertmanager_is_no_unknown_silence(silence: Call, router: respx.Router) -> None:
    router.delete(f"/am/api/v2/silence/{ID}").respond(500, json={"code": 1, "message": "disk is full"})
    with pytest.raises(ServiceUnavailable, match="disk is full"):
        await silence(action="expire", id=ID)


async def test_what_is_no_alertmanager_is_told_as_such(silence: Call, router: respx.Router) -> None:
    router.get("/am/api/v2/silences").respond(html="<title>Prometheus</title>")
    with pytest.raises(ServiceUnavailable) as refused:
        await silence(action="list")
    assert "connectors.prometheus.alertmanager.url" in refused.value.hint


async def test_a_source_without_alertmanager_names_those_that_have_one(call: Call, url: str) -> None:
    settings = {"sources": {"eu": {"url": url, "alertmanager": f"{url}/am"}, "us": {"url": url}}}
    with pytest.raises(InvalidArguments) as refused:
        await call("silence", action="list", source="us", with_settings=settings)
    assert refused.value.hint == "Pass source: eu"
