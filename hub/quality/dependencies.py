"""The check of dependencies: the tests pass with the lowest versions a connector allows, and with the newest."""

import hashlib
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from hub.quality.evidence import Evidence, run_tests
from hub.quality.finding import Finding, failed, unverified, verified
from hub.quality.subject import Subject

CORE = "mcp-integration-hub"
_SECONDS = 600.0


def lowest_and_newest(evidence: Evidence) -> Finding:
    """Tested at the lowest and the newest versions of what it requires directly.

    Whatever these require in turn, and the hub itself, stay as they are installed. Without `full`, the record of an
    earlier run counts as long as neither the requirements nor the connector's version have changed.
    """
    subject = evidence.subject
    wanted = third_party(subject)
    without_floor = [str(one) for one in wanted if _floor(one) is None]
    if without_floor:
        return failed(f"no lowest version is stated for {', '.join(without_floor)}; write name>=version")
    if not wanted:
        return verified("it requires nothing but the hub")
    if not evidence.full:
        record = evidence.claims.records.get(RULE, {})
        if record.get("of") == fingerprint(subject):
            return verified(f"recorded on {record.get('on')}: {record.get('with')}")
        return unverified("run `hub check-quality --full`, which installs both and records the result")
    tried: list[str] = []
    for label, requirements in (
        ("lowest", [f"{one.name}=={_floor(one)}" for one in wanted]),
        ("newest", [str(one) for one in wanted]),
    ):
        problem, versions = _try(subject, requirements, newest=label == "newest")
        if problem:
            return failed(f"with the {label} versions ({', '.join(requirements)}): {problem}")
        tried.append(f"{label} {', '.join(versions)}")
    return verified("; ".join(tried))


RULE = "lowest-and-newest-dependencies"


def record_of(subject: Subject, finding: Finding) -> Mapping[str, Any]:
    """What quality.toml keeps of a run."""
    return {"on": datetime.now(UTC).date(), "with": finding.text, "of": fingerprint(subject)}


def third_party(subject: Subject) -> list[Requirement]:
    """What the connector requires directly in this environment, but for the hub."""
    found = [Requirement(line) for line in subject.dependencies]
    return [
        one
        for one in found
        if canonicalize_name(one.name) != CORE and (one.marker is None or one.marker.evaluate({"extra": ""}))
    ]


def fingerprint(subject: Subject) -> str:
    """Changes with the requirements and with the connector's version."""
    told = "\n".join([subject.version, *sorted(subject.dependencies)])
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _floor(requirement: Requirement) -> str | None:
    for one in requirement.specifier:
        if one.operator in (">=", "==", "~="):
            return one.version
    return None


def _try(subject: Subject, requirements: Sequence[str], *, newest: bool) -> tuple[str, list[str]]:
    """Run the tests with these versions in front of those installed; gives what went wrong, and the versions."""
    with tempfile.TemporaryDirectory(prefix="hub-quality-") as name:
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", name]
        done = subprocess.run(  # noqa: S603  this interpreter's pip
            [*command, *(["--upgrade"] if newest else []), *requirements],
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
        )
        if done.returncode:
            lines = [line for line in done.stderr.splitlines() if line.strip()]
            return f"pip cannot install them: {lines[-1] if lines else 'no reason given'}", []
        run = run_tests(subject, measure=False, first_on_path=Path(name))
        if run.problem or run.failures:
            return run.problem or f"{len(run.failures)} tests fail, such as {run.failures[0]}", []
        return "", _versions(Path(name))


def _versions(folder: Path) -> list[str]:
    from importlib.metadata import distributions

    return sorted(f"{one.name} {one.version}" for one in distributions(path=[str(folder)]))
