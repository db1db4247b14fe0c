"""Checks that rest on tests, on git's history and on the versions of dependencies."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest

from hub.quality import dependencies
from hub.quality.contract import contract_and_snapshots, contract_names, coverage_and_owner, passes
from hub.quality.dependencies import RULE, fingerprint, lowest_and_newest, record_of, third_party
from hub.quality.evidence import Evidence, SuiteRun, run_tests
from hub.quality.finding import verified
from hub.quality.record import write_record
from hub.quality.renames import old_names_work

Look = Callable[..., Evidence]
CLEAN = "test_it_closes_cleanly"


def run(**changed: str) -> SuiteRun:
    results = {("tests.TestContract", name): "passed" for name in contract_names()}
    results |= {("tests.TestContract", name): result for name, result in changed.items()}
    return SuiteRun(covered=99.0, results=results)


def test_a_test_of_the_contract_that_passed_verifies_its_rule(look: Look) -> None:
    assert passes(CLEAN)(look(run())).kind == "verified"


def test_one_that_failed_or_was_skipped_does_not(look: Look) -> None:
    assert passes(CLEAN)(look(run(**{CLEAN: "failed"}))).kind == "failed"
    skipped = passes(CLEAN)(look(run(**{CLEAN: "skipped: no sandbox"})))
    assert (skipped.kind, "no sandbox" in skipped.text) == ("unverified", True)


def test_without_the_contract_among_the_tests_its_rules_fail(look: Look) -> None:
    lone = SuiteRun(covered=99.0, results={("tests.test_x", CLEAN): "passed"})
    assert "ConnectorContract" in passes(CLEAN)(look(lone)).text


def test_tests_that_cannot_run_verify_nothing(look: Look) -> None:
    for check in (passes(CLEAN), coverage_and_owner):
        assert check(look(SuiteRun(problem="install coverage"))).text == "install coverage"


def test_every_tool_needs_a_snapshot(look: Look, folder: Path) -> None:
    assert contract_and_snapshots(look(run())).text == "no snapshot of count"
    (folder / "tests" / "schemas").mkdir()
    (folder / "tests" / "schemas" / "count.json").touch()
    assert contract_and_snapshots(look(run())).kind == "verified"


@pytest.mark.parametrize(
    ("covered", "owner", "failing", "told"),
    [
        (95.0, "Maya", 0, ""),
        (94.9, "Maya", 0, "94.9% of lines and branches"),
        (99.0, "", 0, "no owner"),
        (99.0, "Maya", 1, "1 tests fail"),
    ],
)
def test_coverage_failures_and_owner_are_looked_at(
    look: Look, folder: Path, covered: float, owner: str, failing: int, told: str
) -> None:
    (folder / "quality.toml").write_text(f'owner = "{owner}"\n', encoding="utf-8")
    results = {("tests", f"test_{number}"): "failed" for number in range(failing)}
    finding = coverage_and_owner(look(SuiteRun(covered=covered, results=results)))
    assert finding.kind == ("failed" if told else "verified")
    assert told in finding.text


def test_the_tests_are_run_and_their_branches_counted(look: Look, folder: Path) -> None:
    (folder / "hub_connector_stock" / "more.py").write_text(
        "def f(x: int) -> int:\n    if x:\n        return 1\n    return 2\n", encoding="utf-8"
    )
    (folder / "tests" / "test_more.py").write_text(
        "import os\nimport pytest\nfrom hub_connector_stock.more import f\n\n"
        "def test_f():\n    assert f(1) == 1\n    assert os.environ['CI']\n\n"
        "def test_wrong():\n    assert f(1) == 2\n\n"
        "@pytest.mark.skip(reason='not here')\ndef test_skipped():\n    pass\n",
        encoding="utf-8",
    )
    done = run_tests(look().subject, measure=True)
    by_name = {name: result for (_, name), result in done.results.items()}
    assert by_name == {"test_f": "passed", "test_wrong": "failed", "test_skipped": "skipped: not here"}
    assert done.covered is not None
    assert 50 < done.covered < 100
    assert any(least.startswith("hub_connector_stock/more.py ") for least in done.least)


def test_tests_that_cannot_be_collected_are_a_problem(look: Look, folder: Path) -> None:
    (folder / "tests" / "test_broken.py").write_text("import nothing_there\n", encoding="utf-8")
    assert "pytest could not run" in run_tests(look().subject, measure=False).problem


def test_a_folder_without_tests_is_a_problem(look: Look, folder: Path) -> None:
    (folder / "tests").rmdir()
    assert "no tests" in run_tests(look().subject, measure=False).problem


# Old names


@pytest.fixture
def history(folder: Path) -> Callable[[str], None]:
    """Commits the folder with a snapshot of a tool of that name, and then its removal."""

    def git(*words: str) -> None:
        identity = ["-c", "user.name=m", "-c", "user.email=m@example.com", "-c", "commit.gpgsign=false"]
        command = [shutil.which("git") or "git", "-C", str(folder), *identity, *words]
        subprocess.run(command, check=True, capture_output=True)

    def removed(name: str) -> None:
        git("init", "-q")
        path = folder / "tests" / "schemas" / f"{name}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text("{}", encoding="utf-8")
        git("add", ".")
        git("commit", "-q", "-m", "one")
        path.unlink()
        git("add", ".")
        git("commit", "-q", "-m", "two")

    return removed


def test_an_old_name_that_is_an_alias_works(look: Look, history: Callable[[str], None]) -> None:
    history("find")
    assert old_names_work(look()).text == "1 old names work"


def test_an_old_name_that_is_gone_fails_unless_the_changelog_tells_it(
    look: Look, folder: Path, history: Callable[[str], None]
) -> None:
    history("seek")
    assert "aliases=('seek',)" in old_names_work(look()).text
    (folder / "CHANGELOG.md").write_text("Removed: `seek`.", encoding="utf-8")
    assert old_names_work(look()).kind == "verified"


def test_without_history_old_names_are_not_verified(look: Look) -> None:
    assert old_names_work(look()).kind == "unverified"


# Dependencies


def test_the_hub_itself_is_no_third_party(look: Look) -> None:
    assert [one.name for one in third_party(look().subject)] == ["packaging"]


def test_a_dependency_without_a_lowest_version_fails(look: Look, folder: Path) -> None:
    path = folder / "pyproject.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("packaging>=24", "packaging"), encoding="utf-8")
    assert "no lowest version is stated for packaging" in lowest_and_newest(look()).text


def test_a_connector_that_needs_the_hub_alone_is_verified(look: Look, folder: Path) -> None:
    path = folder / "pyproject.toml"
    path.write_text(path.read_text(encoding="utf-8").replace(', "packaging>=24"', ""), encoding="utf-8")
    assert lowest_and_newest(look()).kind == "verified"


def test_a_record_counts_until_the_requirements_change(look: Look, folder: Path) -> None:
    assert lowest_and_newest(look()).kind == "unverified"
    write_record(folder / "quality.toml", RULE, record_of(look().subject, verified("24 and 25")))
    assert lowest_and_newest(look()).text.endswith(": 24 and 25")
    path = folder / "pyproject.toml"
    before = fingerprint(look().subject)
    path.write_text(path.read_text(encoding="utf-8").replace("packaging>=24", "packaging>=25"), encoding="utf-8")
    assert fingerprint(look().subject) != before
    assert lowest_and_newest(look()).kind == "unverified"


def test_in_full_both_versions_are_installed_and_tested(
    look: Look, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pip's part is played by a folder, since tests have no package index."""
    asked: list[list[str]] = []

    def install(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        asked.append(command)
        target = Path(command[command.index("--target") + 1])
        version = "24.0" if "packaging==24" in command else "99.0"
        info = target / f"packaging-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: packaging\nVersion: {version}\n")
        (target / "pinned.py").write_text(f"VERSION = {version!r}\n")
        return subprocess.CompletedProcess(command, 0, "", "")

    tests = folder / "tests" / "test_pinned.py"
    tests.write_text("import pinned\n\ndef test_it():\n    assert pinned.VERSION != '0'\n", encoding="utf-8")
    monkeypatch.setattr(dependencies.subprocess, "run", _only_pip(install))
    finding = lowest_and_newest(look(full=True))
    assert finding.text == "lowest packaging 24.0; newest packaging 99.0"
    assert [command[-1] for command in asked] == ["packaging==24", "packaging>=24"]
    tests.write_text(tests.read_text(encoding="utf-8").replace("'0'", "'99.0'"), encoding="utf-8")
    assert "with the newest versions" in lowest_and_newest(look(full=True)).text


def _only_pip(install: Callable[..., object]) -> Callable[..., object]:
    real = cast("Callable[..., object]", subprocess.run)

    def run(command: list[str], **options: object) -> object:
        return install(command) if "pip" in command else real(command, **options)

    return run
