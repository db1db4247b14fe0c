"""How an error looks on the command line, and with which status the program ends."""

import traceback
from pathlib import Path
from typing import cast

from hub.errors import ConfigError, HubError

EXIT_FAILED = 1
EXIT_CONFIG = 2
EXIT_INTERRUPTED = 130
"""What a shell expects after Ctrl-C."""


def only_cause(error: Exception) -> Exception:
    """The error inside groups that hold a single one, as task groups make them."""
    found = error
    while isinstance(found, ExceptionGroup):
        inside = cast("tuple[Exception, ...]", found.exceptions)  # pyright: ignore[reportUnknownMemberType]  generic
        if len(inside) != 1:
            return error
        found = inside[0]
    return found


def code_of(error: Exception) -> int:
    """The exit status."""
    return EXIT_CONFIG if isinstance(error, ConfigError) else EXIT_FAILED


def lines_of(error: Exception, *, debug: bool = False) -> list[str]:
    """What to print: the error, a hint, and a traceback if asked for."""
    if isinstance(error, HubError):
        message = error.message
        if isinstance(error, ConfigError) and error.setting not in message:
            message = f"{error.setting}: {message}"
        lines = [f"error: {_line(message)}"]
        if error.hint:
            lines.append(f"hint: {_line(error.hint)}")
    else:
        # Its text is not shown: it may hold anything.
        frame = traceback.extract_tb(error.__traceback__)[-1:]
        place = f" at {Path(frame[0].filename).name}:{frame[0].lineno}" if frame else ""
        lines = [
            f"error: the hub itself failed: {type(error).__name__}{place}",
            "hint: Run `hub --debug …` for the details, and report them",
        ]
    if debug:
        lines += "".join(traceback.format_exception(error)).splitlines()
    return lines


def _line(text: str) -> str:
    return " ".join(text.split()).rstrip(".")
