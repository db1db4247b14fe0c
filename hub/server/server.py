"""The hub as one MCP server of the SDK, for every transport and both protocol eras."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from weakref import ref

import mcp_types as t
from mcp.server.lowlevel import NotificationOptions, Server
from mcp.server.models import InitializationOptions
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

import hub as package
from hub.catalog.items import ToolItem
from hub.server.calls import CallHandlers
from hub.server.changes import Changes
from hub.server.guard import Context, guarded, internal_error
from hub.server.identity import Caller, sender
from hub.server.listcache import ListCache
from hub.server.lists import ListHandlers

if TYPE_CHECKING:
    from hub.hub import Hub

ALL_LISTS_CHANGE = NotificationOptions(prompts_changed=True, resources_changed=True, tools_changed=True)


class HubServer(Server[Any]):
    """The low-level server with the hub's handlers.

    Args:
        hub: What is served.
        fallback: Who calls where no transport says so: the local user on stdio and in memory. None over HTTP,
            where a message without a known sender is refused.
    """

    def __init__(self, hub: "Hub", *, fallback: Caller | None) -> None:
        self._hub = hub
        self._fallback = fallback
        self.settings = hub.settings.server
        """`[server]` as it was when serving began; a reload changes none of it."""
        self._with_headers: dict[str, tuple[ref[ToolItem], bool]] = {}
        self.changes = changes = Changes(hub, self.caller)
        self._lists = lists = ListHandlers(hub, self.caller)
        # A client that has the hub to itself is slowed down where one among many is refused.
        self.calls = calls = CallHandlers(
            hub, self.caller, changes, most=self.settings.max_concurrent_calls, waits=fallback is not None
        )
        super().__init__("mcp-integration-hub", version=package.__version__, title=hub.settings.hub.name)
        self.get_tool_input_schema = self.header_schema
        handlers: list[tuple[str, type[Any], Any]] = [
            ("tools/list", t.PaginatedRequestParams, lists.tools),
            ("resources/list", t.PaginatedRequestParams, lists.resources),
            ("resources/templates/list", t.PaginatedRequestParams, lists.templates),
            ("prompts/list", t.PaginatedRequestParams, lists.prompts),
            ("tools/call", t.CallToolRequestParams, calls.call_tool),
            ("resources/read", t.ReadResourceRequestParams, calls.read_resource),
            ("prompts/get", t.GetPromptRequestParams, calls.get_prompt),
            ("completion/complete", t.CompleteRequestParams, calls.complete),
            ("subscriptions/listen", t.SubscriptionsListenRequestParams, changes.listen),
            ("resources/subscribe", t.SubscribeRequestParams, changes.watching.subscribe),
            ("resources/unsubscribe", t.UnsubscribeRequestParams, changes.watching.unsubscribe),
            ("server/discover", t.RequestParams, self._discover),
            ("logging/setLevel", t.SetLevelRequestParams, calls.levels.set),
        ]
        for method, params, handler in handlers:
            self.add_request_handler(method, params, guarded(handler))
        self.add_notification_handler("notifications/initialized", t.NotificationParams, changes.initialized)
        # Replaces the SDK's tracing middleware, which takes a tenth of a call even where nothing is exported.
        self.middleware = [ListCache(hub, self.caller)]

    def caller(self) -> Caller:
        """Who sent the message at hand.

        Raises:
            LookupError: Nobody is known; the guard refuses the message.
        """
        found = sender.get() or self._fallback
        if found is None:
            raise LookupError("the transport named no caller")
        return found

    def create_initialization_options(
        self,
        notification_options: NotificationOptions | None = None,
        experimental_capabilities: dict[str, dict[str, Any]] | None = None,
        extensions: dict[str, dict[str, Any]] | None = None,
    ) -> InitializationOptions:
        """What `initialize` answers: the SDK's HTTP sessions ask without options, and lists do change."""
        options = super().create_initialization_options(
            notification_options or ALL_LISTS_CHANGE, experimental_capabilities, extensions
        )
        return options.model_copy(update={"instructions": self._instructions()})

    async def _discover(self, ctx: Context, _: t.RequestParams) -> dict[str, Any]:
        capabilities = self.get_capabilities(protocol_version=ctx.protocol_version)
        return {
            "supportedVersions": list(MODERN_PROTOCOL_VERSIONS),
            "capabilities": capabilities.model_dump(by_alias=True, mode="json", exclude_none=True),
            "instructions": self._instructions(),
            **self._lists.hints,
        }

    def _instructions(self) -> str:
        try:
            return self._hub.instructions(self.caller().principal)
        except Exception as error:  # noqa: BLE001  without instructions the hub still serves
            internal_error("instructions", error)
            return ""

    def asks(self, method: str, name: str) -> bool:
        """Whether a call may ask its client, as far as this caller may know: what is hidden looks like nothing."""
        if method == "tools/call":
            item = self._hub.tool(name)
            if item is None or not item.declaration.asks:
                return False
            return any(shown is item for shown in self._hub.tools(self.caller().principal))
        if method == "prompts/get":
            prompts = self._hub.prompts(self.caller().principal)
            return any(item.name == name and item.declaration.asks for item in prompts)
        return False

    def header_schema(self, name: str) -> Mapping[str, Any] | None:
        """The schema of a tool whose arguments travel in `Mcp-Param-*` headers too; most have none to check.

        A tool the caller may not see is not looked at, lest the check tell that it exists.
        """
        item = self._hub.tool(name)
        if item is None:
            return None
        known = self._with_headers.get(name)
        if known is None or known[0]() is not item:
            known = self._with_headers[name] = (ref(item), "x-mcp-header" in repr(item.parameters.schema))
        if not known[1] or all(shown is not item for shown in self._hub.tools(self.caller().principal)):
            return None
        return item.parameters.schema
