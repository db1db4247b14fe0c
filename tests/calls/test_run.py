"""The connector's method within its deadline."""

import asyncio
import contextlib
import sys
import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from hub.access.principal import LOCAL
from hub.calls.run import run
from hub.calls.types import Call
from hub.catalog.items import ToolItem
from hub.connector.declare import ToolDeclaration
from hub.connector.progress import report_progress
from hub.connector.schema import Parameters
from hub.errors import ConnectorError, DeadlineExceeded, NotFound, OutcomeUnknown
from hub.http.exchange import Exchange, current_exchange
from hub.plugin import Connector, ConnectorContext, ConnectorSettings, Service


def item_of(function: Callable[..., Any]) -> ToolItem:
    def refuse(service: Service) -> Any:
        raise AssertionError(service)

    return ToolItem(
        name="x_work",
        namespace="x",
        title="Work",
        description="Works.",
        connector=Connector(ConnectorSettings(), ConnectorContext(namespace="x", open_service=refuse)),
        function=function,
        parameters=Parameters({}, {}),
        deadline=0.05,
        declaration=ToolDeclaration(
            name="work",
            title="Work",
            writes=False,
            destructive=False,
            idempotent=False,
            scopes=(),
            cost=1,
            sensitive=frozenset(),
            deadline=None,
            when=None,
        ),
    )


def call(**rest: Any) -> Call:
    return Call(id="c1", kind="tool", name="x_work", principal=LOCAL, transport="memory", **rest)


def soon(seconds: float = 5.0) -> Exchange:
    return Exchange(deadline=time.monotonic() + seconds)


@pytest.fixture
def executor() -> Generator[Callable[[], Executor]]:
    with ThreadPoolExecutor(1) as pool:
        yield lambda: pool


async def test_an_async_method_runs_on_the_loop(executor: Callable[[], Executor]) -> None:
    async def work(n: int) -> tuple[int, int]:
        return n, threading.get_ident()

    assert await run(item_of(work), {"n": 1}, call(), soon(), executor) == (1, threading.get_ident())


async def test_a_plain_method_runs_in_the_connectors_threads_with_the_calls_context(
    executor: Callable[[], Executor],
) -> None:
    def work() -> tuple[int, Exchange | None]:
        return threading.get_ident(), current_exchange.get()

    exchange = soon()
    thread, seen = await run(item_of(work), {}, call(), exchange, executor)
    assert thread != threading.get_ident()
    assert seen is exchange


async def test_a_call_that_takes_too_long_says_which_setting_to_raise(executor: Callable[[], Executor]) -> None:
    async def work() -> None:
        await asyncio.Event().wait()

    with pytest.raises(DeadlineExceeded, match=r"within its 0\.05 seconds.*`deadline` in \[connectors\.x\]"):
        await run(item_of(work), {}, call(), soon(0.01), executor)


async def test_a_write_without_an_answer_at_the_deadline_is_unknown_not_late(
    executor: Callable[[], Executor],
) -> None:
    async def work() -> None:
        exchange = current_exchange.get()
        assert exchange is not None
        exchange.unanswered_writes += 1
        await asyncio.Event().wait()

    with pytest.raises(OutcomeUnknown, match="may or may not have happened"):
        await run(item_of(work), {}, call(), soon(0.01), executor)


@pytest.mark.parametrize("error", [RuntimeError("token=s3cret"), SystemExit("token=s3cret")])
async def test_a_connectors_own_fault_names_the_call_and_never_its_text(
    executor: Callable[[], Executor], error: BaseException
) -> None:
    async def work() -> None:
        raise error

    with pytest.raises(ConnectorError, match="failed inside its connector") as caught:
        await run(item_of(work), {}, call(), soon(), executor)
    assert "c1" in str(caught.value)
    assert "s3cret" not in str(caught.value)


async def test_sys_exit_in_a_thread_ends_the_call_and_nothing_else(executor: Callable[[], Executor]) -> None:
    with pytest.raises(ConnectorError, match="SystemExit"):
        await run(item_of(lambda: sys.exit(1)), {}, call(), soon(), executor)
    assert await run(item_of(lambda: 1), {}, call(), soon(), executor) == 1


