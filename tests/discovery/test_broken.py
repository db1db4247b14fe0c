"""Whatever a connector does while it is loaded and closed, the one beside it serves and the hub goes on."""

import logging
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent, indent

import pytest

from hub.config.known import KnownSecrets
from hub.config.load import load_settings
from hub.discovery.connectors import Connectors, open_connectors
from hub.discovery.state import ConnectorState

InstallConnector = Callable[..., Path]
WriteConfig = Callable[[str], Path]

LOAD_SECONDS = 1.0
BOUND = 5.0
"""Seconds: a load deadline, a second for the others' imports, and what closing takes, on a slow machine."""

SOURCE = """
import asyncio, os, sys, threading, time
from contextlib import asynccontextmanager
from pydantic import field_validator
from hub.plugin import AuthenticationFailed, Connector, ConnectorSettings, Sandbox, hookimpl, tool

NEVER = threading.Event()

class {name}Settings(ConnectorSettings):
    url: str = "http://127.0.0.1:9"
{settings}

class {name}(Connector[{name}Settings]):
    title = "{name}"

    @tool()
    async def ping(self) -> str:
        "Ping."
        return "pong"
{body}

@hookimpl
def hub_connector():
{hook}
    return {name}
{module}
"""


def source(name: str, *, body: str = "", settings: str = "", hook: str = "", module: str = "") -> str:
    def inside(text: str) -> str:
        return indent(dedent(text), "    ")

    return SOURCE.format(
        name=name, body=inside(body), settings=inside(settings), hook=inside(hook), module=dedent(module)
    )


HARM = {
    "raises": "raise RuntimeError('s3cret')",
    "exits": "sys.exit(3)",
    "hangs": "NEVER.wait()",
    "spins": "while not NEVER.is_set(): pass",
}
ON_THE_LOOP = HARM | {
    "sleeps": "time.sleep(20)",
    "waits": "await asyncio.Event().wait()",
    "cancels itself": "raise asyncio.CancelledError",
    "will not be cancelled": "while True:\n    try:\n        await asyncio.sleep(1)\n"
    "    except asyncio.CancelledError:\n        pass",
}


def method(head: str, text: str) -> str:
    return f"{head}\n{indent(text, '    ')}\n"


def begin(harm: str) -> str:
    return method("@asynccontextmanager\nasync def lifespan(self):", f"{harm}\nyield")


def end(harm: str) -> str:
    return method("@asynccontextmanager\nasync def lifespan(self):", f"yield\n{harm}")


def sandbox(*, app: str = "pass", settings: str = "pass") -> str:
    text = method("async def app(scope, receive, send):", app)
    text += method("def settings(url):", f"{settings}\nreturn {{'url': url}}")
    return method("@classmethod\ndef sandbox(cls):", text + "return Sandbox(app=app, settings=settings)")


WHEN = "{}\n@tool(when=harm)\nasync def other(self) -> str:\n    'Other.'\n    return ''\n"
STARTS = "assert scope['type'] == 'lifespan'\nawait receive()\n"
STARTED = STARTS + "await send({'type': 'lifespan.startup.complete'})\nawait receive()\n"

