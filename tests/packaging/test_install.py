"""Wheels of the core and of each connector in an environment that holds nothing else of the hub."""

import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONNECTORS = sorted(path.parent for path in ROOT.glob("connectors/*/pyproject.toml"))
Run = Callable[..., str]


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All wheels, built from the sources as they stand."""
    folder = tmp_path_factory.mktemp("wheels")
    build = ["-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    for project in (ROOT, *CONNECTORS):
        subprocess.run([sys.executable, *build, "-w", str(folder), str(project)], check=True)
    return folder


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run a program of a new environment that has the third-party packages of this one and no part of the hub."""
    third_party = tmp_path / "third-party"
    third_party.mkdir()
    for entry in Path(sysconfig.get_paths()["purelib"]).iterdir():
        name = entry.name.lower()
        if not name.endswith(".pth") and not name.startswith(("hub", "_editable", "mcp_integration_hub")):
            (third_party / entry.name).symlink_to(entry)
    home = tmp_path / "venv"
    venv.create(home, with_pip=False, symlinks=True)
    (site,) = home.glob("lib/python*/site-packages")
    (site / "third-party.pth").write_text(f"{third_party}\n", encoding="utf-8")

    def run_program(program: str, *arguments: str) -> str:
        command = [str(home / "bin" / program), *arguments]
        if program == "pip":
            command = [sys.executable, "-m", "pip", "--python", str(home / "bin" / "python"), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run_program


def install(run: Run, wheels: Path, distribution: str) -> None:
    run("pip", "install", "--quiet", "--no-deps", "--no-index", "--find-links", str(wheels), distribution)


@pytest.mark.parametrize("connector", [path.name for path in CONNECTORS])
def test_a_connectors_tools_appear_with_pip_install_and_vanish_with_pip_uninstall(
    run: Run, wheels: Path, tmp_path: Path, connector: str
) -> None:
    install(run, wheels, "mcp-integration-hub")
    (tmp_path / "hub.toml").write_text("", encoding="utf-8")
    assert "No connector is installed" in run("hub", "connectors", "list")

    install(run, wheels, f"hub-connector-{connector}")
    assert f"hub connectors enable {connector}" in run("hub", "connectors", "list")
    (tmp_path / "hub.toml").write_text(f"[connectors.{connector}]\nsandbox = true\n", encoding="utf-8")
    assert f"{connector}_" in run("hub", "tools")

    run("pip", "uninstall", "--quiet", "--yes", f"hub-connector-{connector}")
    assert f"{connector}_" not in run("hub", "tools")
    assert f"pip install hub-connector-{connector}" in run("hub", "connectors", "list")


def test_wheels_carry_types_and_licence_and_no_tests(wheels: Path) -> None:
    for wheel in wheels.glob("*.whl"):
        listing = subprocess.run(
            [sys.executable, "-m", "zipfile", "-l", str(wheel)], capture_output=True, text=True, check=True
        ).stdout
        assert "LICENSE" in listing, wheel.name
        assert "py.typed" in listing, wheel.name
        assert "tests/" not in listing, wheel.name
