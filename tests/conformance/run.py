"""`make conformance`: the official MCP conformance suite against the hub, and the Inspector's lint of every schema.

Every scored scenario has to pass without a warning. Those that are not scored may fail if docs/conformance.md lists
them with a reason; one that is listed and passes fails the run too, so that the list stays true.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from packages import Unavailable, find_node

from hub.discovery.found import PREFIX, find_connectors

HERE = Path(__file__).parent
LISTED = HERE.parents[1] / "docs" / "conformance.md"
SUITE = "@modelcontextprotocol/conformance"
INSPECTOR = "@modelcontextprotocol/inspector"
INSPECTOR_VERSION = "2.12.0"
START_SECONDS = 30
RUN_SECONDS = 300

CONFORMANCE = """
[hub]
name = "Conformance"

[connectors.test]
connector = "conformance"
read_only = false
hub_toml = "{path}"
"""


@dataclass(frozen=True)
class Run:
    """One run of the suite.

    Attributes:
        revision: Of the protocol.
        version: Of the suite.
        options: What chooses the scenarios.
        scored: Whether what it runs counts; None where a file of the suite's says which scenarios do.
    """

    revision: str
    version: str
    options: tuple[str, ...]
    scored: bool | None


RUNS = (
    Run("2025-06-18", "0.1.16", ("--spec-version", "2025-06-18"), scored=True),
    Run("2025-11-25", "0.1.16", ("--spec-version", "2025-11-25"), scored=True),
    Run("2025-11-25", "0.1.16", ("--suite", "pending", "--spec-version", "2025-11-25"), scored=False),
    Run("2025-11-25", "0.2.0-alpha.12", ("--requirements", "2025-11-25"), scored=None),
    Run("2026-07-28", "0.2.0-alpha.12", ("--requirements", "2026-07-28"), scored=None),
)


@dataclass
class Verdict:
    """What one run found.

    Attributes:
        checks: How many checks of scored scenarios ended how.
        scored: Scenarios that count.
        bad: Those among them that fail or warn, with the reason.
        unscored: Scenarios that do not count.
        failing: Those among them that fail.
    """

    checks: Counter[str] = field(default_factory=Counter[str])
    scored: set[str] = field(default_factory=set[str])
    bad: dict[str, str] = field(default_factory=dict[str, str])
    unscored: set[str] = field(default_factory=set[str])
    failing: set[str] = field(default_factory=set[str])


def main() -> int:
    """Run everything; gives the exit status."""
    try:
        node = find_node()
        suites = {run.version: node.script(SUITE, run.version, "dist/index.js") for run in RUNS}
        inspector = node.script(INSPECTOR, INSPECTOR_VERSION, "clients/launcher/build/index.js")
    except Unavailable as error:
        if os.environ.get("CI"):
            _say(f"conformance cannot run: {error}")
            return 1
        _say(f"conformance is skipped: {error}")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        return max(_conformance(Path(folder), suites), _lint(Path(folder), inspector))


def _conformance(folder: Path, suites: dict[str, list[str]]) -> int:
    config = folder / "conformance.toml"
    config.write_text(CONFORMANCE.format(path=config), encoding="utf-8")
    wrong: list[str] = []
    failing: dict[str, set[str]] = {}
    ran: dict[str, set[str]] = {}
    with _serving(config, "--plugin", str(HERE / "conformance.py")) as url:
        for number, run in enumerate(RUNS):
            results = folder / str(number)
            command = [*suites[run.version], "server", "--url", url, *run.options, "-o", str(results)]
            done = subprocess.run(
                command, cwd=folder, capture_output=True, text=True, check=False, timeout=RUN_SECONDS
            )
            verdict = _verdict(run, results, _scored_by(run, suites[run.version]))
            if not verdict.scored and not verdict.unscored:
                wrong.append(f"{run.revision}, suite {run.version}: nothing ran: {done.stderr.strip()[-300:]}")
            _say(_line(run, verdict))
            wrong += [f"{run.revision}, suite {run.version}: {name}: {why}" for name, why in verdict.bad.items()]
            failing.setdefault(run.revision, set()).update(verdict.failing)
            ran.setdefault(run.revision, set()).update(verdict.unscored)
    listed = _listed()
    for revision, names in ran.items():
        known = listed.get(revision, set())
        wrong += [f"{revision}: {name} fails and is not in {LISTED.name}" for name in failing[revision] - known]
        passing = names & known - failing[revision]
        wrong += [f"{revision}: {name} passes; take it out of {LISTED.name}" for name in passing]
    for line in wrong:
        _say(f"  ✗ {line}")
    return bool(wrong)


def _verdict(run: Run, results: Path, scored: set[str] | None) -> Verdict:
    verdict = Verdict()
    for file in sorted(results.glob("*/checks.json")):
        found = re.fullmatch(r"server-(.+)-\d{4}-\d\d-\d\dT.*", file.parent.name)
        if found is None:
            continue
        name = found.group(1)
        checks: list[dict[str, str]] = json.loads(file.read_text(encoding="utf-8"))
        failed = [check for check in checks if check["status"] in ("FAILURE", "WARNING")]
        if run.scored is True or (scored is not None and name in scored):
            verdict.scored.add(name)
            verdict.checks.update(check["status"] for check in checks)
            if failed:
                verdict.bad[name] = str(failed[0].get("errorMessage") or failed[0]["id"])
        else:
            verdict.unscored.add(name)
            if any(check["status"] == "FAILURE" for check in failed):
                verdict.failing.add(name)
    if scored is not None:
        verdict.bad.update(dict.fromkeys(scored - verdict.scored, "it did not run"))
    return verdict


def _scored_by(run: Run, suite: Sequence[str]) -> set[str] | None:
    """The scenarios a revision requires, by the suite's own file."""
    if run.scored is not None:
        return None
    package = Path(suite[1]).parents[1]
    text = (package / "requirements" / f"{run.revision}.yaml").read_text(encoding="utf-8")
    server = re.search(r"^server:\n((?:  - .+\n)+)", text, re.MULTILINE)
    assert server is not None, "the suite has no list of scored scenarios"
    return set(re.findall(r"^  - (\S+)$", server.group(1), re.MULTILINE))


