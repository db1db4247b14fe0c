"""The answer to "why is it red?": what was found, written down in about 1,500 tokens."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from hub_connector_github.log_errors import Finding, Findings, best
from hub_connector_github.models import Job, Run
from hub_connector_github.shapes import Json, counted, first_line, integer, shortened, text
from hub_connector_github.times import span

_MOST_JOBS = 8
_MOST_FINDINGS = 5
_LOG_CHARACTERS = 2_400
_LINE = 180
_MOST_ANNOTATIONS = 6
_ANNOTATION = 240
_MOST_COMMITS = 8
_MOST_REPORTED = 5
_SAYS_NOTHING = ("Process completed with exit code", "The operation was canceled")


@dataclass(kw_only=True)
class Explanation:
    """What was found out about one run.

    Attributes:
        others: Failed runs of other workflows for the same target.
        about: The target in words.
        unread: Why the log could not be read.
        green: The last green run before, on the same branch.
        since: What commits were compared with.
        base: The branch they were compared with where there is no green run.
        unknown_changes: Why it is not known what changed since.
    """

    run: Run
    namespace: str
    others: Sequence[Run] = ()
    about: str = ""
    jobs: Sequence[Job] = ()
    total_jobs: int = 0
    findings: Findings | None = None
    unread: str = ""
    annotations: list[Json] = field(default_factory=list[Json])
    green: Run | None = None
    since: str = ""
    base: str = ""
    unknown_changes: str = ""
    commits: Sequence[Json] = ()
    total_commits: int = 0
    remarks: list[str] = field(default_factory=list[str])

    @property
    def failed_jobs(self) -> list[Job]:
        """Jobs that failed, the first to fail first; those cancelled where none failed."""
        failed = [job for job in self.jobs if job.failed] or [
            job for job in self.jobs if job.conclusion == "cancelled" and job.started and job.steps
        ]
        return sorted(failed, key=lambda job: job.completed or "~")

    def written(self) -> str:
        """The explanation as text."""
        return "\n".join(
            line
            for part in (
                self._head(),
                self._jobs(),
                self._log(),
                self._annotations(),
                self._changes(),
                self._next(),
            )
            for line in part
        )

    def _head(self) -> Iterator[str]:
        run = self.run
        if self.about:
            yield shortened(self.about, 160)
        took = f", {span(run.seconds)}" if run.seconds is not None else ""
        attempt = f", attempt {run.attempt}" if run.attempt > 1 else ""
        yield (
            f"run {run.id}: {run.workflow} #{run.number} ({run.file}) {run.state}{attempt}; "
            f"{run.event} on {run.branch} at {run.sha[:7]} by {run.actor}, {run.started}{took}"
        )
        if run.title:
            yield f"title: {first_line(run.title, 120)}"
        yield run.url
        if run.conclusion == "success":
            yield "nothing to explain: it succeeded"
        elif not run.done:
            yield f"still {run.status}; what follows is as of now"
        if self.others:
            told = "; ".join(f"{other.workflow} run {other.id}" for other in self.others[:5])
            yield f"also red: {told}"

    def _jobs(self) -> Iterator[str]:
        if self.run.conclusion == "success":
            return
        failed = self.failed_jobs
        if not self.total_jobs:
            yield "no jobs: the workflow file could not be used, or the run was stopped before they began"
            return
        if not failed:
            seen = "" if len(self.jobs) >= self.total_jobs else f" of the first {len(self.jobs)}"
            yield f"no failed job{seen} among {counted(self.total_jobs, 'job')}"
            return
        yield f"failed jobs: {len(failed)} of {self.total_jobs}"
        for job in failed[:_MOST_JOBS]:
            where = f" in step {job.told_steps}" if job.told_steps else " in no step"
            took = f" after {span(job.seconds)}" if job.seconds is not None else ""
            yield f"- job {job.id} {job.name}: {job.state}{where}{took}"
        if (rest := len(failed) - _MOST_JOBS) > 0:
            yield f"- and {rest} more; get_run lists them"

    def _log(self) -> Iterator[str]:
        if not self.failed_jobs:
            return
        job = self.failed_jobs[0]
        if self.findings is None:
            if self.unread:
                yield f"log: {self.unread}"
            return
        found = self.findings
        command = f"; the step ran: {shortened(found.command, 100)}" if found.command else ""
        yield f"log of job {job.id} {job.name}, {counted(found.total, 'line')}{command}"
        shown = {
            line.number: f"{line.number}- {shortened(line.text, _LINE)}" for line in found.tail if line.text.strip()
        }
        for finding in best(found, _MOST_FINDINGS):
            _add(finding, shown)
        for line in found.reported[:_MOST_REPORTED]:
            shown[line.number] = f"{line.number}: {shortened(line.text, _LINE)}"
        before = 0
        for number in sorted(shown):
            if before and number > before + 1:
                yield "--"
            before = number
            yield shown[number]

    def _annotations(self) -> Iterator[str]:
        told: list[str] = []
        for note in self.annotations:
            message = text(note, "message")
            if text(note, "annotation_level") == "notice" or message.startswith(_SAYS_NOTHING):
                continue
            place = text(note, "path")
            line = integer(note, "start_line")
            where = f"{place}:{line} " if place and place != ".github" else ""
            whose = f"{text(note, 'job')}: " if len(self.failed_jobs) > 1 else ""
            said = shortened(" ".join(message.split()), _ANNOTATION)
            told.append(f"- {whose}{where}{text(note, 'annotation_level')}: {said}")
        told = list(dict.fromkeys(told))
        if told:
            yield "annotations:"
            yield from told[:_MOST_ANNOTATIONS]
            if (rest := len(told) - _MOST_ANNOTATIONS) > 0:
                yield f"- and {rest} more"

    def _changes(self) -> Iterator[str]:
        if self.green is not None:
            green = self.green
            told = (
                f"last green on {green.branch}: run {green.id} (#{green.number}) {green.started} at {green.sha[:7]}"
            )
            if green.sha == self.run.sha and self.run.event == "workflow_dispatch":
                yield f"{told}, the same commit, with inputs that may differ: {first_line(green.title, 100)}"
            elif green.sha == self.run.sha:
                yield f"{told}, the same commit: flaky, or something outside the code"
            elif self.commits:
                yield f"{told}; {self._commits_since()}"
            else:
                yield f"{told}; {self.unknown_changes}" if self.unknown_changes else told
        elif self.commits:
            yield f"no green run on {self.run.branch} yet; {self._commits_since(self.base)}"
        elif self.unknown_changes:
            yield self.unknown_changes
        elif self.run.conclusion != "success":
            yield f"no green run of this workflow on {self.run.branch} before"
        # GitHub lists the oldest first, so that of too many it is the newest that are missing.
        whole = len(self.commits) >= self.total_commits
        for commit in list(reversed(self.commits))[:_MOST_COMMITS] if whole else ():
            author = text(commit, "author", "login") or text(commit, "commit", "author", "name")
            message = first_line(text(commit, "commit", "message"), 90)
            yield f"- {text(commit, 'sha')[:7]} {text(commit, 'commit', 'committer', 'date')} {author}: {message}"
        if whole and self.total_commits > _MOST_COMMITS:
            yield f"- and {self.total_commits - _MOST_COMMITS} older"
        yield from self.remarks

    def _commits_since(self, base: str = "") -> str:
        since = f"{counted(self.total_commits, 'commit')} since{f' {base}' if base else ''}"
        if len(self.commits) >= self.total_commits:
            return f"{since}:"
        return f"{since}, too many to list here: {self.namespace}_compare base={self.since} head={self.run.sha}"

    def _next(self) -> Iterator[str]:
        failed = self.failed_jobs
        if failed:
            yield f"more: {self.namespace}_get_logs job={failed[0].id}, with grep, step or tail"
            first = {step.name for step in failed[0].failed_steps}
            others = [job for job in failed[1:] if not {step.name for step in job.failed_steps} <= first]
            if others:
                listed = ", ".join(f"{job.id} ({job.name})" for job in others[:5])
                yield f"not read, and failed in another step: {listed}"
            elif len(failed) > 1:
                yield "not read: the other failed jobs' logs; they failed in the same step"


def _add(finding: Finding, shown: dict[int, str]) -> None:
    """Put a finding among the lines shown: the line that was hit always, those around it while there is room."""
    times = f" [{finding.times:,} alike]" if finding.times > 1 else ""
    hit = next(line for line in finding.lines if line.number == finding.hit)
    shown[finding.hit] = f"{finding.hit}: {shortened(hit.text, _LINE)}{times}"
    room = _LOG_CHARACTERS - sum(map(len, shown.values()))
    for line in finding.lines:
        told = f"{line.number}- {shortened(line.text, _LINE)}"
        if line.number not in shown and line.text.strip() and len(told) <= room:
            shown[line.number] = told
            room -= len(told)
