"""`hub tools`: what an agent sees."""

import asyncio
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.access.principal import LOCAL, Principal
from hub.catalog.items import IDEMPOTENCY_KEY, ToolItem
from hub.catalog.nearest import nearest
from hub.cli.options import ConfigOption, PluginOption
from hub.cli.show import columns, terminal_width
from hub.cli.state import CommandState, state_of
from hub.config.models import HubSettings
from hub.connector.declare import ToolDeclaration, declarations
from hub.discovery.guarded import stdout_to_stderr
from hub.errors import ConfigError, UnknownName

if TYPE_CHECKING:
    from hub.hub import Hub

app = typer.Typer(
    help="List the tools an agent sees.", add_completion=False, invoke_without_command=True, rich_markup_mode=None
)

AsOption = Annotated[
    str | None, typer.Option("--as", metavar="CLIENT", help="Show what this client of [[auth.keys]] sees.")
]
JSONOption = Annotated[bool, typer.Option("--json", help="Print names, descriptions and schemas as JSON.")]


@app.callback()
def tools(
    ctx: typer.Context,
    as_json: JSONOption = False,
    client: AsOption = None,
    plugin: PluginOption = None,
    config: ConfigOption = None,
) -> None:
    """List the tools an agent sees: you on this machine, or with --as a client with a key."""
    if ctx.invoked_subcommand is not None:
        if as_json or client or plugin or config:
            raise typer.BadParameter("options stand behind the command: hub tools show TOOL --as CLIENT")
        return
    items, writing = _seen(state_of(ctx, config, plugin), client)
    if as_json:
        typer.echo(json.dumps([_described(item) for item in items], indent=2, ensure_ascii=False))
        return
    if not items:
        whom = f"{client} may use none" if client else "no connector offers one"
        typer.echo(f"No tools: {whom}. `hub connectors list --load` shows the connectors.", err=True)
        return
    rows = [(item.name, _access(item), item.description.strip().split("\n", 1)[0]) for item in items]
    typer.echo(columns(("TOOL", "ACCESS", "WHAT IT DOES"), rows, width=terminal_width()))
    if writing and client is None:
        typer.echo(
            f"Tools that write are not listed for {', '.join(writing)}: that takes read_only = false in the table.",
            err=True,
        )


@app.command("show")
def show(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="TOOL", help="A tool's full name.")],
    as_json: JSONOption = False,
    client: AsOption = None,
    plugin: PluginOption = None,
    config: ConfigOption = None,
) -> None:
    """Show one tool: what it may do, what it needs and costs, and its arguments."""
    items = {item.name: item for item in _seen(state_of(ctx, config, plugin), client)[0]}
    if (item := items.get(name)) is None:
        raise UnknownName("tool", name, nearest(name, items))
    typer.echo(json.dumps(_described(item), indent=2, ensure_ascii=False) if as_json else _told(item))


def _seen(state: CommandState, client: str | None) -> tuple[list[ToolItem], list[str]]:
    """The tools, and the connectors that have more which write."""
    with stdout_to_stderr():
        return asyncio.run(_tools(state, client))


async def _tools(state: CommandState, client: str | None) -> tuple[list[ToolItem], list[str]]:
    from hub.hub import Hub

    async with Hub.open(state.config, files=state.files, secrets=state.secrets) as hub:
        items = list(hub.tools(LOCAL if client is None else _principal(hub.settings, client)))
        return items, [state.namespace for state in hub.states(LOCAL) if _keeps_writes_back(hub, state.namespace)]


def _keeps_writes_back(hub: "Hub", namespace: str) -> bool:
    """Whether the connector has tools that its table's `read_only` hides."""
    table = hub.settings.connectors.get(namespace)
    connector = hub.connector(namespace)
    if connector is None or (table is not None and not table.read_only):
        return False
    declared = declarations(type(connector)).values()
    return any(
        one.writes and (one.when is None or one.when(connector))
        for one in declared
        if isinstance(one, ToolDeclaration)
    )


def _principal(settings: HubSettings, client: str) -> Principal:
    """The client as its keys make it, all of its keys' roles together."""
    keys = [key for key in settings.auth.keys if key.client == client]
    if not keys:
        near = nearest(client, {key.client for key in settings.auth.keys}, 1)
        raise ConfigError(
            f"no [[auth.keys]] names the client {client!r}",
            hint=f"Did you mean {near[0]}?" if near else f"`hub key {client}` makes a key for it",
        )
    roles = dict.fromkeys(role for key in keys for role in key.roles)
    return Principal(client=client, roles=tuple(roles), how="key")


def _access(item: ToolItem) -> str:
    if not item.declaration.writes:
        return "read"
    return "destructive" if item.declaration.destructive else "write"


def _told(item: ToolItem) -> str:
    declared = item.declaration
    repeat = ""
    if declared.writes:
        repeat = "idempotent" if declared.idempotent else "not idempotent"
        repeat += f", takes {IDEMPOTENCY_KEY}" if item.keyed else ""
    facts = (
        ("access", ", ".join(filter(None, (_access(item), repeat)))),
        ("scopes", ", ".join(declared.scopes)),
        ("asks", "the client" if declared.asks else ""),
        ("cost", f"{declared.cost} request{'' if declared.cost == 1 else 's'}"),
        ("deadline", f"{item.deadline:g} s"),
        ("never recorded", ", ".join(sorted(declared.sensitive))),
    )
    schema = item.parameters.schema
    arguments = [
        (name, _kind(prop), "required" if name in schema.get("required", ()) else "", prop.get("description", ""))
        for name, prop in schema["properties"].items()
    ]
    told = [f"{item.name}  {item.title}", "", item.description.strip(), ""]
    told += [f"{name + ':':<16}{value}" for name, value in facts if value]
    if arguments:
        told += ["", columns(("ARGUMENT", "TYPE", "", "WHAT IT IS"), arguments, width=terminal_width())]
    return "\n".join(told)


def _kind(prop: Mapping[str, Any]) -> str:
    """The type of an argument in a word or two."""
    if "enum" in prop:
        return " | ".join(map(str, prop["enum"]))
    if "anyOf" in prop:
        return " | ".join(map(_kind, prop["anyOf"]))
    if "$ref" in prop:
        return str(prop["$ref"]).rpartition("/")[2]
    kind = prop.get("type", "any")
    return f"{kind} of {_kind(prop['items'])}" if kind == "array" and "items" in prop else str(kind)


def _described(item: ToolItem) -> dict[str, Any]:
    return {
        "name": item.name,
        "title": item.title,
        "access": _access(item),
        "idempotent": item.declaration.idempotent,
        "scopes": list(item.declaration.scopes),
        "asks": item.declaration.asks,
        "cost": item.declaration.cost,
        "sensitive": sorted(item.declaration.sensitive),
        "description": item.description,
        "inputSchema": item.parameters.schema,
    }
