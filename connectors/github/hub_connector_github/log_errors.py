"""Which lines of a log tell why a job failed, found while it streams by; memory depends on what is kept alone."""

import re
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from hub_connector_github.log_lines import Line

_BEFORE = 2
_AFTER = 6
_MOST_SHAPES = 400
_MOST_REPORTED = 10
_NOT_TELLING = re.compile(
    r"\b(?:0 (?:errors?|failed|failures)|no errors?|errors?\"?[:=] ?0|failures?\"?[:=] ?0|fail-fast|on-?error|"
    r"error[-_ ]?(?:rate|handler|page|budget|level)s?|if-no-files-found|continue-on-error)\b|--\S*(?:error|fail)",
    re.IGNORECASE,
)
# By weight: what ends a program, then what a test or compiler calls a failure, then what merely says so.
_FATAL = re.compile(
    r"Traceback \(most recent call last\)|\bpanic:|\bfatal(?: error)?\b|Segmentation fault|core dumped|"
    r"\bout of memory\b|OutOfMemory|\bOOM\b|OOMKilled|heap limit|\bKilled\b|No space left on device|"
    r"Permission denied|Connection refused|Could not resolve host|cannot find module|ModuleNotFoundError",
    re.IGNORECASE,
)
_FAILURE = re.compile(
    r"\b[A-Z]\w*(?:Error|Exception)\b|\b(?:FAILED|FAIL)\b|^E\s{2,}|\berror(?:\[\w+\])?:|\bERROR\b|npm ERR!|"
    r"AssertionError|\bassert(?:ion)? failed|✕|✗|not ok \d"
)
_SAID = re.compile(
    r"\b(?:errors?|failed|failure|exception|timed out|timeout|denied|refused|not found)\b", re.IGNORECASE
)
_HINTS = (
    *("error", "fail", "exception", "traceback", "panic", "fatal", "fault", "core dumped", "memory", "oom", "heap"),
    *("killed", "no space", "denied", "refused", "resolve host", "module", "timed out", "timeout", "not found"),
    *("err!", "assert", "✕", "✗", "not ok"),
)
_REPORTED = "##[error]"
_RUN = "##[group]Run "
_END = "##[endgroup]"
_EXIT_CODE = re.compile(r"Process completed with exit code|The operation was canceled|The runner has received")
_VARYING = re.compile(r"0x[0-9a-fA-F]+|[0-9a-fA-F]{7,}|\d+(?:[.:]\d+)*")


@dataclass
class Finding:
    """One kind of error line.

    Attributes:
        lines: Where it first came, with a few lines around it.
        hit: That line's number.
        weight: The higher, the more it tells.
        times: How often lines like it came.
    """

    lines: list[Line]
    hit: int
    weight: int
    times: int = 1


@dataclass
class Findings:
    """What the log of one job tells.

    Attributes:
        total: Its lines.
        errors: The kinds of error lines in the steps looked at.
        tail: The last lines of those steps.
        reported: What the steps reported to GitHub itself (`##[error]`).
        command: What the last of those steps ran.
    """

    total: int = 0
    errors: list[Finding] = field(default_factory=list[Finding])
    tail: list[Line] = field(default_factory=list[Line])
    reported: list[Line] = field(default_factory=list[Line])
    command: str = ""


async def find_errors(lines: AsyncIterator[Line], in_step: Callable[[int], bool], tail: int = 6) -> Findings:
    """Look through a log to its end.

    Args:
        lines: Of the log.
        in_step: Whether a step, by its number, is one of those that failed.
        tail: Lines to keep of the end of those steps.
    """
    found = Findings()
    before: deque[Line] = deque(maxlen=_BEFORE)
    last: deque[Line] = deque(maxlen=tail)
    kinds: dict[str, Finding] = {}
    open_finding: Finding | None = None
    echoed = False
    async for line in lines:
        found.total = line.number
        if not in_step(line.step):
            continue
        text = line.text
        if text.startswith(_RUN) or echoed:  # the command and its variables, which may hold any word
            echoed = not text.startswith(_END)
            found.command = text.removeprefix(_RUN) if text.startswith(_RUN) else found.command
            continue
        if text.startswith(_REPORTED):
            if not _EXIT_CODE.search(text) and len(found.reported) < _MOST_REPORTED:
                found.reported.append(line)
            open_finding = None
            continue
        if not text.startswith("##["):
            last.append(line)
        weight = weight_of(text)
        if weight:
            shape = _VARYING.sub("#", text)[:120]
            known = kinds.get(shape)
            if known is not None:
                known.times += 1
            elif len(kinds) < _MOST_SHAPES:
                around = [] if open_finding is not None and line.number - open_finding.hit <= _AFTER else [*before]
                kinds[shape] = Finding(lines=[*around, line], hit=line.number, weight=weight)
                open_finding = kinds[shape]
                before.clear()
                continue
        if open_finding is not None and line.number - open_finding.hit <= _AFTER:
            open_finding.lines.append(line)
        else:
            open_finding = None
            before.append(line)
    found.errors = list(kinds.values())
    found.tail = list(last)
    return found


def weight_of(text: str) -> int:
    """How much a line tells of a failure: 0 for nothing, 3 for what ends a program."""
    # Plain substrings decide about nearly all lines, of which there can be a hundred thousand.
    lowered = text.lower()
    if not any(hint in lowered for hint in _HINTS) and not text.startswith("E  "):
        return 0
    if _NOT_TELLING.search(text):
        return 0
    return 3 if _FATAL.search(text) else 2 if _FAILURE.search(text) else 1 if _SAID.search(text) else 0


def best(found: Findings, most: int) -> list[Finding]:
    """The findings that tell most, in the order of the log: heavy ones first, then rare ones, then late ones."""
    ranked = sorted(found.errors, key=lambda one: (-one.weight, one.times > 3, -one.hit))
    return sorted(ranked[:most], key=lambda one: one.hit)
