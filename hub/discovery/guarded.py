"""Runs a connector's own code at load time so that whatever it does harms nothing but itself."""

import os
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, redirect_stdout
from typing import TypeVar

from hub.errors import ConfigError, ConnectorLoadError

T = TypeVar("T")


def guarded(what: str, work: Callable[[], T], seconds: float) -> T:
    """Run the work in a thread of its own, for at most so many seconds, with its stdout sent to stderr.

    Args:
        what: Names the work in errors, such as `importing hub_connector_x`.
        work: What to do.
        seconds: How long to wait for it.

    Raises:
        ConfigError: The work raised it.
        ConnectorLoadError: The work raised anything else, tried to exit, or is not done in time; its thread
            is then left behind.
    """
    outcome: list[T] = []
    failure: list[BaseException] = []

    def body() -> None:
        try:
            outcome.append(work())
        except BaseException as error:  # noqa: BLE001  SystemExit and the like must not leave this thread
            failure.append(error)

    thread = threading.Thread(target=body, name=f"hub-load {what}", daemon=True)
    with stdout_to_stderr():
        thread.start()
        thread.join(seconds)
    if thread.is_alive():
        raise ConnectorLoadError(f"{what} took more than {seconds:g} seconds")
    if failure:
        error = failure[0]
        if isinstance(error, (ConfigError, ConnectorLoadError)):
            raise error
        raise ConnectorLoadError(f"{what} raised {_name_of(error)}") from error
    return outcome[0]


def _name_of(error: BaseException) -> str:
    """Type and, where it cannot hold a value, text: an import error names a module, others may quote a secret."""
    if isinstance(error, ImportError | SyntaxError | SystemExit):
        return f"{type(error).__name__}: {error}"
    return type(error).__name__


@contextmanager
def stdout_to_stderr() -> Generator[None]:
    """Divert stdout, for Python and below: over stdio it carries the protocol."""
    try:
        sys.stdout.flush()
        kept = os.dup(1)
    except (OSError, ValueError, AttributeError):
        with redirect_stdout(sys.stderr):
            yield
        return
    try:
        os.dup2(2, 1)
        with redirect_stdout(sys.stderr):
            yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
