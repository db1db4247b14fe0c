"""Lines over two file descriptors, read and written on threads of their own, in bounded memory."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Generator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Thread

CHUNK = 64 * 1024


class TooLong(ValueError):
    """A line was longer than allowed; the rest of it was thrown away."""


class LineReader:
    """Yields lines as they arrive; a line over the limit becomes one `TooLong`.

    The thread blocks in `os.read`, which nothing can interrupt, so it is a daemon: the process may end around it.

    Args:
        descriptor: Any kind: pipe, terminal or file.
        limit: Bytes of one line.
    """

    def __init__(self, descriptor: int, limit: int) -> None:
        self._descriptor = descriptor
        self._limit = limit
        self._loop = asyncio.get_running_loop()
        self._batches: asyncio.Queue[list[bytes | TooLong] | None] = asyncio.Queue(1)
        Thread(target=self._read, name="stdin", daemon=True).start()

    async def __aiter__(self) -> AsyncIterator[bytes | TooLong]:
        """Lines without their newline, until the end of the input."""
        while (batch := await self._batches.get()) is not None:
            for line in batch:
                yield line

    def _read(self) -> None:
        rest = bytearray()
        skipping = False
        try:
            while chunk := os.read(self._descriptor, CHUNK):
                batch: list[bytes | TooLong] = []
                *whole, last = chunk.split(b"\n")
                for part in whole:
                    if not skipping:
                        batch.append(bytes(rest) + part if len(rest) + len(part) <= self._limit else TooLong())
                    rest.clear()
                    skipping = False
                if not skipping:
                    rest += last
                    if len(rest) > self._limit:
                        batch.append(TooLong())
                        rest.clear()
                        skipping = True
                if batch:
                    self._hand_over(batch)
            if rest:
                self._hand_over([bytes(rest)])
            self._hand_over(None)
        except (OSError, RuntimeError, CancelledError):
            return  # the descriptor or the loop is gone, and with it whoever would listen

    def _hand_over(self, batch: list[bytes | TooLong] | None) -> None:
        """Give lines to the loop and wait until it took them, so that none pile up."""
        taking = self._batches.put(batch)
        try:
            asyncio.run_coroutine_threadsafe(taking, self._loop).result()
        finally:
            taking.close()


class LineWriter:
    """Writes lines without blocking the loop; a reader that stops reading holds up the writer alone.

    Args:
        descriptor: Any kind.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._loop = asyncio.get_running_loop()
        self._lines: SimpleQueue[tuple[bytes, asyncio.Future[None]]] = SimpleQueue()
        Thread(target=self._write, name="stdout", daemon=True).start()

    async def write(self, line: bytes) -> None:
        """Write a line and wait until the system took it.

        Raises:
            OSError: Nobody reads any more.
        """
        done: asyncio.Future[None] = self._loop.create_future()
        self._lines.put((line + b"\n", done))
        await done

    def _write(self) -> None:
        while True:
            line, done = self._lines.get()
            failure: OSError | None = None
            try:
                while line:
                    line = line[os.write(self._descriptor, line) :]
            except OSError as error:
                failure = error
            try:
                self._loop.call_soon_threadsafe(_settle, done, failure)
            except RuntimeError:
                return  # the loop is closed


def _settle(done: asyncio.Future[None], failure: OSError | None) -> None:
    if done.cancelled():
        return
    if failure is None:
        done.set_result(None)
    else:
        done.set_exception(failure)


@contextmanager
def claimed_stdio() -> Generator[tuple[int, int]]:
    """Take standard input and output for the protocol: whatever else prints goes to standard error.

    Enter it before connectors are loaded. Gives the descriptors to read from and to write to.
    """
    sys.stdout.flush()
    read, write = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    try:
        yield read, write
    finally:
        sys.stdout.flush()
        os.dup2(read, 0)
        os.dup2(write, 1)
