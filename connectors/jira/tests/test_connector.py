from collections.abc import Callable
from typing import Any

import pytest
import respx
from hub_connector_jira.connector import Jira
from hub_connector_jira.settings import JiraSettings
from hub_connector_jira.simulation.options import CLIENT_ID, CLIENT_SECRET, CLOUD_ID, REFRESH_TOKEN

from hub.plugin import (
    ApiToken,
    BasicAuth,
    ConnectorContext,
    InvalidRequest,
    PermissionDenied,
    RefreshToken,
    Secret,
    ServiceClient,
)

OpenDesk = Callable[..., Any]
OAUTH = {
    "email": None,
    "api_token": None,
    "cloud_id": CLOUD_ID,
    "client_id": CLIENT_ID,
    "client_secret": CLIENT_SECRET,
    "refresh_token": REFRESH_TOKEN,
}


def connector(**settings: Any) -> Jira:
    context = ConnectorContext(namespace="jira_eu", open_service=ServiceClient)
    return Jira(JiraSettings.model_validate({"url": "https://acme.atlassian.net", **settings}), context)


def test_an_api_token_is_basic_authentication_at_the_site() -> None:
    jira = connector(email="a@b.example", api_token=Secret("t"))
    assert jira.credential() == BasicAuth(username="a@b.example", password=Secret("t"))
    service = jira.service()
    assert (service.base_url, service.credential) == ("https://acme.atlassian.net", "connectors.jira_eu.api_token")
    assert service.setting == "connectors.jira_eu.url"


def test_a_scoped_token_goes_to_atlassians_gateway() -> None:
    service = connector(email="a@b.example", api_token=Secret("t"), cloud_id=CLOUD_ID).service()
    assert service.base_url == f"https://api.atlassian.com/ex/jira/{CLOUD_ID}"
    assert service.setting == "connectors.jira_eu.cloud_id"


def test_oauth_is_a_refresh_token_that_the_hub_keeps() -> None:
    jira = connector(client_id="c", client_secret=Secret("s"), refresh_token=Secret("r"), cloud_id=CLOUD_ID)
    assert jira.credential() == RefreshToken(
        token_url="https://auth.atlassian.com/oauth/token",
        client_id="c",
        client_secret=Secret("s"),
        refresh_token=Secret("r"),
    )
    assert jira.service().credential == "connectors.jira_eu.refresh_token"


def test_a_personal_access_token_is_a_bearer_token_of_data_center(tmp_path: Any) -> None:
    jira = connector(
        url="https://jira.acme.com/jira", personal_access_token=Secret("p"), ca_file=tmp_path / "ca.pem"
    )
    assert jira.credential() == ApiToken(token=Secret("p"))
    service = jira.service()
    assert (service.base_url, service.redirect_hosts) == ("https://jira.acme.com/jira", ())
    assert service.tls is not None


async def test_access_says_who_and_what(desk: Any, limited: Any, center: Any) -> None:
    assert await desk.run(desk.connector.verify_access) == "Jira Cloud at http://jira.test as Maya Lindqvist"
    told = await limited.run(limited.connector.verify_access)
    assert told == "Jira Cloud at http://jira.test as Maya Lindqvist, limited to SHOP"
    told = await center.run(center.connector.verify_access)
    assert told == "Jira Data Center 10.3.2 at http://jira.test as Maya Lindqvist"
    assert desk.connector.instructions() == "Issues, sprints and people of Jira at http://jira.test."
    assert (
        limited.connector.instructions()
        == "Issues, sprints and people of Jira at http://jira.test, limited to SHOP."
    )


async def test_a_project_in_hub_toml_that_is_not_to_be_seen_is_said_so(open_desk: OpenDesk) -> None:
    desk = open_desk(projects=["SHOP", "GHOST"])
    with pytest.raises(PermissionDenied, match="Jira shows no project GHOST to Maya Lindqvist"):
        await desk.run(desk.connector.verify_access)


@pytest.mark.parametrize(
    ("data_center", "kind", "hint"),
    [(False, "Server", "Data Center takes `personal_access_token`"), (True, "Cloud", "Cloud takes `email`")],
)
async def test_a_credential_for_the_other_kind_of_jira_is_said_so(
    data_center: bool, kind: str, hint: str, open_desk: OpenDesk
) -> None:
    router = respx.Router(assert_all_called=False)
    router.get(path__regex="/myself$").respond(json={"displayName": "Ann"})
    router.get(path__regex="/serverInfo$").respond(json={"deploymentType": kind})
    desk = open_desk(router, data_center=data_center)
    with pytest.raises(InvalidRequest) as raised:
        await desk.run(desk.connector.verify_access)
    assert hint in raised.value.hint


async def test_oauth_reaches_the_site_through_the_gateway_with_one_refresh_for_many_calls(
    open_desk: OpenDesk,
) -> None:
    import asyncio

    desk = open_desk(**OAUTH)
    await desk.run(lambda: asyncio.gather(*(desk.connector.site.wire.get("/myself") for _ in range(20))))
    assert desk.site.grants.refreshes == 1
    assert desk.sent[-1] == f"GET /ex/jira/{CLOUD_ID}/rest/api/3/myself"
    text = await desk.call("get_issue", issue="SHOP-1842", include=["development"])
    assert "not available with this credential" in text or "none" in text


async def test_oauth_that_was_revoked_names_its_setting(open_desk: OpenDesk) -> None:
    from hub.plugin import AuthenticationFailed

    desk = open_desk(**{**OAUTH, "refresh_token": "unknown"})
    with pytest.raises(AuthenticationFailed) as raised:
        await desk.call("search", jql="a = b")
    assert "connectors.jira.refresh_token" in str(raised.value)


async def test_nothing_gets_past_the_guarded_client(desk: Any) -> None:
    from hub.testing import no_escape

    with no_escape():
        await desk.call("find_fields", search="severity")
        await desk.call("find_projects", search="SHOP")


async def test_metadata_is_kept_for_a_while(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    await desk.call("find_fields")
    await desk.call("find_fields")
    assert desk.sent == ["GET /rest/api/3/field"]
    from hub_connector_jira import site

    monkeypatch.setattr(site, "_KEEP", -1.0)
    await desk.call("find_fields")
    assert len(desk.sent) == 2


def test_what_was_written_is_remembered_for_five_minutes_and_fifty_issues() -> None:
    from hub_connector_jira.recent import RecentWrites

    now = [0.0]
    recent = RecentWrites(lambda: now[0])
    for number in range(60):
        recent.add(str(number))
    recent.add("")
    recent.add("x1")
    assert recent.ids() == list(range(10, 60))
    recent.add("15")
    assert recent.ids()[-1] == 15
    now[0] = 301.0
    assert recent.ids() == []
