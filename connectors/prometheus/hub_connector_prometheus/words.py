"""Plain word search, and small lists written in a line."""

from collections.abc import Iterable, Mapping


def has_words(search: str, *texts: str) -> bool:
    """Whether every word of the search stands in one of the texts, whatever the case."""
    whole = "\n".join(texts).lower()
    return all(word in whole for word in search.lower().split())


def pairs(labels: Mapping[str, str], without: Iterable[str] = ()) -> str:
    """Labels in a line: `job=api instance=a:1`."""
    left_out = frozenset(without)
    return " ".join(f"{name}={value}" for name, value in labels.items() if name not in left_out)
