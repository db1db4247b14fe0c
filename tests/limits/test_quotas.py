import asyncio
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.config.models import LimitsTable
from hub.errors import QuotaExceeded
from hub.limits.quotas import Quotas


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def quotas(clock: Callable[[], float] | None = None, **tables: Any) -> Quotas:
    return Quotas(LimitsTable(**tables), clock or Clock())


async def passes(limits: Quotas, client: str = "a", tool: str = "jira_search", namespace: str = "jira") -> bool:
    try:
        await limits.take(client, tool, namespace)
    except QuotaExceeded:
        return False
    return True


async def test_exactly_the_allowed_number_passes_under_concurrency() -> None:
    limits = quotas(per_client="100/minute")
    results = await asyncio.gather(*[passes(limits) for _ in range(400)])
    assert sum(results) == 100


async def test_a_refusal_names_the_limit_and_when_to_retry() -> None:
    clock = Clock()
    limits = quotas(clock, per_client="2/minute")
    await limits.take("a", "jira_search", "jira")
    clock.now += 20
    await limits.take("a", "jira_search", "jira")
    with pytest.raises(QuotaExceeded, match=r"\[limits\] per_client 2/minute.*40 s") as refused:
        await limits.take("a", "jira_search", "jira")
    assert refused.value.retry_after == 40.0
    clock.now += 39.9
    assert not await passes(limits)
    clock.now += 0.1
    assert await passes(limits)


async def test_no_window_of_the_length_ever_holds_more() -> None:
    clock = Clock()
    limits = quotas(clock, per_client="3/10s")
    taken: list[float] = []
    for _ in range(200):
        clock.now += 0.7
        if await passes(limits):
            taken.append(clock.now)
    assert len(taken) > 30
    assert all(later - earlier >= 10 for earlier, later in zip(taken, taken[3:], strict=False))


async def test_clients_do_not_share_a_quota() -> None:
    limits = quotas(per_client="1/minute")
    assert await passes(limits, "a")
    assert await passes(limits, "b")
    assert not await passes(limits, "a")


async def test_all_clients_share_a_connectors_quota() -> None:
    limits = quotas(connectors={"jira": "1/minute"})
    assert await passes(limits, "a")
    assert not await passes(limits, "b")
    assert await passes(limits, "b", "slack_post", "slack")


async def test_a_connectors_quota_counts_requests_and_the_others_count_calls() -> None:
    clock = Clock()
    limits = quotas(clock, per_client="100/minute", connectors={"github": "10/minute"})
    for _ in range(2):
        await limits.take("a", "github_explain_failure", "github", 4)
        clock.now += 10
    with pytest.raises(QuotaExceeded, match=r"\[limits.connectors\] github 10/minute") as refused:
        await limits.take("a", "github_explain_failure", "github", 4)
    assert refused.value.retry_after == 40.0  # when the first has left the window, whole
    for _ in range(2):
        await limits.take("a", "github_get_run", "github", 1)
    assert not await passes(limits, "a", "github_get_run", "github")
    clock.now += 40
    await limits.take("a", "github_explain_failure", "github", 4)


async def test_a_call_that_costs_more_than_the_whole_limit_needs_an_empty_window() -> None:
    clock = Clock()
    limits = quotas(clock, connectors={"github": "5/minute"})
    await limits.take("a", "github_explain_failure", "github", 8)
    clock.now += 59
    assert not await passes(limits, "a", "github_get_run", "github")
    clock.now += 1
    await limits.take("a", "github_get_run", "github", 1)
    with pytest.raises(QuotaExceeded) as refused:
        await limits.take("a", "github_explain_failure", "github", 8)
    assert refused.value.retry_after == 60.0


async def test_a_call_without_requests_passes_where_a_connectors_quota_is_used_up() -> None:
    limits = quotas(connectors={"github": "1/minute"})
    assert await passes(limits, "a", "github_get_run", "github")
    await limits.take("a", "github_help", "github", 0)


