"""`hub call`: takes one call through the same stages as an agent's."""

import asyncio
import json
import sys
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import typer

from hub.access.principal import LOCAL
from hub.calls.types import Call, Outcome
from hub.cli.arguments import arguments_of
from hub.cli.options import ConfigOption, PluginOption
from hub.cli.state import CommandState, state_of
from hub.discovery.guarded import stdout_to_stderr
from hub.results.content import Audio, Content, Embedded, Image, ResourceLink, Text


def call(
    ctx: typer.Context,
    tool: Annotated[str, typer.Argument(metavar="TOOL", help="A tool's full name; `hub tools` lists them.")],
    pairs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="KEY=VALUE",
            help="Arguments. Numbers, booleans and JSON where the tool's schema says so; KEY=@FILE reads a file, "
            "KEY=@- stdin, KEY=@@… is a text that starts with @.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole outcome as JSON.")] = False,
    plugin: PluginOption = None,
    config: ConfigOption = None,
) -> None:
    """Call a tool and print what an agent would get. Exits with 1 if the call fails."""
    with stdout_to_stderr():
        outcome = asyncio.run(_call(state_of(ctx, config, plugin), tool, pairs or []))
    if as_json:
        typer.echo(json.dumps(_described(outcome), indent=2, ensure_ascii=False))
    else:
        text = "\n".join(_shown(item) for item in outcome.content)
        typer.echo(text if outcome.ok else f"error: {text}", err=not outcome.ok)
    if not outcome.ok:
        raise typer.Exit(1)


async def _call(state: CommandState, tool: str, pairs: Sequence[str]) -> Outcome:
    from hub.hub import Hub

    async with Hub.open(state.config, files=state.files, secrets=state.secrets) as hub:
        item = hub.tool(tool)
        return await hub.call(
            Call(
                id=uuid4().hex,
                kind="tool",
                name=tool,
                arguments=arguments_of(pairs, item.parameters.schema if item else {}, _read),
                principal=LOCAL,
                transport="cli",
                progress=_show_progress if sys.stderr.isatty() else None,
            )
        )


def _read(name: str) -> str:
    return sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")


async def _show_progress(done: float, total: float | None, message: str | None) -> None:
    amount = f"{done:g}/{total:g}" if total is not None else f"{done:g}"
    typer.echo(f"… {amount} {message or ''}".rstrip(), err=True)


def _shown(item: Content) -> str:
    match item:
        case Text(text=text):
            return text
        case ResourceLink():
            return f"{item.uri}  {item.description or item.name}"
        case Image() | Audio():
            return f"[{item.mime_type}, {len(item.data)} bytes; --json holds them]"
        case Embedded():
            held = f"[{item.mime_type}, {len(item.data or b'')} bytes; --json holds them]"
            return f"{item.uri}\n{held if item.text is None else item.text}"


def _described(outcome: Outcome) -> dict[str, Any]:
    told: dict[str, Any] = {"ok": outcome.ok, "content": [_content(item) for item in outcome.content]}
    if outcome.error is not None:
        told["error"] = outcome.error
    if outcome.retry_after is not None:
        told["retry_after"] = outcome.retry_after
    return told


def _content(item: Content) -> dict[str, Any]:
    match item:
        case Text(text=text):
            return {"type": "text", "text": text}
        case ResourceLink():
            return {"type": "resource_link", "uri": item.uri, "name": item.name, "description": item.description}
        case Image() | Audio():
            kind = "image" if isinstance(item, Image) else "audio"
            return {"type": kind, "mime_type": item.mime_type, "data": b64encode(item.data).decode()}
        case Embedded():
            held = {"data": b64encode(item.data or b"").decode()} if item.text is None else {"text": item.text}
            return {"type": "resource", "uri": item.uri, "mime_type": item.mime_type, **held}
