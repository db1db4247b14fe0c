"""Checked by pyright alone: what connector authors may write has the types they would expect."""

# pyright: strict

from collections.abc import Mapping
from typing import Annotated, assert_type

from hub.plugin import (
    AccessToken,
    ApiToken,
    BasicAuth,
    ClientCredentials,
    Connector,
    ConnectorSettings,
    Credential,
    FetchedToken,
    Id,
    JWTBearer,
    Moment,
    Page,
    RefreshToken,
    Secret,
    Service,
    ServiceClient,
    Summary,
    Table,
    hookimpl,
    prompt,
    read_json,
    resource,
    sign_jwt,
    tool,
)

IssueKey = Annotated[str, Id(r"[A-Z]+-[0-9]+"), "Key such as A-1"]


class TrackerSettings(ConnectorSettings):
    """A settings table."""

    url: str
    token: Secret
    private_key: Secret | None = None


class Tracker(Connector[TrackerSettings]):
    """Everything an author usually overrides and declares."""

    title = "Tracker"

    def credential(self) -> Credential | None:
        """Narrowed by an author to what it returns, or not."""
        return ApiToken(token=self.settings.token)

    def auth_headers(self) -> Mapping[str, str]:
        """Further headers."""
        return {"X-Tenant": "7"}

    @tool(scopes=["read:issues"], cost=2)
    async def search(
        self, text: Annotated[str, "Words"], since: Annotated[Moment | None, "From when on"] = None
    ) -> Table:
        """Search."""
        assert_type(self.settings.url, str)
        assert_type(self.http, ServiceClient)
        answer = await self.http.get("/search", params={"q": text})
        found = read_json(answer, self.http.service)
        return Table.of(found["issues"], ["key", "title"], cursor=found.get("next"))

    @tool()
    def get_issue(self, key: IssueKey) -> Summary:
        """Get, in a thread."""
        return Summary({"key": key}, body="text")

    @tool(writes=True, destructive=True, sensitive=["comment"])
    async def comment(self, key: IssueKey, comment: Annotated[str, "Text"]) -> Page:
        """Comment."""
        return Page([Summary({"key": key}), comment], total=2)

    @resource("tracker://issue/{key}", grammar={"key": "[A-Z]+-[0-9]+"})
    async def issue(self, key: str) -> str:
        """One issue."""
        return key

    @prompt()
    async def triage(self, team: Annotated[str, "Whose"] = "") -> str:
        """Triage."""
        return team


class Narrow(Tracker):
    """An override may promise more than it must."""

    def credential(self) -> FetchedToken:
        """Always fetched."""
        return FetchedToken(fetch=self.fetch)

    async def fetch(self) -> AccessToken:
        """Get one."""
        key = self.settings.private_key
        assert_type(key, Secret | None)
        assertion = sign_jwt({"iss": "1"}, private_key=key) if key else ""
        return AccessToken(token=Secret(assertion), expires_in=3600, scopes=("a",))


@hookimpl
def hub_connector() -> type[Tracker]:
    """The hook."""
    return Tracker


def every_kind(secret: Secret) -> list[Credential]:
    """All that a credential can be."""
    return [
        ApiToken(token=secret, header="X-Api-Key", scheme=""),
        BasicAuth(username="bot", password=secret),
        ClientCredentials(token_url="https://x", client_id="a", client_secret=secret, scopes=("read",)),
        RefreshToken(token_url="https://x", client_id="a", refresh_token=secret),
        JWTBearer(token_url="https://x", private_key=secret, issuer="a", subject="b", audience="c"),
    ]


assert_type(Service(base_url="https://x").auth, Credential | None)
