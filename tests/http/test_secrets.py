"""Canaries: no secret in any error or log line, whatever fails."""

import asyncio
import base64
import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any
from urllib.parse import quote, quote_plus, urlsplit

import httpx
import pytest
import respx
from hypothesis import given
from hypothesis import strategies as st

from hub.connector.service import Service
from hub.errors import AuthenticationFailed, HubError, InvalidArguments
from hub.http.client import ServiceClient
from hub.http.headers import checked_headers, from_sdk, merged
from hub.http.redaction import REDACTED, Redactor, presentable, secrets_in_header
from hub.testing.faults import Received, fault_server, http_answer
from hub.testing.http import mock_services

OpenClient = Callable[..., AbstractAsyncContextManager[ServiceClient]]

TOKEN = 'canary-TOKEN/1+2=="x'
PASSWORD = "canary-PASSWORD"
SERVICE_KEY = "canary-SERVICE-KEY"
PROXY_PASSWORD = "canary-PROXY"
QUERY_KEY = "canary-QUERY"
CANARIES = (
    TOKEN,
    PASSWORD,
    SERVICE_KEY,
    PROXY_PASSWORD,
    QUERY_KEY,
    base64.b64encode(f"bot:{PASSWORD}".encode()).decode(),
)


def credentials() -> Mapping[str, str]:
    basic = base64.b64encode(f"bot:{PASSWORD}".encode()).decode()
    return {"Authorization": f"Bearer {TOKEN}", "X-Basic-Auth": f"Basic {basic}"}


async def echo(request: Received, writer: asyncio.StreamWriter) -> bytes | None:
    """Says back everything it was told, as some services do in their errors, or fails in other ways."""
    path = urlsplit(request.target).path
    if path == "/drop":
        return None
    if path == "/redirect":
        return http_answer(status=302, headers={"location": f"https://evil.example/?token={TOKEN}"})
    told = " ".join([request.target, *request.headers.values(), PASSWORD, PROXY_PASSWORD])
    status = int(path[1:4])
    return http_answer(told.encode(), status=status, headers={"content-type": "text/plain"})


