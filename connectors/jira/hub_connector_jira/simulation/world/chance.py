"""Chance that falls the same way every time."""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")


def chance(*names: object) -> float:
    """A number from 0 up to 1 that belongs to these names."""
    digest = hashlib.blake2s("/".join(map(str, names)).encode(), digest_size=6).digest()
    return int.from_bytes(digest) / 2**48


def pick(items: Sequence[Item], *names: object) -> Item:
    """One of the items."""
    return items[int(chance(*names) * len(items))]


def shuffled(items: Sequence[Item], name: str) -> list[Item]:
    """The items in another order."""
    return [items[n] for n in sorted(range(len(items)), key=lambda n: chance(name, n))]
