"""What must not get through: raw requests against the front."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.config.models import ServerTable
from hub.server.origins import check_host, check_origin
from hub.server.refusals import Refusal

TOOLS_LIST = b'{"jsonrpc":"2.0","id":1,"method":"tools/list"}'


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1:{port}/evil", "a/?x=", "127.0.0.1", "127.0.0.1:1", "localhost:{port}@evil.example",
     "127.0.0.1:{port}:80", "127.0.0.1.evil.example:{port}", "localhost.evil.example:{port}"],
)  # fmt: skip
async def test_another_host_is_refused(fake_hub: Any, served: Any, host: str) -> None:
    async with served(fake_hub) as wire:
        answer = await wire.ask("tools/list", headers={"Host": host.format(port=wire.address.port)})
    assert answer.status == 421


@pytest.mark.parametrize("path", ["/mcp", "/healthz", "/readyz"])
async def test_every_path_checks_the_host(fake_hub: Any, served: Any, path: str) -> None:
    async with served(fake_hub) as wire:
        assert (await wire.send(b"", {"Host": "evil.example"}, verb="GET", path=path)).status == 421


async def test_the_address_itself_and_localhost_are_the_hubs_own_hosts(fake_hub: Any, served: Any) -> None:
    async with served(fake_hub) as wire:
        for host in ("127.0.0.1", "localhost", "LOCALHOST"):
            answer = await wire.ask("tools/list", headers={"Host": f"{host}:{wire.address.port}"})
            assert answer.status == 200


async def test_a_host_from_the_settings_is_compared_exactly(make_hub: Any, served: Any) -> None:
    hub = make_hub(server=ServerTable(port=0, allowed_hosts=("hub.acme.com",)))
    async with served(hub) as wire:
        assert (await wire.ask("tools/list", headers={"Host": "hub.acme.com"})).status == 200
        assert (await wire.ask("tools/list", headers={"Host": "hub.acme.com:1"})).status == 421
        assert (await wire.ask("tools/list", headers={"Host": "xhub.acme.com"})).status == 421


async def test_two_hosts_or_none_are_refused(fake_hub: Any, served: Any) -> None:
    async with served(fake_hub) as wire:
        own = f"Host: 127.0.0.1:{wire.address.port}\r\n"
        for hosts in (own * 2, own + "Host: evil.example\r\n", ""):
            answer = await wire.raw(f"GET /healthz HTTP/1.1\r\n{hosts}\r\n".encode())
            assert answer.status == 400


@pytest.mark.parametrize(
    "origin", ["null", "https://evil.example", "http://localhost:1@evil.com", "http://127.0.0.1"]
)
async def test_another_origin_is_refused(fake_hub: Any, served: Any, origin: str) -> None:
    async with served(fake_hub) as wire:
        assert (await wire.ask("tools/list", headers={"Origin": origin})).status == 403
    assert fake_hub.calls == []


async def test_a_page_of_an_allowed_origin_may_call_and_read(make_hub: Any, served: Any) -> None:
    hub = make_hub(server=ServerTable(port=0, allowed_origins=("https://chat.acme.com",)))
    origin = {"Origin": "https://chat.acme.com"}
    async with served(hub) as wire:
        asked = await wire.send(b"", {**origin, "Access-Control-Request-Method": "POST"}, verb="OPTIONS")
        answer = await wire.ask("tools/list", headers=origin)
        other = await wire.ask("tools/list", headers={"Origin": "https://chat.acme.com:444"})
    assert asked.status == 204
    assert "POST" in asked.headers["access-control-allow-methods"]
    assert answer.headers["access-control-allow-origin"] == "https://chat.acme.com"
    assert other.status == 403
    assert "access-control-allow-origin" not in other.headers


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(max_codepoint=255), max_size=40))
def test_no_invented_host_or_origin_is_accepted(value: str) -> None:
    table = ServerTable(allowed_hosts=("hub.acme.com",), allowed_origins=("https://chat.acme.com",))
    scope = {
        "server": ("127.0.0.1", 8080),
        "scheme": "http",
        "headers": [(b"host", value.encode("latin-1")), (b"origin", value.encode("latin-1"))],
    }
    if value.lower() not in ("127.0.0.1:8080", "localhost:8080", "hub.acme.com"):
        with pytest.raises(Refusal):
            check_host(scope, table)
    if value not in ("https://chat.acme.com", "http://127.0.0.1:8080"):
        with pytest.raises(Refusal):
            check_origin(scope, "127.0.0.1:8080", table)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(b"{", 400, id="no JSON"),
        pytest.param(b"[" + TOOLS_LIST + b"]", 400, id="batch"),
        pytest.param(TOOLS_LIST[:-1] + b',"method":"tools/call"}', 400, id="key twice"),
        pytest.param(TOOLS_LIST.replace(b'"id":1', b'"id":null'), 400, id="null id"),
        pytest.param(b"[" * 100_000, 400, id="deep"),
        pytest.param(b'"' + b"x" * 5_000_000 + b'"', 413, id="5 MB"),
    ],
)
@pytest.mark.parametrize("version", ["2026-07-28", "2025-11-25", ""])
async def test_a_body_that_is_no_message_is_refused(
    fake_hub: Any, served: Any, body: bytes, status: int, version: str
) -> None:
    async with served(fake_hub) as wire:
        answer = await wire.send(body, {"MCP-Protocol-Version": version, "Mcp-Method": "tools/list"})
    assert answer.status == status
    assert answer.json["error"]["message"]


async def test_a_body_without_a_declared_length_is_cut_off_at_the_limit(make_hub: Any, served: Any) -> None:
    hub = make_hub(server=ServerTable(port=0, max_request_bytes=1024))
    chunk = b"400\r\n" + b" " * 1024 + b"\r\n"
    async with served(hub) as wire:
        head = (
            f"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:{wire.address.port}\r\n"
            "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        assert (await wire.raw(head.encode() + chunk * 3)).status == 413


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", id="two framings"),
        pytest.param("Content-Length: 2\r\nContent-Length: 3\r\n", id="two lengths"),
    ],
)
async def test_a_body_framed_twice_is_refused(fake_hub: Any, served: Any, headers: str) -> None:
    async with served(fake_hub) as wire:
        host = f"Host: 127.0.0.1:{wire.address.port}\r\nContent-Type: application/json\r\n"
        assert (await wire.raw(f"POST /mcp HTTP/1.1\r\n{host}{headers}\r\n{{}}".encode())).status == 400


async def test_another_content_type_is_refused(fake_hub: Any, served: Any) -> None:
    async with served(fake_hub) as wire:
        for kind in ("text/plain", "application/jsonp", "application/x-www-form-urlencoded"):
            assert (await wire.send(TOOLS_LIST, {"Content-Type": kind})).status == 400


async def test_headers_that_contradict_the_body_are_refused(fake_hub: Any, served: Any) -> None:
    async with served(fake_hub) as wire:
        for headers in ({"Mcp-Method": "tools/list"}, {"Mcp-Name": "bench_wipe"}, {"Mcp-Method": ""}):
            answer = await wire.ask("tools/call", {"name": "bench_echo"}, headers)
            assert (answer.status, answer.json["error"]["code"]) == (400, -32020)
        unknown = await wire.ask("tools/list", headers={"MCP-Protocol-Version": "2031-01-01"})
    assert unknown.status == 400
    assert fake_hub.calls == []


async def test_blanks_around_a_header_are_not_part_of_it(fake_hub: Any, served: Any) -> None:
    async with served(fake_hub) as wire:
        answer = await wire.ask("tools/call", {"name": "bench_echo"}, {"Mcp-Name": "  bench_echo \t "})
    assert answer.status == 200


async def test_a_header_that_chooses_the_protocol_may_not_stand_twice(fake_hub: Any, served: Any) -> None:
    async with served(fake_hub) as wire:
        head = f"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:{wire.address.port}\r\nContent-Type: application/json\r\n"
        twice = "MCP-Protocol-Version: 2026-07-28\r\nMCP-Protocol-Version: 2025-11-25\r\n"
        answer = await wire.raw(f"{head}{twice}Content-Length: {len(TOOLS_LIST)}\r\n\r\n".encode() + TOOLS_LIST)
    assert answer.status == 400


@pytest.mark.parametrize("size", [70_000, 1_000_000])
async def test_headers_without_end_are_refused(fake_hub: Any, served: Any, size: int) -> None:
    async with served(fake_hub) as wire:
        answer = await wire.send(TOOLS_LIST, {"Authorization": "Bearer " + "x" * size})
    assert answer.status == 431


@pytest.mark.parametrize("path", ["/", "/mcp/x", "/MCP", "/mcp%2f..", "/sse", "/messages", "//mcp", "/docs"])
async def test_nothing_else_is_served(fake_hub: Any, served: Any, path: str) -> None:
    async with served(fake_hub) as wire:
        assert (await wire.send(TOOLS_LIST, path=path)).status == 404


@pytest.mark.parametrize("verb", ["PUT", "PATCH", "HEAD", "TRACE", "OPTIONS"])
async def test_other_methods_are_refused(fake_hub: Any, served: Any, verb: str) -> None:
    async with served(fake_hub) as wire:
        answer = await wire.raw(f"{verb} /mcp HTTP/1.1\r\nHost: 127.0.0.1:{wire.address.port}\r\n\r\n".encode())
    assert answer.status == 405


async def test_a_failure_in_the_front_itself_is_generic(fake_hub: Any, served: Any) -> None:
    def fail(_: str) -> None:
        raise RuntimeError("hunter2")

    fake_hub.keys = {"k": None}
    fake_hub.authenticate = fail
    async with served(fake_hub) as wire:
        answer = await wire.ask("tools/list", headers={"X-API-Key": "k"})
    assert answer.status == 500
    assert b"hunter2" not in answer.body
