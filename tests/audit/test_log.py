import asyncio
import shutil
import sqlite3
import stat
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from hub.audit.log import AuditLog
from hub.audit.reader import tail
from hub.audit.records import Conclusion, Intent, Refusal, log_file
from hub.errors import AuditUnavailable, DeadlineExceeded

MakeIntent = Callable[..., Intent]
MakeConclusion = Callable[..., Conclusion]
MakeRefusal = Callable[..., Refusal]


def rows(state: Path) -> list[tuple[int, str, int | None]]:
    with sqlite3.connect(log_file(state)) as connection:
        found = connection.execute("SELECT sequence, event, intent FROM records ORDER BY sequence").fetchall()
    connection.close()
    return found


async def recovered(audit: AuditLog, intent: Intent) -> int:
    """Try until it works, as calls would."""
    while True:
        try:
            return await audit.intend(intent)
        except AuditUnavailable:
            await asyncio.sleep(0)


async def test_an_acknowledged_record_can_be_read_by_another_connection_at_once(
    tmp_path: Path, intent: MakeIntent, conclusion: MakeConclusion, refusal: MakeRefusal
) -> None:
    async with AuditLog.open(tmp_path) as audit:
        sequence = await audit.intend(intent())
        assert rows(tmp_path) == [(sequence, "intent", None)]
        await audit.conclude(sequence, conclusion())
        await audit.refuse(refusal())
        assert rows(tmp_path)[1:] == [(sequence + 1, "outcome", sequence), (sequence + 2, "refusal", None)]
        assert audit.problem == ""


async def test_every_commit_is_synced_and_in_the_write_ahead_log(tmp_path: Path, intent: MakeIntent) -> None:
    from hub.audit.store import Store

    store = Store(log_file(tmp_path))
    store.append([intent().row()])
    assert store._connection is not None
    assert store._connection.execute("PRAGMA synchronous").fetchone() == (2,)
    assert store._connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    store.close()


async def test_many_callers_share_writes_and_each_gets_its_own_number(
    tmp_path: Path, intent: MakeIntent, conclusion: MakeConclusion
) -> None:
    async with AuditLog.open(tmp_path) as audit:

        async def call(number: int) -> None:
            sequence = await audit.intend(intent(f"c{number}"))
            await audit.conclude(sequence, conclusion(f"c{number}"))

        await asyncio.gather(*[call(number) for number in range(500)])
    entries = tail(log_file(tmp_path), 1000)
    assert sorted(entry.call for entry in entries) == sorted(f"c{number}" for number in range(500))
    assert {entry.outcome for entry in entries} == {"ok"}
    assert len(rows(tmp_path)) == 1000


async def test_two_logs_on_one_folder_never_share_a_number(tmp_path: Path, intent: MakeIntent) -> None:
    async with AuditLog.open(tmp_path) as one, AuditLog.open(tmp_path) as other:
        numbers = await asyncio.gather(*[log.intend(intent()) for _ in range(100) for log in (one, other)])
    assert len(set(numbers)) == 200


async def test_the_log_is_for_its_owner_alone(tmp_path: Path, intent: MakeIntent) -> None:
    state = tmp_path / "new" / "state"
    async with AuditLog.open(state) as audit:
        await audit.intend(intent())
        for file in state.iterdir():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    assert stat.S_IMODE(state.stat().st_mode) == 0o700


async def test_a_folder_that_cannot_be_made_refuses_calls_and_says_why(tmp_path: Path, intent: MakeIntent) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    async with AuditLog.open(tmp_path / "file" / "state") as audit:
        with pytest.raises(AuditUnavailable, match="not a directory"):
            await audit.intend(intent())
        assert "not a directory" in audit.problem
        (tmp_path / "file").unlink()
        await recovered(audit, intent())
        assert audit.problem == ""


