"""What the simulated API says of itself, of who asks and of the repository, and what it tells GitHub Apps.

The endpoints of GitHub Apps are modelled on GitHub's documentation alone: its description of Actions leaves them
out.
"""

from typing import Any

from hub_connector_github.simulation.access import INSTALLATION_ID, AppKey
from hub_connector_github.simulation.accounts import ACCOUNTS, AGENT, ORGANIZATION, node_id
from hub_connector_github.simulation.actions import REPO
from hub_connector_github.simulation.api import DOCS, Answer, Call, Endpoint, Refused, not_found, utc
from hub_connector_github.simulation.gate import NEW_VERSION, Gate
from hub_connector_github.simulation.shown import Shown
from hub_connector_github.simulation.world import World

_YEAR = 365 * 86_400


class ServerReads:
    """The root of the API, rate limits, users, the repository, and GitHub Apps.

    Args:
        world: What is there.
        gate: Knows rates and credentials.
    """

    def __init__(self, world: World, gate: Gate) -> None:
        self._world = world
        self._gate = gate

    def endpoints(self) -> list[Endpoint]:
        """The paths it answers."""
        installation = "/app/installations/{installation:int}"
        return [
            Endpoint(method="GET", path="/" if not self._gate.prefix else "", handler=self.root, open=True),
            Endpoint(method="GET", path="/meta", handler=self.meta, open=True),
            Endpoint(method="GET", path="/rate_limit", handler=self.rate_limit, open=True),
            Endpoint(method="GET", path="/user", handler=self.user),
            Endpoint(method="GET", path="/user/repos", handler=self.repositories),
            Endpoint(method="GET", path="/users/{login}", handler=self.account),
            Endpoint(method="GET", path=f"/orgs/{ORGANIZATION.login}/repos", handler=self.repositories),
            Endpoint(method="GET", path=REPO, handler=self.repository),
            Endpoint(method="GET", path="/app", handler=self.app, app=True),
            Endpoint(method="GET", path="/app/installations", handler=self.installations, app=True),
            Endpoint(method="GET", path=installation, handler=self.installation, app=True),
            Endpoint(method="GET", path=f"{REPO}/installation", handler=self.installation, app=True),
            Endpoint(
                method="GET", path=f"/orgs/{ORGANIZATION.login}/installation", handler=self.installation, app=True
            ),
            Endpoint(method="POST", path=f"{installation}/access_tokens", handler=self.issue_token, app=True),
            Endpoint(method="GET", path="/installation/repositories", handler=self.installed_repositories),
        ]

    def root(self, call: Call) -> Answer:
        """GitHub API Root."""
        return Answer(
            {
                "current_user_url": f"{call.api}/user",
                "rate_limit_url": f"{call.api}/rate_limit",
                "repository_url": f"{call.api}/repos/{{owner}}/{{repo}}",
                "documentation_url": DOCS,
            }
        )

    def meta(self, call: Call) -> Answer:  # noqa: ARG002  every handler gets it
        """Get GitHub meta information; an Enterprise Server tells its version here."""
        version = self._gate.enterprise
        return Answer(
            {"verifiable_password_authentication": False, **({"installed_version": version} if version else {})}
        )

    def rate_limit(self, call: Call) -> Answer:
        """Get rate limit status; since 2026-03-10 without `rate`."""
        core = self._gate.limits.state(call.viewer, call.now)
        search = {"limit": 30, "used": 0, "remaining": 30, "reset": int(call.now) + 60}
        graphql = {**search, "limit": 5000, "remaining": 5000, "reset": int(call.now) + 3600}
        body: dict[str, Any] = {"resources": {"core": core, "search": search, "graphql": graphql}}
        if call.headers.get("x-github-api-version") != NEW_VERSION:
            body["rate"] = core
        return Answer(body)

    def user(self, call: Call) -> Answer:
        """Get the authenticated user; an installation is none."""
        if call.viewer.installation:
            raise Refused(403, "Resource not accessible by integration")
        return Answer(self._person(call, AGENT.login))

    def account(self, call: Call) -> Answer:
        """Get a user."""
        return Answer(self._person(call, call.path["login"]))

    def _person(self, call: Call, login: str) -> dict[str, Any]:
        found = next((one for one in ACCOUNTS if one.login.lower() == login.lower()), None)
        if found is None:
            not_found()
        since = utc(self._world.began - 4 * _YEAR)
        details = ("company", "blog", "location", "bio", "twitter_username", "hireable")
        return {
            **self._shown(call).account(found),
            **dict.fromkeys(details),
            "blog": "",
            "name": found.name,
            "email": found.email,
            "public_repos": 0,
            "public_gists": 0,
            "followers": 0,
            "following": 0,
            "created_at": since,
            "updated_at": since,
        }

    def repository(self, call: Call) -> Answer:
        """Get a repository."""
        return Answer(self._full(call))

    def repositories(self, call: Call) -> Answer:
        """List repositories for the authenticated user, or of the organization."""
        page, headers = call.page([self._full(call)])
        return Answer(page, headers=headers)

    def installed_repositories(self, call: Call) -> Answer:
        """List repositories accessible to the app installation."""
        if not call.viewer.installation:
            raise Refused(
                403,
                "You must authenticate with an installation access token in order to list repositories for an "
                "installation.",
            )
        page, headers = call.page([self._full(call)])
        return Answer({"total_count": 1, "repository_selection": "selected", "repositories": page}, headers=headers)

    def _full(self, call: Call) -> dict[str, Any]:
        """A "Full Repository"."""
        shown = self._shown(call)
        pushed = max(commit.at for commit in self._world.repository.commits.values() if commit.at <= call.now)
        open_pulls = sum(
            pull.opened_at <= call.now and pull.is_open(call.now)
            for pull in self._world.repository.pull_requests.values()
        )
        name = self._world.story.repository
        counts = ("forks", "stargazers", "watchers", "network", "subscribers")
        return {
            **shown.repository,
            "git_url": f"git://{call.web.partition('//')[2]}/{name}.git",
            "ssh_url": f"ssh://git@{call.web.partition('//')[2]}/{name}.git",
            "clone_url": f"{call.web}/{name}.git",
            "svn_url": f"{call.web}/{name}",
            "mirror_url": None,
            "homepage": None,
            "language": "Python",
            **{f"{count}_count": 0 for count in counts},
            "forks": 0,
            "watchers": 0,
            "size": 4180,
            "default_branch": self._world.repository.default_branch,
            "open_issues_count": open_pulls,
            "open_issues": open_pulls,
            "is_template": False,
            "topics": [],
            "has_issues": True,
            "has_projects": False,
            "has_wiki": False,
            "has_pages": False,
            "has_discussions": False,
            "archived": False,
            "disabled": False,
            "visibility": "private",
            "pushed_at": utc(pushed),
            "created_at": utc(self._world.began - 3 * _YEAR),
            "updated_at": utc(pushed),
            "permissions": {"admin": False, "maintain": False, "push": True, "triage": True, "pull": True},
            "license": None,
            "organization": shown.account(ORGANIZATION),
        }

    # GitHub Apps

    def app(self, call: Call) -> Answer:
        """Get the authenticated app."""
        app = self._app(call)
        return Answer(
            {
                "id": app.id,
                "slug": "shop-hub",
                "node_id": node_id("A", app.id),
                "client_id": app.client_id,
                "owner": self._shown(call).account(ORGANIZATION),
                "name": "Shop hub",
                "description": None,
                "external_url": call.web,
                "html_url": f"{call.web}/apps/shop-hub",
                "created_at": utc(self._world.began - _YEAR),
                "updated_at": utc(self._world.began - _YEAR),
                "permissions": dict(app.permissions),
                "events": [],
                "installations_count": 1,
            }
        )

    def installations(self, call: Call) -> Answer:
        """List installations for the authenticated app."""
        page, headers = call.page([self._installation(call)])
        return Answer(page, headers=headers)

    def installation(self, call: Call) -> Answer:
        """Get an installation, also that of a repository or an organization."""
        if call.path.get("installation", INSTALLATION_ID) != INSTALLATION_ID:
            not_found()
        return Answer(self._installation(call))

    def issue_token(self, call: Call) -> Answer:
        """Create an installation access token for an app; it is valid for an hour."""
        if call.path["installation"] != INSTALLATION_ID:
            not_found()
        call.fields("repositories", "repository_ids", "permissions")
        app = self._app(call)
        token, expires = self._gate.access.issue(app, call.now)
        body = {
            "token": token,
            "expires_at": utc(expires),
            "permissions": {"metadata": "read", **app.permissions},
            "repository_selection": "selected",
        }
        return Answer(body, 201)

    def _app(self, call: Call) -> AppKey:
        return self._gate.access.app(call.headers.get("authorization", ""), call.now)

    def _installation(self, call: Call) -> dict[str, Any]:
        app, since = self._app(call), utc(self._world.began - _YEAR)
        return {
            "id": INSTALLATION_ID,
            "account": self._shown(call).account(ORGANIZATION),
            "repository_selection": "selected",
            "access_tokens_url": f"{call.api}/app/installations/{INSTALLATION_ID}/access_tokens",
            "repositories_url": f"{call.api}/installation/repositories",
            "html_url": f"{call.web}/organizations/{ORGANIZATION.login}/settings/installations/{INSTALLATION_ID}",
            "app_id": app.id,
            "app_slug": "shop-hub",
            "client_id": app.client_id,
            "target_id": ORGANIZATION.id,
            "target_type": "Organization",
            "permissions": {"metadata": "read", **app.permissions},
            "events": [],
            "created_at": since,
            "updated_at": since,
            "single_file_name": None,
            "suspended_at": None,
            "suspended_by": None,
        }

    def _shown(self, call: Call) -> Shown:
        return Shown(call.api, call.web, self._world.story.repository)
