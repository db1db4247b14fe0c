"""`hub connectors`: what is installed, what became of it, and switching it on and off."""

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from hub.catalog.nearest import nearest
from hub.cli.options import ConfigOption, PluginOption
from hub.cli.show import columns
from hub.cli.state import CommandState, state_of
from hub.config.edit import add_table, raw_connectors, raw_tables, set_enabled
from hub.config.load import parse, read_document, read_text
from hub.config.models import ConnectorTable, PluginTable
from hub.discovery.found import FoundConnector, find_connectors, find_plugins
from hub.discovery.guarded import Deadline, stdout_to_stderr
from hub.discovery.load import LOAD_SECONDS, import_class, unconfigured, unusable, with_files, with_tables
from hub.discovery.load import state_of as connector_state
from hub.discovery.state import ConnectorState
from hub.errors import ConfigError, ConnectorLoadError
from hub.plugins.load import seen
from hub.plugins.state import PluginState

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
    plugin: PluginOption = None,
    config: ConfigOption = None,
) -> None:
    """List what is installed or named in hub.toml, connectors and plugins. Imports none of it without --load."""
    state = state_of(ctx, config, plugin)
    problem: ConfigError | None = None
    if load:
        with stdout_to_stderr():
            states, plugins = asyncio.run(_loaded(state))
    else:
        document: Mapping[str, Any] = {}
        try:
            document = _document(state)
        except ConfigError as error:
            problem = error
        states, plugins = _seen(_tables(document), state.files), _seen_plugins(document)
    if as_json:
        described = [_described(each, "connector", loaded=load) for each in states]
        described += [_described(each, "plugin", loaded=load) for each in plugins]
        typer.echo(state.secrets.redact(json.dumps(described, indent=2, ensure_ascii=False)))
    else:
        typer.echo(state.secrets.redact(_listed(states, plugins, loaded=load)))
    if problem is not None:
        raise problem


@app.command()
def enable(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of an installed connector, or of a table.")],
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
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of a [connectors.*] table in hub.toml.")],
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


def _document(state: CommandState) -> Mapping[str, Any]:
    """A hub.toml that need not be right in everything.

    Raises:
        ConfigError: There is no hub.toml, or it is no TOML.
    """
    return read_document(state.config, may_be_missing=bool(state.files)).tables


def _tables(document: Mapping[str, Any]) -> dict[str, ConnectorTable]:
    """The tables of connectors as far as listing needs them."""
    tables: dict[str, ConnectorTable] = {}
    for name, raw in raw_connectors(document).items():
        connector = raw.get("connector", "")
        tables[name] = ConnectorTable(
            connector=connector if isinstance(connector, str) else "",
            enabled=raw.get("enabled") is not False,
            sandbox=raw.get("sandbox") is True,
        )
    return tables


def _seen_plugins(document: Mapping[str, Any]) -> list[PluginState]:
    tables = {
        name: PluginTable(enabled=raw.get("enabled") is not False)
        for name, raw in raw_tables(document, "plugins").items()
    }
    return seen(tables, find_plugins())


def _seen(tables: Mapping[str, ConnectorTable], files: Sequence[Path]) -> list[ConnectorState]:
    """States as far as they can be told without importing anything."""
    found = with_files(find_connectors(), files)
    tables = with_tables(tables, found)
    states = unconfigured(tables, found)
    by_name = {item.name: item for item in found if not item.shadowed_by}
    for name, table in tables.items():
        item = by_name.get(table.connector or name)
        states.append(unusable(name, table, item, by_name) or connector_state(name, table, item, state="loaded"))
    return sorted(states, key=lambda s: (s.namespace, s.state == "shadowed"))


async def _loaded(state: CommandState) -> tuple[Sequence[ConnectorState], Sequence[PluginState]]:
    from hub.cli.opened import opened

    # What these would warn of stands in the list.
    for name in ("hub.discovery", "hub.plugins"):
        logging.getLogger(name).setLevel(logging.DEBUG if state.debug else logging.ERROR)
    async with opened(state) as all_of_it:
        plugins = all_of_it.plugins.states or seen({}, await asyncio.to_thread(find_plugins))
        return all_of_it.connectors.states, plugins


def _listed(states: Sequence[ConnectorState], plugins: Sequence[PluginState], *, loaded: bool) -> str:
    """The tables for people."""
    head = ("STATE", "PACKAGE", "VERSION", "NOTE")
    rows = [
        (s.namespace, _word(s, loaded=loaded), s.distribution or "-", s.version or "-", _note(s)) for s in states
    ]
    told = [columns(("CONNECTOR", *head), rows)] if rows else []
    if not rows:
        told.append("No connector is installed. `pip install hub-connector-prometheus` brings one.")
    if plugins:
        rows = [
            (s.name, _word(s, loaded=loaded), s.distribution or "-", s.version or "-", _note_of_plugin(s))
            for s in plugins
        ]
        told.append(columns(("PLUGIN", *head), rows))
    return "\n\n".join(told)


def _word(state: ConnectorState | PluginState, *, loaded: bool) -> str:
    """`enabled` is all that is known of what nobody has loaded."""
    return "enabled" if state.state == "loaded" and not loaded else state.state


def _note(state: ConnectorState) -> str:
    note = ". ".join(filter(None, (state.reason, state.hint)))
    if state.state == "loaded" and state.refusals:
        note = f"not offered: {'; '.join(state.refusals)}"
    if state.sandbox:
        note = f"SANDBOX{'. ' if note else ''}{note}"
    return note


def _note_of_plugin(state: PluginState) -> str:
    return ", ".join(state.provides) or ". ".join(filter(None, (state.reason, state.hint)))


def _described(state: ConnectorState | PluginState, kind: str, *, loaded: bool) -> dict[str, Any]:
    return {"kind": kind, **asdict(state), "state": _word(state, loaded=loaded)}
