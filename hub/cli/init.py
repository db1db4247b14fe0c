"""`hub init`: writes a commented hub.toml for what is installed."""

import asyncio
import os
from pathlib import Path
from typing import Annotated

import typer

from hub.cli.options import ConfigOption
from hub.cli.state import state_of
from hub.errors import ConfigError, HubError


def init(
    ctx: typer.Context,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
    config: ConfigOption = None,
) -> None:
    """Write a commented hub.toml for the connectors installed; fill in what they need, then run `hub check`."""
    from hub.config.edit import write_atomically
    from hub.config.template import Installed, hub_toml
    from hub.connector.base import settings_of
    from hub.discovery.found import find_connectors
    from hub.discovery.guarded import Deadline, stdout_to_stderr
    from hub.discovery.load import LOAD_SECONDS, import_class

    path = state_of(ctx, config).given or Path(os.environ.get("HUB_CONFIG") or "hub.toml")
    if path.exists() and not force:
        raise ConfigError(f"{path} is there already", hint="Edit it, or run `hub init --force` to replace it")
    installed: list[Installed] = []
    for found in find_connectors():
        if found.shadowed_by:
            continue
        try:
            if found.incompatible:
                raise HubError(found.incompatible)
            with stdout_to_stderr():
                cls, title = asyncio.run(import_class(found, Deadline(LOAD_SECONDS)))
            installed.append(Installed(name=found.name, title=title, settings_type=settings_of(cls)))
        except HubError as error:
            installed.append(Installed(name=found.name, reason=error.message))
    write_atomically(path, hub_toml(installed))
    typer.echo(f"Wrote {path}")
    for connector in installed:
        if connector.settings_type is None:
            typer.echo(f"  {connector.name}: cannot be used: {connector.reason}")
            continue
        missing = [name for name, field in connector.settings_type.model_fields.items() if field.is_required()]
        typer.echo(
            f"  [connectors.{connector.name}]: "
            + (f"fill in {', '.join(missing)}" if missing else "fill in what it needs")
        )
    if not installed:
        typer.echo("  no connector is installed; `pip install hub-connector-prometheus` brings one")
    typer.echo("Next: edit it, then run `hub check`, which says what is missing")
