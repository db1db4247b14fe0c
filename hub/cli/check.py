"""`hub check`: is hub.toml right, is every secret there, and does every service let the hub in."""

import asyncio
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any

import typer

from hub.cli.options import ConfigOption
from hub.cli.show import columns
from hub.cli.state import CommandState, state_of
from hub.config.load import load_settings
from hub.config.models import HubSettings
from hub.connector.base import Connector
from hub.discovery.state import ConnectorState
from hub.errors import HubError


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
        float, typer.Option("--timeout", min=0.1, help="Seconds each service gets to answer.")
    ] = 15.0,
    config: ConfigOption = None,
) -> None:
    """Check hub.toml, resolve every secret, and make one cheap authenticated call to each service.

    Exits with 1 if there is a problem, and with 2 if hub.toml itself is wrong.
    """
    state = state_of(ctx, config)
    path = state.config
    settings = load_settings(path)
    findings = [Finding(what="hub.toml", verdict="ok", text=str(path)), *_server(settings)]
    findings += asyncio.run(_connectors(state, path, settings, None if offline else timeout))
    typer.echo(columns(("WHAT", "VERDICT", "FOUND"), [(f.what, f.verdict, f.text) for f in findings]))
    problems = [finding for finding in findings if finding.verdict == "PROBLEM"]
    for finding in problems:
        if finding.mend:
            typer.echo(f"{finding.what}: {finding.mend}")
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


async def _connectors(
    state: CommandState, path: Path, settings: HubSettings, seconds: float | None
) -> Sequence[Finding]:
    from hub.discovery.connectors import open_connectors

    # What it would warn of stands in the table.
    logging.getLogger("hub.discovery").setLevel(logging.DEBUG if state.debug else logging.ERROR)
    async with open_connectors(settings, base=path.parent, register_secret=state.secrets.add) as connectors:
        loaded = {item.namespace: item.connector for item in connectors.items}
        return await asyncio.gather(
            *(_connector(each, loaded.get(each.namespace), seconds) for each in connectors.states)
        )


async def _connector(state: ConnectorState, connector: Connector[Any] | None, seconds: float | None) -> Finding:
    if state.state in ("disabled", "shadowed"):
        return Finding(
            what=state.namespace, verdict="off", text=". ".join(filter(None, (state.reason, state.hint)))
        )
    if state.state != "loaded":
        return Finding(what=state.namespace, verdict="PROBLEM", text=state.reason, mend=state.hint)
    if state.refusals:
        return Finding(what=state.namespace, verdict="PROBLEM", text=f"not offered: {'; '.join(state.refusals)}")
    if connector is None:
        return Finding(what=state.namespace, verdict="ok", text="its filter leaves nothing to offer")
    if seconds is None:
        return Finding(what=state.namespace, verdict="ok", text="settings and secrets (service not called)")
    try:
        async with asyncio.timeout(seconds):
            answer = await connector.verify_access()
    except TimeoutError:
        return Finding(
            what=state.namespace,
            verdict="PROBLEM",
            text=f"the service did not answer within {seconds:g} seconds",
            mend="Check the address and the network, or raise --timeout",
        )
    except HubError as error:
        return Finding(what=state.namespace, verdict="PROBLEM", text=error.message, mend=error.hint)
    except Exception as error:  # noqa: BLE001  a connector's own mistake must not hide the other findings
        return Finding(
            what=state.namespace,
            verdict="PROBLEM",
            text=f"the connector's own check failed ({type(error).__name__})",
            mend=f"Report it to the authors of {state.distribution}",
        )
    return Finding(what=state.namespace, verdict="ok", text=("SANDBOX: " if state.sandbox else "") + answer)
