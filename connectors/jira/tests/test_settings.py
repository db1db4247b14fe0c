from typing import Any

import pytest
from hub_connector_jira.settings import JiraSettings
from pydantic import ValidationError

URL = "https://acme.atlassian.net"
TOKEN = {"email": "a@b.example", "api_token": "t"}
CLOUD = "5a17c0de-0014-4005-8842-0123456789ab"


def settings(**given: Any) -> JiraSettings:
    return JiraSettings.model_validate({"url": URL, **given})


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({}, "missing: set `email` and `api_token`"),
        ({"email": "a@b.example"}, "`api_token` missing"),
        ({"api_token": "t"}, "`email` missing"),
        ({**TOKEN, "personal_access_token": "p"}, "excludes `api_token`, `email`"),
        ({"refresh_token": "r"}, "OAuth also needs `client_id`, `client_secret`, `cloud_id`"),
        (
            {"client_id": "c", "client_secret": "s", "refresh_token": "r", "cloud_id": CLOUD, **TOKEN},
            "exclude each other",
        ),
        ({**TOKEN, "cloud_id": "acme"}, "a cloud id is a UUID"),
        ({**TOKEN, "projects": []}, "at least 1"),
        ({**TOKEN, "projects": ["shop"]}, "'shop' is no project key"),
        ({**TOKEN, "projects": ['X") OR (project = Y']}, "is no project key"),
        ({**TOKEN, "url": "acme.atlassian.net"}, "must be like https://acme.atlassian.net"),
        ({**TOKEN, "url": "https://u:p@acme.atlassian.net"}, "holds a credential"),
        ({**TOKEN, "url": "https://acme.atlassian.net/browse/A-1"}, "without /rest or /browse"),
        ({**TOKEN, "url": "https://acme.atlassian.net/?x=1"}, "a query or a fragment"),
        ({**TOKEN, "url": "https://acme:port"}, "cannot be read"),
        ({**TOKEN, "tokn": "x"}, "Extra inputs"),
        ({**TOKEN, "timeout": 0}, "greater than 0"),
    ],
)
def test_what_cannot_work_is_refused_with_the_reason(given: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError) as refused:
        settings(**given)
    assert complaint in str(refused.value)


def test_oauth_goes_through_atlassians_gateway() -> None:
    made = settings(client_id="c", client_secret="s", refresh_token="r", cloud_id=CLOUD)
    assert made.is_cloud
    assert made.api_url == f"https://api.atlassian.com/ex/jira/{CLOUD}"


def test_the_credential_says_which_jira_it_is() -> None:
    assert settings(**TOKEN).is_cloud
    assert not settings(personal_access_token="p").is_cloud
    assert settings(**TOKEN, url=f"{URL}/").url == URL
    assert settings(**TOKEN).api_url == URL


def test_projects_are_kept_once_each_and_secrets_are_not_shown() -> None:
    made = settings(**{**TOKEN, "api_token": "planted"}, projects=["SHOP", "OPS", "SHOP"])
    assert made.projects == ("SHOP", "OPS")
    assert "planted" not in repr(made)
