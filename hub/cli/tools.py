"""`hub tools`: what an agent sees."""

import asyncio
import json
from typing import Annotated, Any

import typer

from hub.access.principal import LOCAL, Principal
from hub.catalog.items import ToolItem
from hub.catalog.nearest import nearest
from hub.cli.options import ConfigOption
from hub.cli.show import columns, terminal_width
from hub.cli.state import CommandState, state_of
from hub.config.models import HubSettings
from hub.discovery.guarded import stdout_to_stderr
from hub.errors import ConfigError


def tools(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print names, descriptions and schemas as JSON.")] = False,
    client: Annotated[
        str | None, typer.Option("--as", metavar="CLIENT", help="Show what this client of [[auth.keys]] sees.")
    ] = None,
    config: ConfigOption = None,
) -> None:
    """List the tools an agent sees: you on this machine, or with --as a client with a key."""
    with stdout_to_stderr():
        items = asyncio.run(_tools(state_of(ctx, config), client))
    if as_json:
        typer.echo(json.dumps([_described(item) for item in items], indent=2, ensure_ascii=False))
        return
    if not items:
        whom = f"{client} may use none" if client else "no connector offers one"
        typer.echo(f"No tools: {whom}. `hub connectors list --load` shows the connectors.", err=True)
        return
    rows = [(item.name, _access(item), item.description.strip().split("\n", 1)[0]) for item in items]
    typer.echo(columns(("TOOL", "ACCESS", "WHAT IT DOES"), rows, width=terminal_width()))


async def _tools(state: CommandState, client: str | None) -> list[ToolItem]:
    from hub.hub import Hub

    async with Hub.open(state.config, secrets=state.secrets) as hub:
        return list(hub.tools(LOCAL if client is None else _principal(hub.settings, client)))


def _principal(settings: HubSettings, client: str) -> Principal:
    """The client as its keys make it, all of its keys' roles together."""
    keys = [key for key in settings.auth.keys if key.client == client]
    if not keys:
        near = nearest(client, {key.client for key in settings.auth.keys}, 1)
        raise ConfigError(
            f"no [[auth.keys]] names the client {client!r}", hint=f"Did you mean {near[0]}?" if near else ""
        )
    roles = dict.fromkeys(role for key in keys for role in key.roles)
    return Principal(client=client, roles=tuple(roles), how="key")


def _access(item: ToolItem) -> str:
    if not item.declaration.writes:
        return "read"
    return "destructive" if item.declaration.destructive else "write"


def _described(item: ToolItem) -> dict[str, Any]:
    return {
        "name": item.name,
        "title": item.title,
        "access": _access(item),
        "description": item.description,
        "inputSchema": item.parameters.schema,
    }
