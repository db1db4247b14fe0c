"""What holds when the process dies or the disk is full."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hub.audit.log import AuditLog
from hub.audit.reader import tail
from hub.audit.records import Conclusion, Intent, log_file
from hub.errors import AuditUnavailable

WRITER = """
import asyncio, sys
from pathlib import Path
import orjson
from hub.audit.log import AuditLog
from hub.audit.records import Conclusion, Intent

async def main():
    async with AuditLog.open(Path(sys.argv[1])) as audit:
        async def client(name):
            for number in range(10**9):
                call = f"{sys.argv[2]}-{name}-{number}"
                sequence = await audit.intend(Intent(call=call, kind="tool", name="t", client="c", how="key",
                    transport="http", arguments=orjson.Fragment(b"{}")))
                print("intent", call, flush=True)
                await audit.conclude(sequence, Conclusion(call=call, name="t", client="c", outcome="ok",
                    duration_ms=1.0))
                print("outcome", call, flush=True)
        await asyncio.gather(*[client(name) for name in range(4)])

asyncio.run(main())
"""


def test_no_acknowledged_record_is_lost_when_the_process_is_killed(tmp_path: Path) -> None:
    acknowledged: dict[str, set[str]] = {"intent": set(), "outcome": set()}
    for run in range(20):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), str(run)], stdout=subprocess.PIPE, text=True
        ) as writer:
            assert writer.stdout is not None
            lines = [writer.stdout.readline() for _ in range(3 + 11 * run)]
            writer.send_signal(signal.SIGKILL)
            lines += writer.stdout.readlines()
        for line in lines:
            if line.endswith("\n"):
                event, call = line.split()
                acknowledged[event].add(call)
    entries = {entry.call: entry for entry in tail(log_file(tmp_path), 10**6)}
    assert len(acknowledged["intent"]) > 400
    assert acknowledged["intent"] <= entries.keys()
    assert acknowledged["outcome"] <= {call for call, entry in entries.items() if entry.outcome == "ok"}
    assert {entry.outcome for entry in entries.values()} <= {"ok", "interrupted"}


async def test_calls_cut_off_by_a_crash_stay_interrupted_after_the_next_start(
    tmp_path: Path, intent: Callable[..., Intent]
) -> None:
    writer = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WRITER, str(tmp_path), "crash", stdout=asyncio.subprocess.PIPE
    )
    assert writer.stdout is not None
    await writer.stdout.readline()
    writer.kill()
    await writer.communicate()
    async with AuditLog.open(tmp_path) as audit:
        await audit.intend(intent("alive"))
        entries = tail(log_file(tmp_path), 10**6)
        assert {entry.outcome for entry in entries if entry.call.startswith("crash")} <= {"ok", "interrupted"}
        assert entries[-1].outcome == "running"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    if mount is None or os.geteuid() != 0:
        pytest.skip("mounting a small tmpfs needs root")
    made = subprocess.run([mount, "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)], check=False)
    if made.returncode:
        pytest.skip("this system does not permit mounting a tmpfs")
    try:
        yield folder
    finally:
        subprocess.run([mount.replace("mount", "umount"), "-l", str(folder)], check=True)


async def test_a_full_disk_refuses_and_recovers_when_there_is_room(
    small_disk: Path, intent: Callable[..., Intent], conclusion: Callable[..., Conclusion]
) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * 100_000)
    acknowledged: list[str] = []
    async with AuditLog.open(small_disk) as audit:
        sequence = 0

        async def fill() -> None:
            nonlocal sequence
            for number in range(100_000):
                sequence = await audit.intend(intent(f"c{number}", rule="r" * 500))
                acknowledged.append(f"c{number}")

        with pytest.raises(AuditUnavailable, match=r"disk is full|refuses to read or write"):
            await fill()
        assert audit.problem
        assert len(acknowledged) > 1
        ballast.unlink()
        for _ in range(1000):
            try:
                await audit.conclude(sequence, conclusion(acknowledged[-1]))
                break
            except AuditUnavailable:
                await asyncio.sleep(0)
        assert audit.problem == ""
    entries = {entry.call: entry.outcome for entry in tail(log_file(small_disk), 10**6)}
    assert set(acknowledged) <= entries.keys()
    assert entries[acknowledged[-1]] == "ok"
