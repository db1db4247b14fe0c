"""What the steps of a job print: how each begins, what it does, and how it ends."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hub.sandbox.story import NOTICE
from hub_connector_github.simulation import workflows
from hub_connector_github.simulation.bulk import USUAL_LINES, bulk_lines
from hub_connector_github.simulation.causes import GREEN, OUT_OF_MEMORY, PLAIN
from hub_connector_github.simulation.runs import Run
from hub_connector_github.simulation.timeline import JobTimes, StepTimes

KILLED_SHARE = 0.7134
"""Where among the lines of the integration tests the kernel's line stands."""
_CUT_SHARE = 0.6
_BLUE, _BOLD = "\x1b[36;1m", "\x1b[1m"
_COMMANDS = {
    workflows.INSTALL: "pip install -e . --group dev",
    workflows.UNIT_TESTS: "pytest tests --ignore tests/integration -v --junit-xml=junit.xml --cov=checkout",
    workflows.INTEGRATION_TESTS: "pytest tests/integration -v -n 8 --log-cli-level=DEBUG --junit-xml=junit.xml",
    workflows.ROLL_OUT: './scripts/roll-out checkout "$VERSION"',
    workflows.WATCH: './scripts/watch-error-rate --below 1% --for 5m "$ENVIRONMENT"',
    workflows.LOAD_TEST: "./scripts/load-test --duration 25m --p99-below 600ms",
    "Ruff": "ruff check --output-format=github .",
    "Pyright": "pyright",
    "Start services": "docker compose up --detach --wait",
    "Stop services": "docker compose down",
}
_ACTIONS = {
    workflows.CHECKOUT: "actions/checkout@v5",
    workflows.PYTHON: "actions/setup-python@v6",
    workflows.UPLOAD: "actions/upload-artifact@v5",
}
_PACKAGES = ("httpx-0.28.1", "pydantic-2.12.4", "sqlalchemy-2.0.44", "starlette-1.3.0", "pytest-9.0.1")
_GOOD_ENDS = {
    workflows.UNIT_TESTS: f"{GREEN}================== 1412 passed, 6 skipped in 171.84s =================={PLAIN}",
    workflows.INTEGRATION_TESTS: f"{GREEN}============== 643 passed in 488.10s (0:08:08) =============={PLAIN}",
    workflows.LOAD_TEST: "load-test: 1,352,004 requests, 0.02 % failed, p50 64 ms, p95 231 ms, p99 412 ms",
    workflows.WATCH: "watch-error-rate: 5 min: 0.2 % of requests failed (limit 1 %)",
    workflows.UPLOAD: "Artifact has been successfully uploaded!",
    "Ruff": "All checks passed!",
    "Pyright": "0 errors, 0 warnings, 0 informations",
}


@dataclass(frozen=True, kw_only=True)
class Output:
    """What one step prints.

    Attributes:
        step: Name of the step.
        first: Its first lines.
        bulk: How many lines follow, written while they are read.
        last: Its last lines.
        killed_at: Which line of the bulk is the kernel's; -1 for none.
    """

    step: str
    first: Sequence[str]
    bulk: int = 0
    last: Sequence[str] = ()
    killed_at: int = -1

    def __len__(self) -> int:
        return len(self.first) + self.bulk + len(self.last)

    def lines(self, key: int) -> Iterator[str]:
        """The lines, the same for the same key."""
        yield from self.first
        yield from bulk_lines(self.step, self.bulk, key, self.killed_at)
        yield from self.last


def output_of(run: Run, job: JobTimes, step: StepTimes, lines: int = 0) -> Output:
    """What a step printed.

    Args:
        run: The run.
        job: The job.
        step: The step.
        lines: How many lines it has to be, if it is one that prints many; 0 for as many as is usual.
    """
    name, cause = step.step.name, job.plan.cause
    first, last = [*_begin(run, job, name)], [*_end(job, step)]
    bulk = USUAL_LINES.get(name, 0)
    if lines and bulk:
        bulk = max(0, lines - len(first) - len(last))
    elif step.conclusion == "cancelled":
        bulk = int(bulk * _CUT_SHARE)
    killed = cause is OUT_OF_MEMORY and step.conclusion == "failure"
    return Output(
        step=name, first=first, bulk=bulk, last=last, killed_at=int(bulk * KILLED_SHARE) if killed else -1
    )


def has_results(job: JobTimes) -> bool:
    """Whether the job's tests came to their end, so that there is something to upload."""
    return job.conclusion in ("success", "failure") and job.plan.cause is not OUT_OF_MEMORY


