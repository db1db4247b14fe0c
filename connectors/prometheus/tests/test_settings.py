from pathlib import Path
from typing import Any

import pytest
from hub_connector_prometheus.settings import PrometheusSettings
from pydantic import ValidationError

from hub.config.secrets import resolve_settings
from hub.plugin import Secret

URL = "http://127.0.0.1:9090"
TLS_URL = "https://prometheus.acme.com"


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({}, "set `url`, or one table per server"),
        ({"url": URL, "sources": {"eu": {"url": URL}}}, "exclude each other"),
        ({"sources": {"eu": {"url": URL}}, "tenant": "a"}, "`tenant` belongs into each source"),
        ({"sources": {"e u": {"url": URL}}}, "letters, digits"),
        ({"sources": {"eu": {"url": URL}}, "default_source": "us"}, "`default_source` is 'us'; sources: eu"),
        ({"url": URL, "username": "a"}, "`username` is set without `password`"),
        ({"url": URL, "password": "a"}, "`password` is set without `username`"),
        ({"url": URL, "username": "a", "password": "b", "bearer_token": "c"}, "all set the Authorization header"),
        ({"url": URL, "bearer_token": "c", "headers": {"authorization": "x"}}, "keep one of them"),
        ({"url": URL, "tenant": "a", "headers": {"x-scope-orgid": "b"}}, "say the same"),
        ({"url": TLS_URL, "key_file": "k"}, "`key_file` is set without `cert_file`"),
        ({"url": URL, "cert_file": "c"}, "`cert_file` needs an https:// address"),
        ({"url": URL, "headers": {"a b": "c"}}, "is not a header name"),
        ({"url": URL, "headers": {"a": "c\nd: e"}}, "characters that headers cannot carry"),
        ({"url": "ftp://x"}, "must be like"),
        ({"url": "http://"}, "must be like"),
        ({"url": "http://a:99999"}, "cannot be read"),
        ({"url": "http://me:secret@host"}, "use `username` and `password`"),
        ({"url": "http://host/?a=b"}, "query or a fragment"),
        ({"url": "http://host/api/v1/"}, "leave `/api/v1` out"),
        ({"url": URL, "alertmanager": {"url": "http://am", "ca_file": "c"}}, "`ca_file` needs an https://"),
        ({"url": URL, "timeout": 0}, "greater than 0"),
        ({"url": URL, "surprise": 1}, "Extra inputs"),
    ],
)
def test_settings_that_cannot_work_are_refused_with_the_reason(settings: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint) as refused:
        PrometheusSettings.model_validate(settings)
    assert "secret" not in str(refused.value)


def test_a_lone_url_is_the_source_default_with_all_options() -> None:
    settings = PrometheusSettings.model_validate(
        {"url": f"{URL}/prometheus/", "bearer_token": "t", "timeout": 5, "alertmanager": "http://am:9093/"}
    )
    source = settings.by_name()["default"]
    assert source.url == f"{URL}/prometheus"
    assert source.timeout == 5
    assert source.alertmanager is not None
    assert source.alertmanager.url == "http://am:9093"
    assert source.request_headers() == {"Authorization": "Bearer t"}


@pytest.mark.parametrize(
    ("access", "headers", "keys"),
    [
        ({}, {}, ("bearer_token", "password")),
        ({"username": "me", "password": "pä:ss"}, {"Authorization": "Basic bWU6cMOkOnNz"}, ("password",)),
        ({"bearer_token": "abc"}, {"Authorization": "Bearer abc"}, ("bearer_token",)),
        ({"headers": {"X-Key": "k"}}, {"X-Key": "k"}, ("headers",)),
        ({"cert_file": "c.pem"}, {}, ("cert_file",)),
    ],
)
def test_every_kind_of_access_sends_its_headers_and_names_its_setting(
    access: dict[str, Any], headers: dict[str, str], keys: tuple[str, ...]
) -> None:
    source = PrometheusSettings.model_validate({"url": TLS_URL, **access}).by_name()["default"]
    assert source.request_headers() == headers
    assert source.credential_keys == keys


def test_a_tenant_is_no_credential() -> None:
    settings = PrometheusSettings.model_validate({"url": URL, "tenant": "a|b"})
    assert settings.request_headers() == {}
    assert settings.tenant_headers() == {"X-Scope-OrgID": "a|b"}


def test_no_secret_shows_in_the_settings_text() -> None:
    settings = PrometheusSettings.model_validate(
        {
            "url": URL,
            "username": "me",
            "password": "canary-1",
            "headers": {"X-Key": "canary-2"},
            "proxy": "http://u:canary-3@proxy",
            "alertmanager": {"url": URL, "bearer_token": "canary-4"},
        }
    )
    assert "canary" not in repr(settings)
    assert "canary" not in repr(settings.by_name())


def test_hub_toml_may_hold_header_values_but_no_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_KEY", "canary")
    resolved: list[str] = []
    settings = resolve_settings(
        {"url": TLS_URL, "headers": {"X-Team": "payments", "X-Key": {"env": "GATEWAY_KEY"}}, "ca_file": "ca.pem"},
        PrometheusSettings,
        where="connectors.prometheus",
        base=tmp_path,
        register_secret=resolved.append,
    )
    assert "canary" in resolved
    assert settings.ca_file == tmp_path / "ca.pem"
    assert settings.request_headers() == {"X-Team": "payments", "X-Key": "canary"}
    assert all(isinstance(value, Secret) for value in settings.headers.values())
