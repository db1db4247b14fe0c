"""The contract's part on settings: unknown keys are errors, and what is a credential is a `Secret`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args, get_origin

from pydantic import BaseModel, SecretStr

from hub.config.tables import choices_of
from hub.connector.base import settings_of
from hub.errors import ConnectorLoadError
from hub.testing.contract.base import ContractBase, fail, require, run
from hub.testing.hubs import open_hub

_CREDENTIALS = frozenset(
    (
        "token",
        "tokens",
        "secret",
        "secrets",
        "password",
        "passwd",
        "passphrase",
        "pat",
        "key",
        "apikey",
        "credential",
    )
)
"""Last words of settings that hold a credential."""
_PUBLIC_KEYS = frozenset(("public", "project", "issue", "space", "primary", "sort", "partition", "team"))
"""Words before `key` that make it a name rather than a secret."""
_UNKNOWN = "a_key_that_no_connector_has"


class SettingsChecks(ContractBase):
    """Checks of the settings class."""

    def test_an_unknown_key_is_an_error(self) -> None:
        async def check() -> None:
            async with open_hub({"connectors": {self.name: self.table(**{_UNKNOWN: 1})}}):
                pass

        try:
            run(check())
        except ConnectorLoadError as error:
            if _UNKNOWN not in str(error):
                fail(f"an unknown key is refused without its name: {error}")
        else:
            fail(f"[connectors.{self.name}] takes unknown keys; derive its settings from ConnectorSettings")
        open_models = [
            f"{where or 'the table'}: {model.__name__} takes unknown keys; derive it from hub.plugin.Settings"
            for where, model in tables_of(settings_of(self.connector))
            if model.model_config.get("extra") != "forbid"
        ]
        require(problems=open_models, what="settings that take what they do not know")

    def test_credentials_are_secrets(self) -> None:
        problems = [
            f"{name} is a plain string: make it a Secret, or name it in `not_secret`"
            for name, choices in fields_of(settings_of(self.connector))
            if looks_secret(name) and str in choices and name.rpartition(".")[2] not in self.not_secret
        ]
        require(problems=problems, what="settings that look like a credential")


def looks_secret(path: str) -> bool:
    """Whether a setting is named like a credential."""
    words = path.rpartition(".")[2].lower().split("_")
    if words[-1] == "key" and len(words) > 1 and words[-2] in _PUBLIC_KEYS:
        return False
    return words[-1] in _CREDENTIALS


def tables_of(model: type[BaseModel], where: str = "") -> Iterator[tuple[str, type[BaseModel]]]:
    """A settings class and those of the tables in it, each with its dotted path."""
    yield where, model
    for name, field in model.model_fields.items():
        for choice in _innermost(field.annotation):
            if isinstance(choice, type) and issubclass(choice, BaseModel):
                yield from tables_of(choice, f"{where}.{name}".strip("."))


def fields_of(model: type[BaseModel]) -> Iterator[tuple[str, Sequence[Any]]]:
    """Every setting that is no table, by its dotted path, with the types it may have."""
    for where, table in tables_of(model):
        for name, field in table.model_fields.items():
            yield f"{where}.{name}".strip("."), _innermost(field.annotation)


def secret_fields(model: type[BaseModel]) -> list[str]:
    """The settings of the table itself that hold one secret each."""
    return [name for name, field in model.model_fields.items() if SecretStr in choices_of(field.annotation)]


def _innermost(annotation: Any) -> list[Any]:
    """The types of a value, of the items of a list and of the values of a mapping."""
    found: list[Any] = []
    for choice in choices_of(annotation):
        origin, arguments = get_origin(choice), get_args(choice)
        if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
            found += _innermost(arguments[1])
        elif origin in (list, tuple, set, frozenset, Sequence):
            found += [one for item in arguments if item is not ... for one in _innermost(item)]
        else:
            found.append(choice)
    return found
