"""Logs: to stderr alone, as lines for people or as JSON, with every known secret masked."""

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Any, Literal, TextIO

from hub.config.known import KnownSecrets

LogFormat = Literal["text", "json"]
LogLevel = Literal["debug", "info", "warning", "error"]

_QUIET = (
    "aiohttp",
    "asyncio",
    "hpack",
    "httpcore",
    "httpcore2",
    "httpx",
    "httpx2",
    "mcp",
    "opentelemetry",
    "urllib3",
    "uvicorn",
)
"""Libraries that log addresses with their queries, headers or whole messages below WARNING."""

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")


def configure_logging(
    *,
    level: LogLevel = "info",
    log_format: LogFormat = "text",
    secrets: KnownSecrets,
    stream: TextIO | None = None,
) -> None:
    """Send all logs of this process to stderr, in place of what was configured before.

    Args:
        level: Of the hub and its connectors; HTTP and protocol libraries stay at warnings in any case.
        log_format: Lines for people, or one JSON object a line.
        secrets: Values to mask; those added later are masked from then on.
        stream: Instead of stderr.
    """
    handler = _Handler(stream or sys.stderr)
    handler.setFormatter(_JsonLines(secrets) if log_format == "json" else _TextLines(secrets))
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    logging.captureWarnings(True)


class _Handler(logging.StreamHandler[TextIO]):
    """Never shows a record it cannot format: the standard report of that holds its arguments."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  overrides
        error = sys.exc_info()[1]
        if isinstance(error, OSError):
            return
        try:
            self.stream.write(f"a record of {record.name} could not be logged ({type(error).__name__})\n")
        except (OSError, ValueError):
            return


class _TextLines(logging.Formatter):
    """`2026-01-31T14:05:00Z WARNING hub.discovery: text`, a traceback below it where there is one."""

    def __init__(self, secrets: KnownSecrets) -> None:
        super().__init__()
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        line = f"{moment} {record.levelname} {record.name}: {_one_line(self._secrets.redact(record.getMessage()))}"
        if traceback := _traceback(self, record):
            line += "\n" + self._secrets.redact(traceback)
        return line


class _JsonLines(logging.Formatter):
    """One object a line: time, level, logger, message, what a record carries as `extra`, traceback."""

    def __init__(self, secrets: KnownSecrets) -> None:
        super().__init__()
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self._secrets.redact(record.getMessage()),
        }
        for key, value in vars(record).items():
            if key not in _STANDARD and key not in entry:
                plain = value is None or isinstance(value, bool | int | float)
                entry[key] = value if plain else self._secrets.redact(str(value))
        if traceback := _traceback(self, record):
            entry["traceback"] = self._secrets.redact(traceback)
        return json.dumps(entry, ensure_ascii=False)


def _traceback(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    parts = [formatter.formatException(record.exc_info)] if record.exc_info else []
    if record.stack_info:
        parts.append(record.stack_info)
    return "\n".join(parts)


def _one_line(text: str) -> str:
    """Control characters escaped: a name with a line break in it must not look like a second record."""
    return _CONTROL.sub(lambda match: match[0].encode("unicode_escape").decode(), text)