async def test_an_exact_name_beats_a_pattern_and_the_first_pattern_in_the_file_counts() -> None:
    limits = quotas(tools={"jira_*": "1/minute", "*_search": "100/minute", "jira_get": "3/minute"})
    assert [await passes(limits, tool="jira_get") for _ in range(4)] == [True, True, True, False]
    assert [await passes(limits, tool="jira_search") for _ in range(2)] == [True, False]
    assert not await passes(limits, tool="jira_list")  # shares the quota of jira_*


async def test_a_refused_call_is_charged_to_no_quota() -> None:
    limits = quotas(per_client="5/minute", tools={"jira_search": "1/minute"}, connectors={"slack": "1/minute"})
    assert await passes(limits, "a", "jira_search", "jira")
    assert not any([await passes(limits, "a", "jira_search", "jira") for _ in range(50)])
    assert [await passes(limits, "a", "jira_get", "jira") for _ in range(5)] == [True] * 4 + [False]


async def test_setting_the_wall_clock_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = Quotas(LimitsTable(per_client="2/hour"))
    real = time.time
    assert await passes(limits)
    monkeypatch.setattr(time, "time", lambda: real() - 3600)
    assert await passes(limits)
    monkeypatch.setattr(time, "time", lambda: real() + 3700)
    with pytest.raises(QuotaExceeded) as refused:
        await limits.take("a", "jira_search", "jira")
    assert refused.value.retry_after is not None
    assert 3500 < refused.value.retry_after <= 3600


async def test_clients_that_stay_away_are_forgotten() -> None:
    clock = Clock()
    limits = quotas(clock, per_client="10/minute")
    for number in range(100_000):
        await limits.take(f"client-{number}", "jira_search", "jira")
    for number in range(50_010):
        clock.now += 7
        await limits.take(f"late-{number % 10}", "jira_search", "jira")
    assert limits._limiter is not None
    assert len(limits._limiter.storage) <= 11  # pyright: ignore[reportArgumentType]  MonotonicStorage has a length


@given(
    limit=st.integers(1, 5),
    window=st.integers(1, 20),
    steps=st.lists(st.floats(0, 8, allow_nan=False), max_size=60),
)
def test_it_agrees_with_a_naive_moving_window(limit: int, window: int, steps: list[float]) -> None:
    async def compare() -> None:
        clock = Clock()
        limits = quotas(clock, per_client=f"{limit}/{window}s")
        taken: list[float] = []
        for step in steps:
            clock.now += step
            expected = sum(moment > clock.now - window for moment in taken) < limit
            assert await passes(limits) is expected
            if expected:
                taken.append(clock.now)

    asyncio.run(compare())


def test_without_limits_the_library_is_not_imported() -> None:
    code = (
        "import asyncio, sys\n"
        "from hub.config.models import LimitsTable\n"
        "from hub.limits.quotas import Quotas\n"
        "asyncio.run(Quotas(LimitsTable()).take('a', 'b', 'c'))\n"
        "assert 'limits' not in sys.modules\n"
        "asyncio.run(Quotas(LimitsTable(per_client='1/s')).take('a', 'b', 'c'))\n"
        "assert 'limits' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=50)


async def test_what_was_no_call_counts_against_the_clients_quota_alone() -> None:
    limits = quotas(per_client="3/minute", tools={"*": "1/minute"})
    await limits.take_of_client("a")
    await limits.take_of_client("a")
    assert await passes(limits, "a")
    with pytest.raises(QuotaExceeded, match=r"\[limits\] per_client 3/minute.*60 s"):
        await limits.take_of_client("a")
    assert await passes(limits, "b")


async def test_without_a_client_quota_nothing_is_counted() -> None:
    limits = quotas(tools={"*": "1/minute"})
    for _ in range(10):
        await limits.take_of_client("a")
    assert await passes(limits, "a")
