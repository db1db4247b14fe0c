"""`hub check`: is hub.toml right, is every secret there, and does every service let the hub in."""

import asyncio
import logging
import os
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.names import names_without_meaning
from hub.cli.options import ConfigOption, PluginOption
from hub.cli.show import columns
from hub.cli.state import CommandState, state_of
from hub.config.models import HubSettings
from hub.connector.base import Connector
from hub.connector.declare import declarations
from hub.discovery.guarded import Deadline, NotInTime, load_error, stdout_to_stderr
from hub.discovery.kept import Kept
from hub.discovery.load import line_of
from hub.discovery.state import BROKEN, ConnectorState
from hub.discovery.steps import LoopHeldUp
from hub.errors import ConnectorLoadError, HubError
from hub.plugins.state import PluginState

if TYPE_CHECKING:
    from hub.cli.opened import Opened

OWN_NAMES = frozenset({"hub_status", "hub_read_result", "hub_connectors", "hub_results"})
"""Of the hub's own tools and resources."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One line of the report.

    Attributes:
        what: The part that was looked at.
        verdict: `ok`, `off`, or `PROBLEM`.
        text: What was found.
        mend: What to do about it.
    """

    what: str
    verdict: str
    text: str = ""
    mend: str = ""


def check(
    ctx: typer.Context,
    offline: Annotated[bool, typer.Option("--offline", help="Call no service.")] = False,
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="SECONDS", min=0.1, help="Seconds each service gets to answer.")
    ] = 15.0,
    plugin: PluginOption = None,
    config: ConfigOption = None,
) -> None:
    """Check hub.toml, resolve every secret, and make one cheap authenticated call to each service.

    Exits with 1 if there is a problem, and with 2 if hub.toml itself is wrong.
    """
    state = state_of(ctx, config, plugin)
    with stdout_to_stderr():
        findings = asyncio.run(_findings(state, state.config, None if offline else timeout))
    table = columns(("WHAT", "VERDICT", "FOUND"), [(f.what, f.verdict, f.text) for f in findings])
    typer.echo(state.secrets.redact(table))
    problems = [finding for finding in findings if finding.verdict == "PROBLEM"]
    for finding in problems:
        if finding.mend:
            typer.echo(state.secrets.redact(f"{finding.what}: {finding.mend}"))
    if problems:
        typer.echo(f"{len(problems)} problem{'s' if len(problems) > 1 else ''}")
        raise typer.Exit(1)


def _server(settings: HubSettings) -> list[Finding]:
    findings: list[Finding] = []
    host = settings.server.host
    if not settings.auth.keys and not _is_loopback(host):
        findings.append(
            Finding(
                what="server.host",
                verdict="PROBLEM",
                text=f"{host} can be reached from other machines and there are no [[auth.keys]]",
                mend="Add a key with `hub key CLIENT`, or bind 127.0.0.1",
            )
        )
    if settings.auth.keys and not settings.roles:
        findings.append(
            Finding(
                what="auth.keys",
                verdict="PROBLEM",
                text="there are no [roles.*], so no key may do anything",
                mend="Add a role with allowed_tools and name it in the keys",
            )
        )
    folder = settings.hub.state
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    if not (folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)):
        findings.append(
            Finding(
                what="hub.state",
                verdict="PROBLEM",
                text=f"{settings.hub.state} cannot be written",
                mend=f"Correct the permissions of {folder}, or name another folder",
            )
        )
    return findings


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


async def _findings(state: CommandState, path: Path, seconds: float | None) -> list[Finding]:
    """All of them, from the file to the services."""
    from hub.cli.opened import opened

    # What these would warn of stands in the table.
    for name in ("hub.discovery", "hub.plugins"):
        logging.getLogger(name).setLevel(logging.DEBUG if state.debug else logging.ERROR)
    async with opened(state) as all_of_it:
        is_there = await asyncio.to_thread(path.exists)
        return [
            Finding(what="hub.toml", verdict="ok", text=str(path) if is_there else "none, all as by default"),
            *_server(all_of_it.settings),
            *map(_of_plugin, all_of_it.plugins.states),
            *await _connectors(all_of_it, seconds),
        ]


def _of_plugin(state: PluginState) -> Finding:
    what = f"plugins.{state.name}"
    if state.state in BROKEN:
        return Finding(what=what, verdict="PROBLEM", text=state.reason, mend=state.hint)
    if state.state != "loaded":
        return Finding(what=what, verdict="off", text=". ".join(filter(None, (state.reason, state.hint))))
    return Finding(what=what, verdict="ok", text=", ".join(state.provides))


