"""Walks through every tool of GitHub and Jira over HTTP as an agent would, and holds the answers to their figures.

Prints a transcript to read with an agent's eyes, then what was measured. The hub runs as `hub serve` in one process
and the sandboxes in another, so that the hub's memory is the hub's alone. Run it with `make figures`.
"""

import asyncio
import contextlib
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomlkit
from mcp.client import Client
from mcp_types import TextContent

from tests.acceptance.steps import STEPS, Step
from tests.acceptance.tokens import count

HUB = Path(sys.executable).parent / "hub"
DEFINITIONS = 1500
"""Tokens the tools of one connector may take: name, description, input schema."""


@dataclass(frozen=True)
class Figure:
    """One line of the closing table."""

    what: str
    value: float
    wanted: float | None = None

    @property
    def missed(self) -> bool:
        return self.wanted is not None and self.value > self.wanted

    def __str__(self) -> str:
        wanted = f"≤ {self.wanted:g}" if self.wanted is not None else ""
        return f"{self.what:<72} {self.value:>9.6g}  {wanted:<9}{'MISSED' if self.missed else ''}"


@contextlib.contextmanager
def running(*command: str | Path, cwd: Path) -> Generator["subprocess.Popen[str]"]:
    """A program with pipes, ended by closing its stdin and then by SIGTERM."""
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=cwd, text=True, **pipes) as process:
        try:
            yield process
        finally:
            process.terminate()
            process.communicate(timeout=30)


@contextlib.contextmanager
def served(folder: Path) -> Generator[tuple[str, int]]:
    """The hub over HTTP before all sandboxes; gives its address and process id."""
    sandboxes = Path(__file__).with_name("sandboxes.py")
    with running(sys.executable, sandboxes, cwd=folder) as behind:
        assert behind.stdout is not None
        tables: dict[str, dict[str, Any]] = json.loads(behind.stdout.readline())
        for name, table in tables.items():
            for key, value in table.items():
                if "token" in key:
                    (folder / f"{name}-{key}").write_text(value, encoding="utf-8")
                    (folder / f"{name}-{key}").chmod(0o600)
                    table[key] = {"file": f"{name}-{key}"}
            table["read_only"] = False
        config = {"server": {"port": 0}, "connectors": tables}
        (folder / "hub.toml").write_text(tomlkit.dumps(config), encoding="utf-8")
        with running(HUB, "serve", cwd=folder) as hub:
            assert hub.stderr is not None
            for line in hub.stderr:
                if match := re.search(r"http://\S+/mcp", line):
                    yield match[0], hub.pid
                    return
        raise SystemExit("hub serve did not start")


def memory(pid: int, key: str) -> float:
    """MB of a process: `VmRSS` now, or `VmHWM` at most since `forget_peak`."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(re.findall(rf"{key}:\s+(\d+)", status)[0]) / 1024


def forget_peak(pid: int) -> None:
    """Let VmHWM begin anew (proc(5), clear_refs)."""
    Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")


def requests_of_last_call(folder: Path) -> int:
    """What the audit log says of the last call."""
    told = subprocess.run(
        [HUB, "audit", "tail", "--json", "-n", "1"], cwd=folder, capture_output=True, text=True, check=True
    ).stdout
    return int(json.loads(told.strip().splitlines()[-1])["requests"])


async def walk(url: str, pid: int, folder: Path) -> tuple[list[Figure], list[str], list[str]]:
    """Make all calls; gives figures, problems, and the answers whose tokens are still to be counted."""
    figures: list[Figure] = []
    problems: list[str] = []
    answers: list[str] = []
    known: dict[str, str] = {}
    async with Client(url) as client:
        for step in STEPS:
            arguments = step.filled(known)
            forget_peak(pid)
            before = memory(pid, "VmRSS")
            result = await client.call_tool(step.tool, arguments)
            grown = memory(pid, "VmHWM") - before
            text = "\n".join(part.text for part in result.content if isinstance(part, TextContent))
            print(f"▸ {step.tool}  {json.dumps(arguments, ensure_ascii=False)}\n{text}\n")
            answers.append(text)
            problem = "it failed" if result.is_error else step.learn(text, known)
            if problem:
                problems.append(f"{step.tool}: {problem}")
            if step.requests is not None:
                made = requests_of_last_call(folder)
                figures.append(Figure(f"{told(step)}: requests to the service", made, step.requests))
            if step.megabytes is not None:
                figures.append(Figure(f"{told(step)}: extra memory, MB", round(grown, 1), step.megabytes))
    return figures, problems, answers


async def definitions(url: str) -> dict[str, str]:
    """The tools of each connector as a model is shown them, as compact JSON."""
    async with Client(url) as client:
        tools = (await client.list_tools()).tools
    shown: dict[str, list[dict[str, Any]]] = {}
    for tool in tools:
        entry = {"name": tool.name, "description": tool.description, "inputSchema": tool.input_schema}
        shown.setdefault(tool.name.partition("_")[0], []).append(entry)
    return {name: json.dumps(entries, separators=(",", ":"), ensure_ascii=False) for name, entries in shown.items()}


def told(step: Step) -> str:
    """A step in a few words."""
    return f"{step.tool} {next(iter(step.arguments.values()), '')}"[:44]


def main() -> int:
    """Walk, print, and exit with 1 if a figure or an answer is not as it should be."""
    with tempfile.TemporaryDirectory(prefix="hub-walk-") as name:
        folder = Path(name)
        with served(folder) as (url, pid):
            shown = asyncio.run(definitions(url))
            figures, problems, answers = asyncio.run(walk(url, pid, folder))
    counted = count([*shown.values(), *answers])
    lists: Sequence[int] = counted[: len(shown)]
    figures[:0] = [
        Figure(f"tools/list, {connector}: tokens", tokens, None if connector == "hub" else DEFINITIONS)
        for connector, tokens in zip(shown, lists, strict=True)
    ]
    figures.append(Figure("tools/list, all connectors: tokens", sum(lists)))
    for step, tokens in zip(STEPS, counted[len(shown) :], strict=True):
        if step.tokens is not None:
            figures.append(Figure(f"{told(step)}: tokens", tokens, step.tokens))
    figures.append(Figure(f"all {len(STEPS)} answers: tokens", sum(counted[len(shown) :])))
    print("\n".join(map(str, figures)))
    missed = [f"{figure.what} is missed" for figure in figures if figure.missed]
    for problem in [*problems, *missed]:
        print(f"PROBLEM {problem}", file=sys.stderr)
    return 1 if problems or missed else 0


if __name__ == "__main__":
    sys.exit(main())
