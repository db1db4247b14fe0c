"""The kit serves a package outside this repository, with nothing but the core and pytest installed."""

import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LEFT_OUT = ("hub", "_editable", "mcp_integration_hub", "respx", "pytest_asyncio", "pytest_timeout", "hypothesis")
Python = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def python(tmp_path: Path, shop_folder: Path) -> Python:
    """Runs Python where the core and the shop are installed from wheels, without this repository's test tools."""
    wheels = tmp_path / "wheels"
    build = ["-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", "-w", str(wheels)]
    subprocess.run([sys.executable, *build, str(ROOT), str(shop_folder)], check=True)
    third_party = tmp_path / "third-party"
    third_party.mkdir()
    for entry in Path(sysconfig.get_paths()["purelib"]).iterdir():
        name = entry.name.lower()
        if not name.endswith(".pth") and not name.startswith(LEFT_OUT):
            (third_party / entry.name).symlink_to(entry)
    home = tmp_path / "venv"
    venv.create(home, with_pip=False, symlinks=True)
    (site,) = home.glob("lib/python*/site-packages")
    (site / "third-party.pth").write_text(f"{third_party}\n", encoding="utf-8")
    install = [
        "-m",
        "pip",
        "--python",
        str(home / "bin" / "python"),
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
    ]
    subprocess.run([sys.executable, *install, *map(str, wheels.glob("*.whl"))], check=True)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(home / "bin" / "python"), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=shop_folder)

    return run


def test_the_contract_in_three_lines_passes_outside_this_repository(python: Python, shop_folder: Path) -> None:
    assert python("-c", "import respx").returncode
    done = python("-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", "tests")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed" in done.stdout
    assert sorted(path.stem for path in (shop_folder / "tests" / "schemas").iterdir()) == [
        "cancel_order",
        "list_orders",
    ]
    (shop_folder / "quality.toml").write_text('tier = "none"\n', encoding="utf-8")
    told = python("-c", "from hub.cli.app import main; main()", "check-quality", ".")
    assert told.returncode == 0, told.stdout + told.stderr
    words = [line.split() for line in told.stdout.splitlines()]
    found = {line[1]: " ".join(line[2:]) for line in words if len(line) > 3}
    assert found["contract-and-schema-snapshots"] == 'todo open it holds; claim it with "done"'
    assert found["readme-is-complete"].endswith("there is no README.md")
    assert "claims nothing, reaches none" in told.stdout
