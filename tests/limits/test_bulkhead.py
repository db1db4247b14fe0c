import asyncio
import time

import pytest

from hub.errors import QuotaExceeded
from hub.limits.bulkhead import Bulkhead


def soon(seconds: float = 30.0) -> float:
    return time.monotonic() + seconds


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_only_so_many_are_inside_at_once_and_the_rest_follow_in_order() -> None:
    bulkhead = Bulkhead(3, "jira")
    inside = 0
    most = 0
    order: list[int] = []

    async def visit(number: int) -> None:
        nonlocal inside, most
        async with bulkhead.slot(soon()):
            inside += 1
            most = max(most, inside)
            order.append(number)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*[visit(number) for number in range(30)])
    assert most == 3
    assert order == list(range(30))


async def test_a_call_that_finds_no_slot_within_its_deadline_is_refused() -> None:
    bulkhead = Bulkhead(1, "jira")
    async with bulkhead.slot(soon()):
        with pytest.raises(QuotaExceeded, match=r"jira is busy: 1 calls.*\[connectors.jira\]") as refused:
            async with bulkhead.slot(soon(0.01)):
                pytest.fail("it got in")
    assert refused.value.retry_after == 1.0
    async with bulkhead.slot(soon()):
        pass


async def test_beyond_ten_waiting_per_slot_calls_are_refused_at_once() -> None:
    bulkhead = Bulkhead(2)
    release = asyncio.Event()

    async def visit() -> None:
        async with bulkhead.slot(soon()):
            await release.wait()

    visits = [asyncio.create_task(visit()) for _ in range(22)]
    await settle()
    with pytest.raises(QuotaExceeded, match="20 more wait"):
        async with bulkhead.slot(soon()):
            pytest.fail("it got in")
    release.set()
    await asyncio.gather(*visits)


@pytest.mark.parametrize("when", ["while waiting", "as its slot comes free"])
async def test_a_cancelled_call_takes_no_slot_with_it(when: str) -> None:
    bulkhead = Bulkhead(1)

    async def visit() -> None:
        async with bulkhead.slot(soon()):
            await asyncio.sleep(0)

    async with bulkhead.slot(soon()):
        waiting = asyncio.create_task(visit())
        await settle()
        if when == "while waiting":
            waiting.cancel()
            await settle()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    async with asyncio.timeout(1), bulkhead.slot(soon()):
        pass


async def test_a_failing_call_gives_its_slot_back() -> None:
    bulkhead = Bulkhead(1)
    with pytest.raises(ValueError, match="inside"):
        async with bulkhead.slot(soon()):
            raise ValueError("inside")
    async with asyncio.timeout(1), bulkhead.slot(soon()):
        pass
