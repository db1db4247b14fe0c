"""Settings with a secret planted wherever the connector takes one."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

from pydantic import SecretStr, ValidationError

from hub.config.models import CONNECTOR_KEYS
from hub.connector.base import settings_of
from hub.testing.contract.settings import secret_fields

if TYPE_CHECKING:
    from hub.connector.base import Connector
    from hub.connector.sandboxes import Sandbox


def planted(cls: "type[Connector[Any]]", table: Mapping[str, Any], sandbox: "Sandbox | None") -> dict[str, Any]:
    """The table with a secret for every setting that takes one and has none, as far as the settings allow it."""
    model = settings_of(cls)
    own = dict(sandbox.settings("http://127.0.0.1:9")) if sandbox else {}
    grown = dict(table)
    for name in secret_fields(model):
        if name in grown or name in own:
            continue
        tried = {**grown, name: SecretStr(f"planted-{name}-4f1d9c".replace("_", "-"))}
        try:
            model.model_validate(
                {key: value for key, value in {**tried, **own}.items() if key not in CONNECTOR_KEYS}
            )
        except ValidationError:
            continue
        grown = tried
    return grown


def all_secrets(table: Mapping[str, Any], sandbox: "Sandbox | None") -> list[str]:
    """Every secret in a table, and in what a sandbox adds to it."""
    return [*_secrets(table), *(_secrets(sandbox.settings("http://127.0.0.1:9")) if sandbox else ())]


def _secrets(value: Any) -> Iterator[str]:
    match value:
        case SecretStr():
            yield value.get_secret_value()
        case Mapping():
            for item in cast("Mapping[str, Any]", value).values():
                yield from _secrets(item)
        case list() | tuple():
            for item in cast("list[Any]", value):
                yield from _secrets(item)
        case _:
            pass
