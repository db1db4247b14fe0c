"""What looking at one rule has shown."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The result of one check.

    Attributes:
        kind: `verified`, `failed`, or `unverified` where something is missing to tell.
        text: What was seen; after a failure, what to do.
    """

    kind: Literal["verified", "failed", "unverified"]
    text: str = ""


def verified(text: str = "") -> Finding:
    """The rule holds."""
    return Finding(kind="verified", text=text)


def failed(text: str) -> Finding:
    """The rule does not hold."""
    return Finding(kind="failed", text=text)


def unverified(text: str) -> Finding:
    """It cannot be told as things are; the text says what is missing."""
    return Finding(kind="unverified", text=text)


def found(problems: list[str], text: str = "") -> Finding:
    """Verified if there are no problems."""
    return failed("; ".join(problems)) if problems else verified(text)