def _line(run: Run, verdict: Verdict) -> str:
    told = f"{run.revision}, suite {run.version}: "
    if verdict.scored:
        good = len(verdict.scored) - len(verdict.bad)
        counts = ", ".join(
            f"{verdict.checks[status]} {word}"
            for status, word in (("SUCCESS", "passed"), ("FAILURE", "failed"), ("WARNING", "warned"))
        )
        told += f"{good} of {len(verdict.scored)} scored scenarios pass ({counts})"
    if verdict.unscored:
        told += f"{'; ' if verdict.scored else ''}{len(verdict.unscored)} not scored"
        told += f", {len(verdict.failing)} of them failing"
    return told


def _listed() -> dict[str, set[str]]:
    """Scenarios that docs/conformance.md says fail, by revision."""
    rows = re.findall(r"^\| `([^`]+)` \| ([0-9, -]+) \|", LISTED.read_text(encoding="utf-8"), re.MULTILINE)
    listed: dict[str, set[str]] = {}
    for name, revisions in rows:
        for revision in revisions.split(","):
            listed.setdefault(revision.strip(), set()).add(name)
    return listed


def _lint(folder: Path, inspector: Sequence[str]) -> int:
    names = [one.name for one in find_connectors() if one.distribution.startswith(PREFIX)]
    tables = "".join(f"[connectors.{name}]\nsandbox = true\nread_only = false\n" for name in names)
    config = folder / "sandboxes.toml"
    config.write_text(f'[hub]\nname = "Sandboxes"\n{tables}', encoding="utf-8")
    with _serving(config) as url:
        done = subprocess.run(
            [*inspector, "--cli", url, "--transport", "http", "--method", "tools/list", "--strict"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=RUN_SECONDS,
        )
    try:
        count = len(json.loads(done.stdout)["tools"])
    except (ValueError, KeyError):
        _say(f"  ✗ the Inspector listed no tools: {done.stderr.strip()[-500:]}")
        return 1
    told = done.stderr.strip()
    found = done.returncode != 0 or re.search(r"^(Error|Warning): tool", told, re.MULTILINE) is not None
    _say(f"schema lint of {count} tools of {', '.join(names)}: {told if found else 'nothing found'}")
    return int(found)


@contextmanager
def _serving(config: Path, *options: str) -> Generator[str]:
    """A hub on a free port; gives its URL."""
    log = config.with_suffix(".log")
    hub = Path(sys.executable).with_name("hub")
    command = [str(hub), "serve", "--strict", "--port", "0", "--config", str(config), *options]
    with (
        log.open("wb") as output,
        subprocess.Popen(command, stdout=output, stderr=output, cwd=config.parent) as process,
    ):
        try:
            yield _address(process, log)
        finally:
            process.terminate()
            process.wait(START_SECONDS)


def _address(process: "subprocess.Popen[bytes]", log: Path) -> str:
    end = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < end:
        if found := re.search(r"Serving MCP at (\S+)", log.read_text(encoding="utf-8")):
            return found.group(1)
        time.sleep(0.1)
    sys.exit(f"the hub did not start:\n{log.read_text(encoding='utf-8')}")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
