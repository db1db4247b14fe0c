"""Checks of the README: does it tell what whoever runs the hub has to know."""

import re
from collections.abc import Sequence

from hub.connector.base import settings_of
from hub.connector.declare import Declaration, ResourceDeclaration, declarations
from hub.quality.evidence import Evidence
from hub.quality.finding import Finding, found

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"^```.*?^```|`[^`\n]+`", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
_RIGHTS = re.compile(r"scope|right|permission|privilege", re.IGNORECASE)
_REACH = re.compile(r"reach", re.IGNORECASE)
_LIMITS = re.compile(r"limit", re.IGNORECASE)
_CHECKED = re.compile(r"(?:checked|verified|tested)\b[^\n]*\b20\d\d-\d\d-\d\d", re.IGNORECASE)
EXAMPLES = 3
"""Worked examples there have to be."""


def readme_is_complete(evidence: Evidence) -> Finding:
    """What it reaches, with which rights, its table in hub.toml, every setting and tool, and its removal."""
    subject = evidence.subject
    text = subject.readme
    if not text:
        return found(["there is no README.md"])
    headings = _HEADING.findall(text)
    problems = [
        told
        for told, is_there in (
            ("a heading that says what it reaches", any(_REACH.search(one) for one in headings)),
            ("the scopes or rights it needs", bool(_RIGHTS.search(text))),
            (f"a ```toml block with [connectors.{subject.name}]", _has_table(text, subject.name)),
            (f"`pip uninstall {subject.distribution}`", f"pip uninstall {subject.distribution}" in text),
        )
        if not is_there
    ]
    code = "\n".join(_CODE.findall(text))
    settings = [field.alias or name for name, field in settings_of(subject.connector).model_fields.items()]
    problems += [f"the setting `{name}`" for name in settings if not _is_in(name, code)]
    problems += [f"`{_told(one)}`" for one in _declared(evidence) if not _is_in(_told(one), code)]
    return found([f"README.md lacks {', '.join(problems)}"] if problems else [])


def rights_limits_and_examples(evidence: Evidence) -> Finding:
    """A table of rights, known limits, and worked examples."""
    text = evidence.subject.readme
    headings = _HEADING.findall(text)
    names = [one.name for one in _declared(evidence)]
    examples = [
        body
        for kind, body in _BLOCK.findall(text)
        if kind not in ("toml", "console", "sh", "bash") and any(re.search(rf"\b{name}\b", body) for name in names)
    ]
    problems = [
        told
        for told, is_there in (
            ("a heading for scopes or rights", any(_RIGHTS.search(one) for one in headings)),
            ("a table of them (| tools | … |)", "|---" in text or "| ---" in text),
            ("a heading for known limits", any(_LIMITS.search(one) for one in headings)),
            (f"{EXAMPLES} examples that call a tool (it has {len(examples)})", len(examples) >= EXAMPLES),
        )
        if not is_there
    ]
    return found([f"README.md lacks {', '.join(problems)}"] if problems else [], f"{len(examples)} examples")


def verification_is_dated(evidence: Evidence) -> Finding:
    """The README says on which day the contract was verified, and against what."""
    match = _CHECKED.search(evidence.subject.readme)
    if match is None:
        return found(["README.md lacks a line like: Checked on 2026-01-31 against …"])
    return found([], match[0][:60])


def _declared(evidence: Evidence) -> Sequence[Declaration]:
    return tuple(declarations(evidence.subject.connector).values())


def _told(declaration: Declaration) -> str:
    """What people know it by: a resource by its URI, anything else by its name."""
    return declaration.uri if isinstance(declaration, ResourceDeclaration) else declaration.name


def _is_in(name: str, code: str) -> bool:
    """Whether code has this word; a tool's name may have its namespace before it."""
    return re.search(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9_])", code) is not None


def _has_table(text: str, name: str) -> bool:
    return any(kind == "toml" and f"[connectors.{name}]" in body for kind, body in _BLOCK.findall(text))
