"""Types for tool parameters: identifiers with a grammar, moments and durations as people and models write them."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0, "y": 31536000.0}
_STEP = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|w|y)")
_NOW = re.compile(r"now(?:\s*([+-])\s*(\S+))?", re.IGNORECASE)


@dataclass(frozen=True)
class Id:
    """Grammar of an identifier, for `Annotated[str, Id(r"[A-Z]+-[0-9]+")]`; the whole value has to match.

    An identifier that fits its grammar cannot climb out of a URL path, so the grammar should allow no `/`,
    no `..` and no control characters.
    """

    pattern: str

    @property
    def anchored(self) -> str:
        """The pattern as JSON Schema wants it: matching the whole value."""
        return f"^(?:{self.pattern})$"

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return handler(source)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(schema), "pattern": self.anchored}


def parse_duration(text: str) -> float:
    """Seconds of a duration such as `90s`, `1h30m` or `2d`.

    Raises:
        ValueError: The text is not a duration.
    """
    text = text.strip()
    steps = _STEP.findall(text)
    if not steps or "".join(number + unit for number, unit in steps) != text:
        raise ValueError(f"{text!r} is not a duration; write it like 90s, 5m, 1h30m or 2d")
    return sum(float(number) * _UNITS[unit] for number, unit in steps)


def parse_moment(text: str, now: float) -> float:
    """Unix seconds of a time as people and models write it.

    Takes `now`, `now-1h`, a bare duration (that long ago), an ISO 8601 time (UTC unless it says otherwise) or a
    number of unix seconds.

    Args:
        text: What the caller wrote.
        now: The present, in unix seconds.

    Raises:
        ValueError: The text is none of these.
    """
    text = text.strip()
    if match := _NOW.fullmatch(text):
        sign, duration = match.groups()
        return now + (parse_duration(duration) * (1 if sign == "+" else -1) if duration else 0.0)
    if _STEP.match(text) and _STEP.sub("", text) == "":
        return now - parse_duration(text)
    try:
        seconds = float(text)
        datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    else:
        return seconds
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f"{text!r} is not a time; write now, now-1h, ISO 8601 like 2026-01-31T14:05:00Z, or unix seconds"
        ) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _string_schema(parse: Callable[[str], Any], own: type) -> CoreSchema:
    def read(value: Any) -> Any:
        return value if isinstance(value, own) else parse(str(value))

    return core_schema.no_info_plain_validator_function(read)


@dataclass(frozen=True)
class Moment:
    """A point in time. As a tool parameter it takes `now-1h`, `30m` (ago), ISO 8601 or unix seconds.

    Attributes:
        seconds: Unix seconds.
    """

    seconds: float

    @classmethod
    def parse(cls, text: str, now: float | None = None) -> "Moment":
        """Read a moment; see `parse_moment`.

        Raises:
            ValueError: The text is not a moment.
        """
        return cls(parse_moment(text, time.time() if now is None else now))

    @property
    def iso(self) -> str:
        """UTC, to the second: `2026-01-31T14:05:00Z`."""
        return datetime.fromtimestamp(self.seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return _string_schema(cls.parse, cls)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "string"}


@dataclass(frozen=True)
class Duration:
    """A length of time. As a tool parameter it takes `90s`, `5m`, `1h30m`, `2d`.

    Attributes:
        seconds: Its length.
    """

    seconds: float

    @classmethod
    def parse(cls, text: str) -> "Duration":
        """Read a duration; see `parse_duration`.

        Raises:
            ValueError: The text is not a duration.
        """
        return cls(parse_duration(text))

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return _string_schema(cls.parse, cls)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "string"}
