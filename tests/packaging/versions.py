"""Installs the wheels, with all they need, into an empty environment of every Python found here, and uses them."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
MINORS = (11, 12, 13, 14)
PROJECTS = (ROOT, *sorted(path.parent for path in ROOT.glob("connectors/*/pyproject.toml")))


def interpreters() -> Iterator[tuple[str, Path]]:
    """Each version that runs here, from the PATH or from pyenv's folder."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    for minor in MINORS:
        version = f"3.{minor}"
        on_path = shutil.which(f"python{version}")
        candidates = [*([Path(on_path)] if on_path else []), *pyenv.glob(f"versions/{version}.*/bin/python")]
        for candidate in candidates:
            if subprocess.run([candidate, "-c", "import venv"], capture_output=True, check=False).returncode == 0:
                yield version, candidate
                break
        else:
            print(f"Python {version}: not on this machine")


def run(*command: str | Path, cwd: Path) -> str:
    """What the command prints; ends the program if it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def main() -> None:
    """Build once, then try each Python."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wheels = folder / "wheels"
        for project in PROJECTS:
            build = ("-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", wheels)
            run(sys.executable, *build, project, cwd=folder)
        for version, python in interpreters():
            home = folder / version
            run(python, "-m", "venv", home, cwd=folder)
            pip = (home / "bin" / "python", "-m", "pip")
            run(*pip, "install", "--quiet", "--upgrade", "pip", cwd=folder)
            run(*pip, "install", "--quiet", *sorted(wheels.glob("*.whl")), cwd=folder)
            run(*pip, "check", cwd=folder)
            tools = run(home / "bin" / "hub", "--config", ROOT / "hub.toml", "tools", cwd=folder)
            called = run(
                home / "bin" / "hub",
                "--config",
                ROOT / "hub.toml",
                "call",
                "prometheus_query",
                "query=up",
                cwd=folder,
            )
            if "up" not in called:
                sys.exit(f"Python {version}: prometheus_query answered {called!r}")
            print(f"Python {version}: {len(tools.splitlines()) - 1} tools, and a call answers")


if __name__ == "__main__":
    main()
