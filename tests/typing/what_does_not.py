"""Checked by pyright alone: what connector authors must not write is an error; each line here has to be one."""

# pyright: strict, reportUnnecessaryTypeIgnoreComment=true

from hub.plugin import (
    AccessToken,
    ApiToken,
    Connector,
    ConnectorSettings,
    Credential,
    Page,
    RefreshToken,
    Secret,
    Service,
    Summary,
    tool,
)

ApiToken(token="a plain text")  # pyright: ignore[reportArgumentType]  a secret is a Secret
ApiToken(Secret("x"))  # pyright: ignore[reportCallIssue]  by keyword alone
AccessToken()  # pyright: ignore[reportCallIssue]  a token is needed
RefreshToken(token_url="https://x", client_id="a")  # pyright: ignore[reportCallIssue]  so is its own
Service()  # pyright: ignore[reportCallIssue]  and an address
Summary([("a", 1)])  # pyright: ignore[reportArgumentType]  fields are a mapping
Page([1])  # pyright: ignore[reportArgumentType]  items are texts, summaries and tables
tool(scopes=1)  # pyright: ignore[reportArgumentType]  scopes are a sequence
ApiToken(token=Secret("x")).token = Secret("y")  # pyright: ignore[reportAttributeAccessIssue]  frozen


class Wrong(Connector[ConnectorSettings]):
    """Overrides that are none."""

    def credential(self) -> str:  # pyright: ignore[reportIncompatibleMethodOverride]  a credential is declared
        """Not a text."""
        return self.settings.token  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]  no such setting


def no_credential(value: Credential) -> None:
    """A union is told apart before it is used."""
    print(value.token_url)  # noqa: T201  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownArgumentType]  not all have one
