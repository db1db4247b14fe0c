"""The workflows of the simulated repository: their jobs and steps, their dispatch inputs, and their files."""

from dataclasses import dataclass

from hub_connector_github.simulation.workflow_files import CI_YAML, DEPLOY_YAML, NIGHTLY_YAML, STALE_YAML

CHECKOUT = "Run actions/checkout@v5"
PYTHON = "Set up Python"
INSTALL = "Install dependencies"
UNIT_TESTS = "Run unit tests"
INTEGRATION_TESTS = "Run integration tests"
ROLL_OUT = "Roll out checkout"
WATCH = "Watch the error rate"
LOAD_TEST = "Run load test"
UPLOAD = "Upload test results"
PYTHONS = ("3.11", "3.12", "3.13")
ENVIRONMENTS = ("staging", "production")
HOSTED, LARGE = ("ubuntu-24.04",), ("ubuntu-24.04-16core",)


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of a job.

    Attributes:
        seconds: How long it takes as a rule.
        always: Whether it runs after a failure too.
    """

    name: str
    seconds: int
    always: bool = False


@dataclass(frozen=True, kw_only=True)
class JobDefinition:
    """One job of a workflow; one for every leg of a matrix.

    Attributes:
        name: As GitHub shows it, with the values of the matrix.
        needs: Names of the jobs that have to succeed before.
        matrix: Name shared by the legs of a matrix, of which the first failing one cancels the others.
        environment: The deployment environment it deploys to.
    """

    name: str
    steps: tuple[Step, ...]
    needs: tuple[str, ...] = ()
    labels: tuple[str, ...] = HOSTED
    matrix: str = ""
    environment: str = ""


@dataclass(frozen=True, kw_only=True)
class Input:
    """An input of workflow_dispatch.

    Attributes:
        kind: `string`, `boolean` or `choice`.
        default: As the workflow file writes it; None where it has none.
    """

    name: str
    kind: str
    required: bool = False
    default: str | None = None
    options: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Workflow:
    """A workflow file.

    Attributes:
        inputs: Of workflow_dispatch; None if it cannot be dispatched.
        age_days: How long before the deploy of the story it was added.
    """

    id: int
    name: str
    file: str
    text: str
    jobs: tuple[JobDefinition, ...]
    inputs: tuple[Input, ...] | None = None
    state: str = "active"
    age_days: int = 400

    @property
    def path(self) -> str:
        """Where it is in the repository."""
        return f".github/workflows/{self.file}"


def _steps(*own: Step, python: bool = True) -> tuple[Step, ...]:
    begin = [Step(name="Set up job", seconds=2), Step(name=CHECKOUT, seconds=2)]
    if python:
        begin += [Step(name=PYTHON, seconds=4), Step(name=INSTALL, seconds=27)]
    end = (Step(name=f"Post {CHECKOUT}", seconds=1, always=True), Step(name="Complete job", seconds=1, always=True))
    return (*begin, *own, *end)


_UNIT = tuple(
    JobDefinition(
        name=f"unit ({python})",
        matrix="unit",
        steps=_steps(Step(name=UNIT_TESTS, seconds=174 + 11 * index), Step(name=UPLOAD, seconds=3, always=True)),
    )
    for index, python in enumerate(PYTHONS)
)
CI = Workflow(
    id=61_402_117,
    name="CI",
    file="ci.yml",
    text=CI_YAML,
    jobs=(
        JobDefinition(name="lint", steps=_steps(Step(name="Ruff", seconds=4), Step(name="Pyright", seconds=38))),
        *_UNIT,
        JobDefinition(
            name="integration",
            labels=LARGE,
            steps=_steps(
                Step(name="Start services", seconds=41),
                Step(name=INTEGRATION_TESTS, seconds=520),
                Step(name=UPLOAD, seconds=4, always=True),
                Step(name="Stop services", seconds=6, always=True),
            ),
        ),
        JobDefinition(
            name="image",
            needs=("lint",),
            steps=_steps(Step(name="Build image", seconds=88), Step(name="Push image", seconds=21), python=False),
        ),
    ),
)


def deploy_jobs(environment: str) -> tuple[JobDefinition, ...]:
    """The jobs of a deploy, whose names hold the environment."""
    return (
        JobDefinition(
            name="prepare",
            steps=_steps(
                Step(name="Resolve the version", seconds=3), Step(name="Check the image", seconds=9), python=False
            ),
        ),
        JobDefinition(
            name=f"deploy ({environment})",
            needs=("prepare",),
            environment=environment,
            steps=_steps(
                Step(name="Log in to the cluster", seconds=26),
                Step(name=ROLL_OUT, seconds=121),
                Step(name="Tag the release", seconds=2),
                python=False,
            ),
        ),
        JobDefinition(
            name="verify",
            needs=(f"deploy ({environment})",),
            steps=_steps(Step(name="Smoke tests", seconds=48), Step(name=WATCH, seconds=300), python=False),
        ),
    )


DEPLOY = Workflow(
    id=61_402_131,
    name="Deploy",
    file="deploy.yml",
    text=DEPLOY_YAML,
    jobs=deploy_jobs(ENVIRONMENTS[0]),
    inputs=(
        Input(name="environment", kind="choice", required=True, default=ENVIRONMENTS[0], options=ENVIRONMENTS),
        Input(name="version", kind="string", required=True),
        Input(name="dry_run", kind="boolean", default="false"),
    ),
)
NIGHTLY = Workflow(
    id=74_590_028,
    name="Nightly load test",
    file="nightly.yml",
    text=NIGHTLY_YAML,
    jobs=(
        JobDefinition(
            name="load test",
            labels=LARGE,
            steps=_steps(Step(name="Start services", seconds=44), Step(name=LOAD_TEST, seconds=1500)),
        ),
        JobDefinition(
            name="report",
            needs=("load test",),
            steps=_steps(Step(name="Publish the report", seconds=12), python=False),
        ),
    ),
    inputs=(),
    age_days=210,
)
STALE = Workflow(
    id=58_113_905,
    name="Close stale issues",
    file="stale.yml",
    text=STALE_YAML,
    jobs=(JobDefinition(name="stale", steps=_steps(Step(name="Close", seconds=5), python=False)),),
    state="disabled_inactivity",
    age_days=610,
)
WORKFLOWS = (CI, DEPLOY, NIGHTLY, STALE)
