"""Writes into quality.toml what a long check found, and leaves everything else as it is."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hub.config.edit import write_atomically
from hub.quality.claims import RECORD


def write_record(path: Path, rule: str, record: Mapping[str, Any]) -> None:
    """Replace the record of a rule.

    Args:
        path: The quality.toml.
        rule: Name of the rule.
        record: What to keep.
    """
    import tomlkit

    document: Any = tomlkit.parse(path.read_text(encoding="utf-8"))
    if RECORD not in document:
        document[RECORD] = tomlkit.table()
    inline: Any = tomlkit.inline_table()
    inline.update(record)
    document[RECORD][rule] = inline
    write_atomically(path, tomlkit.dumps(document).rstrip() + "\n")
