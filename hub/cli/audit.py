"""`hub audit`: reads the audit log of this machine."""

import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.options import ConfigOption
from hub.cli.state import state_of
from hub.config.load import load_settings

if TYPE_CHECKING:
    from hub.audit.reader import AuditEntry

FOLLOW_SECONDS = 0.5

app = typer.Typer(help="Read the audit log.", add_completion=False, no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def audit() -> None:
    """Read the audit log."""


@app.command()
def tail(
    ctx: typer.Context,
    n: Annotated[int, typer.Option("-n", metavar="COUNT", min=0, help="How many calls.")] = 20,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with new ones as they end.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
    config: ConfigOption = None,
) -> None:
    """Show the newest calls, oldest first: when, who, what, and what came of it."""
    from hub.audit.reader import tail as newest
    from hub.audit.records import log_file

    path = log_file(load_settings(state_of(ctx, config).config).hub.state)
    last = 0
    for entry in newest(path, max(n, 1)):
        last = max(last, entry.last)
        if n:
            typer.echo(_as_json(entry) if as_json else _as_line(entry))
    if follow:
        for entry in _follow(path, last):
            typer.echo(_as_json(entry) if as_json else _as_line(entry))
    elif not last:
        typer.echo(f"No call is on record yet in {path}.", err=True)


def _follow(path: Path, last: int) -> "Iterator[AuditEntry]":
    from hub.audit.reader import follow

    while True:
        for entry in follow(path, last):
            last = max(last, entry.last)
            yield entry
        time.sleep(FOLLOW_SECONDS)


def _as_json(entry: "AuditEntry") -> str:
    import json

    told: dict[str, Any] = asdict(entry)
    # The arguments are JSON already, unless they had to be cut.
    told["arguments"] = entry.arguments if entry.arguments_sha256 else json.loads(entry.arguments)
    return json.dumps(told, ensure_ascii=False, default=_plain)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _as_line(entry: "AuditEntry") -> str:
    from hub.cli.show import one_line

    moment = entry.time.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    took = f"{entry.duration_ms:.0f} ms" if entry.duration_ms is not None else "-"
    arguments = "" if entry.arguments == "{}" else entry.arguments
    what = entry.name or entry.uri or "-"
    parts = (moment, entry.client, entry.transport, what, entry.outcome, took, arguments, *entry.notes)
    return one_line("  ".join(part for part in parts if part))
