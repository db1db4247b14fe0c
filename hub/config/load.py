"""Reads hub.toml: any kind of mistake in it becomes one clear line."""

import os
import re
import stat
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from hub.config.models import CONNECTOR_KEYS, PLUGIN_KEYS, HubSettings
from hub.config.problems import Keys, Problem, dotted, sentence
from hub.config.references import Resolvers
from hub.config.tables import TableWalk
from hub.errors import ConfigError

MAX_BYTES = 1024 * 1024
"""hub.toml may be this large."""

_POSITION = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)$")


def find_config(explicit: Path | None, *, may_be_missing: bool = False) -> Path:
    """The configuration to use: the given one, then HUB_CONFIG, then hub.toml in this folder.

    Args:
        explicit: What was asked for.
        may_be_missing: Give the hub.toml of this folder though it is not there.

    Raises:
        ConfigError: None of them is there.
    """
    named = os.environ.get("HUB_CONFIG", "")
    path = explicit or Path(named or "hub.toml")
    if path.exists():
        return path.absolute()
    if explicit is not None:
        raise ConfigError(f"there is no {path}", hint="Correct --config, or run `hub init` to write one")
    if named:
        raise ConfigError(f"HUB_CONFIG names {path}, which does not exist", hint="Correct it, or run `hub init`")
    if may_be_missing:
        return path.absolute()
    raise ConfigError(
        "there is no hub.toml in this folder",
        hint="Run `hub init` to write one, or name one with --config or HUB_CONFIG",
    )


@dataclass(frozen=True)
class Document:
    """A hub.toml as it was read, its tables not checked yet."""

    path: Path
    text: str
    tables: dict[str, Any]

    @property
    def base(self) -> Path:
        """Folder that relative paths start from."""
        return self.path.absolute().parent


def load_settings(path: Path) -> HubSettings:
    """Read and check a whole hub.toml. Secret references in connectors' own keys are left as they are.

    Raises:
        ConfigError: The file cannot be read, is no TOML, or says something the hub does not know.
    """
    return settings_in(read_document(path))


def read_document(path: Path, *, may_be_missing: bool = False) -> Document:
    """Read a hub.toml.

    Args:
        path: The file.
        may_be_missing: A file that is not there counts as an empty one.

    Raises:
        ConfigError: The file cannot be read or is no TOML.
    """
    text = "" if may_be_missing and not path.exists() else read_text(path)
    return Document(path, text, parse(text, path))


def settings_in(
    document: Document, resolvers: Resolvers | None = None, *, only: Sequence[str] | None = None
) -> HubSettings:
    """Check the tables of a hub.toml.

    Args:
        document: As it was read.
        resolvers: Read secret references; those that are built in if left out.
        only: Names of the tables to look at, as if there were no others.

    Raises:
        ConfigError: It says something the hub does not know.
    """
    base = document.base
    tables = document.tables
    if only is not None:
        tables = {name: table for name, table in tables.items() if name in only}
    walk = TableWalk(resolvers or Resolvers(base), base, literal_secrets=True)
    apart = _with_own_keys_apart({"hub": {}, **tables}, "connectors", CONNECTOR_KEYS)
    walked = walk.model(_with_own_keys_apart(apart, "plugins", PLUGIN_KEYS), HubSettings, ())
    settings = walk.build(walked, HubSettings, ())
    if settings is None or walk.problems:
        raise _error(walk.problems, document.text, document.path)
    return settings


def read_text(path: Path) -> str:
    """The text of a hub.toml.

    Raises:
        ConfigError: It is missing, no regular file, unreadable, too large or not UTF-8.
    """
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise ConfigError(f"{path} is a folder", hint="Name the hub.toml in it")
        if not stat.S_ISREG(mode):
            raise ConfigError(f"{path} is not a regular file", hint="Name a hub.toml")
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise ConfigError(f"there is no {path}", hint="Run `hub init` to write one") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a file name"
        raise ConfigError(f"{path} cannot be read: {reason}", hint="Correct its permissions or its name") from None
    if len(content) > MAX_BYTES:
        raise ConfigError(f"{path} is larger than {MAX_BYTES // 1024} KiB", hint="Is it the right file?")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}:{line}: not UTF-8 text", hint="Save the file as UTF-8") from None


