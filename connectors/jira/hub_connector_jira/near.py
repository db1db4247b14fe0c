"""Names close to a mistyped one."""

from collections.abc import Iterable
from difflib import get_close_matches


def near(name: str, known: Iterable[str], count: int = 5) -> list[str]:
    """Known names that resemble this one, contain it, or share a longer word with it; best first."""
    names = list(dict.fromkeys(known))
    lowered = name.casefold().strip()
    by_lowered = {other.casefold(): other for other in names}
    close = [by_lowered[other] for other in get_close_matches(lowered, by_lowered, n=count, cutoff=0.7)]
    words = {word for word in lowered.split() if len(word) > 3}
    close += [
        other
        for other in names
        if lowered and (lowered in other.casefold() or words & set(other.casefold().split()))
    ]
    return list(dict.fromkeys(close))[:count]


def did_you_mean(name: str, known: Iterable[str], *, otherwise: str = "") -> str:
    """A hint with near names; if there are none, all of a few, or the other hint."""
    names = list(dict.fromkeys(known))
    if close := near(name, names):
        return f"Did you mean {' or '.join(repr(one) for one in close)}?"
    if names and len(names) <= 20:
        return f"There are: {', '.join(names)}"
    return otherwise
