import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from typer.testing import Result

Run = Callable[..., Result]

HUB = [sys.executable, "-c", "from hub.cli.app import main; main()"]


@contextmanager
def serving(*words: str, **options: Any) -> Generator[subprocess.Popen[str]]:
    """`hub serve` in a process of its own."""
    process = subprocess.Popen(
        [*HUB, "serve", *words],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **options.pop("env", {})},
        **options,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def errors_of(process: subprocess.Popen[str]) -> Iterator[str]:
    """Lines on stderr as they come."""
    assert process.stderr is not None
    return iter(process.stderr.readline, "")


def test_serve_announces_its_address_reloads_and_ends_on_sigterm(config: Path, toy: Path) -> None:
    with serving("--port", "0", env={"PYTHONPATH": str(toy)}) as process:
        lines = errors_of(process)
        announced = next(line for line in lines if line.startswith("Serving MCP at "))
        url = announced.split()[-1]
        with urlopen(url.replace("/mcp", "/healthz"), timeout=10) as answer:  # noqa: S310  loopback
            assert answer.status == 200
        config.write_text("[serverr]\n", encoding="utf-8")
        process.send_signal(signal.SIGHUP)
        assert any("serverr is an unknown table" in line for line in lines)
        process.send_signal(signal.SIGTERM)
        process.wait(20)
        assert process.returncode == 0
        rest = "".join(lines)
        assert "Traceback" not in rest
        assert "canary-toy-token" not in rest


def test_serve_says_where_something_is_held_back(run: Run, config: Path, toy: Path) -> None:
    run("lock")
    (module,) = toy.glob("*.py")
    module.write_text(
        module.read_text(encoding="utf-8").replace("Say it again.", "Say it twice."), encoding="utf-8"
    )
    with serving("--port", "0", "--locked", env={"PYTHONPATH": str(toy)}) as process:
        told = next(line for line in errors_of(process) if line.startswith("  toy: "))
    assert told == "  toy: loaded, but not all it has is offered; hub_status says why\n"


def test_serve_over_stdio_writes_nothing_but_the_protocol(
    folder: Path, install_connector: Callable[..., Path]
) -> None:
    site = install_connector("loud", "print('on stdout')\nimport os\nos.write(1, b'and below')")
    (folder / "hub.toml").write_text("[connectors.loud]\n", encoding="utf-8")
    hello = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "t", "version": "1"},
        },
    }
    ran = subprocess.run(
        [*HUB, "serve", "--stdio", "--log-format", "json"],
        input=json.dumps(hello) + "\n",
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(site)},
    )
    assert ran.returncode == 0, ran.stderr
    (line,) = ran.stdout.splitlines()
    assert json.loads(line)["result"]["serverInfo"]["name"] == "mcp-integration-hub"
    assert "on stdout" in ran.stderr


def test_a_log_in_json_holds_the_address_too(folder: Path) -> None:
    (folder / "hub.toml").touch()
    with serving("--port", "0", "--log-format", "json") as process:
        entry = json.loads(next(errors_of(process)))
        assert entry["message"].startswith("Serving MCP at http://127.0.0.1:")


def test_what_cannot_be_served_is_one_error(run: Run, folder: Path) -> None:
    (folder / "hub.toml").touch()
    everybody = run("serve", "--host", "0.0.0.0")
    assert everybody.exit_code == 1
    assert everybody.stderr.startswith("error: ")
    both = run("serve", "--stdio", "--port", "3")
    assert both.exit_code == 2
    assert "--stdio listens on no address" in both.stderr


def test_strict_refuses_to_start_with_a_connector_that_does_not_load(run: Run, folder: Path) -> None:
    (folder / "hub.toml").write_text("[connectors.gone]\n", encoding="utf-8")
    result = run("serve", "--port", "0", "--strict", "--log-level", "error")
    assert result.exit_code == 1
    assert "connector gone failed" in result.stderr
    assert "pip install hub-connector-gone" in result.stderr
