"""The address guard: which network addresses may be connected to, decided on the address that is then used."""

import ipaddress
from collections.abc import Collection

_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class ForbiddenAddress(OSError):
    """The host has an address in a private or special network; an OSError because a resolver may only fail so."""


def is_public(address: str) -> bool:
    """Whether an IP address lies in the public internet.

    IPv4 addresses inside IPv6 ones (mapped, 6to4, Teredo, NAT64: RFC 4291, 3056, 4380, 6052) count as what they
    lead to.
    """
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        if ip.is_site_local:
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


class AddressGuard:
    """Lets through public addresses, and any address of the hosts an operator has configured.

    Args:
        trusted: Host and port of the base URL and of the proxy.
    """

    def __init__(self, trusted: Collection[tuple[str, int]]) -> None:
        self._trusted = frozenset(trusted)

    def check(self, host: str, port: int, addresses: Collection[str]) -> None:
        """Check what a host name stands for, or a literal address that stands for itself.

        Raises:
            ForbiddenAddress: One of the addresses is not allowed for this host.
        """
        if (host, port) not in self._trusted and not all(is_public(address) for address in addresses):
            raise ForbiddenAddress(f"{host} leads to an address in a private or special network")
