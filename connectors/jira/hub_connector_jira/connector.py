"""The connector: the tools, resources and prompts it declares."""

from collections.abc import Sequence
from functools import cached_property
from typing import Annotated, Any

from hub.plugin import (
    ApiToken,
    BasicAuth,
    Connector,
    Credential,
    Id,
    InvalidArguments,
    Moment,
    RefreshToken,
    Result,
    Sandbox,
    Service,
    Summary,
    Table,
    TLSFiles,
    prompt,
    resource,
    tool,
)
from hub_connector_jira import (
    access,
    attachments,
    commenting,
    creating,
    exploring,
    history,
    linking,
    overviews,
    prompts,
    reading,
    searching,
    sprints,
    transitioning,
    updating,
)
from hub_connector_jira.jql.scope import ISSUE_KEY
from hub_connector_jira.settings import JiraSettings
from hub_connector_jira.site import Site
from hub_connector_jira.wire import error_text

_TOKEN_URL = "https://auth.atlassian.com/oauth/token"  # noqa: S105  an address
_MEDIA = ("api.media.atlassian.com",)
_PROJECT = r"\w+"
_NUMBER = r"\d+"
_READ, _WRITE = ("read:jira-work",), ("read:jira-work", "write:jira-work")
_PEOPLE = ("read:jira-work", "read:jira-user")
_WRITE_PEOPLE = ("read:jira-work", "write:jira-work", "read:jira-user")
# https://developer.atlassian.com/cloud/jira/software/rest/api-group-board/: no classic scope covers these
_AGILE = (
    "read:board-scope:jira-software",
    "read:sprint:jira-software",
    "read:project:jira",
    "read:issue-details:jira",
)

_LISTED = 200
"""Rows of the lists without a limit of their own: search narrows them, and the hub cuts and keeps what is long."""
_PEOPLE_LISTED = 20
_MOST = 100
"""Issues or comments in one answer."""

# Whatever stands here is sent to the model for every tool, so it is short.
Issue = Annotated[str, Id(ISSUE_KEY), "Key"]
Project = Annotated[str, "Key"]
OptionalProject = Annotated[str | None, "Key"]
OptionalMarkdown = Annotated[str | None, "Markdown"]


async def _complete_issue(connector: "Jira", prefix: str) -> Sequence[str]:
    return await searching.matching_keys(connector.site, prefix)


async def _complete_project(connector: "Jira", prefix: str) -> Sequence[str]:
    return await exploring.matching_projects(connector.site, prefix)


async def _complete_board(connector: "Jira", prefix: str) -> Sequence[str]:
    return await sprints.matching_boards(connector.site, prefix)


async def _complete_filter(connector: "Jira", prefix: str) -> Sequence[str]:
    return await overviews.matching_filters(connector.site, prefix)


