from collections.abc import AsyncIterator

import pytest
from hub_connector_github.log_errors import best, find_errors, weight_of
from hub_connector_github.log_lines import Line


async def of(texts: list[str], step: int = 1) -> AsyncIterator[Line]:
    for number, text in enumerate(texts, 1):
        yield Line(number, step, text)


@pytest.mark.parametrize(
    ("text", "weight"),
    [
        ("kernel: Out of memory: Killed process 12", 3),
        ("panic: runtime error: index out of range", 3),
        ("E   KeyError: 'tax_region'", 2),
        ("src/a.ts(3,1): error TS2304: Cannot find name", 1),
        ("FAILED tests/test_a.py::test_b", 2),
        ("request failed", 1),
        ("0 errors, 0 warnings", 0),
        ('{"msg":"placed","errors":0}', 0),
        ("pytest --on-error=stop", 0),
        ("error_rate is fine", 0),
        ("all is well", 0),
    ],
)
def test_how_much_a_line_tells(text: str, weight: int) -> None:
    assert weight_of(text) == weight


async def test_one_telling_line_among_thousands_that_say_error_is_found() -> None:
    noise = [f"WARNING retrying POST /payments/{number} after error: reset" for number in range(20_000)]
    found = await find_errors(
        of([*noise[:9000], "Out of memory: Killed process 31", *noise[9000:]]), lambda _: True
    )
    assert any(finding.hit == 9001 for finding in best(found, 3))
    assert len(found.errors) == 2
    assert max(finding.times for finding in found.errors) == 20_000


async def test_the_command_and_its_variables_are_no_errors() -> None:
    log = ["##[group]Run check-errors --fail", "env:", "  ON_ERROR: fail", "##[endgroup]", "it broke: exception"]
    found = await find_errors(of(log), lambda _: True)
    assert found.command == "check-errors --fail"
    assert [finding.hit for finding in found.errors] == [5]


async def test_what_is_reported_to_github_is_kept_but_for_the_exit_code() -> None:
    log = ["##[error]a.py:1: F401 unused", "##[error]Process completed with exit code 1."]
    found = await find_errors(of(log), lambda _: True)
    assert [line.number for line in found.reported] == [1]
    assert not found.errors


async def test_other_steps_are_counted_and_left_out() -> None:
    found = await find_errors(of(["fatal error"], step=3), lambda step: step == 2)
    assert (found.total, found.errors, found.tail) == (1, [], [])


async def test_an_error_brings_the_lines_around_it() -> None:
    log = ["1", "2", "3", "Traceback (most recent call last):", *(str(number) for number in range(5, 20))]
    (finding,) = (await find_errors(of(log), lambda _: True)).errors
    assert [line.number for line in finding.lines] == list(range(2, 11))


async def test_what_is_kept_is_bounded_for_any_log() -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"
    log = [f"error: {a}{b}{c}" for a in letters for b in letters for c in letters]
    found = await find_errors(of(log), lambda _: True)
    assert len(found.errors) == 400
