"""Whatever a request says, the plain way and the SDK's way to an answer give the same one."""

import asyncio
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.access.principal import OPEN
from hub.server.direct import DirectCalls
from hub.server.endpoint import Endpoint
from hub.server.hangup import KEY, HangUp
from hub.server.identity import Caller, sender
from hub.server.refusals import Refusal
from hub.server.server import HubServer
from hub.server.standing import Standing

Headers = list[tuple[bytes, bytes]]
Ways = Callable[[Any, bytes, Headers, bool], list[tuple[int, Any, str]]]

ACCEPT = [
    b"application/json, text/event-stream",
    b"text/event-stream,application/json",
    b"application/json",
    b"text/event-stream",
    b"APPLICATION/JSON , Text/Event-Stream",
    b"application/*, text/*",
    b"*/*",
    b"*/*;q=0.1",
    b" application/json ; q=0 ,\ttext/event-stream;q=0.5",
    b"application/json;charset=utf-8;q=1,text/event-stream",
    b"application/jsonp",
    b"xapplication/json, text/event-stream",
    b"text/html;level=application/json, text/event-stream",
    b'text/html;a="application/json, text/event-stream"',
    b"application/json/extra",
    b"application/ json",
    b"*",
    b"text/html",
    b",",
    b"",
    b"\xff, application/json\xa0, text/event-stream",
]
ENVELOPE: dict[str, Any] = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}
HELLO: dict[str, Any] = {
    "jsonrpc": "2.0",
    "id": 0,
    "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}},
}
INCIDENT = re.compile(rb"Internal error [0-9a-f]+")

NAMES = st.sampled_from(
    ["bench_echo", "bench_picture", "bench_nothing", "", " bench_echo", "ümlaut", "=?base64?eA==?="]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)
ARGUMENTS = st.fixed_dictionaries({}, optional={"text": JSON}) | st.dictionaries(
    st.text(max_size=5), JSON, max_size=2
)
NOISE: list[dict[str, Any]] = [{}, {}, {}, {}, {"extra": 1}, {"inputResponses": {}}, {"arguments": None}]


def with_noise(params: dict[str, Any], noise: dict[str, Any]) -> dict[str, Any]:
    return {**params, **noise}


PARAMS = st.builds(
    with_noise,
    st.fixed_dictionaries({"name": NAMES}, optional={"arguments": ARGUMENTS}),
    st.sampled_from([*NOISE, {"arguments": []}]),
)
META = st.sampled_from(
    [
        *[ENVELOPE] * 7,
        {**ENVELOPE, "io.modelcontextprotocol/clientInfo": {"name": "x", "version": "1"}},
        {**ENVELOPE, "io.modelcontextprotocol/clientInfo": 5},
        {**ENVELOPE, "io.modelcontextprotocol/clientCapabilities": {"roots": 1}},
        {**ENVELOPE, "io.modelcontextprotocol/protocolVersion": "2099-01-01"},
        {**ENVELOPE, "other": [1]},
        {},
        None,
    ]
)
IDS = st.integers(-(2**63) + 1, 2**63 - 1) | st.text(max_size=8)
MESSAGES = st.fixed_dictionaries(
    {"jsonrpc": st.sampled_from([*["2.0"] * 6, "1.0", 2]), "id": IDS, "method": st.just("tools/call")}
)
ROUTING = st.lists(
    st.sampled_from(
        [
            (b"mcp-name", b"bench_echo"),
            (b"mcp-name", b"=?base64?YmVuY2hfZWNobw==?="),
            (b"mcp-method", b"tools/list"),
            (b"mcp-param-text", b"x"),
            (b"accept", b"application/json"),
            (b"x-other", b"\xff"),
        ]
    ),
    max_size=1,
)


async def post(endpoint: Endpoint, body: bytes, headers: Headers) -> tuple[int, bytes, dict[bytes, bytes]]:
    """One POST; gives status, body and headers."""
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/mcp",
        "query_string": b"",
        "scheme": "http",
        "server": ("127.0.0.1", 80),
        "headers": [(b"content-type", b"application/json"), *headers],
        KEY: HangUp(),
    }
    incoming = [{"type": "http.request", "body": body, "more_body": False}]
    answered: list[Any] = []
    forever = asyncio.Event()

    async def receive() -> Any:
        if not incoming:
            await forever.wait()
        return incoming.pop()

    async def send(message: Any) -> None:
        answered.append(message)

    try:
        await endpoint(scope, receive, send, OPEN)
    except Refusal as refusal:
        await refusal.answer(send)
    content = b"".join(message.get("body", b"") for message in answered[1:])
    return answered[0]["status"], content, dict(answered[0]["headers"])


