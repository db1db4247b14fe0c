"""Threads for blocking code: a few per owner, and none that the end of the process waits for."""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from functools import partial
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class DaemonThreads(Executor):
    """A bounded pool whose threads are daemons.

    The interpreter joins the threads of a `ThreadPoolExecutor` before it exits, so one call that blocks would keep
    the whole process from ending.

    Args:
        most: Threads at once; made as they are needed, further work waits its turn.
        name: What the threads are called, with a number behind it.
    """

    def __init__(self, most: int, name: str) -> None:
        self._most = most
        self._name = name
        self._changed = threading.Condition()
        self._waiting = deque[tuple[Future[Any], Callable[[], Any]]]()
        self._threads: list[threading.Thread] = []
        self._idle = 0
        self._shut_down = False

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Have a thread call the function.

        A `StopIteration` it raises comes out as a RuntimeError: an asyncio future cannot hold one, so whoever
        awaits the call would wait for ever.

        Raises:
            RuntimeError: The pool is shut down.
        """
        future = Future[R]()
        with self._changed:
            if self._shut_down:
                raise RuntimeError("the threads are shut down")
            if self._idle <= len(self._waiting) and len(self._threads) < self._most:
                thread = threading.Thread(
                    target=self._serve, name=f"{self._name}_{len(self._threads)}", daemon=True
                )
                thread.start()
                self._threads.append(thread)
            self._waiting.append((future, partial(fn, *args, **kwargs)))
            self._changed.notify()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001  Executor's
        """Take no more work, and let each thread end when there is none left for it.

        Args:
            wait: Come back when all of them have ended.
            cancel_futures: Drop the work that no thread has begun.
        """
        with self._changed:
            self._shut_down = True
            dropped = list(self._waiting) if cancel_futures else []
            if cancel_futures:
                self._waiting.clear()
            self._changed.notify_all()
        for future, _ in dropped:
            future.cancel()
        if wait:
            for thread in self._threads:
                thread.join()

    def _serve(self) -> None:
        while (work := self._next()) is not None:
            _do(*work)
            del work  # an idle thread must not keep alive what its last call was about

    def _next(self) -> tuple[Future[Any], Callable[[], Any]] | None:
        with self._changed:
            self._idle += 1
            self._changed.wait_for(lambda: self._waiting or self._shut_down)
            self._idle -= 1
            return self._waiting.popleft() if self._waiting else None


def _do(future: Future[Any], work: Callable[[], Any]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = work()
    except StopIteration as error:
        replaced = RuntimeError("the function raised StopIteration")
        replaced.__cause__ = error
        future.set_exception(replaced)
    except BaseException as error:  # noqa: BLE001  whoever waits for the future decides what it means
        future.set_exception(error)
    else:
        future.set_result(result)
    finally:
        del future, work  # the error's traceback holds this frame, which would hold the error
