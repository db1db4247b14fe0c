"""Answers: caps, compression, statuses as errors, redirects, JSON."""

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.connector.service import Service, TLSFiles
from hub.errors import (
    AuthenticationFailed,
    ConnectorError,
    InvalidRequest,
    NotFound,
    OutcomeUnknown,
    PermissionDenied,
    RateLimited,
    ResponseTooLarge,
    ServiceUnavailable,
)
from hub.http.authorization import Authorizations
from hub.http.bodies import inflater_for
from hub.http.client import ServiceClient
from hub.http.failures import Failures
from hub.http.reading import read_json
from hub.testing.faults import Received, fault_server, http_answer

OpenClient = Callable[..., AbstractAsyncContextManager[ServiceClient]]
Behave = Callable[[Received, asyncio.StreamWriter], Awaitable[bytes | None]]


def always(body: bytes = b"", status: int = 200, headers: Mapping[str, str] | None = None) -> Behave:
    async def behave(_: Received, __: asyncio.StreamWriter) -> bytes:
        return http_answer(body, status=status, headers=headers)

    return behave


async def test_a_gzip_bomb_is_stopped_at_the_cap_after_decompression(open_client: OpenClient) -> None:
    bomb = gzip.compress(gzip.compress(b"\0" * 30_000_000) + b"\0" * 60_000_000, mtime=0)
    read: list[int] = []

    async def counted(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for chunk in chunks:
            read.append(len(chunk))
            yield chunk

    async with (
        fault_server(always(bomb, headers={"content-encoding": "gzip"})) as server,
        open_client(server.url, max_bytes=1_000_000) as client,
    ):
        assert len(bomb) < 1_000_000
        with pytest.raises(ResponseTooLarge, match=r"more than 977 KiB.*narrower"):
            await client.get("/")
        async with client.stream("GET", "/") as answer:
            with pytest.raises(ResponseTooLarge):
                assert [chunk async for chunk in counted(answer.aiter_bytes())] == []
    assert max(read) <= 65536


async def test_an_endless_body_is_stopped_at_the_cap(open_client: OpenClient) -> None:
    async def endless(_: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(http_answer(headers={"content-length": "", "transfer-encoding": "chunked"}))
        while True:
            writer.write(b"400\r\n" + b"x" * 1024 + b"\r\n")
            await writer.drain()

    async with fault_server(endless) as server, open_client(server.url) as client:
        with pytest.raises(ResponseTooLarge, match="20 KiB"):
            await client.get("/", max_bytes=20 * 1024)


async def test_a_write_with_an_oversized_answer_says_that_it_was_answered(open_client: OpenClient) -> None:
    async with fault_server(always(b"x" * 5000, 201)) as server, open_client(server.url, max_bytes=1000) as client:
        with pytest.raises(ResponseTooLarge, match="status 201"):
            await client.post("/")


def bare_deflate(data: bytes) -> bytes:
    return zlib.compress(data, wbits=-15)


def two_members(data: bytes) -> bytes:
    return gzip.compress(data[:5], mtime=0) + gzip.compress(data[5:], mtime=0)


@pytest.mark.parametrize(
    ("encoding", "encode"),
    [
        ("gzip", gzip.compress),
        ("x-gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("Deflate", bare_deflate),
        ("gzip", two_members),
        ("identity", bytes),
    ],
)
async def test_compressed_answers_are_read(
    open_client: OpenClient, encoding: str, encode: Callable[[bytes], bytes]
) -> None:
    text = b'{"a": "' + bytes(range(97, 123)) * 5000 + b'"}'
    behave = always(encode(text), headers={"content-encoding": encoding, "content-type": "application/json"})
    async with fault_server(behave) as server, open_client(server.url) as client:
        answer = await client.get("/")
        assert answer.content == text
        assert answer.json()["a"].startswith("abc")
        async with client.stream("GET", "/") as streamed:
            assert await streamed.aread() == text
    assert server.requests[0].headers["accept-encoding"] == "gzip, deflate"


@given(st.binary(max_size=5000), st.integers(1, 600), st.sampled_from(["gzip", "deflate", "raw"]))
def test_inflating_in_pieces_gives_the_whole(data: bytes, piece: int, kind: str) -> None:
    coded = {"gzip": gzip.compress, "deflate": zlib.compress, "raw": bare_deflate}[kind](data)
    inflater = inflater_for("gzip" if kind == "gzip" else "deflate")
    assert inflater is not None
    if kind == "raw":
        piece = len(coded)  # the first bytes decide between RFC 1950 and 1951
    out = b"".join(b"".join(inflater.feed(coded[i : i + piece])) for i in range(0, len(coded), piece))
    inflater.finish()
    assert out == data


@pytest.mark.parametrize("body", [gzip.compress(b"x" * 9999, mtime=0)[:-12], b"\x1f\x8b\x08garbage....."])
async def test_a_damaged_compressed_answer_is_no_answer(open_client: OpenClient, body: bytes) -> None:
    behave = always(body, headers={"content-encoding": "gzip"})
    async with fault_server(behave) as server, open_client(server.url) as client:
        with pytest.raises(ServiceUnavailable, match=r"broke off|damaged"):
            await client.get("/")
        with pytest.raises(OutcomeUnknown):
            await client.post("/")
        with pytest.raises(ServiceUnavailable):
            async with client.stream("GET", "/") as answer:
                await answer.aread()


async def test_an_unasked_compression_is_refused(open_client: OpenClient) -> None:
    behave = always(b"?", headers={"content-encoding": "gzip, gzip"})
    async with fault_server(behave) as server, open_client(server.url) as client:
        with pytest.raises(ServiceUnavailable, match="compression"):
            await client.get("/")


STATUSES: list[tuple[int, type[ConnectorError], str]] = [
    (400, InvalidRequest, r"Fake rejected the request \(400\): bad field"),
    (401, AuthenticationFailed, r"rejected the credential \(401\): bad field.*connectors\.fake\.token"),
    (403, PermissionDenied, r"does not permit this \(403\).*connectors\.fake\.token.*lacks a scope"),
    (404, NotFound, r"nothing there \(404\)"),
    (410, NotFound, "410"),
    (408, ServiceUnavailable, "408"),
    (422, InvalidRequest, "422"),
    (429, RateLimited, "429"),
    (500, ServiceUnavailable, r"failed on its side \(500\)"),
    (503, ServiceUnavailable, "503"),
]


def token() -> dict[str, str]:
    return {"Authorization": "Bearer abc"}


@pytest.mark.parametrize(("status", "error", "says"), STATUSES)
async def test_each_status_is_its_own_error(
    open_client: OpenClient, status: int, error: type[ConnectorError], says: str
) -> None:
    behave = always(b'{"message": "bad field"}', status, {"content-type": "application/json"})
    async with fault_server(behave) as server, open_client(server.url, auth_headers=token) as client:
        with pytest.raises(error, match=says) as raised:
            await client.get("/")
        assert type(raised.value) is error
        with pytest.raises(error):
            async with client.stream("GET", "/"):
                pytest.fail("an error answer has no body to stream")
        assert (await client.get("/", allow=(status,))).status_code == status


def unreadable() -> dict[str, str]:
    raise OSError("the token's file is gone")


@pytest.mark.parametrize(
    ("status", "options", "message", "hint"),
    [
        (401, {}, "Fake wants a credential (401)", "No credential is set; set connectors.fake.token"),
        (401, {"credential": ""}, "Fake wants a credential (401)", "No credential is set; set one"),
        (403, {}, "Fake does not permit this (403)", "No credential is set; set connectors.fake.token"),
        (
            401,
            {"auth_headers": token},
            "Fake rejected the credential (401)",
            "Check connectors.fake.token: it is wrong, expired or revoked",
        ),
        (
            401,
            {"headers": {"X-Api-Key": "abc"}},
            "Fake rejected the credential (401)",
            "Check connectors.fake.token: it is wrong, expired or revoked",
        ),
        (
            401,
            {"tls": TLSFiles(certificate=Path("hub.pem"))},
            "Fake rejected the credential (401)",
            "Check connectors.fake.token: it is wrong, expired or revoked",
        ),
        (
            401,
            {"auth_headers": unreadable},
            "Fake rejected the credential (401)",
            "Check connectors.fake.token: it is wrong, expired or revoked",
        ),
    ],
)
def test_a_missing_credential_is_told_from_a_rejected_one(
    status: int, options: dict[str, Any], message: str, hint: str
) -> None:
    names: dict[str, Any] = {"label": "Fake", "credential": "connectors.fake.token"}
    service = Service(base_url="http://fake.test", **{**names, **options})
    failures = Failures(service, Authorizations().of(service, ServiceClient))
    answer = httpx.Response(status, request=httpx.Request("GET", "http://fake.test/"))
    error = failures.of_status(answer, safe=True, pause=None)
    assert (error.message, error.hint) == (message, hint)


async def test_the_vendors_message_is_cut_and_cleaned(open_client: OpenClient) -> None:
    def vendor(response: httpx.Response) -> str:
        return response.json()["why"]

    text = "line\none\u202e \u200bhidden\x07 " + "long " * 200
    behave = always(httpx.Response(200, json={"why": text}).content, 400)
    async with fault_server(behave) as server, open_client(server.url, error_text=vendor) as client:
        with pytest.raises(InvalidRequest) as raised:
            await client.get("/")
    assert raised.value.message.startswith("Fake rejected the request (400): line one hidden long long")
    assert len(raised.value.message) < 340


def deep(response: httpx.Response) -> str:
    return response.json()["a"]["b"]


@pytest.mark.parametrize("body", [b"{", b"[" * 5000, b"", b"<html>", b"\xff\xfe"])
async def test_an_error_answer_that_cannot_be_read_still_has_its_status(
    open_client: OpenClient, body: bytes
) -> None:
    async with (
        fault_server(always(body, 400, {"content-type": "application/json"})) as server,
        open_client(server.url, error_text=deep) as client,
    ):
        with pytest.raises(InvalidRequest, match=r"\(400\)$"):
            await client.get("/")


async def test_a_huge_error_body_does_not_hide_the_status(open_client: OpenClient) -> None:
    async with fault_server(always(b"x" * 5_000_000, 404)) as server, open_client(server.url) as client:
        with pytest.raises(NotFound):
            await client.get("/")


async def redirecting(request: Received, _: asyncio.StreamWriter) -> bytes:
    if request.target.startswith("/to?"):
        return http_answer(status=302, headers={"location": httpx.QueryParams(request.target[4:])["u"]})
    return http_answer(f"{request.method} {request.target}".encode(), headers={"set-cookie": "sid=1"})


async def test_a_read_follows_redirects_on_its_own_origin(open_client: OpenClient) -> None:
    async with fault_server(redirecting) as server, open_client(server.url) as client:
        assert (await client.get("/to", params={"u": "/there?a=1"})).text == "GET /there?a=1"
        assert (await client.get("/to", params={"u": f"{server.url}/x#frag"})).text == "GET /x"
        assert (await client.get("/to", params={"u": "/x"}, allow=(302,))).headers["location"] == "/x"


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://localhost:{port}/x",
        "//evil.example/x",
        "https://127.0.0.1:{port}/",
        "file:///etc/passwd",
        "http://127.0.0.1:{port}\\@evil.example/",
        "http://user:pw@127.0.0.1:{port}/",
        "",
    ],
)
async def test_no_redirect_leads_to_another_origin(open_client: OpenClient, target: str) -> None:
    async with fault_server(redirecting) as server, open_client(server.url) as client:
        with pytest.raises(ServiceUnavailable, match=r"redirect.*is not followed"):
            await client.get("/to", params={"u": target.format(port=server.port)})
    assert len(server.requests) == 1


async def test_a_write_follows_no_redirect(open_client: OpenClient) -> None:
    async with fault_server(redirecting) as server, open_client(server.url) as client:
        with pytest.raises(ServiceUnavailable, match="not followed"):
            await client.post("/to", params={"u": "/x"})
    assert len(server.requests) == 1


async def test_redirects_in_a_circle_end(open_client: OpenClient) -> None:
    behave = always(status=302, headers={"location": "/again"})
    async with fault_server(behave) as server, open_client(server.url) as client:
        with pytest.raises(ServiceUnavailable, match="redirect"):
            await client.get("/")
    assert len(server.requests) == 6


async def test_no_cookie_is_kept(open_client: OpenClient) -> None:
    async with fault_server(redirecting) as server, open_client(server.url) as client:
        await client.get("/a")
        await client.get("/b")
    assert all("cookie" not in request.headers for request in server.requests)


def answer_of(body: bytes, content_type: str = "application/json") -> httpx.Response:
    return httpx.Response(200, content=body, headers={"content-type": content_type})


SERVICE = Service(base_url="http://x", label="Fake", setting="connectors.fake.url")


def test_json_is_read() -> None:
    assert read_json(answer_of(b'{"a": [1, 2.5, null]}'), SERVICE) == {"a": [1, 2.5, None]}


@pytest.mark.parametrize(
    ("body", "content_type", "says"),
    [
        (b"<!DOCTYPE html><title>Log in", "text/html", r"answered with HTML, not JSON.*connectors\.fake\.url"),
        (b"  <html>", "application/json", "HTML"),
        (b"", "application/json", "empty answer"),
        (b"NaN", "application/json", "no JSON"),
        (b'{"a": Infinity}', "application/json", "no JSON"),
        (b"[" * 100_000, "application/json", "no JSON"),
        (b"\xff", "application/json", "no JSON"),
        (b'"\\ud800"', "application/json", "no JSON"),
    ],
)
def test_what_is_no_json_is_said_clearly(body: bytes, content_type: str, says: str) -> None:
    with pytest.raises(ServiceUnavailable, match=says):
        read_json(answer_of(body, content_type), SERVICE)


def test_numbers_beyond_64_bits_are_read_as_far_as_floats_go() -> None:
    assert read_json(answer_of(b"[123456789012345678901234567890]"), SERVICE) == [1.2345678901234568e29]
    for number in (b"9" * 5000, b"1e400"):
        with pytest.raises(ServiceUnavailable):
            read_json(answer_of(number), SERVICE)
