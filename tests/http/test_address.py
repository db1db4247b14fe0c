"""Base URLs and paths: nothing a caller passes leads to another host or another path."""

import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import ConfigError, InvalidArguments
from hub.http.address import BaseURL, Origin, build_path, check_raw_path, parse_base_url, parse_proxy, read_origin

BASE = parse_base_url("https://api.example.com/v1/", setting="connectors.x.url")
ROOT = BaseURL(BASE.origin, "")


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("ftp://a", "http://"),
        ("api.example.com", "http://"),
        ("https://", "no host"),
        ("https://user:pass@a", "user name"),
        ("https://a:99999", "port"),
        ("https://a:0", "port"),
        ("https://a\\@b", "backslash"),
        ("https://a b", "space"),
        ("https://a/\r\nx", "control"),
        ("https://a/?q=1", "query"),
        ("https://a/#f", "query or a fragment"),
        ("https://a/../b", r"\.\."),
        ("https://a/%2e%2e/b", r"\.\."),
        ("https://" + "a" * 70 + ".com", "host name"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused_with_its_setting(url: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says) as refused:
        parse_base_url(url, setting="connectors.x.url")
    assert refused.value.setting == "connectors.x.url"
    assert "pass" not in str(refused.value).replace("password", "")


def test_a_password_in_the_url_points_at_the_credential_settings() -> None:
    with pytest.raises(ConfigError, match="credential settings"):
        parse_base_url("https://bot:hunter2@a", setting="s")


def test_a_base_url_keeps_its_prefix_and_normalizes_its_host() -> None:
    assert (BASE.origin, BASE.prefix) == (Origin("https", "api.example.com", 443), "/v1")
    assert str(parse_base_url("HTTP://[::1]:9090/prometheus", setting="").origin) == "http://[::1]:9090"
    assert parse_base_url("https://Bücher.example", setting="").origin.host == "xn--bcher-kva.example"


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example/x",
        "//evil.example/x",
        "/a/../b",
        "..",
        "/a/%2e%2E/b",
        "/a%2f..%2fb",
        "/a/..;/b",
        "/a\\b",
        "/a%5c..%5cb",
        "/a?x=1",
        "/a#x",
        "/a\r\nHost: evil",
        "/a%0d%0aX",
        "/a\0",
    ],
)
def test_a_path_that_would_lead_elsewhere_is_refused(path: str) -> None:
    with pytest.raises(InvalidArguments):
        build_path(BASE, path, None)


@pytest.mark.parametrize("value", ["", ".", "..", "a/../b", "..\\..", "a\r\nb", "a\0", "\x7f", "\ud800"])
def test_a_path_value_that_cannot_be_an_id_is_refused_and_not_repeated(value: str) -> None:
    with pytest.raises(InvalidArguments, match="value of key") as refused:
        build_path(BASE, "/issues/{key}", {"key": value})
    assert value not in str(refused.value) or len(value) < 3


def test_placeholders_and_values_have_to_match() -> None:
    for template, values in (("/a/{b}", {}), ("/a", {"b": "1"}), ("/a/{b}", {"c": "1"})):
        with pytest.raises(ValueError, match="do not match"):
            build_path(BASE, template, values)


def test_paths_lie_below_the_prefix_with_escapes_as_written() -> None:
    assert build_path(BASE, "/items/{id}:run", {"id": "a/b?c#d%20é"}) == "/v1/items/a%2Fb%3Fc%23d%2520%C3%A9:run"
    assert build_path(BASE, "items/a%2Fb", None) == "/v1/items/a%2Fb"
    assert build_path(BASE, "", None) == "/v1"
    assert build_path(ROOT, "", None) == "/"


@given(st.text(), st.text())
def test_every_value_stays_one_segment_and_survives(first: str, second: str) -> None:
    try:
        path = build_path(BASE, "/a/{first}/{second}/z", {"first": first, "second": second})
    except InvalidArguments:
        return
    segments = path.split("/")
    assert segments[:3] == ["", "v1", "a"]
    assert segments[5:] == ["z"]
    assert [unquote(segment) for segment in segments[3:5]] == [first, second]
    assert re.fullmatch(r"[A-Za-z0-9._~%/-]*", path)


@given(st.text(alphabet=st.sampled_from("/\\.%2eE5cfF:?#@a;{} \r\n\0é"), max_size=30))
def test_every_path_that_is_accepted_stays_below_the_prefix(path: str) -> None:
    try:
        built = build_path(BASE, path, None)
    except (InvalidArguments, ValueError):
        return
    assert built == "/v1" or built.startswith("/v1/")
    decoded = unquote(unquote(built)) if "%25" not in built else unquote(built)
    assert ".." not in re.split(r"[/\\]", decoded)
    assert re.fullmatch(r"[\x21-\x7e]*", built)
    assert "?" not in built
    assert "#" not in built


@given(st.text(max_size=60))
def test_whatever_is_read_as_an_origin_is_an_http_host(url: str) -> None:
    try:
        origin = read_origin(url)
    except ValueError:
        return
    assert origin.scheme in ("http", "https")
    assert origin.host
    assert not set(origin.host) & set("/\\@?# ")


def test_a_path_that_an_sdk_encoded_has_to_stay_below_the_prefix() -> None:
    check_raw_path(BASE, "/v1/repos/a%2Fb")
    check_raw_path(BASE, "/v1")
    for path in ("/v2/x", "/v1x", "/v1/../admin", "/v1/a%2f..%2f..", "/v1/ü", "/v1/a b", "/v1/%0d"):
        with pytest.raises(InvalidArguments):
            check_raw_path(BASE, path)


def test_a_proxy_url_may_hold_a_password_and_has_to_be_http() -> None:
    assert parse_proxy("http://bot:hunter2@proxy:3128", setting="s") == Origin("http", "proxy", 3128)
    for url in ("socks5://bot:hunter2@proxy", "proxy:3128", "http://bot:hunter2@", "http://a b"):
        with pytest.raises(ConfigError, match="proxy") as refused:
            parse_proxy(url, setting="s")
        assert "hunter2" not in str(refused.value)
