"""`hub key`: makes a strong API key and the lines that let it in."""

import hashlib
import json
import re
import secrets
from typing import Annotated

import typer

from hub.config.models import KeyTable
from hub.errors import ConfigError


def key(
    client: Annotated[
        str, typer.Argument(metavar="CLIENT", help="Name of the client in policies, limits and the audit log.")
    ],
    role: Annotated[
        list[str] | None, typer.Option("--role", "-r", metavar="NAME", help="A role of the client; repeatable.")
    ] = None,
) -> None:
    """Make an API key, show it once, and show the lines for hub.toml, which hold its hash alone."""
    value = "hub_" + secrets.token_urlsafe(32)
    digest = hashlib.sha256(value.encode()).hexdigest()
    try:
        KeyTable.model_validate({"client": client, "key_sha256": digest})
    except ValueError:
        raise ConfigError(
            f"{client!r} cannot be a client's name", hint="Take 1 to 64 of A-Z, a-z, 0-9, _ . @ -"
        ) from None
    roles = role or []
    for name in roles:
        if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
            raise ConfigError(f"{name!r} cannot be a role's name", hint="Take a word, as in [roles.analyst]")
    typer.echo(f"The key of {client}. It is shown only now; the client sends it as `Authorization: Bearer …`.\n")
    typer.echo(f"    {value}\n")
    if roles:
        typer.echo(
            f"Each role needs its table, such as [roles.{roles[0]}]. A running hub takes it over on SIGHUP.\n"
        )
    else:
        typer.echo("Without a role it may do nothing: name one of your [roles.*] tables.\n")
    typer.echo("Add to hub.toml:\n")
    typer.echo("[[auth.keys]]")
    typer.echo(f'client = "{client}"')
    typer.echo(f'key_sha256 = "{digest}"')
    typer.echo(f"roles = {json.dumps(roles, ensure_ascii=False)}")
