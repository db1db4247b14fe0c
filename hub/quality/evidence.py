"""Runs the connector's own tests once, under coverage, and keeps what they showed."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree as ET

from hub.quality.claims import Claims
from hub.quality.subject import Subject

_CONFIGURATION = """
[run]
branch = true
source_pkgs = {package}
data_file = {folder}/coverage
[report]
exclude_also =
    if TYPE_CHECKING:
    \\.\\.\\.$
"""
TEST_SECONDS = 1800.0
"""How long all tests of a connector may take."""


@dataclass(frozen=True, kw_only=True)
class SuiteRun:
    """One run of the tests.

    Attributes:
        problem: Why there is none; empty if there is one.
        covered: Per cent of lines and branches, None if coverage was not measured.
        least: Modules with the lowest coverage, as `name 71%`.
        results: `passed`, `failed` or `skipped: reason` of each test, by its class or module and its name.
    """

    problem: str = ""
    covered: float | None = None
    least: tuple[str, ...] = ()
    results: Mapping[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])

    @property
    def failures(self) -> list[str]:
        """Names of the tests that did not pass."""
        return [name for (_, name), result in self.results.items() if result == "failed"]


class Evidence:
    """Everything checks look at; what costs time is done when it is first asked for.

    Args:
        subject: The connector.
        claims: Its quality.toml.
        full: Whether checks may take minutes and fetch packages.
    """

    def __init__(self, subject: Subject, claims: Claims, *, full: bool) -> None:
        self.subject = subject
        self.claims = claims
        self.full = full

    @cached_property
    def run(self) -> SuiteRun:
        """The connector's tests, run in this environment."""
        return run_tests(self.subject, measure=True)


def run_tests(subject: Subject, *, measure: bool, first_on_path: Path | None = None) -> SuiteRun:
    """Run the tests in a process of its own.

    Args:
        subject: Whose tests.
        measure: Whether to measure coverage.
        first_on_path: A folder of packages that come before those installed.
    """
    missing = [name for name in ("pytest", *(("coverage",) if measure else ())) if find_spec(name) is None]
    if missing:
        return SuiteRun(problem=f"install {' and '.join(missing)} (pip install 'mcp-integration-hub[testing]')")
    if not subject.tests.is_dir():
        return SuiteRun(problem=f"there are no tests in {subject.tests}")
    with tempfile.TemporaryDirectory(prefix="hub-quality-") as name:
        folder = Path(name)
        rc, report = folder / "coveragerc", folder / "report.xml"
        rc.write_text(_CONFIGURATION.format(package=subject.package, folder=folder), encoding="utf-8")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV"))}
        environment |= {"CI": "true", "PYTHONDONTWRITEBYTECODE": "1"}  # a snapshot that is missing has to fail
        environment["HYPOTHESIS_STORAGE_DIRECTORY"] = str(folder / "hypothesis")
        if first_on_path is not None:
            known = environment.get("PYTHONPATH")
            environment["PYTHONPATH"] = os.pathsep.join([str(first_on_path), *([known] if known else [])])
        tests = ["pytest", str(subject.tests), "-q", "-p", "no:cacheprovider", f"--junitxml={report}"]
        measured = ["coverage", "run", f"--rcfile={rc}", "-m", *tests] if measure else tests
        try:
            done = _python(["-m", *measured], subject.folder, environment)
        except subprocess.TimeoutExpired:
            return SuiteRun(problem=f"the tests took more than {TEST_SECONDS / 60:.0f} minutes")
        if not report.exists() or done.returncode not in (0, 1):
            return SuiteRun(problem=f"pytest could not run the tests: {_last_line(done.stdout + done.stderr)}")
        results = _results(report)
        if not measure:
            return SuiteRun(results=results)
        told = _python(
            ["-m", "coverage", "json", f"--rcfile={rc}", "-o", str(folder / "coverage.json")],
            subject.folder,
            environment,
        )
        if told.returncode:
            return SuiteRun(results=results, problem=f"no coverage: {_last_line(told.stdout + told.stderr)}")
        covered, least = _coverage(folder / "coverage.json", subject)
    return SuiteRun(covered=covered, least=least, results=results)


def _python(arguments: list[str], folder: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  this interpreter, with our own arguments
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=TEST_SECONDS,
    )


def _results(report: Path) -> dict[tuple[str, str], str]:
    results: dict[tuple[str, str], str] = {}
    for case in ET.parse(report).getroot().iter("testcase"):  # noqa: S314  pytest has just written it
        kinds = {child.tag: child.get("message", "") for child in case}
        if "failure" in kinds or "error" in kinds:
            result = "failed"
        else:
            result = f"skipped: {kinds['skipped']}" if "skipped" in kinds else "passed"
        results[case.get("classname", ""), case.get("name", "")] = result
    return results


def _coverage(path: Path, subject: Subject) -> tuple[float, tuple[str, ...]]:
    document = json.loads(path.read_text(encoding="utf-8"))
    each = {
        Path(name).name if subject.package not in name else name[name.index(subject.package) :]: float(
            told["summary"]["percent_covered"]
        )
        for name, told in document["files"].items()
    }
    least = sorted((percent, name) for name, percent in each.items() if percent < 100)[:3]
    return float(document["totals"]["percent_covered"]), tuple(f"{name} {percent:.0f}%" for percent, name in least)


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "it said nothing"
