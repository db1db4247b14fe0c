"""The text of a new hub.toml, and of one connector's table, made from the settings classes."""

import ast
import inspect
import json
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from hub.config.tables import choices_of
from hub.connector.settings import ConnectorSettings

_HEAD = """\
# What this hub serves, to whom, and with which credentials. Lines that start with "#" are off; most show
# the default. Run `hub check` after a change; a running hub takes it over on SIGHUP.

[hub]
name = {name}
# state = ".hub"                     # folder of the audit log and other state, relative to this file
# load_deadline = 10.0               # seconds a connector may take to load

[server]
# host = "127.0.0.1"                 # any other address needs [[auth.keys]]
# port = 8080
# allowed_hosts = ["hub.acme.com"]   # Host headers to accept besides the address itself
# allowed_origins = []               # Origin headers to accept from browsers
# sse = false                        # also serve the old HTTP+SSE transport
# max_concurrent_calls = 256         # over all clients; more are refused with the time to come back
# max_request_bytes = 4194304
# max_sessions = 1000                # open sessions of protocol 2025-11-25 and earlier
# session_idle = 600.0               # seconds until an unused one is closed
# drain = 10.0                       # seconds that calls in flight get on shutdown

# What stdio and the command line may do. Left out, they act for the owner of this file and may do everything.
# [auth]
# local_roles = ["analyst"]

# Who may call over HTTP. Without keys the hub serves this machine alone. `hub key CLIENT --role ROLE` makes
# a key and writes the lines to put here.
# [[auth.keys]]
# client = "ci-bot"
# key_sha256 = {{ env = "CI_BOT_KEY_SHA256" }}
# roles = ["analyst"]

# What a role may do: patterns over tool names. Deny beats approval beats allow; nothing allowed is nothing.
# [roles.analyst]
# allowed_tools = ["*"]
# denied_tools = ["*_delete_*"]
# require_approval = []

# The hub's own quotas; beyond one a call is refused with the time to come back.
[limits]
# per_client = "100/minute"
# [limits.tools]                     # calls of each client, by name or pattern
# prometheus_query = "30/minute"
# [limits.connectors]                # requests to a service, over all clients; a call counts as its tool's cost
# prometheus = "3000/hour"

# Packages that add secret resolvers, call middlewares or audit sinks; `hub connectors list` shows which there are.
# [plugins.acme_vault]
# enabled = true
# optional = false                   # true: start without it; a call middleware is never optional

[results]
# max_tokens = 2000                  # a longer result is cut, and kept whole under hub://results
# keep = 900.0                       # seconds
"""

_COMMON = """\
# Every connector also takes:
#   enabled = true, read_only = true (lists no tool that writes), tools = ["-log_work"] (a filter),
#   rate_limit = "300/minute", deadline = 60.0 (seconds of one call), max_concurrent_calls = 32,
#   sandbox = false (talks to the connector's embedded sandbox), connector = "jira" (for a second table of it).
# Secrets are references: { env = "NAME" }, { file = "PATH" } or { keyring = "SERVICE/NAME" }.
"""


@dataclass(frozen=True, kw_only=True)
class Installed:
    """An installed connector.

    Attributes:
        name: Its default namespace.
        title: The product's name.
        settings_type: Its settings class; None if it cannot be loaded.
        reason: Why it cannot be loaded.
    """

    name: str
    title: str = ""
    settings_type: type[ConnectorSettings] | None = None
    reason: str = ""


def hub_toml(connectors: Sequence[Installed], *, name: str = "Integration hub") -> str:
    """A whole commented hub.toml that is valid as it stands."""
    parts = [_HEAD.format(name=json.dumps(name, ensure_ascii=False)), _COMMON]
    for connector in connectors:
        if connector.settings_type is None:
            parts.append(f"# {connector.name} is installed but cannot be used: {_one_line(connector.reason)}\n")
        else:
            parts.append(connector_table(connector.name, connector.settings_type, connector.title))
    if not connectors:
        parts.append("# No connector is installed. `pip install hub-connector-prometheus` brings one.\n")
    return "\n".join(parts)


def connector_table(name: str, settings_type: type[ConnectorSettings], title: str = "") -> str:
    """The table of one connector: its header, and every setting commented out with what it means.

    Required settings come first and are marked, then the class's own, then those it shares with others; secrets are
    shown as references to environment variables.
    """
    path = f"connectors.{name}"
    lines = [f"# {title}"] if title else []
    lines += [f"[{path}]", *_fields(settings_type, path, name.upper(), depth=0)]
    return "\n".join(lines) + "\n"


