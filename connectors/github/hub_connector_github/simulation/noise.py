"""Choices that look random and are the same every time, since they depend on their key alone."""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def noise(*key: object) -> float:
    """A number from 0 to 1 (1 excluded)."""
    return int.from_bytes(_digest(key)[:6], "big") / 2**48


def between(low: int, high: int, *key: object) -> int:
    """A whole number from low to high, both included."""
    return low + int(noise(*key) * (high - low + 1))


def pick(items: Sequence[T], *key: object) -> T:
    """One of the items."""
    return items[int(noise(*key) * len(items))]


def sha1_like(*key: object) -> str:
    """Forty hexadecimal digits, as git names things."""
    return _digest(key).hex()


def _digest(key: tuple[object, ...]) -> bytes:
    return hashlib.blake2b(_text(key), digest_size=20).digest()


def _text(key: tuple[object, ...]) -> bytes:
    return "/".join(map(str, key)).encode()
