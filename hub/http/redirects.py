"""Where a redirect of a read may lead."""

from typing import TYPE_CHECKING, NamedTuple

from hub.http.address import DEFAULT_PORTS, Origin, read_origin

if TYPE_CHECKING:
    import httpx

MOST_REDIRECTS = 5
REDIRECTS = frozenset((301, 302, 303, 307, 308))


class Target(NamedTuple):
    """An address to go on at, and whether it is the service's own origin, which may see credentials."""

    url: str
    own: bool


def redirect_target(response: "httpx.Response", base: Origin, hosts: tuple[str, ...]) -> Target | None:
    """The address to go on at; None when it is not followed.

    Args:
        response: The redirecting answer.
        base: Origin of the service; always allowed.
        hosts: Other hosts, as in `Service.redirect_hosts`.
    """
    import httpx

    location = response.headers.get("location", "")
    if not location or "\\" in location:
        return None
    try:
        url = str(response.request.url.join(location).copy_with(fragment=None))
        target = read_origin(url)
    except (ValueError, httpx.InvalidURL):
        return None
    if target == base:
        return Target(url, own=True)
    secure = target.scheme == "https" or base.scheme == "http"
    return Target(url, own=False) if secure and any(_matches(target, host) for host in hosts) else None


def _matches(target: Origin, host: str) -> bool:
    name, _, port = host.lower().partition(":")
    if (int(port) if port.isdigit() else DEFAULT_PORTS[target.scheme]) != target.port:
        return False
    return target.host.endswith(name[1:]) if name.startswith("*.") else target.host == name
