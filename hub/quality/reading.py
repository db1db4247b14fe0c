"""Reads quality.toml, and refuses what the scale does not know."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from hub.catalog.nearest import nearest
from hub.errors import ConfigError
from hub.quality.claims import FILE, RECORD, Claim, Claims
from hub.quality.scale import RULES, TIERS


def read_claims(folder: Path) -> Claims:
    """Read a connector's quality.toml.

    Raises:
        ConfigError: It is missing or no TOML, or says something the scale does not know.
    """
    path = folder / FILE
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"there is no {path}", hint='Begin one with `tier = "none"` and an `owner`') from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is no valid TOML: {error}", hint="Correct it") from None
    known = ("tier", "owner", *TIERS, RECORD)
    for key in document:
        if key not in known:
            raise ConfigError(f"{path}: {key} is unknown", hint=_near(key, known))
    tier = document.get("tier", "none")
    if tier not in ("none", *TIERS):
        raise ConfigError(f"{path}: tier is {tier!r}", hint=f"One of none, {', '.join(TIERS)}")
    rules: dict[str, Claim] = {}
    for name in TIERS:
        rules |= _claims_of(name, _table(document, name, path), path)
    records = {key: _table(_table(document, RECORD, path), key, path) for key in _table(document, RECORD, path)}
    return Claims(path=path, tier=tier, owner=str(document.get("owner", "")), rules=rules, records=records)


def _claims_of(tier: str, table: Mapping[str, Any], path: Path) -> dict[str, Claim]:
    tiers = {rule.name: rule.tier for rule in RULES}
    claims: dict[str, Claim] = {}
    for name, value in table.items():
        if name not in tiers:
            raise ConfigError(f"{path}: [{tier}] has an unknown rule {name}", hint=_near(name, tiers))
        if tiers[name] != tier:
            raise ConfigError(f"{path}: {name} is no rule of [{tier}]", hint=f"It belongs into [{tiers[name]}]")
        claims[name] = _claim(value, f"{path}: {name}")
    return claims


def _claim(value: object, where: str) -> Claim:
    if value == "done":
        return Claim(status="done")
    if value == "todo":
        return Claim()
    if not isinstance(value, dict) or list(cast("dict[str, Any]", value)) != ["exempt"]:
        raise ConfigError(f"{where} is no claim", hint='Write "done", "todo" or { exempt = "why" }')
    reason = str(cast("dict[str, Any]", value)["exempt"])
    if not reason.strip():
        raise ConfigError(f"{where} is exempt for no reason", hint="Say why in one sentence")
    return Claim(status="exempt", reason=reason)


def _table(document: Mapping[str, Any], key: str, path: Path) -> Mapping[str, Any]:
    found = document.get(key, {})
    if not isinstance(found, dict):
        raise ConfigError(f"{path}: {key} should be a table", hint=f"Write [{key}]")
    return cast("dict[str, Any]", found)


def _near(name: str, known: Mapping[str, object] | tuple[str, ...]) -> str:
    near = nearest(name.replace("-", "_"), [one.replace("-", "_") for one in known], 1)
    return f"Did you mean {near[0].replace('_', '-')}?" if near else f"Known are {', '.join(known)}"
