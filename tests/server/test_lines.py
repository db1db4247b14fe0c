"""Lines over descriptors, and what stands between them and the rest of the process."""

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.server.lines import LineReader, LineWriter, TooLong


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    read, write = os.pipe()
    before = set(threading.enumerate())
    yield read, write
    with suppress(OSError):
        os.close(write)
    # A thread that still reads ends now; one that came later would read what the next owner of the number is sent.
    for thread in set(threading.enumerate()) - before:
        if thread.name == "stdin":
            thread.join(5)
    with suppress(OSError):
        os.close(read)


async def lines(read: int, limit: int = 1000) -> list[bytes | None]:
    return [None if isinstance(line, TooLong) else line async for line in LineReader(read, limit)]


@given(st.lists(st.binary(max_size=30).filter(lambda line: b"\n" not in line), max_size=20), st.integers(1, 50))
def test_lines_arrive_as_they_were_written(written: list[bytes], limit: int) -> None:
    async def run() -> list[bytes | None]:
        read, write = os.pipe()
        os.write(write, b"".join(line + b"\n" for line in written))
        os.close(write)
        found = await lines(read, limit)
        os.close(read)
        return found

    assert asyncio.run(run()) == [line if len(line) <= limit else None for line in written]


async def test_a_last_line_without_its_newline_counts(pipe: tuple[int, int]) -> None:
    read, write = pipe
    os.write(write, b"one\ntwo")
    os.close(write)
    assert await lines(read) == [b"one", b"two"]


async def test_a_line_over_the_limit_takes_no_memory_and_the_next_one_is_read(pipe: tuple[int, int]) -> None:
    read, write = pipe

    def flood() -> None:
        for _ in range(1600):
            os.write(write, b"x" * 65536)
        os.write(write, b"\nnext\n")
        os.close(write)

    writing = asyncio.create_task(asyncio.to_thread(flood))
    assert await lines(read) == [None, b"next"]
    await writing


async def test_a_reader_that_lags_holds_up_the_writer_and_not_the_loop(pipe: tuple[int, int]) -> None:
    read, write = pipe
    writer = LineWriter(write)
    writing = asyncio.create_task(writer.write(b"x" * 1_000_000))
    await asyncio.sleep(0)
    assert not writing.done()
    assert await anext(aiter(LineReader(read, 2_000_000))) == b"x" * 1_000_000
    await writing


def test_writing_to_nobody_is_an_error() -> None:
    # In a process of its own: a thread of another test may still read from a descriptor of the same number.
    program = """
import asyncio, os
from hub.server.lines import LineWriter
read, write = os.pipe()
os.close(read)
async def main():
    try:
        await LineWriter(write).write(b"x")
    except BrokenPipeError:
        print("nobody reads")
asyncio.run(main())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    assert done.stdout == "nobody reads\n"


def test_stray_prints_go_to_standard_error_and_children_read_nothing() -> None:
    program = """
import os, subprocess, sys
from hub.server.lines import claimed_stdio
with claimed_stdio() as (read, write):
    print("stray")
    os.write(1, b"also stray\\n")
    assert subprocess.run(["cat"], capture_output=True, check=True).stdout == b""
    os.write(write, os.read(read, 100))
print("after")
"""
    done = subprocess.run([sys.executable, "-c", program], input=b"wire\n", capture_output=True, check=True)
    assert done.stdout == b"wire\nafter\n"
    assert sorted(done.stderr.split(b"\n")) == [b"", b"also stray", b"stray"]
