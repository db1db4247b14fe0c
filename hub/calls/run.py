"""Stage 6: the connector's method, within its deadline; whatever it does becomes a value or a CallError."""

import asyncio
import inspect
import logging
import time
from collections.abc import Awaitable, Callable, Generator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager
from contextvars import copy_context
from functools import partial
from typing import Any, cast

from hub.calls.current import current_call
from hub.calls.types import Call
from hub.catalog.items import AnyItem, PromptItem, ToolItem
from hub.connector.asking import Asking, current_asking
from hub.connector.messages import current_messages
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
    """Run the item's method. Gives what it returns, or the `Asking` of the call if it ended in a question.

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
    asking = _asking(item, call) if function is item.function else None
    task = asyncio.current_task()
    taken_back = task.cancelling() if task else 0
    scope = asyncio.timeout(max(exchange.deadline - time.monotonic(), 0.0))
    try:
        with _at_hand(call, asking, exchange):
            async with scope:
                value = await _started(function, arguments, executor)
    except asyncio.CancelledError as error:
        if task is None or task.cancelling() > taken_back:
            raise
        raise _unsure(item, exchange) or broken(item, call, error) from None  # the method cancelled itself
    except (OutcomeUnknown, KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:  # whatever a connector raises harms only its call
        if scope.expired():
            raise _late(item, exchange) from None
        if unsure := _unsure(item, exchange):
            raise unsure from None
        if asking is not None and asking.asked:
            return _question(asking, item, exchange)
        if isinstance(error, CallError):
            raise
        raise broken(item, call, error) from None
    if scope.expired():  # the method swallowed the cancellation; what it gave back comes too late
        raise _done_late(item, exchange)
    if unsure := _unsure(item, exchange):
        raise unsure
    if asking is not None and asking.asked:  # the method swallowed what should have ended it
        return _question(asking, item, exchange)
    return value


def _asking(item: AnyItem, call: Call) -> Asking | None:
    """What the method may ask; None if it is not declared to ask anything."""
    if not isinstance(item, (ToolItem, PromptItem)) or not item.declaration.asks:
        return None
    return call.asking or Asking()


def _question(asking: Asking, item: AnyItem, exchange: Exchange) -> Asking:
    """The question the method ended in, unless answering it would do a write again."""
    if exchange.writes:
        raise ConnectorError(
            f"{item.name} asked and changed something in the same run, which its connector must not do",
            hint="What was changed stays; look before you repeat it",
        )
    return asking


@contextmanager
def _at_hand(call: Call, asking: Asking | None, exchange: Exchange) -> Generator[None]:
    """What the functions of hub.plugin find, from wherever in the connector they are called."""
    tokens = (current_call.set(call), current_progress.set(call.progress), current_messages.set(call.messages))
    more = (current_asking.set(asking), current_exchange.set(exchange))
    try:
        yield
    finally:
        current_call.reset(tokens[0])
        current_progress.reset(tokens[1])
        current_messages.reset(tokens[2])
        current_asking.reset(more[0])
        current_exchange.reset(more[1])


async def _started(
    function: Callable[..., Any], arguments: Mapping[str, Any], executor: Callable[[], Executor]
) -> Any:
    if inspect.iscoroutinefunction(function):
        return await cast("Awaitable[Any]", function(**arguments))
    work = partial(_blocking, partial(function, **arguments))
    return await asyncio.get_running_loop().run_in_executor(executor(), partial(copy_context().run, work))


def _blocking(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except StopIteration as error:  # no future can hold it, so that its caller would wait for ever
        raise RuntimeError("StopIteration") from error


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
    return _unsure(item, exchange) or DeadlineExceeded(
        f"{item.name} was not done within its {item.deadline:g} seconds",
        hint=f"Ask for less, or raise `deadline` in [connectors.{item.namespace}]",
    )


def _done_late(item: AnyItem, exchange: Exchange) -> CallError:
    if isinstance(item, ToolItem) and item.declaration.writes and exchange.requests:
        return OutcomeUnknown(
            f"{item.name} ended only after its {item.deadline:g} seconds were over, so it may have happened",
            hint="Look whether it did before you repeat it",
        )
    return _late(item, exchange)


def _unsure(item: AnyItem, exchange: Exchange) -> OutcomeUnknown | None:
    """The error for a method that ends, in whatever way, while a write of it has no answer."""
    if not exchange.unanswered_writes:
        return None
    return OutcomeUnknown(
        f"{item.name} was sent to the service and no answer came, so it may or may not have happened",
        hint="Look whether it did before you repeat it",
    )
