"""Handlers that do something: tools/call, resources/read, prompts/get and completion/complete."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from secrets import token_hex
from typing import TYPE_CHECKING, Any

import mcp_types as t
from mcp.shared.exceptions import MCPError

from hub.calls.types import Call, Kind, Outcome
from hub.errors import HubError, QuotaExceeded
from hub.server import wire
from hub.server.client import LogLevels, progress_of
from hub.server.conversation import Conversations
from hub.server.guard import Context
from hub.server.identity import Caller
from hub.server.watching import LONGEST_URI

if TYPE_CHECKING:
    from hub.hub import Hub
    from hub.server.changes import Changes

BUSY_RETRY = 1.0
"""Seconds a refused client is told to wait while too many calls are worked on."""


class CallHandlers:
    """Turns MCP requests into calls of the hub, and bounds how many are worked on at once.

    Args:
        hub: Where calls go.
        who: Names the caller of the message at hand.
        changes: Told which resources a call changed.
        most: Calls worked on at once.
        waits: Whether a call beyond these waits for its turn; otherwise it is refused.
    """

    def __init__(
        self, hub: "Hub", who: Callable[[], Caller], changes: "Changes", *, most: int, waits: bool
    ) -> None:
        self._hub = hub
        self._who = who
        self._changes = changes
        self.levels = LogLevels()
        self._conversations = Conversations(hub, self._run)
        self._places = asyncio.Semaphore(most)
        self._waits = waits

    async def call_tool(self, ctx: Context, params: t.CallToolRequestParams) -> dict[str, Any]:
        """Answer tools/call."""
        call = self._call("tool", params.name, params.arguments or {}, ctx)
        return await self._conversations.hold(ctx, call, wire.tool_result)

    async def run_tool(self, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Run a tool that tells and asks its client nothing on the way; gives the `CallToolResult`.

        Raises:
            MCPError: No such tool is there for this caller.
        """
        return wire.tool_result(await self._run(self._call("tool", name, arguments)))

    async def read_resource(self, ctx: Context, params: t.ReadResourceRequestParams) -> dict[str, Any]:
        """Answer resources/read. What a resource holds may change at any time, so no client keeps it."""
        uri = str(params.uri)
        if len(uri) > LONGEST_URI or not uri.isprintable():
            raise MCPError(
                t.INVALID_PARAMS,
                f"A resource URI has at most {LONGEST_URI} characters, none of them control characters",
            )
        call = self._call("resource", uri, {}, ctx)
        return {**wire.resource_result(call, await self._run(call)), "ttlMs": 0, "cacheScope": "private"}

    async def get_prompt(self, ctx: Context, params: t.GetPromptRequestParams) -> dict[str, Any]:
        """Answer prompts/get."""
        call = self._call("prompt", params.name, params.arguments or {}, ctx)
        return await self._conversations.hold(ctx, call, wire.prompt_result)

    async def complete(self, _: Context, params: t.CompleteRequestParams) -> dict[str, Any]:
        """Answer completion/complete."""
        ref, who = params.ref, self._who()
        kind, name = ("resource", ref.uri) if isinstance(ref, t.ResourceTemplateReference) else ("prompt", ref.name)
        context = (params.context.arguments if params.context else None) or {}
        argument = params.argument
        if self._is_full():
            call = self._call(kind, name, {**context, argument.name: argument.value})
            await self._hub.refuse(replace(call, completes=argument.name), _busy())
            return {"completion": {"values": [], "hasMore": True}}
        async with self._places:
            try:
                found = await self._hub.complete(
                    who.principal, kind, name, argument.name, argument.value, context, transport=who.transport
                )
            except HubError as error:
                raise MCPError(t.INVALID_PARAMS, str(error)) from None
        completion: dict[str, Any] = {"values": list(found.values), "hasMore": found.has_more}
        if found.total is not None:
            completion["total"] = found.total
        return {"completion": completion}

    def _call(self, kind: Kind, name: str, arguments: Mapping[str, Any], ctx: Context | None = None) -> Call:
        caller = self._who()
        return Call(
            id=token_hex(16),
            kind=kind,
            name=name,
            arguments=arguments,
            principal=caller.principal,
            transport=caller.transport,
            progress=progress_of(ctx) if ctx else None,
            messages=self.levels.messages_of(ctx) if ctx else None,
        )

    async def _run(self, call: Call) -> Outcome:
        if self._is_full():
            return await self._hub.refuse(call, _busy())
        async with self._places:
            outcome = await self._hub.call(call)
        if outcome.changed:
            self._changes.resources_updated(outcome.changed)
        return outcome

    def _is_full(self) -> bool:
        return not self._waits and self._places.locked()


def _busy() -> QuotaExceeded:
    hint = f"Try again in {BUSY_RETRY:.0f} s"
    return QuotaExceeded("The hub is busy with other calls", hint=hint, retry_after=BUSY_RETRY)
