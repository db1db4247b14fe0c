"""Wheels of the core and of each connector in an environment that holds nothing else of the hub."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONNECTORS = sorted(path.parent for path in ROOT.glob("connectors/*/pyproject.toml"))
Run = Callable[..., str]
Install = Callable[[str], None]


@pytest.mark.parametrize("connector", [path.name for path in CONNECTORS])
def test_a_connectors_tools_appear_with_pip_install_and_vanish_with_pip_uninstall(
    run: Run, install: Install, tmp_path: Path, connector: str
) -> None:
    install("mcp-integration-hub")
    (tmp_path / "hub.toml").write_text("", encoding="utf-8")
    assert "No connector is installed" in run("hub", "connectors", "list")

    install(f"hub-connector-{connector}")
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
