"""Wheels of this repository, and an environment that holds nothing else of the hub."""

import os
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
        own = home / "bin" / program
        command = [str(own) if own.exists() else program, *arguments]
        if program == "pip":
            command = [sys.executable, "-m", "pip", "--python", str(home / "bin" / "python"), *arguments]
        at_home = {name: value for name, value in os.environ.items() if name != "CI"}
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, env=at_home)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run_program


@pytest.fixture
def install(run: Run, wheels: Path) -> Callable[[str], None]:
    """Install one of the wheels by the name of its distribution."""

    def install_wheel(distribution: str) -> None:
        run("pip", "install", "--quiet", "--no-deps", "--no-index", "--find-links", str(wheels), distribution)

    return install_wheel
