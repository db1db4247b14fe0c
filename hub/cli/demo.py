"""`hub demo`: serves the sandbox, acts as an MCP client itself, and shows what an agent gets."""

import asyncio
import errno
import os
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.access.principal import OPEN
from hub.cli.clients import ClientSetup, client_setups
from hub.cli.errors import EXIT_INTERRUPTED
from hub.cli.options import ConfigOption, PluginOption
from hub.cli.show import columns
from hub.cli.state import CommandState, state_of
from hub.discovery.found import find_connectors
from hub.discovery.state import ConnectorState
from hub.errors import ConfigError, StartError

if TYPE_CHECKING:
    from mcp.client import Client
    from rich.console import Console

    from hub.hub import Hub
    from hub.server.sockets import Address


def demo(
    ctx: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="End after the tour, with its exit status.")] = False,
    port: Annotated[
        int | None,
        typer.Option(
            "--port", metavar="PORT", min=0, max=65535, help="Where to serve; else hub.toml's port, or a free one."
        ),
    ] = None,
    plugin: PluginOption = None,
    config: ConfigOption = None,
) -> None:
    """Serve the embedded sandbox, act as an MCP client of it, and show what an agent gets.

    Runs hub.toml if there is one, else what --plugin names, else every installed connector in its sandbox. Goes on
    serving until Ctrl-C.
    """
    state = state_of(ctx, config, plugin)
    console = _console()
    with _config(state) as (path, passing):
        status = asyncio.run(_run(console, state, path, port, once=once, passing=passing))
    raise typer.Exit(status)


def _console() -> "Console":
    from rich.console import Console

    class PlainConsole(Console):
        def on_broken_pipe(self) -> None:
            """Leave it to the command line, which ends quietly when nobody reads."""
            raise BrokenPipeError(errno.EPIPE, "nobody reads")

    # What is printed is not ours to style: a name or a result may hold what looks like markup.
    return PlainConsole(highlight=False, soft_wrap=True, markup=False, emoji=False)


@contextmanager
def _config(state: CommandState) -> Generator[tuple[Path, bool]]:
    """The hub.toml to run, and whether it is a passing one, with every installed connector in its sandbox."""
    try:
        path = state.config
    except ConfigError:
        if state.given is not None or "HUB_CONFIG" in os.environ:
            raise
    else:
        yield path, not path.exists()
        return
    names = [found.name for found in find_connectors() if not found.shadowed_by]
    if not names:
        raise StartError(
            "No connector is installed, so there is nothing to show",
            hint="Run `pip install hub-connector-prometheus`, or `make demo` in a checkout",
        )
    with tempfile.TemporaryDirectory(prefix="hub-demo-") as folder:
        path = Path(folder) / "hub.toml"
        tables = "".join(f"[connectors.{name}]\nsandbox = true\n" for name in names)
        path.write_text(f'[hub]\nname = "Integration hub (sandbox)"\n{tables}', encoding="utf-8")
        yield path, True


async def _run(
    console: "Console", state: CommandState, config: Path, port: int | None, *, once: bool, passing: bool
) -> int:
    from hub.hub import Hub
    from hub.server.http import serve_http, signal_handlers

    stop = asyncio.Event()
    async with Hub.open(config, files=state.files, secrets=state.secrets) as hub:
        if hub.requires_key:
            raise StartError(
                f"{config} has [[auth.keys]], and the demo has no key to show",
                hint="Run `hub serve` with it, or `hub demo` with a file without keys",
            )
        if port is None and not _is_free(hub.settings.server.host, hub.settings.server.port):
            console.print(f"Port {hub.settings.server.port} is in use, so the demo takes a free one.\n")
            port = 0
        with signal_handlers({"SIGINT": stop.set, "SIGTERM": stop.set}):
            async with serve_http(hub, port=port) as address:
                touring = asyncio.create_task(_tour(console, hub, address))
                stopping = asyncio.create_task(stop.wait())
                await asyncio.wait({touring, stopping}, return_when=asyncio.FIRST_COMPLETED)
                if not touring.done():
                    touring.cancel()
                    return EXIT_INTERRUPTED
                status = touring.result()
                if not once:
                    _show_clients(console, client_setups(address.mcp, None if passing else config), address)
                    await stopping
                stopping.cancel()
                return status


