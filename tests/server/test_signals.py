"""Signals on the loop."""

import asyncio
import logging
import os
import signal
from typing import Any

import pytest

from hub.errors import ConfigError
from hub.server.signals import reloader, signal_handlers


async def test_a_handler_is_taken_back() -> None:
    before = signal.getsignal(signal.SIGHUP)
    heard = asyncio.Event()
    with signal_handlers({"SIGHUP": heard.set, "SIGNOWHERE": heard.set}):
        os.kill(os.getpid(), signal.SIGHUP)
        await heard.wait()
    assert signal.getsignal(signal.SIGHUP) == before


@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        (frozenset({"tools", "prompts"}), "the lists of prompts and tools changed"),
        (frozenset[str](), "no list changed"),
        (ConfigError("Port is no number"), "the hub goes on as before: Port is no number"),
    ],
)
async def test_what_came_of_a_reload_is_logged(
    fake_hub: Any, caplog: pytest.LogCaptureFixture, outcome: Any, told: str
) -> None:
    done = asyncio.Event()

    async def reload() -> Any:
        done.set()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    fake_hub.reload = reload
    with (
        caplog.at_level(logging.INFO, "hub.server.signals"),
        signal_handlers({"SIGHUP": reloader(fake_hub.as_hub())}),
    ):
        os.kill(os.getpid(), signal.SIGHUP)
        await done.wait()
    assert told in caplog.text
