"""Threads for blocking code: bounded, reused, and never waited for at the end."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Generator

import pytest

from hub.http.threads import DaemonThreads


@pytest.fixture
def threads() -> Generator[DaemonThreads]:
    pool = DaemonThreads(2, "test")
    yield pool
    pool.shutdown(cancel_futures=True)


def test_work_gives_its_result_or_raises_its_error(threads: DaemonThreads) -> None:
    assert threads.submit(divmod, 7, 2).result(5) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        threads.submit(divmod, 7, 0).result(5)
    with pytest.raises(SystemExit):
        threads.submit(sys.exit, 3).result(5)
    assert threads.submit(divmod, 7, 2).result(5) == (3, 1)


def test_no_more_threads_run_than_allowed_and_the_rest_waits_its_turn(threads: DaemonThreads) -> None:
    both, go_on, names = threading.Barrier(3), threading.Event(), list[str]()

    def work() -> None:
        both.wait(5)
        go_on.wait(5)

    busy = [threads.submit(work) for _ in range(2)]
    later = [threads.submit(lambda: names.append(threading.current_thread().name)) for _ in range(20)]
    both.wait(5)
    assert not any(future.running() or future.done() for future in later)
    go_on.set()
    for future in (*busy, *later):
        future.result(5)
    assert len(names) == 20
    assert set(names) <= {"test_0", "test_1"}


def test_a_thread_that_is_free_is_used_again() -> None:
    threads = DaemonThreads(100, "reused")
    names = {threads.submit(lambda: threading.current_thread().name).result(5) for _ in range(100)}
    threads.shutdown()
    assert len(names) < 100


def test_after_shutdown_what_waits_is_cancelled_and_the_threads_end(threads: DaemonThreads) -> None:
    both, go_on = threading.Barrier(3), threading.Event()

    def work() -> bool:
        both.wait(5)
        return go_on.wait(5)

    running = [threads.submit(work) for _ in range(2)]
    waiting = threads.submit(work)
    both.wait(5)
    threads.shutdown(wait=False, cancel_futures=True)
    assert waiting.cancelled()
    with pytest.raises(RuntimeError, match="shut down"):
        threads.submit(work)
    go_on.set()
    assert [future.result(5) for future in running] == [True, True]
    threads.shutdown()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("test_")]


async def test_stop_iteration_ends_an_awaiting_call_too(threads: DaemonThreads) -> None:
    with pytest.raises(RuntimeError, match="StopIteration"):
        await asyncio.wait_for(asyncio.get_running_loop().run_in_executor(threads, next, iter(())), 5)


def test_no_thread_keeps_what_its_last_work_was_about(threads: DaemonThreads) -> None:
    import gc
    import weakref

    class Large:
        def work(self) -> None:
            raise ValueError

    large = Large()
    gone = weakref.ref(large)
    gc.disable()
    try:
        with pytest.raises(ValueError):  # noqa: PT011  any error holds its frames
            threads.submit(large.work).result(5)
        del large
        threads.submit(int).result(5)
        threads.submit(int).result(5)
    finally:
        gc.enable()
        gc.collect()
    assert gone() is None


HANGING = {
    "by itself": "DaemonThreads(1, 'x').submit(begun.set).result(); DaemonThreads(1, 'x').submit(hang)",
    "a connector's methods": (
        "from hub.config.models import ConnectorTable; from hub.discovery.connectors import Runtime;"
        "Runtime('x', ConnectorTable()).executor().submit(hang)"
    ),
    "a vendor SDK": (
        "from hub.plugin import Service, ServiceClient;"
        "asyncio.run(wait_for(ServiceClient(Service(base_url='http://x')).run_sdk(lambda _: hang())))"
    ),
}


@pytest.mark.parametrize("user", HANGING)
def test_work_that_hangs_does_not_hold_up_the_end_of_the_process(user: str) -> None:
    code = f"""
import asyncio, threading
from contextlib import suppress
from hub.http.threads import DaemonThreads
begun = threading.Event()
def hang():
    begun.set()
    threading.Event().wait()
async def wait_for(call):
    task = asyncio.ensure_future(call)
    await asyncio.to_thread(begun.wait)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
{HANGING[user]}
begun.wait()
print("ending")
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False)
    assert (ended.stdout, ended.stderr, ended.returncode) == ("ending\n", "", 0)
