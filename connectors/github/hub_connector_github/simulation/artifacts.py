"""The artifacts that the simulated runs leave: test results and coverage, packed when they are fetched."""

import hashlib
import io
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from hub_connector_github.simulation import workflows
from hub_connector_github.simulation.accounts import node_id
from hub_connector_github.simulation.actions import REPO
from hub_connector_github.simulation.api import Answer, Call, Endpoint, Refused, not_found, utc
from hub_connector_github.simulation.blobs import Blobs
from hub_connector_github.simulation.noise import between
from hub_connector_github.simulation.output import has_results
from hub_connector_github.simulation.runs import FIRST_JOB_ID, Run
from hub_connector_github.simulation.shown import REPOSITORY_ID, RETENTION_DAYS, Shown
from hub_connector_github.simulation.timeline import JobTimes
from hub_connector_github.simulation.world import World

_FIRST_ID = 47_000_000_000
_DAY = 86_400
_SUITE = ("orders", "pricing", "cart", "payments", "delivery", "addresses", "confirmation", "api")


@dataclass(frozen=True, kw_only=True)
class Artifact:
    """An artifact.

    Attributes:
        created: Unix seconds.
    """

    id: int
    name: str
    run: Run
    job: JobTimes
    created: float

    @property
    def expires(self) -> float:
        """When it is deleted, in unix seconds."""
        return self.created + RETENTION_DAYS * _DAY


class Artifacts:
    """What can be read of artifacts.

    Args:
        world: Where the runs are.
        blobs: Where archives are fetched from.
    """

    def __init__(self, world: World, blobs: Blobs) -> None:
        self._world = world
        self._blobs = blobs
        self._facts: dict[int, tuple[int, str]] = {}

    def endpoints(self) -> list[Endpoint]:
        """The paths it answers."""
        one = f"{REPO}/actions/artifacts/{{artifact_id:int}}"
        paths = {
            f"{REPO}/actions/artifacts": self.all,
            f"{REPO}/actions/runs/{{run_id:int}}/artifacts": self.of_run,
            one: self.one,
            f"{one}/{{archive_format}}": self.download,
        }
        return [
            Endpoint(method="GET", path=path, handler=read, needs="actions=read") for path, read in paths.items()
        ]

    def all(self, call: Call) -> Answer:
        """List artifacts for a repository, newest first."""
        runs = self._world.runs.visible(call.now)
        return self._listed(call, [one for run in runs for one in _artifacts(run, call.now)])

    def of_run(self, call: Call) -> Answer:
        """List workflow run artifacts."""
        run = self._world.runs.run(call.path["run_id"], call.now)
        return self._listed(call, list(_artifacts(run, call.now))) if run else not_found()

    def one(self, call: Call) -> Answer:
        """Get an artifact."""
        return Answer(self._shown(call, self._found(call)))

    def download(self, call: Call) -> Answer:
        """Download an artifact: a redirect to a ZIP file, until it expires."""
        artifact = self._found(call)
        if call.path["archive_format"] != "zip":
            not_found()
        if call.now >= artifact.expires:
            raise Refused(410, "Artifact has expired")
        location = self._blobs.address(
            f"actions-results/{artifact.run.id}/artifacts/{artifact.id}.zip",
            "application/zip",
            lambda: iter((packed(members_of(artifact), artifact.created),)),
            own_origin=call.origin,
        )
        return Answer(status=302, headers={"Location": location})

    def _found(self, call: Call) -> Artifact:
        wanted = call.path["artifact_id"]
        found = self._world.runs.job(wanted - _FIRST_ID + FIRST_JOB_ID, call.now)
        if found is None:
            not_found()
        return next((one for one in _artifacts(found[0], call.now) if one.id == wanted), None) or not_found()

    def _listed(self, call: Call, found: list[Artifact]) -> Answer:
        if name := call.query.get("name"):
            found = [one for one in found if one.name == name]
        page, headers = call.page(found)
        shown = [self._shown(call, one) for one in page]
        return Answer({"total_count": len(found), "artifacts": shown}, headers=headers)

    def _shown(self, call: Call, artifact: Artifact) -> dict[str, Any]:
        url = f"{Shown(call.api, call.web, self._world.story.repository).repo_url}/actions/artifacts/{artifact.id}"
        size, digest = self._facts_of(artifact)
        return {
            "id": artifact.id,
            "node_id": node_id("MDg6", artifact.id),
            "name": artifact.name,
            "size_in_bytes": size,
            "url": url,
            "archive_download_url": f"{url}/zip",
            "expired": call.now >= artifact.expires,
            "digest": f"sha256:{digest}",
            "created_at": utc(artifact.created),
            "updated_at": utc(artifact.created),
            "expires_at": utc(artifact.expires),
            "workflow_run": {
                "id": artifact.run.id,
                "repository_id": REPOSITORY_ID,
                "head_repository_id": REPOSITORY_ID,
                "head_branch": artifact.run.branch,
                "head_sha": artifact.run.sha,
            },
        }

    def _facts_of(self, artifact: Artifact) -> tuple[int, str]:
        """Size and SHA-256 of its archive; that is packed once to know them, and again to be fetched."""
        if artifact.id not in self._facts:
            archive = packed(members_of(artifact), artifact.created)
            self._facts[artifact.id] = len(archive), hashlib.sha256(archive).hexdigest()
        return self._facts[artifact.id]


