"""From a connector's raw table to its settings object, secret references resolved."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

from pydantic import BaseModel, SecretStr

from hub.config.known import KnownSecrets
from hub.config.models import CONNECTOR_KEYS
from hub.config.problems import Keys, dotted, sentence
from hub.config.references import Resolvers
from hub.config.tables import TableWalk
from hub.connector.settings import Settings
from hub.errors import ConfigError

S = TypeVar("S", bound=Settings)


def resolve_settings(
    raw: Mapping[str, Any],
    settings_type: type[S],
    *,
    where: str,
    base: Path,
    register_secret: Callable[[str], None],
    hubs_keys: Iterable[str] = CONNECTOR_KEYS,
    resolvers: Resolvers | None = None,
) -> S:
    """Build the settings of a connector or a plugin.

    Args:
        raw: Its own keys, as tomllib gives them. A `SecretStr` among them, as a sandbox may put
            there, is taken as it is.
        settings_type: Its settings class.
        where: Dotted path of the table, such as `connectors.jira`.
        base: Folder that relative paths start from: that of hub.toml.
        register_secret: Told every resolved value, so that logs can be kept clean of it.
        hubs_keys: Keys of the table that belong to the hub; offered as near names.
        resolvers: Read secret references; those that are built in if left out.

    Raises:
        ConfigError: A key is unknown, a value has the wrong type, a secret stands in the file itself, or a
            reference leads nowhere. The message never holds a value.
    """
    keys: Keys = tuple(where.split("."))
    known = KnownSecrets()

    def register(value: str) -> None:
        known.add(value)
        register_secret(value)

    walk = TableWalk(resolvers or Resolvers(base), base, literal_secrets=False, register_secret=register)
    settings = walk.build(walk.model(raw, settings_type, keys, also=hubs_keys), settings_type, keys)
    if settings is None or walk.problems:
        first = walk.problems[0]
        raise ConfigError(known.redact(sentence(walk.problems)), setting=dotted(first.keys), hint=first.hint)
    for value in _secrets_in(settings):
        register_secret(value)
    return settings


def _secrets_in(value: object) -> Iterator[str]:
    """Every secret in a settings object: those that were no reference count too."""
    match value:
        case SecretStr():
            yield value.get_secret_value()
        case BaseModel():
            for name in type(value).model_fields:
                yield from _secrets_in(getattr(value, name))
        case Mapping():
            for item in cast("Mapping[object, object]", value).values():
                yield from _secrets_in(item)
        case list() | tuple() | set() | frozenset():
            for item in cast("Iterable[object]", value):
                yield from _secrets_in(item)
        case _:
            pass
