"""What the tests of loading share."""

import sys
import threading
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _threads_end() -> Iterator[None]:
    """Release what was left behind on purpose, or it would slow down all tests after it."""
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if isinstance(never := getattr(sys.modules[name], "NEVER", None), threading.Event):
            never.set()


@pytest.fixture(autouse=True)
def _no_logging_left_behind(logging_as_it_was: None) -> None:
    """Some run the program, which configures logging."""
