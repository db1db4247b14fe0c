"""Who is calling."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """The one behind a call.

    Attributes:
        client: Name in policies, limits and the audit log.
        roles: Names of `[roles.*]` tables.
        how: How the identity was established: `key`, `local` (a process on this machine: stdio, the command
            line) or `open` (HTTP on loopback with no keys configured).
    """

    client: str
    roles: tuple[str, ...] = ()
    how: str = "open"


LOCAL = Principal(client="local", how="local")
"""Whoever started this process: the command line and stdio. Works under hub.toml's own user, with the roles of
`[auth] local_roles`."""

OPEN = Principal(client="anonymous", how="open")
"""Anybody on loopback while no keys are configured."""
