"""Edits of hub.toml that keep its comments, its order and its permissions."""

import os
import re
import stat
import tempfile
import tomllib
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any, cast

from hub.config.load import line_of, parse, read_text
from hub.errors import ConfigError


def set_enabled(path: Path, name: str, *, enabled: bool) -> bool:
    """Write `enabled` into the table of a connector; False if it says so already.

    Raises:
        ConfigError: The file is wrong, has no such table, or cannot be edited safely.
    """
    text = read_text(path)
    document = parse(text, path)
    table = raw_connectors(document).get(name)
    if table is None:
        raise ConfigError(f"{path} has no [connectors.{name}]", hint=f"Run `hub connectors enable {name}`")
    if table.get("enabled", True) is enabled:
        return False
    wanted = deepcopy(document)
    wanted["connectors"][name]["enabled"] = enabled
    written = f"enabled = {str(enabled).lower()}"
    edited = None if "enabled" in table else _below_header(text, name, written)
    edited = edited or _with_tomlkit(text, name, enabled=enabled)
    _check(edited, wanted, path, f"[connectors.{name}]", written)
    write_atomically(path, edited)
    return True


def raw_connectors(document: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The `[connectors.*]` tables of a parsed hub.toml that need not be valid."""
    return raw_tables(document, "connectors")


def raw_tables(document: Mapping[str, Any], kind: str) -> dict[str, Mapping[str, Any]]:
    """The `[<kind>.*]` tables of a parsed hub.toml that need not be valid."""
    tables: Any = document.get(kind)
    if not isinstance(tables, dict):
        return {}
    return {
        name: cast("Mapping[str, Any]", table)
        for name, table in cast("dict[str, Any]", tables).items()
        if isinstance(table, dict)
    }


def add_table(path: Path, name: str, table: str) -> None:
    """Append a connector's table.

    Args:
        path: The hub.toml.
        name: Of the connector.
        table: The table's text, header and comments included.

    Raises:
        ConfigError: The file is wrong or cannot be edited safely.
    """
    text = read_text(path)
    wanted = parse(text, path)
    wanted.setdefault("connectors", {})
    if isinstance(wanted["connectors"], dict):
        wanted["connectors"][name] = tomllib.loads(table)["connectors"][name]
    newline = "\r\n" if "\r\n" in text else "\n"
    edited = text.rstrip("\r\n") + newline * 2 + table.strip("\n").replace("\n", newline) + newline
    _check(edited.lstrip("\r\n"), wanted, path, "the file", f"[connectors.{name}]")
    write_atomically(path, edited.lstrip("\r\n"))


def write_atomically(path: Path, text: str) -> None:
    """Replace a file as a whole, keeping its permissions; a symbolic link keeps pointing where it did.

    Raises:
        ConfigError: The folder or the file cannot be written.
    """
    target = path.resolve()
    try:
        mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o644
        descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
                os.fchmod(descriptor, mode)
                file.write(text)
                file.flush()
                os.fsync(descriptor)
            Path(temporary).replace(target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be written: {error.strerror}", hint="Correct the permissions of the file and its folder"
        ) from None


def _below_header(text: str, name: str, line: str) -> str | None:
    """The line put right below the table's header; None if the table is written without one."""
    number = line_of(text, ("connectors", name))
    lines = text.split("\n")
    if number is None or not re.match(
        rf"""\s*\[\s*connectors\s*\.\s*["']?{re.escape(name)}["']?\s*\]""", lines[number - 1]
    ):
        return None
    lines.insert(number, line + ("\r" if lines[number - 1].endswith("\r") else ""))
    return "\n".join(lines)


def _with_tomlkit(text: str, name: str, *, enabled: bool) -> str:
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document: Any = tomlkit.parse(text)
        document["connectors"][name]["enabled"] = enabled
        return tomlkit.dumps(document)
    except TOMLKitError:
        return ""


def _check(edited: str, wanted: dict[str, Any], path: Path, place: str, line: str) -> None:
    """Refuse an edit that changes anything but what it should."""
    try:
        same = tomllib.loads(edited) == wanted
    except (ValueError, RecursionError):
        same = False
    if not same:
        raise ConfigError(
            f"{path} is written in a way the hub cannot edit", hint=f"Add `{line}` to {place} by hand"
        )
