"""The program `hub`: its commands by name, and what becomes of their errors."""

import errno
import importlib
import io
import os
import sys
from collections.abc import Mapping
from typing import Annotated, Any, TextIO, cast

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command as command_of

from hub.cli.errors import EXIT_INTERRUPTED, code_of, lines_of, only_cause
from hub.cli.options import ConfigOption
from hub.errors import HubError

COMMANDS: Mapping[str, tuple[str, str]] = {
    "serve": ("hub.cli.serve:serve", "Serve MCP, over HTTP or stdio."),
    "demo": ("hub.cli.demo:demo", "Serve the embedded sandbox and show what an agent sees."),
    "init": ("hub.cli.init:init", "Write a commented hub.toml for the connectors installed."),
    "check": ("hub.cli.check:check", "Check hub.toml, its secrets and the access to each service."),
    "diagnose": ("hub.cli.diagnose:diagnose", "Tell what is known of one connector, for a bug report."),
    "connectors": ("hub.cli.connectors:app", "List, enable and disable connectors."),
    "tools": ("hub.cli.tools:app", "List the tools an agent sees."),
    "lock": ("hub.cli.lock:lock", "Record what agents are shown, and agree to what has changed."),
    "call": ("hub.cli.call:call", "Call a tool."),
    "new": ("hub.cli.new:new", "Start a connector of your own."),
    "check-quality": ("hub.cli.quality:check_quality", "Hold a connector against the quality scale."),
    "audit": ("hub.cli.audit:app", "Read the audit log."),
    "key": ("hub.cli.key:key", "Make an API key for a client."),
}
"""Where each command lives, and the line that `hub --help` shows without importing it."""


class LazyGroup(TyperGroup):
    """Imports a command's module when the command is asked for, and turns errors into lines."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        for name, (_, text) in COMMANDS.items():
            self.add_command(TyperCommand(name, help=text))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Put the real command in the place of its stand-in."""
        if args and args[0] in COMMANDS:
            self.add_command(_load(args[0]))
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run a command; what it raises becomes an exit status and at most two lines."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise typer.Exit(EXIT_INTERRUPTED) from None
        except Exception as raised:
            error = only_cause(raised)
            if isinstance(error, OSError) and error.errno == errno.EPIPE:
                raise error from None
            if not isinstance(error, HubError) and type(error).__module__.startswith(("typer.", "click.")):
                raise
            debug = bool(ctx.obj and ctx.obj.debug)
            for line in lines_of(error, debug=debug):
                typer.echo(ctx.obj.secrets.redact(line) if ctx.obj else line, err=True)
            raise typer.Exit(code_of(error)) from None


def _load(name: str) -> Any:
    module, _, attribute = COMMANDS[name][0].partition(":")
    found = getattr(importlib.import_module(module), attribute)
    if not isinstance(found, typer.Typer):
        single = typer.Typer(add_completion=False, rich_markup_mode=None)
        single.command(name)(found)
        found = single
    command = command_of(found)
    command.name = name
    return command


app = typer.Typer(
    name="hub",
    cls=LazyGroup,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from hub import __version__

        typer.echo(f"hub {__version__}")
        raise typer.Exit


@app.callback()
def root(
    ctx: typer.Context,
    config: ConfigOption = None,
    debug: Annotated[
        bool, typer.Option("--debug", help="Log everything, and show where an error comes from.")
    ] = False,
    version: Annotated[  # noqa: ARG001  its callback prints it
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """One MCP server in front of many SaaS tools."""
    from hub.cli.state import CommandState

    ctx.obj = CommandState.start(config, debug=debug)


def main() -> None:
    """Run the program and exit with its status: 0, 1 for failures, 2 for a wrong configuration or usage."""
    status: object = EXIT_INTERRUPTED
    try:
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="replace")
        app(prog_name="hub")
    except SystemExit as leaving:
        status = leaving.code
    except KeyboardInterrupt:
        pass
    stdout = cast("TextIO | None", sys.stdout)  # None where it is closed
    try:
        if stdout is not None:
            stdout.flush()
    except OSError:
        # The reader is gone: Python must not complain about that when it flushes once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.exit(cast("int", status))