FAILED = (
    {f"import {how}": source("Broken", module=harm) for how, harm in HARM.items()}
    | {f"hook {how}": source("Broken", hook=harm) for how, harm in HARM.items()}
    | {
        f"settings {how}": source(
            "Broken",
            settings=method("@field_validator('url')\n@classmethod\ndef check(cls, value):", harm),
        ).replace('url: str = "http://127.0.0.1:9"', "url: str")
        for how, harm in HARM.items()
    }
    | {
        f"constructor {how}": source("Broken", body=method("def __init__(self, *given):", harm))
        for how, harm in HARM.items()
    }
    | {
        f"when {how}": source("Broken", body=WHEN.format(method("def harm(self):", harm)))
        for how, harm in HARM.items()
        if how != "raises"
    }
    | {f"lifespan {how}": source("Broken", body=begin(harm)) for how, harm in ON_THE_LOOP.items()}
    | {
        "lifespan is none": source("Broken", body="lifespan = None"),
        "lifespan call exits": source("Broken", body="def lifespan(self):\n    sys.exit(3)"),
        "lifespan never yields": source(
            "Broken", body=method("@asynccontextmanager\nasync def lifespan(self):", "if False:\n    yield")
        ),
        "error is broken": source(
            "Broken",
            body="class Odd(AuthenticationFailed):\n    def __init__(self):\n        pass\n"
            "def __init__(self, *given):\n    raise self.Odd",
        ),
        "another's name": source(
            "Broken", body="def __init__(self, *given):\n    super().__init__(*given)\n    self.namespace = 'good'"
        ),
        "title is no text": source("Broken", body="title = 5\ndef __init__(self, *given):\n    1 / 0"),
    }
)
SANDBOX_FAILED = (
    {
        f"sandbox {how}": source("Broken", body=method("@classmethod\ndef sandbox(cls):", harm))
        for how, harm in HARM.items()
    }
    | {f"sandbox settings {how}": source("Broken", body=sandbox(settings=harm)) for how, harm in HARM.items()}
    | {
        f"sandbox app {how}": source("Broken", body=sandbox(app=STARTS + ON_THE_LOOP[how]))
        for how in ("waits", "will not be cancelled")
    }
    | {"sandbox is none": source("Broken", body="@classmethod\ndef sandbox(cls):\n    return 5")}
)
LOADED = (
    {f"end {how}": source("Broken", body=end(harm)) for how, harm in ON_THE_LOOP.items()}
    | {
        f"instructions {how}": source("Broken", body=method("def instructions(self):", harm))
        for how, harm in HARM.items()
    }
    | {
        "dies": source(
            "Broken",
            body=method(
                "@asynccontextmanager\nasync def lifespan(self):",
                dedent("""
        async def die():
            raise RuntimeError("s3cret")
        async with asyncio.TaskGroup() as group:
            group.create_task(die())
            yield
    """),
            ),
        )
    }
)
SANDBOX_LOADED = {
    f"sandbox app {how} at its start": source("Broken", body=sandbox(app=STARTS + ON_THE_LOOP[how]))
    for how in ("raises", "exits", "sleeps", "hangs", "spins", "cancels itself")
} | {
    f"sandbox app {how} at its end": source("Broken", body=sandbox(app=STARTED + harm))
    for how, harm in ON_THE_LOOP.items()
}
EVERY_WAY = [
    *((way, text, False, "failed") for way, text in FAILED.items()),
    *((way, text, True, "failed") for way, text in SANDBOX_FAILED.items()),
    *((way, text, False, "loaded") for way, text in LOADED.items()),
    *((way, text, True, "loaded") for way, text in SANDBOX_LOADED.items()),
]


def state_of(connectors: Connectors, namespace: str) -> ConnectorState:
    (state,) = [state for state in connectors.states if state.namespace == namespace]
    return state


@pytest.mark.parametrize(("way", "text", "in_sandbox", "state"), EVERY_WAY, ids=[way[0] for way in EVERY_WAY])
async def test_a_connector_harms_only_itself_and_no_longer_than_the_deadline(
    install_connector: InstallConnector,
    write_config: WriteConfig,
    caplog: pytest.LogCaptureFixture,
    way: str,
    text: str,
    in_sandbox: bool,
    state: str,
) -> None:
    install_connector("broken", text)
    install_connector("good", source("Good"))
    config = write_config(
        "[connectors.broken]\n"
        + ("sandbox = true\n" if in_sandbox else 'url = "http://127.0.0.1:9"\n')
        + "[connectors.good]\n"
    )
    known, begun = KnownSecrets(), time.monotonic()
    async with open_connectors(
        load_settings(config), base=config.parent, register_secret=known.add, load_seconds=LOAD_SECONDS
    ) as connectors:
        broken, good = state_of(connectors, "broken"), state_of(connectors, "good")
        names = [item.name for item in connectors.items]
    assert time.monotonic() - begun < BOUND
    assert good.state == "loaded"
    assert "good_ping" in names
    assert broken.state == state
    assert ("broken_ping" in names) == (state == "loaded")
    assert bool(broken.reason) == (state == "failed")
    assert "s3cret" not in broken.reason + "".join(broken.refusals)
    if way.startswith("instructions"):
        assert "instructions() of broken" in broken.refusals[0]
    if way.startswith("end"):
        assert "the lifespan of broken" in caplog.text