async def test_a_connector_error_passes_as_it_is(executor: Callable[[], Executor]) -> None:
    async def work() -> None:
        raise NotFound("no such thing")

    with pytest.raises(NotFound, match="no such thing"):
        await run(item_of(work), {}, call(), soon(), executor)


async def test_progress_reaches_the_caller(executor: Callable[[], Executor]) -> None:
    seen: list[tuple[float, float | None, str | None]] = []

    async def note(done: float, total: float | None, message: str | None) -> None:
        seen.append((done, total, message))

    async def work() -> None:
        await report_progress(1, 3, "one of three")

    await run(item_of(work), {}, call(progress=note), soon(), executor)
    assert seen == [(1, 3, "one of three")]


async def test_cancellation_reaches_the_method_and_is_passed_on(executor: Callable[[], Executor]) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    task = asyncio.create_task(run(item_of(work), {}, call(), soon(), executor))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()


@pytest.mark.parametrize("way", ["raises", "awaits", "thread"])
async def test_a_method_that_cancels_itself_fails_and_nobody_else_is_cancelled(
    executor: Callable[[], Executor], way: str
) -> None:
    async def raises() -> None:
        raise asyncio.CancelledError

    async def awaits() -> None:
        task = asyncio.create_task(asyncio.Event().wait())
        task.cancel()
        await task

    def thread() -> None:
        raise asyncio.CancelledError

    work = {"raises": raises, "awaits": awaits, "thread": thread}[way]
    with pytest.raises(ConnectorError, match=r"failed inside its connector \(CancelledError\)"):
        await run(item_of(work), {}, call(), soon(), executor)


async def test_a_value_after_a_swallowed_cancellation_comes_too_late(executor: Callable[[], Executor]) -> None:
    async def work() -> str:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        return "late"

    with pytest.raises(DeadlineExceeded):
        await run(item_of(work), {}, call(), soon(0.01), executor)


async def test_a_write_that_swallowed_its_cancellation_may_have_happened(executor: Callable[[], Executor]) -> None:
    async def work() -> str:
        exchange = current_exchange.get()
        assert exchange is not None
        exchange.requests += 1
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        return "written"

    item = item_of(work)
    item = replace(item, declaration=replace(item.declaration, writes=True))
    with pytest.raises(OutcomeUnknown, match="may have happened"):
        await run(item, {}, call(), soon(0.01), executor)


async def test_an_error_in_place_of_the_cancellation_is_told_as_too_late(executor: Callable[[], Executor]) -> None:
    async def work() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise NotFound("nothing there") from None

    with pytest.raises(DeadlineExceeded):
        await run(item_of(work), {}, call(), soon(0.01), executor)


async def test_a_methods_own_timeout_is_not_told_as_the_calls(executor: Callable[[], Executor]) -> None:
    async def work() -> None:
        raise TimeoutError

    with pytest.raises(ConnectorError, match=r"failed inside its connector \(TimeoutError\)"):
        await run(item_of(work), {}, call(), soon(), executor)


async def test_stop_iteration_in_a_thread_ends_the_call_at_once(executor: Callable[[], Executor]) -> None:
    def work() -> None:
        raise StopIteration

    with pytest.raises(ConnectorError, match="RuntimeError"):
        await run(item_of(work), {}, call(), soon(), executor)


async def test_an_exception_of_no_known_kind_harms_only_its_call(executor: Callable[[], Executor]) -> None:
    class Odd(BaseException):
        pass

    async def work() -> None:
        raise Odd

    with pytest.raises(ConnectorError, match="Odd"):
        await run(item_of(work), {}, call(), soon(), executor)


@pytest.mark.parametrize("end", [None, NotFound("no such thing"), ValueError("x"), asyncio.CancelledError()])
async def test_a_method_that_ends_while_a_write_has_no_answer_is_unknown_however_it_ends(
    executor: Callable[[], Executor], end: BaseException | None
) -> None:
    async def work() -> str:
        exchange = current_exchange.get()
        assert exchange is not None
        exchange.unanswered_writes += 1
        if end is not None:
            raise end
        return "all is well"

    with pytest.raises(OutcomeUnknown, match="may or may not have happened"):
        await run(item_of(work), {}, call(), soon(), executor)