async def test_a_removed_folder_refuses_until_it_is_back(
    tmp_path: Path, intent: MakeIntent, conclusion: MakeConclusion
) -> None:
    state = tmp_path / "state"
    async with AuditLog.open(state) as audit:
        sequence = await audit.intend(intent())
        shutil.rmtree(state)
        with pytest.raises(AuditUnavailable, match="has gone"):
            await audit.conclude(sequence, conclusion())
        with pytest.raises(AuditUnavailable):
            await audit.intend(intent())
        state.mkdir()
        await recovered(audit, intent("c2"))
        assert [entry.call for entry in tail(log_file(state), 10)] == ["c2"]


async def test_a_log_that_is_renamed_stays_whole_and_a_new_one_is_begun(
    tmp_path: Path, intent: MakeIntent, conclusion: MakeConclusion
) -> None:
    async with AuditLog.open(tmp_path) as audit:
        sequence = 0
        for number in range(30):
            sequence = await audit.intend(intent(f"old{number}"))
        old = log_file(tmp_path).rename(tmp_path / "audit-2026.db")
        await audit.conclude(sequence, conclusion("old29"))
        await audit.intend(intent("new"))
        assert [entry.call for entry in tail(old, 100)] == [f"old{number}" for number in range(30)]
        entries = tail(log_file(tmp_path), 100)
        assert [(entry.call, entry.outcome) for entry in entries if entry.call == "new"] == [("new", "running")]


async def test_a_lost_write_ahead_log_is_noticed_and_loses_nothing(tmp_path: Path, intent: MakeIntent) -> None:
    async with AuditLog.open(tmp_path) as audit:
        await audit.intend(intent("before"))
        (tmp_path / "audit.db-wal").unlink()
        await audit.intend(intent("after"))
        assert [entry.call for entry in tail(log_file(tmp_path), 10)] == ["before", "after"]


async def test_a_damaged_file_refuses_and_the_hub_goes_on_once_it_is_moved_away(
    tmp_path: Path, intent: MakeIntent
) -> None:
    log_file(tmp_path).write_bytes(b"no database at all" * 1000)
    async with AuditLog.open(tmp_path) as audit:
        with pytest.raises(AuditUnavailable, match="no audit log"):
            await audit.intend(intent())
        log_file(tmp_path).rename(tmp_path / "broken.db")
        async with AuditLog.open(tmp_path) as other:  # the one that failed keeps nobody waiting
            await other.intend(intent())
        await recovered(audit, intent())


async def test_a_log_of_a_newer_hub_is_not_touched(tmp_path: Path, intent: MakeIntent) -> None:
    with sqlite3.connect(log_file(tmp_path)) as connection:
        connection.execute("PRAGMA user_version = 7")
    connection.close()
    async with AuditLog.open(tmp_path) as audit:
        with pytest.raises(AuditUnavailable, match="newer version"):
            await audit.intend(intent())


async def test_a_stalled_disk_refuses_in_time_and_leaves_the_loop_free(
    tmp_path: Path, intent: MakeIntent, conclusion: MakeConclusion
) -> None:
    async with AuditLog.open(tmp_path, patience=0.2) as audit:
        sequence = await audit.intend(intent("begun"))
        stall = sqlite3.connect(log_file(tmp_path), isolation_level=None)
        stall.execute("BEGIN IMMEDIATE")  # nobody else can write until this ends
        turns = 0
        refused = asyncio.gather(
            audit.intend(intent("c1")), audit.conclude(sequence, conclusion("begun")), return_exceptions=True
        )
        while not refused.done():
            turns += 1
            await asyncio.sleep(0)
        assert [type(error) for error in refused.result()] == [AuditUnavailable, AuditUnavailable]
        assert "does not answer" in str(refused.result()[0])
        assert turns > 100
        stall.execute("ROLLBACK")
        stall.close()
        await recovered(audit, intent("c2"))
    outcomes = {entry.call: entry.outcome for entry in tail(log_file(tmp_path), 10)}
    # What was written late says what became of it: the outcome stands, and of the refused call nothing was done.
    assert outcomes["begun"] == "ok"
    assert outcomes.get("c1", "audit_unavailable") == "audit_unavailable"