async def test_connectors_that_hang_cost_no_more_than_one(
    install_connector: InstallConnector, write_config: WriteConfig
) -> None:
    names = [f"hanging{number}" for number in range(8)]
    for name in names:
        install_connector(name, source("Hanging", module="NEVER.wait()"))
    config = write_config("".join(f"[connectors.{name}]\n" for name in names))
    known, begun = KnownSecrets(), time.monotonic()
    async with open_connectors(
        load_settings(config), base=config.parent, register_secret=known.add, load_seconds=LOAD_SECONDS
    ) as connectors:
        assert time.monotonic() - begun < 3 * LOAD_SECONDS
        assert {state_of(connectors, name).state for name in names} == {"failed"}


async def test_imports_do_not_meet_half_of_a_package_that_another_thread_imports(
    install_connector: InstallConnector, write_config: WriteConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    # Each half imports the other, and uses it only when it is itself used, as packages do that are one at heart.
    for one, other in (("hub_test_left", "hub_test_right"), ("hub_test_right", "hub_test_left")):
        (shared / f"{one}.py").write_text(
            f"import time\ntime.sleep(0.05)\nimport {other}\ntime.sleep(0.05)\nname = {one!r}\n"
            f"def use():\n    return {other}.name\n"
        )
    monkeypatch.setattr(sys, "path", [str(shared), *sys.path])
    install_connector("one", "import hub_test_left; hub_test_left.use()\n" + source("One"))
    install_connector("two", "import hub_test_right; hub_test_right.use()\n" + source("Two"))
    config = write_config("[connectors.one]\n[connectors.two]\n")
    async with open_connectors(
        load_settings(config), base=config.parent, register_secret=KnownSecrets().add
    ) as connectors:
        assert {state_of(connectors, name).state for name in ("one", "two")} == {"loaded"}


async def test_a_lifespan_that_dies_is_logged_and_told_as_the_connectors_health(
    install_connector: InstallConnector, write_config: WriteConfig, caplog: pytest.LogCaptureFixture
) -> None:
    install_connector("broken", LOADED["dies"])
    config = write_config("[connectors.broken]\n")
    with caplog.at_level(logging.ERROR):
        async with open_connectors(
            load_settings(config), base=config.parent, register_secret=KnownSecrets().add
        ) as connectors:
            health = connectors.runtimes["broken"].health()
    assert re.fullmatch(
        r"the lifespan of broken raised ExceptionGroup \(hub_connector_broken_\d+\.py:\d+\)", health
    )
    assert f"{health} while the hub was using it" in caplog.text


async def test_instructions_are_asked_for_once_and_cut_to_one_clean_line(
    install_connector: InstallConnector, write_config: WriteConfig
) -> None:
    told = "Two\\nlines\\u202e and \\x1b[2Jmore. " + "word " * 200
    body = f"asked = 0\ndef instructions(self):\n    type(self).asked += 1\n    return '{told}'\n"
    install_connector("wordy", source("Wordy", body=body))
    install_connector("silent", source("Silent", body="def instructions(self):\n    return None\n"))
    config = write_config("[connectors.wordy]\n[connectors.silent]\n")
    async with open_connectors(
        load_settings(config), base=config.parent, register_secret=KnownSecrets().add
    ) as connectors:
        instructions = connectors.instructions
    assert instructions["wordy"].startswith("Two lines and more. word")
    assert len(instructions["wordy"]) <= 300
    assert instructions["silent"] == ""