def parse(text: str, path: Path) -> dict[str, Any]:
    """The tables of a TOML text.

    Raises:
        ConfigError: It is no TOML; says where.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        position = _POSITION.search(message)
        line = text.count("\n") + 1
        if position is not None:
            message = message[: position.start()]
            line = int(position[1] or line)
        raise ConfigError(
            f"{path}:{line}: no valid TOML: {message[:1].lower()}{message[1:]}", hint="Correct this line"
        ) from None
    except RecursionError:
        line = _first_line_raising(text, RecursionError)
        raise ConfigError(f"{path}:{line}: nested too deeply", hint="Correct this line") from None
    except ValueError:
        # Such as an integer of thousands of digits, which Python refuses to read.
        line = _first_line_raising(text, ValueError)
        raise ConfigError(f"{path}:{line}: a value is out of range", hint="Correct this line") from None


def _first_line_raising(text: str, kind: type[Exception]) -> int:
    """The line at which reading the file up to there starts to fail in this way."""
    lines = text.split("\n")
    good, bad = 0, len(lines)
    while bad - good > 1:
        middle = (good + bad) // 2
        try:
            tomllib.loads("\n".join(lines[:middle]))
        except tomllib.TOMLDecodeError:
            good = middle
        except kind:
            bad = middle
        else:
            good = middle
    return bad


def line_of(text: str, keys: Keys) -> int | None:
    """The line at which a value's statement starts, or None if the file does not hold it.

    The file is read up to ever better chosen lines: only a TOML reader knows where a statement ends.
    """
    lines = text.split("\n")

    def holds(count: int) -> bool | None:
        try:
            value: Any = tomllib.loads("\n".join(lines[:count]))
            for key in keys:
                value = value[key]
        except (tomllib.TOMLDecodeError, ValueError, RecursionError):
            return None
        except (KeyError, IndexError, TypeError):
            return False
        return True

    if not holds(len(lines)):
        return None
    before, low, high = 0, 0, len(lines)
    while high - low > 1:
        middle = (low + high) // 2
        probe = middle
        while probe > low and holds(probe) is None:
            probe -= 1
        if probe == low:
            low = middle
        elif holds(probe):
            high = probe
        else:
            before, low = probe, middle
    line = before
    while line < len(lines) - 1 and (not lines[line].strip() or lines[line].lstrip().startswith("#")):
        line += 1
    return line + 1


def _with_own_keys_apart(document: dict[str, Any], name: str, hubs_keys: Sequence[str]) -> dict[str, Any]:
    """Put what belongs to a connector or plugin itself into `settings`, where its table's model expects it."""
    tables = document.get(name)
    if not isinstance(tables, dict):
        return document
    apart: dict[str, Any] = {}
    for key, table in cast("dict[str, Any]", tables).items():
        if isinstance(table, dict):
            given = cast("dict[str, Any]", table)
            hubs = {one: value for one, value in given.items() if one in hubs_keys}
            apart[key] = {**hubs, "settings": {one: value for one, value in given.items() if one not in hubs}}
        else:
            apart[key] = table
    return {**document, name: apart}


def _error(problems: Sequence[Problem], text: str, path: Path) -> ConfigError:
    """All problems in one line that starts with the place of the first."""
    keys = problems[0].keys
    place, line = keys, None
    while place and (line := line_of(text, place)) is None:
        place = place[:-1]
    where = f"{path}:{line}: " if line else f"{path}: "
    name = dotted(keys) + " " if keys else ""
    return ConfigError(f"{where}{name}{sentence(problems)}", setting=dotted(keys), hint=problems[0].hint)