async def test_an_intent_whose_caller_is_gone_says_that_nothing_was_done(
    tmp_path: Path, intent: MakeIntent
) -> None:
    async with AuditLog.open(tmp_path) as audit:
        await audit.intend(intent("first"))
        stall = sqlite3.connect(log_file(tmp_path), isolation_level=None)
        stall.execute("BEGIN IMMEDIATE")
        calls = [asyncio.create_task(audit.intend(intent(f"gone{number}"))) for number in range(3)]
        await asyncio.sleep(0)
        while not audit._queue.empty():  # noqa: ASYNC110  until the writer has them in its hands, which no event tells
            await asyncio.sleep(0)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        stall.execute("ROLLBACK")
        stall.close()
        await audit.intend(intent("after"))
        await audit.intend(intent("last"))
    outcomes = {entry.call: entry.outcome for entry in tail(log_file(tmp_path), 20)}
    gone = [outcome for call, outcome in outcomes.items() if call.startswith("gone")]
    assert gone
    assert set(gone) == {"cancelled"}


async def test_an_outcome_is_written_although_its_caller_is_gone(
    tmp_path: Path, intent: MakeIntent, conclusion: MakeConclusion
) -> None:
    async with AuditLog.open(tmp_path) as audit:
        sequence = await audit.intend(intent())
        finishing = asyncio.create_task(audit.conclude(sequence, conclusion()))
        await asyncio.sleep(0)
        finishing.cancel()
        await asyncio.gather(finishing, return_exceptions=True)
    assert [entry.outcome for entry in tail(log_file(tmp_path), 10)] == ["ok"]


async def test_closing_writes_what_still_waits_and_refuses_what_comes_after(
    tmp_path: Path, intent: MakeIntent
) -> None:
    async with AuditLog.open(tmp_path) as audit:
        calls = [asyncio.create_task(audit.intend(intent(f"c{number}"))) for number in range(200)]
        await asyncio.sleep(0)
    await asyncio.gather(*calls)
    assert len(rows(tmp_path)) == 200
    with pytest.raises(AuditUnavailable, match="closed"):
        await audit.intend(intent())
    assert not (tmp_path / "audit.db-wal").exists()


async def test_readiness_recovers_without_a_call(
    tmp_path: Path, intent: MakeIntent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.audit.writer.RETRY_PERIOD", 0.01)
    state = tmp_path / "state"
    state.write_text("in the way", encoding="utf-8")
    async with AuditLog.open(state) as audit, asyncio.timeout(20):
        while not audit.problem:  # noqa: ASYNC110  as a probe from outside would
            await asyncio.sleep(0)
        state.unlink()
        while audit.problem:  # noqa: ASYNC110  as a probe from outside would
            await asyncio.sleep(0)


async def test_a_call_cancelled_in_the_moment_its_intent_is_written_is_concluded(
    tmp_path: Path, intent: MakeIntent, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with AuditLog.open(tmp_path) as audit:
        await audit.intend(intent("opened"))
        tell = audit._written

        def tell_and_cancel(batch: Sequence[Any], first: int) -> None:
            tell(batch, first)
            call.cancel()

        monkeypatch.setattr(audit, "_written", tell_and_cancel)
        call = asyncio.create_task(audit.intend(intent()))
        await asyncio.gather(call, return_exceptions=True)
        assert call.cancelled()
    assert [entry.outcome for entry in tail(log_file(tmp_path), 1)] == ["cancelled"]


async def test_an_intent_that_takes_longer_than_the_call_has_left_is_refused_in_time_and_concluded(
    tmp_path: Path, intent: MakeIntent
) -> None:
    async with AuditLog.open(tmp_path) as audit:
        await audit.intend(intent("before"))
        with closing(sqlite3.connect(log_file(tmp_path), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            began = asyncio.get_running_loop().time()
            with pytest.raises(DeadlineExceeded, match=r"jira_search within the call's time, so nothing was done"):
                await audit.intend(intent("late"), 0.05)
            assert asyncio.get_running_loop().time() - began < 2
            other.execute("ROLLBACK")
        await audit.intend(intent("after"))
    assert {e.call: e.outcome for e in tail(log_file(tmp_path), 9)}["late"] == "deadline_exceeded"
