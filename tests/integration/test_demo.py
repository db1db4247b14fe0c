"""`hub demo` as a user runs it."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

HUB = str(Path(sys.executable).with_name("hub"))
Demo = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def demo(tmp_path: Path) -> Demo:
    """Run `hub demo --once` in an empty folder, or with the hub.toml given."""

    def run(*arguments: str, config: str | None = None) -> subprocess.CompletedProcess[str]:
        if config is not None:
            (tmp_path / "hub.toml").write_text(config, encoding="utf-8")
        command = [HUB, "demo", "--once", *arguments]
        environment = {**os.environ, "TERM": "dumb"}
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=50, check=False
        )

    return run


def test_the_tour_shows_connectors_tools_and_three_calls_and_ends_with_status_0(demo: Demo) -> None:
    done = demo("--port", "0")
    assert done.returncode == 0, done.stderr
    assert "prometheus  Prometheus      loaded  sandbox: invented data" in done.stdout
    assert "tools, as an MCP client sees them over HTTP" in done.stdout
    assert done.stdout.count("▸ prometheus_") == 3
    assert "CheckoutErrorRateHigh" in done.stdout
    assert "Traceback" not in done.stderr
    assert "\x1b[" not in done.stdout
    assert "\t" not in done.stdout


def test_a_reader_that_leaves_early_ends_it_quietly(tmp_path: Path) -> None:
    command = f"{HUB} demo --once --port 0 | head -n 3"
    done = subprocess.run(
        ["/bin/sh", "-c", command], cwd=tmp_path, capture_output=True, text=True, timeout=50, check=False
    )
    assert len(done.stdout.splitlines()) == 3
    assert "Traceback" not in done.stderr


def test_without_any_usable_connector_it_ends_with_what_to_do(demo: Demo) -> None:
    done = demo(config="[server]\nport = 0\n[connectors.missing]\nsandbox = true\n")
    assert done.returncode == 1
    assert "No connector could be loaded" in done.stderr
    assert "[connectors.missing]" in done.stdout + done.stderr


def test_a_busy_port_of_the_file_is_replaced_by_a_free_one_and_said(demo: Demo) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = demo(config=f"[server]\nport = {port}\n[connectors.prometheus]\nsandbox = true\n")
    assert done.returncode == 0, done.stderr
    assert f"Port {port} is in use, so the demo takes a free one" in done.stdout


def test_a_busy_port_that_was_asked_for_is_an_error_with_a_way_out(demo: Demo) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = demo("--port", str(taken.getsockname()[1]))
    assert done.returncode == 1
    assert "in use" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_connector_is_named_with_what_to_install_and_the_others_are_shown(demo: Demo) -> None:
    tables = "[server]\nport = 0\n[connectors.prometheus]\nsandbox = true\n[connectors.missing]\nsandbox = true\n"
    done = demo(config=tables)
    assert done.returncode == 1
    assert "pip install hub-connector-missing" in done.stdout
    assert done.stdout.count("▸ prometheus_") == 3


def test_a_file_with_keys_is_refused_since_the_demo_has_none(demo: Demo) -> None:
    key = f'[[auth.keys]]\nclient = "x"\nkey_sha256 = "{"ab" * 32}"\n'
    done = demo(config=f"{key}[connectors.prometheus]\nsandbox = true\n")
    assert done.returncode == 1
    assert "hub serve" in done.stderr


def test_without_once_it_prints_client_configuration_and_serves_until_ctrl_c(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [HUB, "demo", "--port", "0"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    shown = ""
    for line in process.stdout:
        shown += line
        if "Ctrl-C ends it" in line:
            break
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert "claude mcp add --transport http hub http://127.0.0.1:" in shown
    assert ".vscode/mcp.json" in shown
    assert str(tmp_path) not in shown
    assert process.returncode == 0, errors
    assert "Traceback" not in errors
