"""The logs of jobs, written while they are read: no log is ever held whole."""

import io
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime

from hub_connector_github.simulation.output import Output, output_of
from hub_connector_github.simulation.runs import Run
from hub_connector_github.simulation.timeline import JobTimes, StepTimes

_CHUNK_BYTES = 64 * 1024
_BYTE_ORDER_MARK = "\ufeff"
_TICKS = 10_000_000
"""Parts of a second in a log's times."""


def log_chunks(run: Run, job: JobTimes) -> Iterator[bytes]:
    """A job's log in chunks of about 64 KiB; it begins with a byte order mark, as GitHub's do."""
    lines: list[str] = [_BYTE_ORDER_MARK]
    size = 0
    for step, output in _outputs(run, job):
        for line in _stamped(step, output, job.plan.id + step.number):
            lines.append(line)
            size += len(line)
            if size >= _CHUNK_BYTES:
                yield "".join(lines).encode()
                lines, size = [], 0
    yield "".join(lines).encode()


def line_count(run: Run, job: JobTimes) -> int:
    """How many lines a job's log has."""
    return sum(len(output) for _, output in _outputs(run, job))


def log_archive(run: Run, jobs: list[JobTimes]) -> bytes:
    """A run's logs as a ZIP file: a file for each job, and a folder with one for each step."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number, job in enumerate(jobs):
            if not job.steps:
                continue
            name = job.plan.definition.name
            with archive.open(_member(f"{number}_{name}.txt"), "w") as member:
                for chunk in log_chunks(run, job):
                    member.write(chunk)
            for step, output in _outputs(run, job):
                path = f"{name}/{step.number}_{step.step.name.replace('/', '_')}.txt"
                with archive.open(_member(path), "w") as member:
                    for line in _stamped(step, output, job.plan.id + step.number):
                        member.write(line.encode())
    return buffer.getvalue()


def _member(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name)
    member.compress_type = zipfile.ZIP_DEFLATED
    return member


def _outputs(run: Run, job: JobTimes) -> list[tuple[StepTimes, Output]]:
    """What each step printed; the tests fill what a log of a given length has left."""
    found = [(step, output_of(run, job, step)) for step in job.steps if step.conclusion != "skipped"]
    if not job.plan.log_lines or job.conclusion == "cancelled":
        return found
    left = job.plan.log_lines - sum(len(output) for _, output in found if not output.bulk)
    return [(step, output_of(run, job, step, max(left, 1)) if output.bulk else output) for step, output in found]


def _stamped(step: StepTimes, output: Output, key: int) -> Iterator[str]:
    """The lines with the times they were printed at, spread over the step."""
    begin = int(step.started)
    ticks = max(1, int(step.completed - step.started) * _TICKS - 1)
    each, known, prefix = ticks // max(1, len(output)), -1, ""
    for index, line in enumerate(output.lines(key)):
        second, tick = divmod(index * each + 31, _TICKS)
        if second != known:
            known = second
            prefix = datetime.fromtimestamp(begin + second, UTC).strftime("%Y-%m-%dT%H:%M:%S.")
        yield f"{prefix}{tick:07d}Z {line}\n"
