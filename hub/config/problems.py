"""What is wrong in a table, in TOML's words and without the value: it could be a secret."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

Keys = tuple[str | int, ...]
"""Where a value stands: table and key names, and positions in arrays."""

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")
_FEW = 5
_EXPECTED = {
    "string_type": "a string",
    "string_sub_type": "a string",
    "path_type": "a path, as a string",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "tuple_type": "an array",
    "list_type": "an array",
    "set_type": "an array",
    "frozen_set_type": "an array",
    "iterable_type": "an array",
    "dict_type": "a table",
    "mapping_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "dataclass_type": "a table",
}


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        keys: Where.
        message: What, as the rest of a sentence that starts with the setting's name.
        hint: What to do.
    """

    keys: Keys
    message: str
    hint: str = ""


def dotted(keys: Sequence[str | int]) -> str:
    """A setting's name as people write it: `auth.keys[0].client`."""
    text = ""
    for key in keys:
        if isinstance(key, int):
            text += f"[{key}]"
        else:
            text += ("." if text else "") + (key if _PLAIN_KEY.fullmatch(key) else json.dumps(key[:64]))
    return text


def problems_of(error: ValidationError, raw: object, passed_over: Mapping[Keys, frozenset[str]]) -> list[Problem]:
    """Pydantic's findings; several about one value, as a union gives, become one.

    Args:
        error: What pydantic found.
        raw: The table it looked at, to tell keys from the names pydantic gives to the members of a union.
        passed_over: For a table in a union, by its place, the members it is not meant for.
    """
    found: dict[Keys, list[str]] = {}
    for item in error.errors(include_url=False, include_input=False):
        keys = _keys_in(item["loc"], raw, passed_over, missing=item["type"] == "missing")
        if keys is None:
            continue
        message = _message(item["type"], item["msg"], item.get("ctx", {}))
        if message not in found.setdefault(keys, []):
            found[keys].append(message)
    problems: list[Problem] = []
    for keys, messages in found.items():
        expected = [message.removeprefix("should be ") for message in messages if message.startswith("should be ")]
        rest = [message for message in messages if not message.startswith("should be ")]
        joined = rest or [f"should be {' or '.join(expected)}"]
        hint = "Add it to the table" if "is missing" in messages else ""
        problems.append(Problem(keys=keys, message="; ".join(joined), hint=hint))
    return problems


def _keys_in(
    location: Sequence[str | int], raw: object, passed_over: Mapping[Keys, frozenset[str]], *, missing: bool
) -> Keys | None:
    """The keys alone; None where a union's member is meant that the table is not meant for."""
    keys: list[str | int] = []
    value: Any = raw
    for position, part in enumerate(location):
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            if part in passed_over.get(tuple(keys), ()):
                return None
            if missing and position == len(location) - 1:
                keys.append(part)
            continue
        keys.append(part)
    return tuple(keys)


def _message(kind: str, message: str, context: dict[str, Any]) -> str:
    if kind == "missing":
        return "is missing"
    if kind in _EXPECTED:
        return f"should be {_EXPECTED[kind]}"
    if kind == "extra_forbidden":
        return "is an unknown key"
    if kind == "union_tag_invalid":
        return f"needs another {context['discriminator']}: one of {context['expected_tags']}"
    if kind == "union_tag_not_found":
        return f"needs {context['discriminator']}"
    if kind == "value_error":
        return str(context.get("error", message))
    text = message.removeprefix("Input ")
    return text[:1].lower() + text[1:]


def sentence(problems: Sequence[Problem]) -> str:
    """What is wrong, in one line: the first problem without its name, the others with theirs."""
    text = problems[0].message
    for other in problems[1:_FEW]:
        text += f"; {dotted(other.keys)} {other.message}"
    if len(problems) > _FEW:
        text += f"; and {len(problems) - _FEW} more"
    return " ".join(text.split())
