"""What `hub new` writes works at once, in an environment with the published core and nothing else of the hub."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., str]
Install = Callable[[str], None]


@pytest.mark.timeout(180)
def test_a_new_connector_passes_its_tests_and_appears_in_the_hub(
    run: Run, install: Install, tmp_path: Path
) -> None:
    install("mcp-integration-hub")
    told = run("hub", "new", "status_page", "--title", "Status Page")
    assert "hub connectors enable status_page" in told
    run("pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", "./status_page")

    passed = run("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "status_page")
    assert "passed" in passed
    assert "failed" not in passed
    assert "bronze: every rule holds" in run("hub", "check-quality", "status_page")

    (tmp_path / "hub.toml").write_text("[connectors.status_page]\nsandbox = true\nread_only = false\n", "utf-8")
    assert {"status_page_list_items", "status_page_close_item"} <= set(run("hub", "tools").split())
    assert "DEMO-3" in run("hub", "call", "status_page_list_items")
    assert "loaded" in run("hub", "connectors", "list", "--load")


def test_what_is_written_is_clean(run: Run, install: Install, tmp_path: Path) -> None:
    install("mcp-integration-hub")
    run("hub", "new", "status_page")
    for check in (("check",), ("format", "--check")):
        ruff = [sys.executable, "-m", "ruff", *check, "--no-cache", "."]
        folder = tmp_path / "status_page"
        done = subprocess.run(ruff, capture_output=True, text=True, check=False, cwd=folder)
        assert done.returncode == 0, done.stdout + done.stderr
