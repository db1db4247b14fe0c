"""The base of every connector's settings table, and the type of a secret."""

from pydantic import BaseModel, ConfigDict, SecretStr

Secret = SecretStr
"""A secret value. In hub.toml it is always a reference, `{ env = "NAME" }` or `{ file = "PATH" }`."""


class Settings(BaseModel):
    """Base of every table: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class ConnectorSettings(Settings):
    """Base of the `[connectors.<name>]` table of one connector.

    The keys every connector has (`connector`, `enabled`, `read_only`, `tools`, `rate_limit`, `deadline`,
    `sandbox`) belong to the hub and are taken out before this class sees the table.
    """
