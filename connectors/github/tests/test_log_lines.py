from collections.abc import AsyncIterator, Sequence

import pytest
from hub_connector_github.log_lines import LONGEST_LINE, Line, StepClock, log_lines
from hub_connector_github.models import Step
from hypothesis import given
from hypothesis import strategies as st


def step(number: int, started: str, conclusion: str = "success") -> Step:
    return Step(
        number=number,
        name=f"s{number}",
        status="completed",
        conclusion=conclusion,
        started=started,
        completed=started,
    )


async def read(content: bytes, steps: Sequence[Step] = (), size: int = 7) -> list[Line]:
    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(content), size):
            yield content[start : start + size]

    return [line async for line in log_lines(chunks(), steps)]


async def test_timestamps_colours_and_the_byte_order_mark_are_stripped() -> None:
    log = b"\xef\xbb\xbf2026-11-22T12:00:00.1234567Z \x1b[31mred\x1b[0m\n2026-11-22T12:00:01.1Z\nplain\n"
    assert [line.text for line in await read(log)] == ["red", "", "plain"]


async def test_of_a_progress_bar_its_last_state_is_left() -> None:
    assert [line.text for line in await read(b"2026-11-22T12:00:00.1Z 10%\r50%\r100%\r\nx\r\n")] == ["100%", "x"]


async def test_the_last_line_needs_no_end() -> None:
    assert await read(b"a\nb") == [Line(1, 0, "a"), Line(2, 0, "b")]


@given(
    st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\n\x1b\ufeff"), max_size=40)),
    st.integers(1, 9),
)
async def test_lines_are_the_same_however_they_come_in_pieces(lines: list[str], size: int) -> None:
    content = "".join(f"{line}\n" for line in lines).encode()
    assert [line.number for line in await read(content, size=size)] == list(range(1, len(lines) + 1))
    assert await read(content, size=size) == await read(content, size=10_000)


@pytest.mark.parametrize("size", [1_000, 64_000])
async def test_a_line_without_end_is_cut_and_the_rest_counted(size: int) -> None:
    (long, after) = await read(b"x" * 100_000 + b"\nafter\n", size=size)
    assert long.text == "x" * LONGEST_LINE + f"… [{100_000 - LONGEST_LINE:,} more]"
    assert after == Line(2, 0, "after")


def test_a_line_belongs_to_the_step_that_ran_at_its_time() -> None:
    clock = StepClock(
        [step(1, "2026-11-22T12:00:00Z"), step(2, "2026-11-22T12:00:05Z"), step(4, "2026-11-22T12:01:00Z")]
    )
    assert clock.step_at("2026-11-22T12:00:01", "a") == 1
    assert clock.step_at("2026-11-22T12:00:06", "b") == 2
    assert clock.step_at("", "a line of several") == 2
    assert clock.step_at("2026-11-22T12:02:00", "c") == 4


def test_within_the_second_of_a_change_the_opening_line_tells() -> None:
    clock = StepClock(
        [step(1, "2026-11-22T12:00:00Z"), step(2, "2026-11-22T12:00:05Z"), step(3, "2026-11-22T12:00:05Z")]
    )
    at = "2026-11-22T12:00:05"
    assert clock.step_at(at, "still the first") == 1
    assert clock.step_at(at, "##[group]Run second") == 2
    assert clock.step_at(at, "of the second") == 2
    assert clock.step_at(at, "Post job cleanup.") == 3


def test_skipped_steps_have_no_lines() -> None:
    clock = StepClock([step(1, "2026-11-22T12:00:00Z", "skipped"), step(2, "2026-11-22T12:00:00Z")])
    assert clock.step_at("2026-11-22T12:00:00", "x") == 2
