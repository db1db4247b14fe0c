"""The check of types: pyright's strict mode finds nothing, nothing is ignored, and tools return models."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, get_args, get_type_hints

from hub.connector.declare import ToolDeclaration, declarations
from hub.quality.evidence import Evidence
from hub.quality.finding import Finding, found, unverified
from hub.quality.source import ignored_types

_SECONDS = 300.0


def strict_types(evidence: Evidence) -> Finding:
    """Pyright strict without ignores; typed return models rather than dicts."""
    subject = evidence.subject
    root = subject.source.parent
    problems = [
        f"{path.relative_to(root)}:{line} ignores a type error"
        for path in subject.files
        for line in ignored_types(path)
    ]
    if not (subject.source / "py.typed").is_file():
        problems.append(f"{subject.package}/py.typed is missing")
    problems += [
        f"the tool {name} returns {told}; return a model, a table or text" for name, told in _untyped(evidence)
    ]
    if problems:
        return found(problems[:5])
    program = _pyright()
    if program is None:
        return unverified("install pyright (pip install pyright)")
    with tempfile.TemporaryDirectory(prefix="hub-quality-") as name:
        configuration = Path(name).resolve() / "pyrightconfig.json"
        wanted = {
            "include": [os.path.relpath(subject.source, configuration.parent)],  # it takes no absolute one
            "typeCheckingMode": "strict",
            "reportMissingModuleSource": False,  # stubs without their library are the environment's business
        }
        configuration.write_text(json.dumps(wanted), encoding="utf-8")
        command = [program, "--outputjson", "--pythonpath", sys.executable, "-p", str(configuration)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_SECONDS)  # noqa: S603  found on PATH
        except subprocess.TimeoutExpired:
            return unverified(f"pyright took more than {_SECONDS:.0f} seconds")
    try:
        told = json.loads(done.stdout)
    except ValueError:
        return unverified("pyright could not run; try it by hand")
    if not told["summary"]["filesAnalyzed"]:
        return unverified("pyright found no source; try it by hand")
    errors = [
        f"{Path(one['file']).name}:{one['range']['start']['line'] + 1} {one['message'].splitlines()[0]}"
        for one in told["generalDiagnostics"]
        if one["severity"] == "error"
    ]
    more = [f"and {len(errors) - 3} more errors"] if len(errors) > 3 else []
    return found([*errors[:3], *more], f"pyright {told['version']}, {told['summary']['filesAnalyzed']} files")


def _pyright() -> str | None:
    beside = Path(sys.executable).with_name("pyright")
    return str(beside) if beside.is_file() else shutil.which("pyright")


def _untyped(evidence: Evidence) -> list[tuple[str, str]]:
    """Tools that return dicts, or anything at all, with what they say they return."""
    cls = evidence.subject.connector
    told: list[tuple[str, str]] = []
    for attribute, declaration in declarations(cls).items():
        if isinstance(declaration, ToolDeclaration):
            hints = get_type_hints(getattr(cls, attribute))
            if "return" not in hints:
                told.append((declaration.name, "nothing it names"))
            elif _holds_dict(hints["return"]):
                told.append((declaration.name, str(hints["return"]).replace("typing.", "")))
    return told


def _holds_dict(hint: Any) -> bool:
    return hint in (Any, dict) or getattr(hint, "__origin__", None) is dict or any(map(_holds_dict, get_args(hint)))