def _fields(model: type[BaseModel], path: str, prefix: str, *, depth: int) -> list[str]:
    texts = docs_of(model)
    lines: list[str] = []
    tables: list[str] = []
    own = inspect.get_annotations(model)
    fields = sorted(model.model_fields.items(), key=lambda item: (not item[1].is_required(), item[0] not in own))
    for name, field in fields:
        key = field.alias or name
        note = "; ".join(filter(None, ["required" if field.is_required() else "", texts.get(name, "")]))
        nested = _nested(field)
        if nested is None:
            lines += _setting(f"{key} = {_value(field, f'{prefix}_{key}'.upper())}", note)
        elif depth < 2:
            inner, named = nested
            below = f"{path}.{key}" + (".NAME" if named else "")
            tables += ["#", *_setting(f"[{below}]", note)]
            tables += _fields(inner, below, f"{prefix}_{key}", depth=depth + 1)
    return lines + tables


def _setting(code: str, note: str) -> list[str]:
    if not note:
        return [f"# {code}"]
    line = f"# {code}  # {note}"
    if len(line) <= 110:
        return [line]
    return [*textwrap.wrap(note, 106, initial_indent="#   ", subsequent_indent="#   "), f"# {code}"]


def _nested(field: FieldInfo) -> tuple[type[BaseModel], bool] | None:
    """The settings class of a sub-table, and whether it stands under names of the user's choice."""
    for choice in choices_of(field.annotation):
        if isinstance(choice, type) and issubclass(choice, BaseModel):
            return choice, False
        if get_origin(choice) in (dict, Mapping):
            for inner in choices_of(get_args(choice)[1]):
                if isinstance(inner, type) and issubclass(inner, BaseModel):
                    return inner, True
    return None


def _value(field: FieldInfo, variable: str) -> str:
    """What stands right of the equals sign: the default, or a value of the right shape."""
    if field.examples:
        return toml_value(field.examples[0])
    choices = choices_of(field.annotation)
    if SecretStr in choices:
        return f'{{ env = "{variable}" }}'
    for choice in choices:
        if get_origin(choice) in (dict, Mapping) and SecretStr in choices_of((get_args(choice) or (Any, Any))[1]):
            return f'{{ NAME = {{ env = "{variable}" }} }}'
    default = field.get_default(call_default_factory=not field.default_factory_takes_validated_data)
    if not field.is_required() and default is not None:
        return toml_value(default)
    for choice in choices:
        if get_origin(choice) in (dict, Mapping):
            return "{}"
        if (example := _EXAMPLES.get(choice)) is not None:
            return example
        if get_origin(choice) in (list, tuple, Sequence, set, frozenset):
            return "[]"
        if literals := [item for item in get_args(choice) if isinstance(item, str | int)]:
            return toml_value(literals[0])
    return '"…"'


_EXAMPLES: Mapping[Any, str] = {bool: "false", int: "1", float: "1.0", str: '"…"', Path: '"…"'}


def toml_value(value: Any) -> str:
    """A default as TOML writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list | tuple | set | frozenset):
        items: list[Any] = list(value)  # pyright: ignore[reportUnknownArgumentType]  of any type
        return f"[{', '.join(toml_value(item) for item in items)}]"
    if isinstance(value, Mapping):
        entries: Mapping[Any, Any] = value  # pyright: ignore[reportUnknownVariableType]  of any type
        inner = ", ".join(f"{json.dumps(str(key))} = {toml_value(item)}" for key, item in entries.items())
        return f"{{ {inner} }}" if inner else "{}"
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")


def docs_of(model: type[BaseModel]) -> dict[str, str]:
    """What each field means, one line each: its description, or the string below it in the source."""
    texts: dict[str, str] = {}
    for cls in reversed(model.__mro__):
        if not (issubclass(cls, BaseModel) and cls is not BaseModel):
            continue
        try:
            tree = ast.parse(textwrap.dedent(inspect.getsource(cls)))
        except (OSError, TypeError, SyntaxError):
            continue
        body = tree.body[0].body if isinstance(tree.body[0], ast.ClassDef) else []
        for statement, following in pairwise(body):
            match statement, following:
                case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                    texts[name] = _one_line(inspect.cleandoc(text))
                case _:
                    pass
    for name, field in model.model_fields.items():
        if field.description:
            texts[name] = _one_line(field.description)
    return texts


def _one_line(text: str) -> str:
    return " ".join(text.split()).rstrip(".")
