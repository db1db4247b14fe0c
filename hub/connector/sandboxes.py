"""A connector's own part of the sandbox: a small service to talk to, and the settings that lead there."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

ASGIApp = Callable[
    [MutableMapping[str, Any], Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]],
    Awaitable[None],
]


@dataclass(frozen=True, kw_only=True)
class Sandbox:
    """What the sandbox host needs to stand in for one vendor.

    Attributes:
        app: The fake service, an ASGI application; served on loopback HTTP.
        settings: Takes the base URL where the app is served and gives the connector's settings table.
        try_calls: Tool calls (name without namespace, arguments) that show the connector at its best.
    """

    app: ASGIApp
    settings: Callable[[str], Mapping[str, Any]]
    try_calls: tuple[tuple[str, Mapping[str, Any]], ...] = ()
