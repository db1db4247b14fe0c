from typing import Any

import pytest
from hub_connector_github.access import download_hosts
from hub_connector_github.settings import GitHubSettings
from pydantic import ValidationError

APP = {"client_id": "Iv23abc", "private_key": "pem"}


def settings(**given: Any) -> GitHubSettings:
    return GitHubSettings.model_validate({"token": "t", **given})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"token": None}, "set `token`"),
        ({"app": APP}, "exclude each other"),
        ({"base_url": "https://github.com"}, "site for people"),
        ({"base_url": "ftp://x"}, "must be like"),
        ({"base_url": "https://a:b@x"}, "credential"),
        ({"base_url": "https://x/?q"}, "query"),
        ({"base_url": "https://x:99999"}, "cannot be read"),
        ({"repositories": ["shop"]}, "no repository"),
        ({"repositories": ["*/shop"]}, "no repository"),
        ({"default_repository": "octo/.."}, "no repository"),
        ({"download_hosts": ["https://x"]}, "no host"),
        ({"base_url": "http://ghe.acme.com/api/v3", "ca_file": "ca.pem"}, "needs an https"),
        ({"unknown": 1}, "Extra inputs"),
    ],
)
def test_wrong_settings_are_refused_with_the_reason(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        settings(**given)


def test_a_github_app_stands_in_for_a_token() -> None:
    found = settings(token=None, app={**APP, "installation_id": 5})
    assert found.app is not None
    assert "pem" not in repr(found)


def test_a_trailing_slash_is_taken_away() -> None:
    assert settings(base_url="https://ghe.acme.com/api/v3/").base_url == "https://ghe.acme.com/api/v3"


def test_downloads_come_from_githubs_storage_or_what_hub_toml_adds() -> None:
    assert "*.blob.core.windows.net" in download_hosts(settings())
    own = settings(base_url="https://ghe.acme.com/api/v3", download_hosts=["minio.acme.com:9000"])
    assert download_hosts(own) == ("minio.acme.com:9000",)
    tenant = settings(base_url="https://api.octo.ghe.com")
    assert "*.actions.octo.ghe.com" in download_hosts(tenant)
