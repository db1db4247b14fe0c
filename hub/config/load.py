"""Reads hub.toml: any kind of mistake in it becomes one clear line."""

import os
import re
import stat
import tomllib
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, cast

from hub.config.models import CONNECTOR_KEYS, HubSettings
from hub.config.problems import Keys, Problem, dotted, sentence
from hub.config.references import read_reference
from hub.config.tables import TableWalk
from hub.errors import ConfigError

MAX_BYTES = 1024 * 1024
"""hub.toml may be this large."""

_POSITION = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)$")


def find_config(explicit: Path | None) -> Path:
    """The configuration to use: the given one, then HUB_CONFIG, then hub.toml in this folder.

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
    raise ConfigError(
        "there is no hub.toml in this folder",
        hint="Run `hub init` to write one, or name one with --config or HUB_CONFIG",
    )


def load_settings(path: Path) -> HubSettings:
    """Read and check a whole hub.toml. Secret references in connectors' own keys are left as they are.

    Raises:
        ConfigError: The file cannot be read, is no TOML, or says something the hub does not know.
    """
    text = read_text(path)
    document = parse(text, path)
    base = path.absolute().parent
    walk = TableWalk(partial(read_reference, base=base), base, literal_secrets=True)
    walked = walk.model(_with_own_keys_apart({"hub": {}, **document}), HubSettings, ())
    settings = walk.build(walked, HubSettings, ())
    if settings is None or walk.problems:
        raise _error(walk.problems, text, path)
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


def _with_own_keys_apart(document: dict[str, Any]) -> dict[str, Any]:
    """Put what belongs to a connector itself into `settings`, where ConnectorTable expects it."""
    tables = document.get("connectors")
    if not isinstance(tables, dict):
        return document
    apart: dict[str, Any] = {}
    for name, table in cast("dict[str, Any]", tables).items():
        if isinstance(table, dict):
            given = cast("dict[str, Any]", table)
            hubs = {key: value for key, value in given.items() if key in CONNECTOR_KEYS}
            apart[name] = {**hubs, "settings": {key: value for key, value in given.items() if key not in hubs}}
        else:
            apart[name] = table
    return {**document, "connectors": apart}


def _error(problems: Sequence[Problem], text: str, path: Path) -> ConfigError:
    """All problems in one line that starts with the place of the first."""
    keys = problems[0].keys
    place, line = keys, None
    while place and (line := line_of(text, place)) is None:
        place = place[:-1]
    where = f"{path}:{line}: " if line else f"{path}: "
    name = dotted(keys) + " " if keys else ""
    return ConfigError(f"{where}{name}{sentence(problems)}", setting=dotted(keys), hint=problems[0].hint)
