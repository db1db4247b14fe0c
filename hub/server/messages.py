"""A first look at a JSON-RPC message, stricter than the SDK: what two readers could read differently is refused."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn, cast

from mcp_types import INVALID_REQUEST, LOG_LEVEL_META_KEY, PARSE_ERROR

LONGEST_ID = 256
"""Characters of a request id or a method name."""

DEEPEST = 100
"""Levels of nesting; a tool's arguments need a handful."""

_BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*"?|[\[{]|[\]}]', re.DOTALL)


class BadMessage(ValueError):
    """The bytes are not one JSON-RPC message.

    Attributes:
        code: JSON-RPC error code.
    """

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Head:
    """What the transports have to know of a message.

    Attributes:
        method: Of a request or notification; None for a response.
        id: Of a request or response; None for a notification.
        wants_progress: Whether the caller sent a progress token.
        wants_messages: Whether the caller named a log level (2026-07-28).
        cancels: The id that a `notifications/cancelled` names.
        message: All of it.
    """

    method: str | None
    id: str | int | None
    wants_progress: bool = False
    wants_messages: bool = False
    cancels: str | int | None = None
    message: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False, compare=False)

    @property
    def params(self) -> Mapping[str, Any]:
        """Its parameters; empty if it has none."""
        params = self.message.get("params")
        return cast("dict[str, Any]", params) if isinstance(params, dict) else {}

    @property
    def is_request(self) -> bool:
        """Whether an answer is owed."""
        return self.method is not None and self.id is not None


def read_head(raw: bytes) -> Head:
    """Parse a message and take its head.

    Raises:
        BadMessage: Not UTF-8, not JSON, nested too deeply, a key twice in one object, a number JSON cannot
            hold, half a surrogate pair, a batch, or no JSON-RPC message.
    """
    message = _parse(raw)
    if not isinstance(message, dict):
        raise BadMessage(INVALID_REQUEST, "Send one JSON-RPC message at a time, as an object")
    fields = cast("dict[str, Any]", message)
    method = fields.get("method")
    if method is not None and (not isinstance(method, str) or len(method) > LONGEST_ID):
        raise BadMessage(INVALID_REQUEST, f"`method` has to be a string of at most {LONGEST_ID} characters")
    if method is None and "result" not in fields and "error" not in fields:
        raise BadMessage(INVALID_REQUEST, "A JSON-RPC message has a `method`, a `result` or an `error`")
    if "id" in fields and not _is_id(fields["id"]):
        raise BadMessage(
            INVALID_REQUEST, f"`id` has to be an integer or a string of at most {LONGEST_ID} characters"
        )
    params = fields.get("params")
    wants_progress = wants_messages = False
    cancels = None
    if isinstance(params, dict):
        known = cast("dict[str, Any]", params)
        meta = known.get("_meta")
        if isinstance(meta, dict):
            wants_progress, wants_messages = "progressToken" in meta, LOG_LEVEL_META_KEY in meta
        if method == "notifications/cancelled" and _is_id(known.get("requestId")):
            cancels = known["requestId"]
    return Head(method, fields.get("id"), wants_progress, wants_messages, cancels, fields)


def _is_id(value: object) -> bool:
    if isinstance(value, str):
        return len(value) <= LONGEST_ID
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63


def _parse(raw: bytes) -> object:
    if raw.count(b"[") + raw.count(b"{") > DEEPEST and _depth(raw) > DEEPEST:
        raise BadMessage(PARSE_ERROR, f"The message is nested deeper than {DEEPEST} levels")
    try:
        message = json.loads(
            raw.decode("utf-8"), object_pairs_hook=_unique, parse_float=_finite, parse_constant=_no_number
        )
        if b"\\u" in raw:
            json.dumps(message, ensure_ascii=False).encode("utf-8")
    except BadMessage:
        raise
    except UnicodeError:
        raise BadMessage(PARSE_ERROR, "The message is not valid UTF-8") from None
    except (ValueError, RecursionError):
        raise BadMessage(PARSE_ERROR, "The message is not valid JSON") from None
    return message


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadMessage(INVALID_REQUEST, "An object of the message has a key twice")
    return found


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        _no_number(text)
    return number


def _no_number(_: str) -> NoReturn:
    raise BadMessage(PARSE_ERROR, "The message holds a number that JSON cannot hold")


def _depth(raw: bytes) -> int:
    depth = deepest = 0
    for found in _BRACKETS.finditer(raw):
        mark = found.group()
        if mark in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif mark in b"]}":
            depth -= 1
    return deepest
