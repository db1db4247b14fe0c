"""`hub serve`: serves MCP until it is told to stop."""

import asyncio
import gc
import logging
import os
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.access.principal import LOCAL
from hub.cli.options import ConfigOption, PluginOption
from hub.cli.state import CommandState, state_of
from hub.discovery.state import BROKEN
from hub.telemetry.logging import LogFormat, LogLevel, configure_logging

if TYPE_CHECKING:
    from hub.hub import Hub
    from hub.server.sockets import Address

log = logging.getLogger("hub.cli")


def serve(
    ctx: typer.Context,
    stdio: Annotated[bool, typer.Option("--stdio", help="Serve one client over stdin and stdout.")] = False,
    host: Annotated[
        str | None, typer.Option("--host", metavar="ADDRESS", help="Instead of [server] host.", show_default=False)
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            "--port",
            metavar="PORT",
            min=0,
            max=65535,
            help="Instead of [server] port; 0 takes a free one.",
            show_default=False,
        ),
    ] = None,
    strict: Annotated[
        bool,
        typer.Option("--strict", help="Do not start unless all that hub.toml wants loads, with all its tools."),
    ] = False,
    locked: Annotated[
        bool, typer.Option("--locked", help="Offer only what is as it stands in hub.lock; see `hub lock`.")
    ] = False,
    log_level: Annotated[
        LogLevel,
        typer.Option(
            "--log-level", metavar="LEVEL", help="What is logged on stderr: debug, info, warning or error."
        ),
    ] = "info",
    log_format: Annotated[
        LogFormat, typer.Option("--log-format", metavar="FORMAT", help="text for people, or json.")
    ] = "text",
    plugin: PluginOption = None,
    config: ConfigOption = None,
) -> None:
    """Serve MCP over Streamable HTTP, or with --stdio to the program that started this one.

    SIGTERM and Ctrl-C let calls in flight finish; SIGHUP reads hub.toml again.
    """
    if stdio and (host is not None or port is not None):
        raise typer.BadParameter("--stdio listens on no address; leave --host and --port out")
    state = state_of(ctx, config, plugin)
    configure_logging(level="debug" if state.debug else log_level, log_format=log_format, secrets=state.secrets)
    # Start-up allocates much and frees next to nothing: collecting in between only costs time.
    gc.disable()
    if stdio:
        _serve_stdio(state, strict=strict, locked=locked)
    else:
        _serve_http(
            state, host, port, strict=strict, locked=locked, tell=log.info if log_format == "json" else _say
        )


def _serve_stdio(state: CommandState, *, strict: bool, locked: bool) -> None:
    from hub.server.lines import claimed_stdio

    with claimed_stdio() as (read, write):
        from hub.server.stdio import run_stdio

        _run(state, lambda hub: run_stdio(hub, read, write), strict=strict, locked=locked)


def _serve_http(
    state: CommandState,
    host: str | None,
    port: int | None,
    *,
    strict: bool,
    locked: bool,
    tell: Callable[[str], None],
) -> None:
    from hub.server.http import run_http

    def face(hub: "Hub") -> Coroutine[Any, Any, None]:
        def announce(address: "Address") -> None:
            for line in _announced(hub, address):
                tell(line)

        return run_http(hub, host=host, port=port, ready=announce)

    _run(state, face, strict=strict, locked=locked)


def _announced(hub: "Hub", address: "Address") -> list[str]:
    """Where the hub serves, who can reach it, and what it has to offer."""
    lines = [f"Serving MCP at {address.mcp}"]
    if not address.on_loopback:
        lines.append(f"  listens on {address.host}: other machines reach it, and callers need a key")
    for state in hub.states(LOCAL):
        if state.state == "loaded":
            held = ", but not all it has is offered; hub_status says why" if state.refusals else ""
            lines.append(f"  {state.namespace}: {'sandbox, invented data' if state.sandbox else 'loaded'}{held}")
        elif state.state != "disabled":
            lines.append(f"  {state.namespace}: {state.state.replace('_', ' ')}, see `hub check`")
    for plugin in hub.plugin_states(LOCAL):
        if plugin.state == "loaded":
            lines.append(f"  plugin {plugin.name}: {', '.join(plugin.provides)}")
        elif plugin.state in BROKEN:
            lines.append(f"  plugin {plugin.name}: {plugin.state.replace('_', ' ')}, see `hub check`")
    return lines


def _say(line: str) -> None:
    typer.echo(line, err=True)


def _run(
    state: CommandState, face: "Callable[[Hub], Coroutine[Any, Any, None]]", *, strict: bool, locked: bool
) -> None:
    async def run() -> None:
        from hub.hub import Hub

        async with Hub.open(
            state.config, strict=strict, locked=locked, files=state.files, secrets=state.secrets
        ) as hub:
            gc.enable()
            # What is there now stays: the collector need never look at it again. A call makes and drops hundreds of
            # objects, so looking after every 700 new ones finds little; later is cheaper and costs little memory.
            gc.freeze()
            gc.set_threshold(10_000, 20, 20)
            await face(hub)

    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(run())


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Uvloop where it runs: about a tenth less CPU per call."""
    if os.name == "nt":
        return None
    import uvloop

    return uvloop.new_event_loop
