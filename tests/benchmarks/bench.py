"""`make bench`: the hub against a bare low-level MCP server, as ratios in one run.

CPU is user and system time of the server's process, from /proc; rounds of the two are interleaved and the median
counts, so that a busy machine troubles both alike.
"""

import argparse
import asyncio
import hashlib
import json
import os
import select
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wire import MODERN, Era, Target, drive, message

HERE = Path(__file__).parent
HUB = str(Path(sys.executable).with_name("hub"))
KEY = "hub_bench_" + "k" * 40
ERAS: tuple[Era, ...] = (MODERN, "2025-11-25")
ARGUMENTS = {"name": "bench_fetch", "arguments": {"query": "up", "limit": 5}}
TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Row:
    """One line of the table: medians of both, and the ratio that is wanted."""

    what: str
    unit: str
    bare: float
    hub: float
    wanted: float | None = None

    @property
    def ratio(self) -> float:
        return self.hub / self.bare


def cpu_ms(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / TICK


def resident_mb(pid: int) -> float:
    return (
        int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGESIZE") / 2**20
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, process: subprocess.Popen[bytes], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            raise SystemExit(f"a server under test ended with status {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise SystemExit("a server under test did not listen in time")


def environment(folder: Path) -> dict[str, str]:
    """An environment in which the benchmark's connector is installed."""
    info = folder / "hub_connector_bench-1.0.dist-info"
    info.mkdir(exist_ok=True)
    metadata = "Metadata-Version: 2.1\nName: hub-connector-bench\nVersion: 1.0\n"
    (info / "METADATA").write_text(metadata, encoding="utf-8")
    (info / "entry_points.txt").write_text("[hub.connectors]\nbench = bench_connector\n", encoding="utf-8")
    return {**os.environ, "PYTHONPATH": f"{folder}:{HERE}"}


def write_config(folder: Path, backend: str, port: int) -> Path:
    """A hub.toml in which every stage has work: a key, a role with patterns, three kinds of limits."""
    path = folder / f"hub-{port}.toml"
    path.write_text(
        f"""
[hub]
state = "state-{port}"
[server]
port = {port}
[[auth.keys]]
client = "bench"
key_sha256 = "{hashlib.sha256(KEY.encode()).hexdigest()}"
roles = ["reader"]
[roles.reader]
allowed_tools = ["other_*", "bench_*"]
denied_tools = ["*_delete"]
require_approval = ["*_deploy"]
[limits]
per_client = "1000000/minute"
tools = {{ "bench_*" = "1000000/minute" }}
connectors = {{ bench = "1000000/minute" }}
[connectors.bench]
url = "{backend}"
""",
        encoding="utf-8",
    )
    return path


@contextmanager
def running(command: list[str], env: dict[str, str], port: int) -> Generator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    try:
        wait_for(port, process)
        yield process
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def backend() -> Generator[str]:
    process = subprocess.Popen([sys.executable, str(HERE / "backend.py")], stdout=subprocess.PIPE)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


def interleaved(measure: dict[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    taken: dict[str, list[float]] = {name: [] for name in measure}
    for _ in range(rounds):
        for name, one in measure.items():
            taken[name].append(one())
    return {name: statistics.median(values) for name, values in taken.items()}


def http_rows(url: str, folder: Path, env: dict[str, str], rounds: int, calls: int) -> list[Row]:
    bare_port, hub_port = free_port(), free_port()
    config = write_config(folder, url, hub_port)
    bare_command = [sys.executable, str(HERE / "bare.py"), "http", url, str(bare_port)]
    hub_command = [HUB, "serve", "--config", str(config)]
    rows: list[Row] = []
    with running(bare_command, env, bare_port) as bare, running(hub_command, env, hub_port) as hub:
        pids = {"bare": bare.pid, "hub": hub.pid}
        rows.append(
            Row(
                "resident memory before the first call",
                "MB",
                *(resident_mb(pids[name]) for name in ("bare", "hub")),
            )
        )
        for era in ERAS:
            targets = {
                "bare": Target(port=bare_port, era=era),
                "hub": Target(port=hub_port, era=era, key=KEY),
            }

            def spent(
                name: str, method: str, params: dict[str, Any], total: int, concurrency: int, expect: bytes
            ) -> float:
                before = cpu_ms(pids[name])
                asyncio.run(
                    drive(targets[name], method, params, total=total, concurrency=concurrency, expect=expect)  # noqa: B023  called in this turn of the loop
                )
                return (cpu_ms(pids[name]) - before) / total

            kinds: list[tuple[str, str, dict[str, Any], int, int, bytes, float]] = [
                ("tools/call, 2 KB", "tools/call", ARGUMENTS, calls, 1, b"xxxx", 1.6),
                ("tools/call, 2 KB", "tools/call", ARGUMENTS, calls, 8, b"xxxx", 1.6),
                ("tools/call, 2 KB", "tools/call", ARGUMENTS, calls, 64, b"xxxx", 1.6),
                ("tools/list, 200 tools", "tools/list", {}, max(calls // 20, 20), 1, b"bench_filler_198", 1.0),
            ]
            for what, method, params, total, concurrency, expect, wanted in kinds:
                work = (method, params, total, concurrency, expect)
                for target in targets.values():  # warm up: pools, caches, lazy imports
                    asyncio.run(drive(target, method, params, total=20, concurrency=concurrency, expect=expect))
                medians = interleaved(
                    {name: (lambda name=name, work=work: spent(name, *work)) for name in targets}, rounds
                )
                label = f"{what}, {era}, c={concurrency}"
                rows.append(Row(label, "CPU ms", medians["bare"], medians["hub"], wanted))
        rows.append(
            Row("resident memory after all of that", "MB", *(resident_mb(pids[name]) for name in ("bare", "hub")))
        )
    return rows


def first_list(command: list[str], env: dict[str, str], era: Era) -> float:
    """Milliseconds of wall time from the spawn to the answer of the first tools/list over stdio."""
    target = Target(port=0, era=era)
    begun = time.perf_counter()
    process = subprocess.Popen(
        command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdin is not None
    assert process.stdout is not None
    messages: list[dict[str, Any]] = []
    if era != MODERN:
        client = {"name": "bench", "version": "1"}
        messages.append(
            message(target, "initialize", {"protocolVersion": era, "capabilities": {}, "clientInfo": client}, 1)
        )
        messages.append({"jsonrpc": "2.0", "method": "notifications/initialized"})
    messages.append(message(target, "tools/list", {}, 2))
    for one in messages:
        process.stdin.write(json.dumps(one).encode() + b"\n")
    process.stdin.flush()
    line = b""
    while b'"tools":' not in line or b'"id":2' not in line.replace(b" ", b""):
        ready, _, _ = select.select([process.stdout], [], [], 30)
        line = process.stdout.readline() if ready else b""
        if not line:
            raise SystemExit("no answer to tools/list over stdio")
    elapsed = (time.perf_counter() - begun) * 1000
    process.stdin.close()
    process.wait(20)
    process.stdout.close()
    return elapsed


def stdio_rows(url: str, folder: Path, env: dict[str, str], rounds: int) -> list[Row]:
    config = write_config(folder, url, free_port())
    commands = {
        "bare": [sys.executable, str(HERE / "bare.py"), "stdio", url],
        "hub": [HUB, "serve", "--stdio", "--config", str(config)],
    }
    rows: list[Row] = []
    for era in ERAS:
        for command in commands.values():
            first_list(command, env, era)
        medians = interleaved(
            {
                name: (lambda command=command, era=era: first_list(command, env, era))
                for name, command in commands.items()
            },
            rounds,
        )
        rows.append(
            Row(f"stdio, spawn to first tools/list, 200 tools, {era}", "ms", medians["bare"], medians["hub"], 1.15)
        )
    return rows


def render(rows: list[Row]) -> str:
    lines = ["| what | unit | bare | hub | ratio | wanted |", "|---|---|---|---|---|---|"]
    for row in rows:
        wanted = f"≤ {row.wanted:.2f}" if row.wanted else ""
        lines.append(f"| {row.what} | {row.unit} | {row.bare:.2f} | {row.hub:.2f} | {row.ratio:.2f} | {wanted} |")
    return "\n".join(lines)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=5, help="interleaved rounds; the median counts")
    options.add_argument("--calls", type=int, default=2000, help="calls a round")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as name, backend() as url:
        folder = Path(name)
        env = environment(folder)
        rows = [
            *stdio_rows(url, folder, env, chosen.rounds),
            *http_rows(url, folder, env, chosen.rounds, chosen.calls),
        ]
    print(render(rows))
    missed = [row for row in rows if row.wanted and row.ratio > row.wanted]
    memory = next(row for row in rows if row.what.startswith("resident memory before"))
    for row in missed:
        print(f"missed: {row.what}: {row.ratio:.2f} > {row.wanted:.2f}", file=sys.stderr)
    if memory.hub > 90:
        print(f"missed: {memory.what}: {memory.hub:.0f} MB > 90 MB", file=sys.stderr)
    return 1 if missed or memory.hub > 90 else 0


if __name__ == "__main__":
    sys.exit(main())
