"""The check of renamed tools: a name that was once listed still works, or its removal stands in the changelog."""

import shutil
import subprocess
from pathlib import Path

from hub.connector.declare import ToolDeclaration, declarations
from hub.quality.evidence import Evidence
from hub.quality.finding import Finding, found, unverified, verified


def old_names_work(evidence: Evidence) -> Finding:
    """Every tool that ever had a snapshot is there, is an alias, or was removed with a word in the changelog."""
    subject = evidence.subject
    once = _deleted_snapshots(subject.folder)
    if once is None:
        return unverified("there is no git history to find old names in")
    declared = [one for one in declarations(subject.connector).values() if isinstance(one, ToolDeclaration)]
    known = {name for one in declared for name in (one.name, *one.aliases)}
    changelog = subject.folder / "CHANGELOG.md"
    told = changelog.read_text(encoding="utf-8") if changelog.is_file() else ""
    gone = sorted(name for name in once - known if f"`{name}`" not in told)
    if not once - known:
        return verified("no tool was removed" if not once else f"{len(once)} old names work")
    return found(
        [f"{name} is gone: @tool(aliases=({name!r},)), or tell its removal in CHANGELOG.md" for name in gone],
        "removals stand in the changelog",
    )


def _deleted_snapshots(folder: Path) -> set[str] | None:
    """Names of the snapshots that git has seen deleted or renamed; None without a history."""
    git = shutil.which("git")
    if git is None:
        return None
    command = [git, "-C", str(folder), "log", "--no-renames", "--diff-filter=D", "--name-only", "--format=", "--"]
    done = subprocess.run([*command, "tests"], capture_output=True, text=True, check=False, timeout=60)  # noqa: S603  git on PATH
    if done.returncode:
        return None
    deleted = [Path(line) for line in done.stdout.splitlines()]
    return {path.stem for path in deleted if path.suffix == ".json" and path.parent.name == "schemas"}
