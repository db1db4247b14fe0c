"""The file hub.lock: what each connector showed its clients when somebody last looked and agreed."""

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from hub import __version__
from hub.errors import ConfigError

Definition = Mapping[str, Any]


def fingerprint(definition: Definition) -> str:
    """SHA-256 of a definition, in hexadecimal; the order of its keys does not matter."""
    canonical = json.dumps(definition, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class LockedConnector:
    """One connector as it was locked.

    Attributes:
        distribution: The package it came with.
        version: Of that package.
        definitions: What clients see of it, by kind and name, such as `tool jira_search`.
    """

    distribution: str
    version: str
    definitions: Mapping[str, Definition] = field(default_factory=dict[str, Definition])


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")
    sha256: str
    definition: dict[str, Any]


class _Connector(BaseModel):
    model_config = ConfigDict(extra="forbid")
    distribution: str
    version: str
    definitions: dict[str, _Entry]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")
    hub: str
    connectors: dict[str, _Connector]


def path_of(config: Path) -> Path:
    """Where the lock file of a hub.toml lies: beside it, as hub.lock."""
    return config.with_suffix(".lock")


def read_lock(path: Path) -> dict[str, LockedConnector]:
    """The locked connectors by namespace.

    Raises:
        ConfigError: The file is missing, cannot be read, or was changed by hand.
    """
    again = f"Move it away and run `hub lock` to write {path.name} anew"
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise ConfigError(
            f"there is no {path.name}, so nothing is known of what was agreed to",
            hint="Run `hub lock` to record what clients see now, and commit the file",
        ) from None
    except OSError as error:
        raise ConfigError(f"{path.name} cannot be read ({error.strerror})", hint=again) from None
    try:
        found = _File.model_validate_json(content)
    except ValidationError as error:
        where = ".".join(map(str, error.errors(include_input=False, include_url=False)[0]["loc"]))
        raise ConfigError(f"{path.name} is no lock file{f' (at {where})' if where else ''}", hint=again) from None
    for connector in found.connectors.values():
        for name, entry in connector.definitions.items():
            if fingerprint(entry.definition) != entry.sha256:
                raise ConfigError(
                    f"{path.name} was changed by hand: {name} does not have the hash it states",
                    hint=f"Take the file from version control. {again}",
                )
    return {
        namespace: LockedConnector(
            distribution=connector.distribution,
            version=connector.version,
            definitions={name: entry.definition for name, entry in connector.definitions.items()},
        )
        for namespace, connector in found.connectors.items()
    }


def write_lock(path: Path, connectors: Mapping[str, LockedConnector]) -> None:
    """Write the file whole or not at all, in an order that makes small differences small.

    Raises:
        ConfigError: It cannot be written.
    """
    content = {
        "hub": __version__,
        "connectors": {
            namespace: {
                "distribution": connector.distribution,
                "version": connector.version,
                "definitions": {
                    name: {"sha256": fingerprint(definition), "definition": definition}
                    for name, definition in sorted(connector.definitions.items())
                },
            }
            for namespace, connector in sorted(connectors.items())
        },
    }
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}.", delete=False
        ) as new:
            new.write(text)
            new.flush()
            os.fsync(new.fileno())
        Path(new.name).chmod(0o644)
        Path(new.name).replace(path)
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be written ({error.strerror})", hint="Check the rights on its folder"
        ) from None
