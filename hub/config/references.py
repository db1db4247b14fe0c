"""Secret references: `{ env = "NAME" }`, `{ file = "PATH" }`, `{ keyring = "SERVICE/NAME" }`."""

import importlib
import logging
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from hub.errors import ConfigError

REFERENCE_FORMS = '{ env = "NAME" }, { file = "PATH" } or { keyring = "SERVICE/NAME" }'
MAX_SECRET_BYTES = 64 * 1024
"""A secret file may be this large; a whole certificate bundle fits."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_PEM = "-----BEGIN "

log = logging.getLogger("hub.config")

Kind = Literal["env", "file", "keyring"]


@dataclass(frozen=True)
class Reference:
    """Where a secret is kept."""

    kind: Kind
    target: str


def reference_in(value: Mapping[str, Any]) -> Reference | None:
    """The reference a table is, or None: exactly one key, a known one, with a string."""
    if len(value) != 1:
        return None
    ((kind, target),) = value.items()
    if kind in ("env", "file", "keyring") and isinstance(target, str):
        return Reference(kind, target)
    return None


def read_reference(reference: Reference, setting: str, *, base: Path) -> str:
    """The value a reference leads to.

    Args:
        reference: Where to look.
        setting: Dotted path of the setting, for errors.
        base: Folder that relative file names start from.

    Raises:
        ConfigError: There is nothing there, it cannot be read, or it cannot be a secret.
    """
    readers = {"env": _from_environment, "file": _from_file, "keyring": _from_keyring}
    try:
        value = readers[reference.kind](reference.target, base)
        _check(value, reference)
    except ConfigError as error:
        raise ConfigError(error.message, setting=setting, hint=error.hint) from None
    return value


def _from_environment(name: str, _base: Path) -> str:
    value = os.environ.get(name)
    if value is None:
        raise ConfigError(
            f"the environment variable {name!r} is not set", hint=f"Set {name}, or change the reference"
        )
    return value


def _from_file(name: str, base: Path) -> str:
    path = base / name
    try:
        # O_NONBLOCK: opening a named pipe must not wait for its writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        raise ConfigError(
            f"the file {str(path)!r} does not exist", hint="Create it, or change the reference"
        ) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a file name"
        raise ConfigError(f"the file {str(path)!r} cannot be opened: {reason}") from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise ConfigError(
                f"{str(path)!r} is not a regular file", hint="Name a file that holds the secret alone"
            )
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            content = file.read(MAX_SECRET_BYTES + 1)
    finally:
        os.close(descriptor)
    if len(content) > MAX_SECRET_BYTES:
        raise ConfigError(
            f"the file {str(path)!r} is larger than {MAX_SECRET_BYTES // 1024} KiB",
            hint="Name a file that holds the secret alone",
        )
    if status.st_mode & (stat.S_IRGRP | stat.S_IROTH):
        log.warning("secret file %s can be read by other users; run chmod 600 on it", path)
    try:
        return content.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise ConfigError(f"the file {str(path)!r} is not UTF-8 text") from None


def _from_keyring(target: str, _base: Path) -> str:
    service, separator, name = target.rpartition("/")
    if not (separator and service and name):
        raise ConfigError("a keyring reference has the form SERVICE/NAME", hint='Such as { keyring = "hub/jira" }')
    try:
        keyring: Any = importlib.import_module("keyring")
    except ImportError:
        raise ConfigError(
            "the package keyring, which reads the system's keyring, is not installed",
            hint="Run `pip install keyring`, or use { env = … } or { file = … }",
        ) from None
    try:
        value: str | None = keyring.get_password(service, name)
    except Exception as error:  # noqa: BLE001  keyring backends raise errors of their own, and those of their libraries
        raise ConfigError(
            f"the system's keyring cannot be read ({type(error).__name__})",
            hint="Unlock it, or use { env = … } or { file = … }",
        ) from None
    if value is None:
        raise ConfigError(
            f"the system's keyring has no entry {target!r}", hint=f"Run `keyring set {service} {name}`"
        )
    return value


def _check(value: str, reference: Reference) -> None:
    source = f"{reference.kind} {reference.target!r}"
    if not value.strip():
        raise ConfigError(f"{source} is empty", hint="Put the secret there")
    if value.startswith(_PEM):
        return
    if _CONTROL.search(value):
        raise ConfigError(
            f"{source} holds a line break or another control character",
            hint="Store the secret alone, on one line; only PEM keys may have several",
        )
    if value != value.strip():
        raise ConfigError(f"{source} starts or ends with a space", hint="Store the secret alone")
