"""How a simulated site is set up: its edition, its credentials, and how far its search lags behind."""

from dataclasses import dataclass

EMAIL = "maya.lindqvist@shop.example"
API_TOKEN = "sandbox-api-token"  # noqa: S105  opens nothing but the sandbox
PERSONAL_ACCESS_TOKEN = "sandbox-personal-access-token"  # noqa: S105  the same
CLIENT_ID = "sandbox-oauth-app"
CLIENT_SECRET = "sandbox-oauth-secret"  # noqa: S105  the same
REFRESH_TOKEN = "sandbox-refresh-token-0"  # noqa: S105  the same
CLOUD_ID = "5a17c0de-0014-4005-8842-0123456789ab"
SCOPES = ("read:jira-work", "write:jira-work", "read:jira-user", "offline_access")


@dataclass(frozen=True, kw_only=True)
class SiteOptions:
    """One simulated site.

    Attributes:
        data_center: Jira Data Center (REST API v2, wiki markup, startAt paging) instead of Jira Cloud.
        index_seconds: How long search does not see what was just written; Data Center indexes at once.
        scopes: What OAuth tokens of this site may do.
        token_seconds: How long an OAuth access token lasts.
    """

    data_center: bool = False
    index_seconds: float = 5.0
    scopes: tuple[str, ...] = SCOPES
    token_seconds: int = 3600