class Jira(Connector[JiraSettings]):
    """Jira Cloud and Jira Data Center."""

    title = "Jira"

    def credential(self) -> Credential:
        """API token, OAuth with rotating refresh tokens, or personal access token, as the settings say."""
        settings = self.settings
        if settings.personal_access_token is not None:
            return ApiToken(token=settings.personal_access_token)
        if settings.refresh_token is not None:
            return RefreshToken(
                token_url=_TOKEN_URL,
                client_id=settings.client_id or "",
                client_secret=settings.client_secret,
                refresh_token=settings.refresh_token,
            )
        assert settings.api_token is not None  # noqa: S101  the settings want one of the three
        return BasicAuth(username=settings.email or "", password=settings.api_token)

    def service(self) -> Service:
        """The site's REST API, or Atlassian's gateway to it."""
        table, settings = f"connectors.{self.namespace}", self.settings
        key = next(key for key in ("personal_access_token", "refresh_token", "api_token") if getattr(settings, key))
        return Service(
            base_url=settings.api_url,
            label=self.title,
            setting=f"{table}.{'cloud_id' if settings.cloud_id else 'url'}",
            credential=f"{table}.{key}",
            auth=self.credential(),
            headers={"Accept": "application/json", "X-Atlassian-Token": "no-check"},
            tls=TLSFiles(ca=settings.ca_file) if settings.ca_file else None,
            error_text=error_text,
            redirect_hosts=_MEDIA if settings.is_cloud else (),
            timeout=settings.timeout,
        )

    @cached_property
    def site(self) -> Site:
        """The Jira behind it."""
        return Site(self.settings, self.http)

    # What the hub asks

    async def verify_access(self) -> str:
        """Ask who the credential belongs to, what answers, and whether the projects allowed are there.

        Raises:
            ConnectorError: Jira does not answer as it should, or is not what the credential is for.
        """
        return await access.access(self.site)

    def instructions(self) -> str:
        """What lies behind the connector."""
        limits = f", {self.site.scope.told}" if self.site.scope.told else ""
        return f"Issues, sprints and people of Jira at {self.settings.url}{limits}."

    @classmethod
    def sandbox(cls) -> Sandbox | None:
        """A small Jira that tells a story."""
        from hub_connector_jira.sandbox import jira_sandbox

        return jira_sandbox()

    # Tools that read

    @tool(scopes=_READ)
    async def search(
        self,
        jql: Annotated[str, "Names with spaces in double quotes"],
        fields: Annotated[list[str] | None, "Columns, by display name"] = None,
        limit: Annotated[int, "Max issues"] = 25,
        cursor: Annotated[str | None, "Next page"] = None,
        *,
        count_only: Annotated[bool, "Only how many"] = False,
    ) -> Table | str:
        """Search issues by JQL. Times are UTC."""
        if count_only:
            return await searching.count(self.site, jql)
        return await searching.search(self.site, jql, fields, bounded(limit), cursor)

    @tool(scopes=_READ, cost=3)
    async def get_issue(
        self,
        issue: Issue,
        include: Annotated[list[reading.Section] | None, "Default fields, description, comments"] = None,
        fields: Annotated[list[str] | None, "Only these, by display name"] = None,
        limit: Annotated[int, "Max comments, changes, worklogs"] = 10,
        skip: Annotated[int, "Newest of them to skip"] = 0,
    ) -> Summary:
        """Read an issue. Times are UTC."""
        if include is None:
            include = list(reading.DEFAULT_SECTIONS) if fields is None else []
        if skip < 0:
            raise InvalidArguments(f"skip is {skip}; it must not be negative")
        return await reading.get_issue(self.site, issue, include, fields, bounded(limit), skip)

    @tool(scopes=_READ)
    async def find_fields(
        self,
        search: Annotated[str | None, "Words in the name"] = None,
        project: Annotated[str | None, "Key; with type"] = None,
        type: Annotated[str | None, "Issue type: what creating one takes, allowed values"] = None,  # noqa: A002  Jira's own name
    ) -> Table | str:
        """Find fields: id, type, JQL name."""
        return await exploring.find_fields(self.site, search, project, type, _LISTED)

    @tool(scopes=_READ, cost=2)
    async def find_projects(self, search: Annotated[str | None, "Key or words"] = None) -> Table | str:
        """Find projects; of a single one types, statuses, components, versions."""
        return await exploring.find_projects(self.site, search, _LISTED)

    @tool(scopes=_PEOPLE)
    async def find_users(
        self,
        query: Annotated[str, "Start of name or e-mail"],
        project: Annotated[str | None, "Key: assignable there"] = None,
    ) -> Table | str:
        """Find people and their ids."""
        return await exploring.find_users(self.site, query, project, _PEOPLE_LISTED)

    @tool(scopes=_AGILE, cost=2)
    async def list_sprints(
        self,
        project: OptionalProject = None,
        board: Annotated[int | None, "Id"] = None,
        state: Annotated[sprints.State, "Which"] = "active",
    ) -> Table | str:
        """List sprints of a project or board. Their issues: search sprint = id."""
        return await sprints.list_sprints(self.site, project, board, state, _LISTED)

    @tool(scopes=_READ, cost=2)
    async def read_attachment(self, issue: Issue, attachment: Annotated[str, "Id or file name"]) -> Result | str:
        """Read an attached text or picture."""
        return await attachments.read_attachment(self.site, issue, attachment)

    # Tools that write

    @tool(writes=True, scopes=_WRITE_PEOPLE, cost=4)
    async def create_issue(
        self,
        project: Project,
        type: Annotated[str, "Issue type"],  # noqa: A002  Jira's own name
        summary: Annotated[str, "Title"],
        description: OptionalMarkdown = None,
        assignee: Annotated[str | None, "E-mail, name, me"] = None,
        fields: Annotated[dict[str, Any] | None, 'Others, like {"Severity": "High"}'] = None,
        *,
        validate_only: Annotated[bool, "Create nothing"] = False,
    ) -> str:
        """Create an issue. Required fields: find_fields."""
        own = {"summary": summary, "description": description, "assignee": assignee}
        values = merged({name: value for name, value in own.items() if value is not None}, fields)
        return await creating.create_issue(self.site, project, type, values, validate_only=validate_only)

    @tool(writes=True, destructive=True, idempotent=True, scopes=_WRITE_PEOPLE, cost=4)
    async def update_issue(
        self,
        issue: Issue,
        fields: Annotated[
            dict[str, Any], 'By display name; Markdown; null clears; {"Labels": ["+a", "-b"]} adds, removes'
        ],
    ) -> str:
        """Change fields of an issue; returns the diff."""
        return await updating.update_issue(self.site, issue, fields)

    @tool(writes=True, scopes=_WRITE_PEOPLE, cost=4)
    async def transition_issue(
        self,
        issue: Issue,
        to: Annotated[str, "Transition or status"],
        resolution: Annotated[str | None, "By name"] = None,
        fields: Annotated[dict[str, Any] | None, "By display name"] = None,
        comment: OptionalMarkdown = None,
    ) -> str:
        """Move an issue to another status."""
        return await transitioning.transition_issue(self.site, issue, to, resolution, fields, comment)

    @tool(writes=True, scopes=_WRITE_PEOPLE)
    async def comment(
        self,
        issue: Issue,
        text: Annotated[str, "Markdown; @[Name] or @e-mail mentions"],
        comment_id: Annotated[str | None, Id(_NUMBER), "Replaces this one"] = None,
        role: Annotated[str | None, "Only this role sees it"] = None,
    ) -> str:
        """Comment on an issue."""
        return await commenting.comment(self.site, issue, text, comment_id, role)

    @tool(writes=True, idempotent=True, scopes=_WRITE, cost=4)
    async def link_issue(
        self,
        issue: Issue,
        relation: Annotated[str, "Like blocks, is blocked by"],
        to: Annotated[str, "Key or URL"],
        title: Annotated[str | None, "Of the URL"] = None,
    ) -> str:
        """Link an issue to another or a page: issue, relation, to."""
        return await linking.link_issue(self.site, issue, relation, to, title)

    @tool(writes=True, scopes=_WRITE_PEOPLE)
    async def log_work(
        self,
        issue: Issue,
        time: Annotated[str, "Like 1h 30m"],
        started: Annotated[Moment | None, "Default now"] = None,
        comment: OptionalMarkdown = None,
    ) -> str:
        """Log time spent on an issue."""
        return await commenting.log_work(self.site, issue, time, started, comment)

    # Resources

    @resource("jira://issue/{key}", name="issue", grammar={"key": ISSUE_KEY}, complete={"key": _complete_issue})
    async def issue_resource(self, key: str) -> Summary:
        """An issue: fields, description, links, newest comments."""
        sections: list[reading.Section] = ["fields", "description", "links", "comments"]
        return await reading.get_issue(self.site, key, sections, None, 10, 0)

    @resource(
        "jira://issue/{key}/comments",
        name="issue_comments",
        grammar={"key": ISSUE_KEY},
        complete={"key": _complete_issue},
    )
    async def issue_comments(self, key: str) -> str:
        """The newest hundred comments of an issue."""
        issue = await self.site.issue(key, "summary")
        return await history.comments(self.site, str(issue["key"]), 100)

    @resource(
        "jira://project/{key}/fields",
        name="project_fields",
        grammar={"key": _PROJECT},
        complete={"key": _complete_project},
    )
    async def project_fields(self, key: str) -> str:
        """What one fills in to create an issue of each type."""
        return await exploring.project_fields(self.site, key)

    @resource("jira://filter/{id}", name="filter", grammar={"id": _NUMBER}, complete={"id": _complete_filter})
    async def filter_resource(self, id: str) -> Table | str:  # noqa: A002  a variable of the URI
        """A saved filter: its JQL and the first issues."""
        return await overviews.saved_filter(self.site, id)

    @resource(
        "jira://board/{id}/active-sprint",
        name="active_sprint",
        grammar={"id": _NUMBER},
        complete={"id": _complete_board},
    )
    async def active_sprint(self, id: str) -> Table | str:  # noqa: A002  a variable of the URI
        """The active sprint of a board and its issues."""
        return await overviews.active_sprint(self.site, int(id))

    # Prompts

    @prompt(complete={"issue": _complete_issue})
    async def triage_issue(self, issue: Annotated[str, Id(ISSUE_KEY), "Key"]) -> str:
        """Judge a new report: severity, owner, duplicates, what is missing."""
        return prompts.triage_issue(self.namespace, issue)

    @prompt(complete={"board": _complete_board})
    async def sprint_health(self, board: Annotated[str, Id(_NUMBER), "Board id"]) -> str:
        """Say how the active sprint stands and what is at risk."""
        return prompts.sprint_health(self.namespace, board)

    @prompt(complete={"issue": _complete_issue})
    async def postmortem(self, issue: Annotated[str, Id(ISSUE_KEY), "Key of the incident"]) -> str:
        """Write a blameless postmortem from an incident's issue."""
        return prompts.postmortem(self.namespace, issue)


def bounded(limit: int) -> int:
    """The limit itself.

    Raises:
        InvalidArguments: It is out of bounds.
    """
    if not 1 <= limit <= _MOST:
        raise InvalidArguments(f"limit is {limit}; it must be from 1 to {_MOST}")
    return limit


def merged(own: dict[str, Any], others: dict[str, Any] | None) -> dict[str, Any]:
    """The arguments of a call that are fields, and the further fields.

    Raises:
        InvalidArguments: A field is given twice.
    """
    if twice := {name.casefold() for name in others or {}} & own.keys():
        raise InvalidArguments(f"{', '.join(sorted(twice))} is given twice, as an argument and in fields")
    return {**own, **(others or {})}
