"""The connector of docs/examples is installed and graded as its reader would do it."""

from collections.abc import Callable
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "flags"
Run = Callable[..., str]
Install = Callable[[str], None]


@pytest.mark.timeout(180)
def test_the_example_works_in_the_hub_and_reaches_silver(run: Run, install: Install, tmp_path: Path) -> None:
    install("mcp-integration-hub")
    run("cp", "-r", str(EXAMPLE), "flags")
    run("pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", "./flags")

    (tmp_path / "hub.toml").write_text("[connectors.flags]\nsandbox = true\nread_only = false\n", "utf-8")
    assert "ok" in run("hub", "check")
    assert "dark-mode" in run("hub", "call", "flags_list_flags")
    assert "is off for 100 % of users" in run("hub", "call", "flags_switch_flag", "key=tax-by-region", "on=false")
    assert "silver: every rule holds" in run("hub", "check-quality", "flags")


def test_the_example_is_short() -> None:
    connector = EXAMPLE / "hub_connector_flags" / "__init__.py"
    assert len(connector.read_text(encoding="utf-8").splitlines()) < 60