def _artifacts(run: Run, now: float) -> Iterator[Artifact]:
    """What the jobs uploaded by now."""
    for attempt in run.attempts:
        for job in attempt.jobs():
            if job.plan.definition.name in attempt.carried or not has_results(job):
                continue
            for step in job.steps:
                if step.step.name == workflows.UPLOAD and step.conclusion == "success" and step.completed <= now:
                    kind = job.plan.definition.name.replace(" (", "-").rstrip(")")
                    yield Artifact(
                        id=job.plan.id - FIRST_JOB_ID + _FIRST_ID,
                        name=f"test-results-{kind}",
                        run=run,
                        job=job,
                        created=step.completed,
                    )


def members_of(artifact: Artifact) -> Mapping[str, str]:
    """The files in an artifact."""
    members = {"junit.xml": _junit(artifact.job)}
    if artifact.job.plan.definition.matrix:
        members["coverage.xml"] = _coverage(artifact.job)
        members["coverage.txt"] = _coverage_text(artifact.job)
    return members


def packed(members: Mapping[str, str], at: float) -> bytes:
    """The files as a ZIP archive, the same for the same content and moment (unix seconds)."""
    moment = datetime.fromtimestamp(at, UTC)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            member = zipfile.ZipInfo(name, moment.timetuple()[:6])
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, text)
    return buffer.getvalue()


def _junit(job: JobTimes) -> str:
    """Test results as pytest writes them."""
    cause = job.plan.cause
    failed = cause.annotations if cause is not None else ()
    cases = [
        f'<testcase classname="tests.{suite}.test_{suite}" name="test_{number}" time="0.{10 + number % 80}"/>'
        for suite in _SUITE
        for number in range(12)
    ]
    for one in failed:
        path, _, name = one.title.partition("::")
        place = quoteattr(path.removesuffix(".py").replace("/", "."))
        cases.append(
            f'<testcase classname={place} name={quoteattr(name)} time="0.031">'
            f"<failure message={quoteattr(one.message)}>{escape(one.path)}:{one.line}: {escape(one.message)}"
            "</failure></testcase>"
        )
    attributes = f'name="pytest" errors="0" failures="{len(failed)}" skipped="0" tests="{len(cases)}"'
    body = "\n".join([f"<testsuites><testsuite {attributes}>", *cases, "</testsuite></testsuites>"])
    return f'<?xml version="1.0" encoding="utf-8"?>\n{body}\n'


def _rates(job: JobTimes) -> Iterator[tuple[str, int, int]]:
    """File, number of statements, and how many of them the tests reached."""
    for suite in _SUITE:
        statements = between(60, 240, "statements", suite)
        yield f"checkout/{suite}.py", statements, statements - between(0, 14, "missed", suite, job.plan.id)


def _coverage(job: JobTimes) -> str:
    rates = list(_rates(job))
    total, reached = sum(all_ for _, all_, _ in rates), sum(hit for _, _, hit in rates)
    classes = "\n".join(
        f'<class name="{path.rpartition("/")[2]}" filename="{path}" line-rate="{hit / all_:.4f}"/>'
        for path, all_, hit in rates
    )
    return (
        f'<?xml version="1.0" ?>\n<coverage version="7.12.0" lines-valid="{total}" lines-covered="{reached}" '
        f'line-rate="{reached / total:.4f}">\n<packages><package name="checkout"><classes>\n{classes}\n'
        "</classes></package></packages>\n</coverage>\n"
    )


def _coverage_text(job: JobTimes) -> str:
    rows = [f"{path:32} {all_:5} {all_ - hit:5} {100 * hit // all_:4}%" for path, all_, hit in _rates(job)]
    return "\n".join([f"{'Name':32} {'Stmts':>5} {'Miss':>5} Cover", *rows, ""])
