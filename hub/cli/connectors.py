"""`hub connectors`: what is installed, what became of it, and switching it on and off."""

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer

from hub.catalog.nearest import nearest
from hub.cli.options import ConfigOption
from hub.cli.show import columns
from hub.cli.state import CommandState, state_of
from hub.config.edit import add_table, raw_connectors, set_enabled
from hub.config.load import load_settings, parse, read_text
from hub.config.models import ConnectorTable
from hub.discovery.found import FoundConnector, find_connectors
from hub.discovery.guarded import Deadline, stdout_to_stderr
from hub.discovery.load import LOAD_SECONDS, import_class, unconfigured, unusable
from hub.discovery.load import state_of as connector_state
from hub.discovery.state import ConnectorState
from hub.errors import ConfigError, ConnectorLoadError

app = typer.Typer(
    help="List, enable and disable connectors.", add_completion=False, no_args_is_help=True, rich_markup_mode=None
)


@app.command("list")
def list_connectors(
    ctx: typer.Context,
    load: Annotated[
        bool, typer.Option("--load", help="Import and set up each one, to see whether it works.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
    config: ConfigOption = None,
) -> None:
    """List the connectors that are installed or named in hub.toml. Imports none of them without --load."""
    state = state_of(ctx, config)
    problem: ConfigError | None = None
    if load:
        with stdout_to_stderr():
            states = asyncio.run(_loaded(state))
    else:
        tables: Mapping[str, ConnectorTable] = {}
        try:
            tables = _tables(state)
        except ConfigError as error:
            problem = error
        states = _seen(tables)
    if as_json:
        described = [_described(each, loaded=load) for each in states]
        typer.echo(state.secrets.redact(json.dumps(described, indent=2, ensure_ascii=False)))
    elif states:
        rows = [
            (s.namespace, _word(s, loaded=load), s.distribution or "-", s.version or "-", _note(s)) for s in states
        ]
        table = columns(("CONNECTOR", "STATE", "PACKAGE", "VERSION", "NOTE"), rows)
        typer.echo(state.secrets.redact(table))
    else:
        typer.echo("No connector is installed. `pip install hub-connector-prometheus` brings one.")
    if problem is not None:
        raise problem


@app.command()
def enable(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of an installed connector, or of a table.")],
    config: ConfigOption = None,
) -> None:
    """Switch a connector on in hub.toml, keeping the file's comments."""
    from hub.config.template import connector_table
    from hub.connector.base import settings_of

    path = state_of(ctx, config).config
    if name in raw_connectors(parse(read_text(path), path)):
        changed = set_enabled(path, name, enabled=True)
        typer.echo(f"Enabled {name} in {path}" if changed else f"{name} is enabled already in {path}")
        return
    found = _installed(name)
    if found.incompatible:
        raise ConnectorLoadError(
            f"{found.distribution} {found.version} {found.incompatible}",
            hint=f"Run `pip install --upgrade {found.distribution} mcp-integration-hub`",
        )
    with stdout_to_stderr():
        cls, title = asyncio.run(import_class(found, Deadline(LOAD_SECONDS)))
    settings_type = settings_of(cls)
    add_table(path, name, connector_table(name, settings_type, title))
    typer.echo(f"Added [connectors.{name}] to {path}")
    missing = [key for key, field in settings_type.model_fields.items() if field.is_required()]
    typer.echo(
        (f"Fill in {', '.join(missing)}" if missing else "Look through its settings") + ", then run `hub check`"
    )


@app.command()
def disable(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of a [connectors.*] table in hub.toml.")],
    config: ConfigOption = None,
) -> None:
    """Switch a connector off in hub.toml, keeping its settings. Does not import it."""
    path = state_of(ctx, config).config
    tables = raw_connectors(parse(read_text(path), path))
    if name in tables:
        changed = set_enabled(path, name, enabled=False)
        typer.echo(f"Disabled {name} in {path}" if changed else f"{name} is disabled already in {path}")
        return
    if all(item.name != name for item in find_connectors()):
        raise ConfigError(f"{path} has no [connectors.{name}]", hint=_guess(name, tables))
    typer.echo(f"{name} is disabled already: {path} has no [connectors.{name}]")


def _installed(name: str) -> FoundConnector:
    found = find_connectors()
    for item in found:
        if item.name == name and not item.shadowed_by:
            return item
    package = f"hub-connector-{name.replace('_', '-')}"
    raise ConfigError(
        f"no installed package offers a connector named {name!r}",
        hint=_guess(name, {item.name: None for item in found}) or f"Run `pip install {package}`",
    )


def _guess(name: str, known: Mapping[str, object]) -> str:
    near = nearest(name, known, 1)
    return f"Did you mean {near[0]}?" if near else ""


def _tables(state: CommandState) -> dict[str, ConnectorTable]:
    """The tables as far as listing needs them: of a hub.toml that need not be right in everything else.

    Raises:
        ConfigError: There is no hub.toml, or it is no TOML.
    """
    path = state.config
    tables: dict[str, ConnectorTable] = {}
    for name, raw in raw_connectors(parse(read_text(path), path)).items():
        connector = raw.get("connector", "")
        tables[name] = ConnectorTable(
            connector=connector if isinstance(connector, str) else "",
            enabled=raw.get("enabled") is not False,
            sandbox=raw.get("sandbox") is True,
        )
    return tables


def _seen(tables: Mapping[str, ConnectorTable]) -> list[ConnectorState]:
    """States as far as they can be told without importing anything."""
    found = find_connectors()
    states = unconfigured(tables, found)
    by_name = {item.name: item for item in found if not item.shadowed_by}
    for name, table in tables.items():
        item = by_name.get(table.connector or name)
        states.append(unusable(name, table, item, by_name) or connector_state(name, table, item, state="loaded"))
    return sorted(states, key=lambda s: (s.namespace, s.state == "shadowed"))


async def _loaded(state: CommandState) -> Sequence[ConnectorState]:
    from hub.discovery.connectors import open_connectors

    path = state.config
    settings = load_settings(path)
    # What it would warn of stands in the list.
    logging.getLogger("hub.discovery").setLevel(logging.DEBUG if state.debug else logging.ERROR)
    async with open_connectors(settings, base=path.parent, register_secret=state.secrets.add) as connectors:
        return connectors.states


def _word(state: ConnectorState, *, loaded: bool) -> str:
    """`enabled` is all that is known of a connector nobody has loaded."""
    return "enabled" if state.state == "loaded" and not loaded else state.state


def _note(state: ConnectorState) -> str:
    note = ". ".join(filter(None, (state.reason, state.hint)))
    if state.state == "loaded" and state.refusals:
        note = f"not offered: {'; '.join(state.refusals)}"
    if state.sandbox:
        note = f"SANDBOX{'. ' if note else ''}{note}"
    return note


def _described(state: ConnectorState, *, loaded: bool) -> dict[str, Any]:
    return {**asdict(state), "state": _word(state, loaded=loaded)}