@pytest.fixture(scope="module")
def both_ways() -> Ways:
    """Sends a request the plain way where there is one, and the SDK's way; gives both answers."""
    params = {"name": "bench_echo", "_meta": ENVELOPE}
    good_call: dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    good = json.dumps(good_call).encode(), [*routing(good_call), (b"accept", ACCEPT[0])]

    async def answer(hub: Any, body: bytes, headers: Headers, *, in_session: bool, plain: bool) -> Any:
        sender.set(Caller(OPEN, "http"))
        server = HubServer(hub.as_hub(), fallback=None)
        endpoint = Endpoint(server, Standing(hub.as_hub(), on_loopback=True))
        async with endpoint.run():
            if in_session:
                accept = [(b"accept", ACCEPT[0])]
                _, _, named = await post(endpoint, json.dumps(HELLO).encode(), accept)
                session = [(b"mcp-session-id", named[b"mcp-session-id"])]
                ready = b'{"jsonrpc":"2.0","method":"notifications/initialized"}'
                await post(endpoint, ready, [*accept, *session])
                headers = [*headers, *session]
            with pytest.MonkeyPatch.context() as patched:
                if not plain:
                    patched.setattr(DirectCalls, "of_this_era", never_plain)
                    patched.setattr(DirectCalls, "of_a_session", never_plain)
                await post(endpoint, *good)  # the plain way remembers what it found good
                status, content, told = await post(endpoint, body, headers)
            await endpoint.sessions.aclose()
            server.changes.close()
        content = INCIDENT.sub(b"Internal error", content)
        return status, json.loads(content) if content else None, told.get(b"content-type", b"").decode()

    def send(hub: Any, body: bytes, headers: Headers, in_session: bool) -> list[Any]:
        return [asyncio.run(answer(hub, body, headers, in_session=in_session, plain=way)) for way in (True, False)]

    return send


def never_plain(*_: object) -> None:
    """No call is."""


def routing(message: dict[str, Any]) -> Headers:
    name = str(message["params"]["name"])
    headers = [(b"mcp-protocol-version", b"2026-07-28"), (b"mcp-method", b"tools/call")]
    return [*headers, (b"mcp-name", name.encode())] if name else headers


@pytest.mark.parametrize("accept", ACCEPT)
@pytest.mark.parametrize("in_session", [False, True])
def test_the_accept_header_means_the_same_to_both(
    make_hub: Any, both_ways: Ways, accept: bytes, in_session: bool
) -> None:
    params = {"name": "bench_echo", "arguments": {"text": "x"}, **({} if in_session else {"_meta": ENVELOPE})}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    for headers in ([(b"accept", accept)], [(b"accept", b"text/html"), (b"accept", accept)]):
        sent = headers if in_session else [*routing(message), *headers]
        plain, through_sdk = both_ways(make_hub(), json.dumps(message).encode(), sent, in_session)
        assert plain == through_sdk
        assert plain[0] in (200, 406)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(message=MESSAGES, params=PARAMS, meta=META, accept=st.sampled_from(ACCEPT[:4]), more=ROUTING)
def test_any_call_of_2026_07_28_is_answered_alike(
    make_hub: Any, both_ways: Ways, message: Any, params: Any, meta: Any, accept: bytes, more: Headers
) -> None:
    whole = {**message, "params": {**params, "_meta": meta}}
    headers = [*routing(whole), (b"accept", accept), *more]
    plain, through_sdk = both_ways(make_hub(), json.dumps(whole).encode(), headers, False)
    assert plain == through_sdk


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(message=MESSAGES, params=PARAMS)
def test_any_call_in_a_session_is_answered_alike(make_hub: Any, both_ways: Ways, message: Any, params: Any) -> None:
    body = json.dumps({**message, "params": params}).encode()
    plain, through_sdk = both_ways(make_hub(), body, [(b"accept", ACCEPT[0])], True)
    assert plain == through_sdk
