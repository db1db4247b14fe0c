"""Stage 6: the connector's method, within its deadline; whatever it does becomes a value or a CallError."""

import asyncio
import inspect
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Executor
from contextvars import copy_context
from functools import partial
from typing import Any, cast

from hub.calls.current import current_call
from hub.calls.types import Call
from hub.catalog.items import AnyItem
from hub.connector.progress import current_progress
from hub.errors import CallError, ConnectorError, DeadlineExceeded, OutcomeUnknown
from hub.http.exchange import Exchange, current_exchange

log = logging.getLogger("hub.calls")


async def run(
    item: AnyItem,
    arguments: Mapping[str, Any],
    call: Call,
    exchange: Exchange,
    executor: Callable[[], Executor],
    function: Callable[..., Any] | None = None,
) -> Any:
    """Run the item's method.

    Args:
        item: What to run.
        arguments: Keyword arguments, checked.
        call: The call this is for.
        exchange: Collects what goes on outside; holds the deadline.
        executor: Gives the connector's own threads, for plain `def` methods.
        function: Run instead of the item's method, such as one of its completions.

    Raises:
        CallError: Whatever went wrong. Cancellation is passed on as it is.
    """
    function = function or item.function
    tokens = (current_call.set(call), current_progress.set(call.progress), current_exchange.set(exchange))
    try:
        async with asyncio.timeout(max(exchange.deadline - time.monotonic(), 0.0)):
            if inspect.iscoroutinefunction(function):
                return await cast("Awaitable[Any]", function(**arguments))
            work = partial(copy_context().run, partial(function, **arguments))
            return await asyncio.get_running_loop().run_in_executor(executor(), work)
    except CallError:
        raise
    except TimeoutError:
        raise _late(item, exchange) from None
    except (Exception, SystemExit) as error:  # noqa: BLE001  whatever a connector raises harms only its call
        raise broken(item, call, error) from None
    finally:
        current_call.reset(tokens[0])
        current_progress.reset(tokens[1])
        current_exchange.reset(tokens[2])


def broken(item: AnyItem, call: Call, error: BaseException) -> ConnectorError:
    """The error for a connector's own fault, whose text may quote a credential.

    Only the log gets the traceback, through the filter that masks secrets; the caller gets a reference to it.
    """
    log.error("%s failed in call %s", item.name, call.id, exc_info=error)
    return ConnectorError(
        f"{item.name} failed inside its connector ({type(error).__name__})",
        hint=f"The hub's log has the details under call {call.id}",
    )


def _late(item: AnyItem, exchange: Exchange) -> CallError:
    if exchange.unanswered_writes:
        return OutcomeUnknown(
            f"{item.name} was sent to the service and no answer came in time, so it may or may not have happened",
            hint="Look whether it did before you repeat it",
        )
    return DeadlineExceeded(
        f"{item.name} was not done within its {item.deadline:g} seconds",
        hint=f"Ask for less, or raise `deadline` in [connectors.{item.namespace}]",
    )
