"""`hub diagnose`: one connector for a bug report, without a secret in it."""

import asyncio
import logging
from typing import Annotated

import typer

from hub.cli.options import ConfigOption, PluginOption
from hub.cli.show import columns
from hub.cli.state import CommandState, state_of
from hub.discovery.guarded import stdout_to_stderr


def diagnose(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of a [connectors.*] table in hub.toml.")],
    offline: Annotated[bool, typer.Option("--offline", help="Call no service.")] = False,
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="SECONDS", min=0.1, help="Seconds the service gets to answer.")
    ] = 15.0,
    plugin: PluginOption = None,
    config: ConfigOption = None,
) -> None:
    """Tell what is known of one connector: versions, settings, state, access, limits left, last errors.

    Secrets are masked, and arguments and results of calls left out, so that it can go into a bug report.
    """
    state = state_of(ctx, config, plugin)
    with stdout_to_stderr():
        told = asyncio.run(_diagnosis(state, name, None if offline else timeout))
    typer.echo(state.secrets.redact(as_text(told)))


def as_text(told: list[tuple[str, str]]) -> str:
    """The lines of a diagnosis, one below the other."""
    head, *rows = told
    return columns(head, rows)


async def _diagnosis(state: CommandState, name: str, seconds: float | None) -> list[tuple[str, str]]:
    from hub.cli.diagnosis import diagnosis
    from hub.hub import Hub

    # Of this connector the report tells all, and of the others nothing matters here.
    logging.getLogger("hub.discovery").setLevel(logging.DEBUG if state.debug else logging.ERROR)
    async with Hub.open(state.config, files=state.files, secrets=state.secrets) as hub:
        return await diagnosis(hub, name, seconds=seconds)
