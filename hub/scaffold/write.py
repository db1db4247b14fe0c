"""Writes a new connector package from the templates beside this file."""

import keyword
import re
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template

from hub import __version__
from hub.errors import ConfigError

_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
_SUFFIX = ".txt"
"""Ends every template's name, so that no tool takes one for a program."""
_RENAMED = {"package": "hub_connector_{name}", "checks": "tests", "gitignore": ".gitignore"}


def write_connector(name: str, folder: Path, title: str = "") -> list[Path]:
    """Write the package of a connector that works against its own sandbox.

    Args:
        name: Of its entry point, its table in hub.toml and the prefix of its tools.
        folder: Where to put it; must not be there, or be empty.
        title: The product's name as its vendor writes it; made from `name` if left out.

    Returns:
        The files, in the order in which they are worth reading.

    Raises:
        ConfigError: The name is none, or the folder is in use.
    """
    _check_name(name)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError(f"{folder} is there already", hint="Name another folder with --folder")
    words = name.split("_")
    values = {
        "name": name,
        "dashed": name.replace("_", "-"),
        "scheme": name.replace("_", "-"),
        "class_name": "".join(word.capitalize() for word in words),
        "title": title or " ".join(word.capitalize() for word in words if word),
        "env": name.upper(),
        "hub_major": ".".join(__version__.split(".")[:2]),
        "next_major": str(int(__version__.split(".", maxsplit=1)[0]) + 1),
    }
    written: list[Path] = []
    try:
        _write(files("hub.scaffold") / "files", folder, values, written)
    except OSError as error:
        raise ConfigError(f"{folder} cannot be written ({error.strerror})", hint="Check its rights") from None
    return sorted(written, key=lambda path: (path.parent != folder, path))


def _write(source: Traversable, target: Path, values: dict[str, str], written: list[Path]) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for entry in source.iterdir():
        name = entry.name.removesuffix(_SUFFIX)
        path = target / _RENAMED.get(name, name).format(**values)
        if entry.is_dir():
            _write(entry, path, values, written)
        elif entry.name.endswith(_SUFFIX):
            path.write_text(Template(entry.read_text(encoding="utf-8")).substitute(values), encoding="utf-8")
            written.append(path)


def _check_name(name: str) -> None:
    near = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    if not _NAME.fullmatch(name) or name.endswith("_") or "__" in name:
        raise ConfigError(
            f"{name!r} cannot be the name of a connector: a letter, then at most 31 of a-z, 0-9 and single _",
            hint=f"Try {near}" if _NAME.fullmatch(near) else "",
        )
    if name == "hub" or keyword.iskeyword(name):
        raise ConfigError(f"the name {name!r} is taken", hint="Name the connector after its service")
