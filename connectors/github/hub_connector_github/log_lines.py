"""Lines of a job log while it streams in: numbered, stripped of timestamps and colours, each with its step.

GitHub writes one file a job, every line beginning with a time, and marks no steps in it. So a line belongs to the
step that was running at its time; steps are timed to the second, and within the second in which one ends and the
next begins, the line that opens a group begins the next.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple

from hub_connector_github.models import Step
from hub_connector_github.times import seconds_of

LONGEST_LINE = 4_000
"""Characters of one line that are looked at and shown; the rest of it is counted only."""
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z ?")
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])")
_OPENS_A_STEP = ("##[group]Run ", "Post job cleanup.", "Cleaning up orphan processes")
_CLOCK = 19
"""Length of a time up to its second: `2026-01-31T14:05:00`."""


class Line(NamedTuple):
    """One line of a log.

    Attributes:
        number: From 1.
        step: Number of its step; 0 where steps are unknown.
        text: Without timestamp and colours.
    """

    number: int
    step: int
    text: str


class StepClock:
    """Tells which step a line belongs to; lines have to come in their order."""

    def __init__(self, steps: Sequence[Step]) -> None:
        ran = [step for step in steps if step.conclusion != "skipped" and seconds_of(step.started) is not None]
        self._ahead = [(step.number, step.started[:_CLOCK]) for step in ran]
        self._ahead.reverse()
        self._step = self._ahead.pop()[0] if self._ahead else 0

    def step_at(self, clock: str, text: str) -> int:
        """The step of a line.

        Args:
            clock: The line's time up to its second; empty for a line without one.
            text: The line.
        """
        while self._ahead and clock:
            number, begins = self._ahead[-1]
            # A step that ended in the second it began in has only its opening line to tell by.
            if clock < begins or (clock == begins and not text.startswith(_OPENS_A_STEP)):
                break
            self._step = number
            self._ahead.pop()
            if clock == begins:
                break
        return self._step


async def log_lines(chunks: AsyncIterator[bytes], steps: Sequence[Step]) -> AsyncIterator[Line]:
    """The lines of a log, one at a time; no more than a chunk and a line of it are held."""
    clock = StepClock(steps)
    async for number, raw in numbered(chunks):
        text, second = raw, ""
        if match := _TIMESTAMP.match(text):
            second, text = text[:_CLOCK], text[match.end() :]
        if "\x1b" in text:
            text = _ANSI.sub("", text)
        if "\r" in text:  # a progress bar, of which only its last state would still be seen
            text = text.rstrip("\r").rpartition("\r")[2]
        yield Line(number, clock.step_at(second, text), text)


async def numbered(chunks: AsyncIterator[bytes]) -> AsyncIterator[tuple[int, str]]:
    """Lines of a text that comes in pieces, from 1; what one has beyond the longest is left out and said."""
    number = 0
    async for line in _raw_lines(chunks):
        number += 1
        yield number, line.removeprefix("\ufeff") if number == 1 else line


async def _raw_lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[str]:
    kept = b""
    dropped = 0
    async for chunk in chunks:
        lines = chunk.split(b"\n")
        await asyncio.sleep(0)  # a body that has come already would otherwise be read in one go
        lines[0] = kept + lines[0]
        kept = lines.pop()
        for line in lines:
            yield _decoded(line, dropped)
            dropped = 0
        if len(kept) > 4 * LONGEST_LINE:
            dropped += len(kept) - LONGEST_LINE
            kept = kept[:LONGEST_LINE]
    if kept:
        yield _decoded(kept, dropped)


def _decoded(line: bytes, dropped: int) -> str:
    text = line[: 4 * LONGEST_LINE].decode(errors="replace")
    left_out = dropped + max(len(line) - 4 * LONGEST_LINE, 0) + max(len(text) - LONGEST_LINE, 0)
    return text if not left_out else f"{text[:LONGEST_LINE]}… [{left_out:,} more]"