@pytest.fixture(params=["/400", "/401", "/403", "/404", "/429", "/503", "/drop", "/redirect"])
def path(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def test_no_error_or_log_line_shows_a_secret(
    open_client: OpenClient, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with (
        fault_server(echo) as proxy,
        open_client(
            "http://service.example",
            auth_headers=credentials,
            headers={"X-Api-Key": SERVICE_KEY, "X-Scope-OrgID": "tenant-7"},
            proxy=proxy.url.replace("//", f"//bot:{PROXY_PASSWORD}@"),
        ) as client,
    ):
        errors: list[HubError] = []
        for method in ("GET", "POST"):
            with pytest.raises(HubError) as raised:
                await client.request(method, path, params={"api_key": QUERY_KEY, "q": "up"})
            errors.append(raised.value)
        with pytest.raises(HubError) as raised:
            await client.run_sdk(lambda session: session.get("http://service.example" + path).raise_for_status())
        errors.append(raised.value)
    for error in errors:
        for canary in CANARIES:
            assert canary not in f"{error} {error!r} {error.hint}"
            assert canary not in caplog.text
        assert error.__cause__ is None
        assert error.__suppress_context__ or error.__context__ is None
    if path == "/400":
        assert "tenant-7" in str(errors[0])  # so it is the redaction that keeps the others out
        assert REDACTED in str(errors[0])


async def test_no_url_is_logged(open_client: OpenClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with fault_server(echo) as server, open_client(server.url) as client:
        await client.get("/200", params={"key": QUERY_KEY})
    assert "/200" not in caplog.text
    assert caplog.records == [] or all(record.name == "asyncio" for record in caplog.records)


def test_a_service_does_not_show_its_secrets() -> None:
    service = Service(
        base_url="http://x",
        headers={"X-Api-Key": SERVICE_KEY},
        auth_headers=credentials,
        proxy=f"http://a:{PROXY_PASSWORD}@b",
    )
    assert not any(canary in repr(service) for canary in CANARIES)


async def test_a_credential_with_a_line_break_is_refused_without_showing_it(open_client: OpenClient) -> None:
    broken = {"Authorization": f"Bearer {TOKEN}\n"}
    async with fault_server(echo) as server, open_client(server.url, auth_headers=lambda: broken) as client:
        with pytest.raises(AuthenticationFailed, match="line break") as raised:
            await client.get("/200")
    assert TOKEN not in str(raised.value)
    assert server.requests == []


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\0b", "ä", " q", "\x7f"])
def test_a_header_value_cannot_smuggle_another_header(value: str) -> None:
    with pytest.raises(InvalidArguments, match="X-Thing") as refused:
        checked_headers({"X-Thing": value})
    assert value not in str(refused.value)


@pytest.mark.parametrize(
    "name", ["Host", "authorization", "Cookie", "Content-Length", "Transfer-Encoding", "a b", "x:y", ""]
)
def test_headers_that_are_the_clients_own_cannot_be_set_by_a_caller(name: str) -> None:
    with pytest.raises(ValueError, match="cannot be set"):
        checked_headers({name: "x"})


def test_an_sdks_placeholder_credential_stays_behind() -> None:
    headers = {
        "Authorization": "Bearer placeholder",
        "Cookie": "a=b",
        "Accept": b"application/json",
        "User-Agent": "sdk/1",
    }
    assert from_sdk(headers) == {"accept": "application/json"}


def test_the_credential_wins_over_every_other_header() -> None:
    headers = merged({"Accept": "a/b"}, {"accept": "c/d", "x-key": "1"}, {"X-Key": "2"}, "Fake")
    assert headers["accept"] == "c/d"
    assert headers["x-key"] == "2"


async def test_the_services_own_origin_sees_the_credential_after_a_redirect() -> None:
    router = respx.Router()
    router.get("https://api.example/old").respond(301, headers={"location": "https://api.example"})
    home = router.get("https://api.example/").respond(text="home")
    with mock_services(router):
        await ServiceClient(Service(base_url="https://api.example", auth_headers=credentials)).get("/old")
    calls: Any = home.calls
    assert calls[0].request.headers["authorization"] == f"Bearer {TOKEN}"


async def test_another_host_sees_no_credential_after_a_redirect() -> None:
    router = respx.Router()
    router.get("https://api.example/logs").respond(302, headers={"location": "https://cdn7.blobs.example/l?sig=1"})
    blob = router.get("https://cdn7.blobs.example/l").respond(text="the log")
    service = Service(
        base_url="https://api.example",
        auth_headers=credentials,
        headers={"X-Api-Key": SERVICE_KEY},
        redirect_hosts=("*.blobs.example",),
    )
    with mock_services(router):
        answer = await ServiceClient(service).get("/logs", headers={"X-Trace": "1", "Accept": "text/plain"})
    assert answer.text == "the log"
    calls: Any = blob.calls
    sent: httpx.Headers = calls[0].request.headers
    assert set(sent) <= {"host", "accept", "accept-encoding", "user-agent"}
    assert sent["accept"] == "text/plain"


@given(
    st.text(min_size=8, max_size=40, alphabet=st.characters(min_codepoint=33, max_codepoint=126)),
    st.text(),
    st.text(),
)
def test_a_secret_disappears_from_any_text_in_every_encoding(secret: str, before: str, after: str) -> None:
    redact = Redactor(secrets_in_header(f"Bearer {secret}"))
    for form in (secret, quote(secret, safe=""), quote_plus(secret)):
        cleaned = redact(f"{before} {form} {after}")
        assert form not in cleaned.replace(REDACTED, "") or form in before + after + REDACTED


def test_user_and_password_in_a_url_are_taken_out() -> None:
    assert Redactor([])("see http://bot:hunter2@host/x") == f"see http://{REDACTED}@host/x"


@given(st.text(max_size=500))
def test_presentable_text_is_one_short_visible_line(text: str) -> None:
    line = presentable(text, 100)
    assert len(line) <= 100
    assert line == line.strip()
    assert not any(character in line for character in "\r\n\t\0\x1b\u202e\u200b\ufeff\x85")
    assert [*line.split()] == line.split(" ") or line == ""
