"""Reading JSON that may lack anything: every reader gives a plain value of its kind, never None."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

Json = Mapping[str, Any]


def at(value: Any, *path: str) -> Any:
    """What lies at this path of keys; None where it ends early."""
    for key in path:
        value = cast("Json", value).get(key) if isinstance(value, Mapping) else None
    return value


def mapping(value: Any, *path: str) -> Json:
    """An object, or an empty one."""
    found = at(value, *path)
    return cast("Json", found) if isinstance(found, Mapping) else {}


def items(value: Any, *path: str) -> Sequence[Any]:
    """A list, or an empty one."""
    found = at(value, *path)
    return cast("Sequence[Any]", found) if isinstance(found, list) else []


def objects(value: Any, *path: str) -> list[Json]:
    """The objects of a list."""
    return [cast("Json", item) for item in items(value, *path) if isinstance(item, Mapping)]


def text(value: Any, *path: str) -> str:
    """A text, or an empty one."""
    found = at(value, *path)
    return found if isinstance(found, str) else ""


def integer(value: Any, *path: str) -> int:
    """A whole number, or 0."""
    found = at(value, *path)
    return found if isinstance(found, int) and not isinstance(found, bool) else 0


def first_line(value: str, most: int = 80) -> str:
    """The first line of a text, shortened."""
    return shortened(value.strip().partition("\n")[0].strip(), most)


def shortened(value: str, most: int) -> str:
    """The text, with an ellipsis if it is longer than that."""
    return value if len(value) <= most else value[: most - 1].rstrip() + "…"


def counted(count: int, noun: str) -> str:
    """`1 run`, `2 runs`, `1,000 runs`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
