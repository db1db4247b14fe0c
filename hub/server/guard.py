"""What wraps every handler: an unexpected failure reaches the log with an id, and the client only the id."""

import logging
import traceback
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from uuid import uuid4

from mcp.server.context import HandlerResult, ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types import INTERNAL_ERROR
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

ParamsT = TypeVar("ParamsT")
Context = ServerRequestContext[Any, Any]
Handler = Callable[[Context, ParamsT], Awaitable[HandlerResult]]

log = logging.getLogger(__name__)


def guarded(handler: Handler[ParamsT]) -> Handler[ParamsT]:
    """Wrap a handler so that no exception's own text leaves the process, and its dicts say they are complete.

    The SDK would send `str(exception)` to clients of 2025-11-25 and earlier, and wants `resultType` on 2026-07-28.
    """

    async def run(ctx: Context, params: ParamsT) -> HandlerResult:
        try:
            result = await handler(ctx, params)
        except MCPError:
            raise
        except Exception as error:  # noqa: BLE001  the boundary towards the client
            raise internal_error(ctx.method, error) from None
        if isinstance(result, dict) and ctx.protocol_version in MODERN_PROTOCOL_VERSIONS:
            return {"resultType": "complete", **result}
        return result

    return run


def internal_error(doing: str, error: BaseException) -> MCPError:
    """Log where it happened, without the exception's text, which may hold a secret; the client gets the id."""
    incident = uuid4().hex[:12]
    stack = "".join(traceback.format_tb(error.__traceback__))
    log.error("incident %s in %s: %s\n%s", incident, doing, type(error).__qualname__, stack)
    return MCPError(INTERNAL_ERROR, f"Internal error {incident}; the hub's log says more")
