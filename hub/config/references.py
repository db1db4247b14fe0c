"""Secret references: `{ env = "NAME" }`, `{ file = "PATH" }`, `{ keyring = "SERVICE/NAME" }`, or a plugin's."""

import importlib
import logging
import os
import re
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub.errors import ConfigError, SecretUnavailable
from hub.plugins.resolver import SecretResolver

MAX_SECRET_BYTES = 64 * 1024
"""A secret file may be this large; a whole certificate bundle fits."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_PEM = "-----BEGIN "

log = logging.getLogger("hub.config")


@dataclass(frozen=True)
class Reference:
    """Where a secret is kept."""

    kind: str
    target: str


class Resolvers:
    """Those that are built in, and those of plugins.

    Args:
        base: Folder that relative file names start from.
        more: Of plugins, by kind.
        missing: Why plugins that could have brought more are not there.
    """

    def __init__(
        self, base: Path, more: Mapping[str, SecretResolver] | None = None, missing: Sequence[str] = ()
    ) -> None:
        built_in = (_Environment(), _Files(base), _Keyring())
        self._by_kind: Mapping[str, SecretResolver] = {one.kind: one for one in built_in} | dict(more or {})
        self._missing = tuple(missing)

    @property
    def kinds(self) -> frozenset[str]:
        """What references can begin with."""
        return frozenset(self._by_kind)

    @property
    def forms(self) -> str:
        """How references are written, for hints."""
        *first, last = [f'{{ {kind} = "{one.form}" }}' for kind, one in self._by_kind.items()]
        return f"{', '.join(first)} or {last}"

    def reference_in(self, value: Mapping[str, Any]) -> Reference | None:
        """The reference a table is, or None: exactly one key, a known one, with a string."""
        if len(value) != 1:
            return None
        ((kind, target),) = value.items()
        return Reference(kind, target) if kind in self._by_kind and isinstance(target, str) else None

    def unknown_kind(self, value: Mapping[str, Any]) -> str:
        """What is wrong with a table that could be a reference of an unknown kind; empty if it is none."""
        if len(value) != 1:
            return ""
        ((kind, target),) = value.items()
        if kind in self._by_kind or not isinstance(target, str):
            return ""
        return "; ".join((f"nothing here reads {kind!r} references", *self._missing))

    def read(self, reference: Reference, setting: str) -> str:
        """The value a reference leads to.

        Args:
            reference: Where to look.
            setting: Dotted path of the setting, for errors.

        Raises:
            ConfigError: There is nothing there, it cannot be read, or it cannot be a secret.
        """
        try:
            value = self._by_kind[reference.kind].resolve(reference.target)
            _check(value, reference)
        except ConfigError as error:
            raise ConfigError(error.message, setting=setting, hint=error.hint) from None
        return value


class _Environment(SecretResolver):
    kind = "env"
    form = "NAME"

    def resolve(self, target: str) -> str:
        value = os.environ.get(target)
        if value is None:
            raise SecretUnavailable(
                f"the environment variable {target!r} is not set", hint=f"Set {target}, or change the reference"
            )
        return value


class _Files(SecretResolver):
    kind = "file"
    form = "PATH"

    def __init__(self, base: Path) -> None:
        self._base = base

    def resolve(self, target: str) -> str:
        return _from_file(self._base / target)


class _Keyring(SecretResolver):
    kind = "keyring"
    form = "SERVICE/NAME"

    def resolve(self, target: str) -> str:
        return _from_keyring(target)


def _from_file(path: Path) -> str:
    try:
        # O_NONBLOCK: opening a named pipe must not wait for its writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        raise SecretUnavailable(
            f"the file {str(path)!r} does not exist", hint="Create it, or change the reference"
        ) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a file name"
        raise SecretUnavailable(f"the file {str(path)!r} cannot be opened: {reason}") from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise SecretUnavailable(
                f"{str(path)!r} is not a regular file", hint="Name a file that holds the secret alone"
            )
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            content = file.read(MAX_SECRET_BYTES + 1)
    finally:
        os.close(descriptor)
    if len(content) > MAX_SECRET_BYTES:
        raise SecretUnavailable(
            f"the file {str(path)!r} is larger than {MAX_SECRET_BYTES // 1024} KiB",
            hint="Name a file that holds the secret alone",
        )
    if status.st_mode & (stat.S_IRGRP | stat.S_IROTH):
        log.warning("secret file %s can be read by other users; run chmod 600 on it", path)
    try:
        return content.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise SecretUnavailable(f"the file {str(path)!r} is not UTF-8 text") from None


def _from_keyring(target: str) -> str:
    service, separator, name = target.rpartition("/")
    if not (separator and service and name):
        raise SecretUnavailable(
            "a keyring reference has the form SERVICE/NAME", hint='Such as { keyring = "hub/jira" }'
        )
    try:
        keyring: Any = importlib.import_module("keyring")
    except ImportError:
        raise SecretUnavailable(
            "the package keyring, which reads the system's keyring, is not installed",
            hint="Run `pip install keyring`, or use { env = … } or { file = … }",
        ) from None
    try:
        value: str | None = keyring.get_password(service, name)
    except Exception as error:  # noqa: BLE001  keyring backends raise errors of their own, and those of their libraries
        raise SecretUnavailable(
            f"the system's keyring cannot be read ({type(error).__name__})",
            hint="Unlock it, or use { env = … } or { file = … }",
        ) from None
    if value is None:
        raise SecretUnavailable(
            f"the system's keyring has no entry {target!r}", hint=f"Run `keyring set {service} {name}`"
        )
    return value


def _check(value: str, reference: Reference) -> None:
    source = f"{reference.kind} {reference.target!r}"
    if not value.strip():
        raise SecretUnavailable(f"{source} is empty", hint="Put the secret there")
    if value.startswith(_PEM):
        return
    if _CONTROL.search(value):
        raise SecretUnavailable(
            f"{source} holds a line break or another control character",
            hint="Store the secret alone, on one line; only PEM keys may have several",
        )
    if value != value.strip():
        raise SecretUnavailable(f"{source} starts or ends with a space", hint="Store the secret alone")
