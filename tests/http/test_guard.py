"""The address guard: private networks are reached by configured URLs only."""

import ipaddress
import socket
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import ServiceUnavailable
from hub.http.address import Origin
from hub.http.client import ServiceClient
from hub.http.guard import AddressGuard, ForbiddenAddress, is_public
from hub.http.outcome import NotSent
from hub.testing.faults import fault_server, http_answer

OpenClient = Callable[..., AbstractAsyncContextManager[ServiceClient]]

PRIVATE = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "198.18.0.1",
    "::",
    "::1",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd00:ec2::254",
    "fec0::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::",
    "64:ff9b::127.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "::127.0.0.1",
    "2001:0:7f00:1::80ff:fffe",
    "not an address",
    "0x7f.1",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_and_special_addresses_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "140.82.121.6", "2606:4700::1111", "64:ff9b::8.8.8.8", "::ffff:8.8.8.8"]
)
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_judged_alike_in_every_disguise(address: ipaddress.IPv4Address) -> None:
    number = int(address)
    mapped = ipaddress.IPv6Address((0xFFFF << 32) | number)
    six_to_four = ipaddress.IPv6Address((0x2002 << 112) | (number << 80))
    nat64 = ipaddress.IPv6Address((0x64FF9B << 96) | number)
    assert {is_public(str(disguise)) for disguise in (mapped, six_to_four, nat64)} == {is_public(str(address))}


@given(st.ip_addresses())
def test_nothing_that_is_not_global_counts_as_public(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if is_public(str(address)):
        special = (address.is_loopback, address.is_link_local, address.is_multicast, address.is_unspecified)
        assert not any(special)
        assert address.is_global or address in ipaddress.ip_network("64:ff9b::/96")


def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    guard = AddressGuard({("prom.internal", 9090)})
    guard.check("prom.internal", 9090, ["10.0.0.1"])
    guard.check("cdn.example", 443, ["8.8.8.8"])
    for host, port in (("prom.internal", 22), ("cdn.example", 443)):
        with pytest.raises(ForbiddenAddress):
            guard.check(host, port, ["8.8.8.8", "10.0.0.1"])


async def test_the_configured_host_may_be_private_and_another_one_may_not(open_client: OpenClient) -> None:
    async def lead_away(*_: Any) -> bytes:
        return http_answer(status=302, headers={"location": targets.pop(0)})

    async with fault_server(lead_away) as server, fault_server(lead_away) as other:
        targets = [other.url, f"http://localhost:{other.port}/", f"http://[::1]:{other.port}/"]
        hosts = (f"127.0.0.1:{other.port}", f"localhost:{other.port}")
        async with open_client(server.url, redirect_hosts=hosts) as client:
            for _ in range(2):
                with pytest.raises(ServiceUnavailable, match="private or special network"):
                    await client.get("/")
            with pytest.raises(ServiceUnavailable, match="redirect"):
                await client.get("/")
    assert other.connections == 0
    assert len(server.requests) == 3


async def test_only_the_address_that_was_checked_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that turns private between two look-ups is looked up once for the check and the connection."""
    from hub.http.parcel import Parcel
    from hub.http.transport import AiohttpCarrier

    looked_up: list[str] = []

    def rebinding(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        looked_up.append(host)
        address = "93.184.215.14" if len(looked_up) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    connected: list[Any] = []

    async def no_network(addr_infos: list[Any], **_: Any) -> socket.socket:
        connected.extend(info[4] for info in addr_infos)
        raise OSError(111, "refused")

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    monkeypatch.setattr("aiohappyeyeballs.start_connection", no_network)
    own = Origin("https", "api.example.com", 443)
    carrier = AiohttpCarrier(guard=AddressGuard(set()), own=own, tls=None, max_connections=1, proxy=None)
    parcel = Parcel(method="GET", url="http://rebind.example/", headers={}, body=None)
    with pytest.raises(NotSent, match="refused"):
        await carrier.send(parcel)
    await carrier.aclose()
    assert looked_up == ["rebind.example"]
    assert connected == [("93.184.215.14", 80)]


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0177.0.0.1", "[::ffff:127.0.0.1]", "169.254.169.254"])
async def test_literal_addresses_in_any_spelling_are_checked_without_a_resolver(host: str) -> None:
    from hub.http.parcel import Parcel
    from hub.http.transport import AiohttpCarrier

    own = Origin("https", "api.example.com", 443)
    carrier = AiohttpCarrier(guard=AddressGuard(set()), own=own, tls=None, max_connections=1, proxy=None)
    with pytest.raises(NotSent, match="private or special"):
        await carrier.send(Parcel(method="GET", url=f"http://{host}:1/", headers={}, body=None))
    await carrier.aclose()