async def _connectors(opened: "Opened", seconds: float | None) -> Sequence[Finding]:
    states = opened.connectors.states
    loaded = {item.namespace: item.connector for item in opened.connectors.items}
    known = [_without_asking(each, loaded, asking=seconds is not None) for each in states]
    asked = [each for each, finding in zip(states, known, strict=True) if finding is None]
    answers = iter(await _ask([(each, loaded[each.namespace]) for each in asked], seconds or 0.0))
    found = [finding or next(answers) for finding in known]
    return found + _names(opened.settings, states, loaded)


def _names(
    settings: HubSettings, states: Sequence[ConnectorState], loaded: Mapping[str, Connector[Any]]
) -> list[Finding]:
    declared = {
        f"{namespace}_{declaration.name}"
        for namespace, connector in loaded.items()
        for declaration in declarations(type(connector)).values()
    }
    unknown = [state.namespace for state in states if state.namespace not in loaded]
    return [
        Finding(
            what=setting,
            verdict="PROBLEM",
            text=f"{name!r} is the name of nothing here, so it has no effect",
            mend=f"Did you mean {near}?" if near else "`hub tools` lists the names",
        )
        for setting, name, near in names_without_meaning(settings, declared | OWN_NAMES, unknown)
    ]


def _without_asking(state: ConnectorState, loaded: Mapping[str, Connector[Any]], *, asking: bool) -> Finding | None:
    """What is found without a call; None if the service has to be asked."""
    if state.state in ("disabled", "shadowed"):
        return Finding(
            what=state.namespace, verdict="off", text=". ".join(filter(None, (state.reason, state.hint)))
        )
    if state.state != "loaded":
        return Finding(what=state.namespace, verdict="PROBLEM", text=state.reason, mend=state.hint)
    if state.refusals:
        return Finding(what=state.namespace, verdict="PROBLEM", text=f"not offered: {'; '.join(state.refusals)}")
    if state.namespace not in loaded:
        return Finding(what=state.namespace, verdict="ok", text="its filter leaves nothing to offer")
    if not asking:
        return Finding(what=state.namespace, verdict="ok", text="settings and secrets (service not called)")
    return None


async def _ask(connectors: Sequence[tuple[ConnectorState, Connector[Any]]], seconds: float) -> Sequence[Finding]:
    """Let all connectors ask their services at once, and again those whose time one of the others took.

    They share an event loop, so while one blocks it, the time of the others runs out too. Each round finds
    at least one that blocks and asks it no more, so there is a last one.
    """
    results: dict[str, str | HubError] = {}
    left = connectors
    while left:
        answers = await asyncio.gather(*(_verify(state, connector, seconds) for state, connector in left))
        results |= {state.namespace: answer for (state, _), answer in zip(left, answers, strict=True)}
        if not any(isinstance(answer, LoopHeldUp) for answer in answers):
            break
        left = [pair for pair in connectors if isinstance(results[pair[0].namespace], NotInTime)]
    return [_answered(state, results[state.namespace], seconds) for state, _ in connectors]


async def _verify(state: ConnectorState, connector: Connector[Any], seconds: float) -> str | HubError:
    @asynccontextmanager
    async def asking() -> AsyncGenerator[object]:
        yield await connector.verify_access()

    # In its own task, and not on a thread of its own: its clients belong to this event loop.
    kept = Kept(f"verify_access() of {state.namespace}", asking, step_seconds=seconds)
    try:
        answer = await kept.enter(Deadline(seconds))
    except HubError as error:
        return error
    finally:
        await kept.leave(1.0)
    if not isinstance(answer, str):
        return load_error("", TypeError())
    return line_of(answer, 200)


def _answered(state: ConnectorState, answer: str | HubError, seconds: float) -> Finding:
    match answer:
        case str():
            return Finding(what=state.namespace, verdict="ok", text=("SANDBOX: " if state.sandbox else "") + answer)
        case NotInTime():
            text = f"the service did not answer within {seconds:g} seconds"
            mend = "Check the address and the network, or raise --timeout"
        case LoopHeldUp():
            text = f"the connector's own check did not let go of the event loop for {seconds:g} seconds"
            mend = f"Check the address and the network, and report it to the authors of {state.distribution}"
        case ConnectorLoadError(__cause__=BaseException() as cause):
            text = f"the connector's own check failed ({type(cause).__name__})"
            mend = f"Report it to the authors of {state.distribution}"
        case _:
            text, mend = answer.message, answer.hint
    return Finding(what=state.namespace, verdict="PROBLEM", text=text, mend=mend)
