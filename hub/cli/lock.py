"""`hub lock`: records what agents are shown, shows what has changed since, and agrees to it."""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from hub.cli.options import ConfigOption
from hub.cli.state import CommandState, state_of
from hub.discovery.guarded import stdout_to_stderr
from hub.discovery.state import BROKEN, ConnectorState
from hub.errors import ConfigError
from hub.lock.compare import Difference, differences, locked_now
from hub.lock.file import LockedConnector, path_of, read_lock, write_lock


def lock(
    ctx: typer.Context,
    accept: Annotated[
        list[str] | None,
        typer.Option("--accept", metavar="NAME", help="Agree to what has changed in this connector; repeatable."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="With --accept: do not ask.")] = False,
    config: ConfigOption = None,
) -> None:
    """Record what agents are shown in hub.lock, beside hub.toml; once it is there, show what differs from it.

    It holds the package and version of each connector, and every definition as a client sees it. `hub serve
    --locked` offers nothing else. Exits with 1 where something differs and was not accepted.
    """
    state = state_of(ctx, config)
    with stdout_to_stderr():
        found = asyncio.run(_loaded(state))
    path = path_of(state.config)
    if not path.exists():
        _write_first(path, found)
        return
    before = read_lock(path)
    now = found.locked
    kept = {state.namespace for state in found.broken}
    names = sorted({*before, *now} - kept)
    changed = {name: diff for name in names if (diff := differences(before.get(name), now.get(name)))}
    for name in accept or ():
        _check_acceptable(name, names, found.broken)
    for name, diff in changed.items():
        if not accept or name in accept:
            _show(name, diff, new=name not in before, gone=name not in now)
    _tell_broken(found.broken, "does not load and stays as it was locked")
    if not changed:
        typer.echo(f"{path.name} is up to date: {_counted(before)}.")
    accepted = [name for name in changed if name in (accept or ())]
    if accepted and _agreed(accepted, yes=yes):
        write_lock(path, _merged(before, now, accepted))
        typer.echo(f"Agreed to {', '.join(accepted)}; {path.name} is written.")
        changed = {name: diff for name, diff in changed.items() if name not in accepted}
    if changed:
        open_names = " ".join(f"--accept {name}" for name in changed)
        typer.echo(f"Not as it was locked: {', '.join(changed)}. To agree, run `hub lock {open_names}`.", err=True)
        raise typer.Exit(1)


class _Found:
    """What is loaded now, and what is not."""

    def __init__(self, locked: Mapping[str, LockedConnector], states: Sequence[ConnectorState]) -> None:
        self.locked = dict(locked)
        self.broken = [state for state in states if state.state in BROKEN]


async def _loaded(state: CommandState) -> _Found:
    from hub.cli.opened import opened

    async with opened(state) as all_of_it:
        connectors = all_of_it.connectors
        locked = {
            one.namespace: locked_now(
                one,
                [item for item in connectors.items if item.namespace == one.namespace],
                connectors.instructions[one.namespace],
            )
            for one in connectors.states
            if one.state == "loaded"
        }
        return _Found(locked, connectors.states)


def _write_first(path: Path, found: _Found) -> None:
    if found.broken:
        _tell_broken(found.broken, "does not load")
        raise ConfigError(
            "nothing was locked, because not every connector loads",
            hint="Mend or disable those; `hub check` says how",
        )
    write_lock(path, found.locked)
    typer.echo(f"Locked {_counted(found.locked)} in {path}. Commit it, and run `hub serve --locked`.")


def _check_acceptable(name: str, names: Sequence[str], broken: Sequence[ConnectorState]) -> None:
    if any(state.namespace == name for state in broken):
        raise ConfigError(f"{name} does not load, so there is nothing to agree to", hint="Run `hub check`")
    if name not in names:
        raise ConfigError(
            f"neither hub.toml nor the lock file has a connector {name!r}", hint=f"There is {', '.join(names)}"
        )


def _show(name: str, diff: Sequence[Difference], *, new: bool, gone: bool) -> None:
    typer.echo(f"{name}: {'not locked yet' if new else 'no longer there' if gone else 'has changed'}")
    for one in diff:
        typer.echo(f"  {one}")
        for line in one.lines() if one.after is not None else ():
            typer.echo(f"    {line}")
    typer.echo("")


def _tell_broken(broken: Sequence[ConnectorState], what: str) -> None:
    for state in broken:
        typer.echo(f"{state.namespace} {what}: {state.reason}", err=True)


def _agreed(names: Sequence[str], *, yes: bool) -> bool:
    if yes:
        return True
    if not sys.stdin.isatty():
        typer.echo("Nothing was written: there is nobody to ask. Add --yes once you have read this.", err=True)
        return False
    return typer.confirm(f"Agree to this of {', '.join(names)}?")


def _merged(
    before: Mapping[str, LockedConnector], now: Mapping[str, LockedConnector], accepted: Sequence[str]
) -> dict[str, LockedConnector]:
    merged = dict(before)
    for name in accepted:
        if name in now:
            merged[name] = now[name]
        else:
            del merged[name]
    return merged


def _counted(locked: Mapping[str, LockedConnector]) -> str:
    tools = sum(name.startswith("tool ") for one in locked.values() for name in one.definitions)
    return f"{len(locked)} connector{'' if len(locked) == 1 else 's'} with {tools} tools"