async def _tour(console: "Console", hub: "Hub", address: "Address") -> int:
    """What an agent sees: the connectors, the tools, and calls with their results; 1 if anything failed."""
    from mcp.client import Client

    states = [state for state in hub.states(OPEN) if state.state != "disabled"]
    loaded = [state for state in states if state.state == "loaded"]
    console.print(hub.settings.hub.name, style="bold", end="")
    console.print(f"  {address.mcp}\n")
    rows = [(state.namespace, state.title, state.state, _told_of(state)) for state in states]
    for line in columns(("CONNECTOR", "PRODUCT", "STATE", ""), rows).splitlines():
        console.print(f"  {line}")
    if not loaded:
        raise StartError(
            "No connector could be loaded, so there is nothing to show",
            hint=next((state.hint for state in states if state.hint), "Enable one in hub.toml"),
        )
    async with Client(address.mcp) as client:
        tools = (await client.list_tools()).tools
        console.print(f"\n{len(tools)} tools, as an MCP client sees them over HTTP", style="bold")
        rows = [(tool.name, (tool.description or "").partition("\n")[0]) for tool in tools]
        width = console.width - 2 if console.is_terminal else None
        for line in columns(("TOOL", "WHAT IT DOES"), rows, width=width).splitlines():
            console.print(f"  {line}")
        failed = 0
        for name, arguments in _calls(hub, loaded):
            failed += await _show_call(console, client, name, arguments)
    return 1 if failed or len(loaded) < len(states) else 0


def _told_of(state: ConnectorState) -> str:
    if state.state == "loaded":
        return "sandbox: invented data" if state.sandbox else ""
    return ". ".join(filter(None, (state.reason, state.hint)))


def _calls(hub: "Hub", loaded: list[ConnectorState]) -> list[tuple[str, dict[str, Any]]]:
    """The calls the connectors' sandboxes suggest; without a sandbox, the hub's own status."""
    suggested: list[tuple[str, dict[str, Any]]] = []
    for state in loaded:
        if state.sandbox and (connector := hub.connector(state.namespace)) is not None:
            sandbox = type(connector).sandbox()
            calls = sandbox.try_calls if sandbox else ()
            suggested += [(f"{state.namespace}_{name}", dict(arguments)) for name, arguments in calls]
    return suggested or [("hub_status", {})]


async def _show_call(console: "Console", client: "Client", name: str, arguments: dict[str, Any]) -> bool:
    """Make one call and print it; whether it failed."""
    console.print(f"\n▸ {name}", style="bold", end="")
    console.print("".join(f"  {key}={value}" for key, value in arguments.items()))
    result = await client.call_tool(name, arguments)
    for block in result.content:
        for line in _aligned(getattr(block, "text", "")):
            console.print(f"  {line}")
    return bool(result.is_error)


def _aligned(text: str) -> Iterator[str]:
    """The lines of a result; the tab-separated tables in it, made for models, with their columns in line."""
    for tabbed, group in groupby(text.splitlines(), key=lambda line: "\t" in line):
        lines = list(group)
        if not tabbed:
            yield from lines
            continue
        rows = [line.split("\t") for line in lines]
        most = max(map(len, rows))
        head, *body = [row + [""] * (most - len(row)) for row in rows]
        yield from columns(head, body).splitlines()


def _show_clients(console: "Console", setups: list[ClientSetup], address: "Address") -> None:
    console.print("\nGive it to an agent: paste one of these", style="bold")
    for setup in setups:
        console.print(f"\n  {setup.client}, {setup.transport}", style="bold", end="")
        console.print(f"  {setup.where}\n    {setup.text}")
    console.print(f"\nServing MCP at {address.mcp}; Ctrl-C ends it.", style="bold")


def _is_free(host: str, port: int) -> bool:
    from hub.server.sockets import bind

    try:
        socket, _ = bind(host, port, keys=True)
    except StartError:
        return False
    socket.close()
    return True
