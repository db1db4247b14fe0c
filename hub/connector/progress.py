"""Progress of the call at hand, from wherever in a connector the work happens."""

from collections.abc import Awaitable, Callable
from contextvars import ContextVar

ProgressReport = Callable[[float, float | None, str | None], Awaitable[None]]
"""`(done, total, message)`, as in the MCP specification's progress notifications."""

current_progress: ContextVar[ProgressReport | None] = ContextVar("current_progress", default=None)


async def report_progress(done: float, total: float | None = None, message: str | None = None) -> None:
    """Tell the caller how far the work is; does nothing where nobody asked.

    Args:
        done: Work done so far; grows with every report.
        total: Work there is in all, if known.
        message: One line for people.
    """
    if (report := current_progress.get()) is not None:
        await report(done, total, message)
