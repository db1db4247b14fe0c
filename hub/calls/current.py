"""The call at hand, for the hub's own connector and for logs."""

from contextvars import ContextVar

from hub.calls.types import Call

current_call: ContextVar[Call | None] = ContextVar("current_call", default=None)
