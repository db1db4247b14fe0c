"""Handlers that show what there is: the four lists and server/discover, each as this caller may see it."""

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import mcp_types as t
from pydantic import BaseModel, ValidationError

from hub.catalog import definitions
from hub.server.cursors import page
from hub.server.guard import Context
from hub.server.identity import Caller

if TYPE_CHECKING:
    from hub.hub import Hub

log = logging.getLogger(__name__)

FRESH_MS = 60_000
"""How long a client may keep a list without asking again; a change is announced besides."""


class ListHandlers:
    """Answers the list requests.

    Args:
        hub: Knows what a principal may see.
        who: Names the caller of the message at hand.
    """

    def __init__(self, hub: "Hub", who: Callable[[], Caller]) -> None:
        self._hub = hub
        self._who = who

    async def tools(self, _: Context, params: t.PaginatedRequestParams | None) -> dict[str, Any]:
        """Answer tools/list."""
        items = self._hub.tools(self._who().principal)
        return self._answer("tools", params, items, definitions.tool_definition, t.Tool)

    async def resources(self, _: Context, params: t.PaginatedRequestParams | None) -> dict[str, Any]:
        """Answer resources/list: those with a fixed URI."""
        items = [item for item in self._hub.resources(self._who().principal) if not definitions.is_template(item)]
        return self._answer("resources", params, items, definitions.resource_definition, t.Resource)

    async def templates(self, _: Context, params: t.PaginatedRequestParams | None) -> dict[str, Any]:
        """Answer resources/templates/list."""
        items = [item for item in self._hub.resources(self._who().principal) if definitions.is_template(item)]
        return self._answer("resourceTemplates", params, items, definitions.resource_definition, t.ResourceTemplate)

    async def prompts(self, _: Context, params: t.PaginatedRequestParams | None) -> dict[str, Any]:
        """Answer prompts/list."""
        items = self._hub.prompts(self._who().principal)
        return self._answer("prompts", params, items, definitions.prompt_definition, t.Prompt)

    @property
    def hints(self) -> dict[str, Any]:
        """Freshness of what is listed; other clients may share it only where all see the same."""
        return {"ttlMs": FRESH_MS, "cacheScope": "private" if self._hub.requires_key else "public"}

    def _answer(
        self,
        key: str,
        params: t.PaginatedRequestParams | None,
        items: Sequence[Any],
        define: Callable[[Any], dict[str, Any]],
        shape: type[BaseModel],
    ) -> dict[str, Any]:
        generation = (key, self._hub.visibility(self._who().principal))
        shown, cursor = page(items, params.cursor if params else None, generation)
        answer = {key: [found for item in shown if (found := _fitting(define(item), shape))], **self.hints}
        return {**answer, "nextCursor": cursor} if cursor else answer


def _fitting(definition: dict[str, Any], shape: type[BaseModel]) -> dict[str, Any] | None:
    """The definition, if it is one: the SDK would refuse a whole list for one item that is not."""
    try:
        shape.model_validate(definition, by_name=False)
    except ValidationError as error:
        where = ", ".join(".".join(map(str, item["loc"])) for item in error.errors(include_input=False))
        log.error("%s is left out of the list: wrong %s", definition["name"], where)  # noqa: TRY400  no traceback
        return None
    return definition
