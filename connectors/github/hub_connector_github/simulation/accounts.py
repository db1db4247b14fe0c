"""The people, bots and teams of the simulated organization, and how GitHub writes them."""

import base64
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from hub.sandbox.story import AIKO, MAYA, TOMAS, Person


@dataclass(frozen=True, kw_only=True)
class Account:
    """A user, a bot or an organization on GitHub.

    Attributes:
        kind: `User`, `Bot` or `Organization`.
    """

    login: str
    id: int
    name: str
    email: str
    kind: str = "User"

    @classmethod
    def of(cls, person: Person, identifier: int) -> "Account":
        """The account of someone in the story."""
        return cls(login=person.handle, id=identifier, name=person.name, email=person.email)


MAYA_ACCOUNT = Account.of(MAYA, 20_114_071)
TOMAS_ACCOUNT = Account.of(TOMAS, 31_882_905)
AIKO_ACCOUNT = Account.of(AIKO, 11_540_338)
DEPENDABOT = Account(
    login="dependabot[bot]", id=49_699_333, name="dependabot[bot]", email="dependabot@shop.example", kind="Bot"
)
ACTIONS_BOT = Account(
    login="github-actions[bot]", id=41_898_282, name="github-actions[bot]", email="actions@shop.example", kind="Bot"
)
AGENT = Account(login="shop-agent", id=77_300_412, name="Shop agent", email="agent@shop.example")
"""Whom the sandbox's token belongs to."""
ORGANIZATION = Account(
    login="shop-sandbox", id=90_210_446, name="Shop (sandbox)", email="shop@shop.example", kind="Organization"
)
ACCOUNTS = (MAYA_ACCOUNT, TOMAS_ACCOUNT, AIKO_ACCOUNT, DEPENDABOT, ACTIONS_BOT, AGENT, ORGANIZATION)
REVIEWERS_TEAM = "payments-leads"
_REVIEWERS_TEAM_ID = 8_204_117


def node_id(kind: str, identifier: object) -> str:
    """A GraphQL node id, opaque to clients."""
    return f"{kind}_{base64.urlsafe_b64encode(str(identifier).encode()).decode().rstrip('=')}"


def shown_account(account: Account, api: str, web: str) -> dict[str, Any]:
    """As GitHub writes a "Simple User".

    Args:
        account: Whom to write.
        api: Base URL of the API.
        web: Base URL of the web pages.
    """
    named = quote(account.login)
    user = f"{api}/users/{named}"
    return {
        "login": account.login,
        "id": account.id,
        "node_id": node_id("U", account.id),
        "avatar_url": f"{web}/avatars/u/{account.id}?v=4",
        "gravatar_id": "",
        "url": user,
        "html_url": f"{web}/{named}",
        "followers_url": f"{user}/followers",
        "following_url": f"{user}/following{{/other_user}}",
        "gists_url": f"{user}/gists{{/gist_id}}",
        "starred_url": f"{user}/starred{{/owner}}{{/repo}}",
        "subscriptions_url": f"{user}/subscriptions",
        "organizations_url": f"{user}/orgs",
        "repos_url": f"{user}/repos",
        "events_url": f"{user}/events{{/privacy}}",
        "received_events_url": f"{user}/received_events",
        "type": account.kind,
        "user_view_type": "public",
        "site_admin": False,
    }


def shown_team(api: str, web: str) -> dict[str, Any]:
    """The team that reviews deployments to production, as GitHub writes a "Team"."""
    team = f"{api}/organizations/{ORGANIZATION.id}/team/{_REVIEWERS_TEAM_ID}"
    return {
        "name": "Payments leads",
        "id": _REVIEWERS_TEAM_ID,
        "node_id": node_id("T", _REVIEWERS_TEAM_ID),
        "slug": REVIEWERS_TEAM,
        "description": "Review what goes to production",
        "privacy": "closed",
        "notification_setting": "notifications_enabled",
        "url": team,
        "html_url": f"{web}/orgs/{ORGANIZATION.login}/teams/{REVIEWERS_TEAM}",
        "members_url": f"{team}/members{{/member}}",
        "repositories_url": f"{team}/repos",
        "permission": "push",
        "type": "organization",
        "organization_id": ORGANIZATION.id,
        "parent": None,
    }