def _begin(run: Run, job: JobTimes, step: str) -> Iterator[str]:
    if step == "Set up job":
        yield from _set_up(job)
    elif step == "Complete job":
        yield "Cleaning up orphan processes"
    elif step.startswith("Post "):
        yield from ("Post job cleanup.", "[command]/usr/bin/git version", "git version 2.51.2")
    elif step in _ACTIONS:
        yield f"##[group]Run {_ACTIONS[step]}"
        yield from _with(step, job)
        yield "##[endgroup]"
        yield from _action(run, step, job)
    else:
        command = _COMMANDS.get(step, f"./scripts/{step.lower().replace(' ', '-')}")
        yield f"##[group]Run {command}"
        yield f"{_BLUE}{command}{PLAIN}"
        yield "shell: /usr/bin/bash -e {0}"
        if run.inputs:
            yield "env:"
            yield from (f"  {name.upper()}: {value}" for name, value in run.inputs.items())
        yield "##[endgroup]"
        yield from _command(step, job)


def _set_up(job: JobTimes) -> tuple[str, ...]:
    return (
        "Current runner version: '2.330.0'",
        "##[group]Runner Image Provisioner",
        f"Hosted Compute Agent ({NOTICE})",
        "Version: 20261104.448",
        "##[endgroup]",
        "##[group]Operating System",
        "Ubuntu",
        "24.04.3",
        "LTS",
        "##[endgroup]",
        "##[group]GITHUB_TOKEN Permissions",
        "Contents: read",
        "Metadata: read",
        "##[endgroup]",
        "Secret source: Actions",
        "Prepare workflow directory",
        "Prepare all required actions",
        "Getting action download info",
        f"Complete job name: {job.plan.definition.name}",
    )


def _with(step: str, job: JobTimes) -> Iterator[str]:
    yield "with:"
    if step == workflows.CHECKOUT:
        yield from ("  repository: shop-sandbox/checkout", "  token: ***", "  fetch-depth: 1")
    elif step == workflows.PYTHON:
        yield from (f"  python-version: {_python(job)}", "  cache: pip")
    else:
        yield from (f"  name: test-results-{job.plan.definition.name}", "  if-no-files-found: warn")


def _action(run: Run, step: str, job: JobTimes) -> Iterator[str]:
    if step == workflows.CHECKOUT:
        yield "Syncing repository: shop-sandbox/checkout"
        yield "##[group]Fetching the repository"
        yield (
            "[command]/usr/bin/git -c protocol.version=2 fetch --no-tags --prune --depth=1 origin "
            f"+{run.sha}:refs/remotes/origin/work"
        )
        yield "##[endgroup]"
        yield "[command]/usr/bin/git log -1 --format=%H"
        yield run.sha
    elif step == workflows.PYTHON:
        yield f"Successfully set up CPython ({_python(job)}.4)"
        yield "Cache restored successfully"


def _command(step: str, job: JobTimes) -> Iterator[str]:
    if step == workflows.INSTALL:
        yield from (f"Collecting {package.replace('-', '==')}" for package in _PACKAGES)
        yield f"Successfully installed {' '.join(_PACKAGES)}"
    elif step in (workflows.UNIT_TESTS, workflows.INTEGRATION_TESTS):
        yield f"{_BOLD}============================= test session starts =============================={PLAIN}"
        yield f"platform linux -- Python {_python(job)}.4, pytest-9.0.1, pluggy-1.6.0"
        yield "rootdir: /home/runner/work/checkout/checkout"
    elif step == "Start services":
        for service in ("database", "payment", "checkout"):
            yield f" Container {service}-1  Started"
            yield f" Container {service}-1  Healthy"
    elif step == workflows.ROLL_OUT:
        for instance in range(3):
            yield f"checkout-{instance}: replacing"
            yield f"checkout-{instance}: ready"
    elif step == workflows.WATCH and job.plan.cause is not None:
        for minute, percent in enumerate((6.2, 6.8, 7.0, 6.9), 1):
            yield f"watch-error-rate: {minute} min: {percent} % of requests failed (limit 1 %)"


def _python(job: JobTimes) -> str:
    name = job.plan.definition.name
    return next((python for python in workflows.PYTHONS if python in name), "3.12")


def _end(job: JobTimes, step: StepTimes) -> Iterator[str]:
    cause = job.plan.cause
    if step.conclusion == "cancelled":
        yield "##[error]The operation was canceled."
    elif step.conclusion == "timed_out":
        yield "##[error]The job has exceeded the maximum execution time of 1h0m0s"
    elif step.conclusion == "failure" and cause is not None:
        yield from cause.printed
        yield f"##[error]Process completed with exit code {cause.exit_code}."
    elif step.step.name == workflows.UPLOAD and not has_results(job):
        yield "##[warning]No files were found with the provided path: junit.xml. No artifacts will be uploaded."
    elif step.step.name in _GOOD_ENDS:
        yield _GOOD_ENDS[step.step.name]
