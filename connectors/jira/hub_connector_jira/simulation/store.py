"""The state of one simulated site: its content, what has been written since, and what search sees of it."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

from hub.sandbox.story import Clock, Story
from hub_connector_jira.simulation.issues import Attachment, Change, ChangeItem, Issue, Link, RemoteLink
from hub_connector_jira.simulation.options import SiteOptions
from hub_connector_jira.simulation.people import User, people_of
from hub_connector_jira.simulation.refusals import Refused
from hub_connector_jira.simulation.site import ISSUE_TYPES, STATUSES, IssueType, Project, Status, projects_of
from hub_connector_jira.simulation.world.planning import Board, Filter, Sprint, boards_of, filters_of

NO_ISSUE = "Issue does not exist or you do not have permission to see it."


class Store:
    """A site. Its issues are made when the first of them is asked for.

    Args:
        story: What happened.
        clock: The present in unix seconds.
        options: How the site is set up.
    """

    def __init__(self, story: Story, clock: Clock, options: SiteOptions) -> None:
        self.story = story
        self.options = options
        self.people = people_of(story)
        self.projects = projects_of(story)
        self.boards: tuple[Board, ...] = boards_of(self.projects[0].key)
        self.filters: tuple[Filter, ...] = filters_of(story, self.projects[0].key)
        self._clock = clock
        self._last_id = 90_000
        self._remote_links: dict[int, list[RemoteLink]] = {}
        self._unindexed: dict[int, tuple[int, Issue | None]] = {}

    @cached_property
    def _content(self) -> tuple[dict[int, Issue], list[Link], list[Sprint]]:
        from hub_connector_jira.simulation.world.whole import content_of

        content = content_of(self.story)
        return {issue.id: issue for issue in content.issues}, content.links, content.sprints

    @property
    def now(self) -> int:
        """The present in unix milliseconds."""
        return int(self._clock() * 1000)

    @property
    def caller(self) -> User:
        """Whose credential opens the site."""
        return self.people[0]

    @property
    def issues(self) -> dict[int, Issue]:
        """All issues by id, those of hidden projects too."""
        return self._content[0]

    @property
    def links(self) -> list[Link]:
        """All links."""
        return self._content[1]

    @property
    def sprints(self) -> list[Sprint]:
        """All sprints, oldest first."""
        return self._content[2]

    @cached_property
    def change_key(self) -> str:
        """Key of the issue that the bad release carries."""
        title = self.story.pull_request_title
        return next(issue.key for issue in self.issues.values() if issue.values["summary"] == title)

    # People and projects

    def user(self, identifier: str | None) -> User | None:
        """The account with this account id, or with this name or key on Data Center."""
        if identifier is None:
            return None
        return next((u for u in self.people if identifier in (u.account_id, u.handle, u.key)), None)

    def may_see(self, project: str) -> bool:
        """Whether the caller may browse a project."""
        return any(known.key == project and known.access != "hidden" for known in self.projects)

    @property
    def visible_projects(self) -> list[Project]:
        """The projects that the caller may browse."""
        return [project for project in self.projects if project.access != "hidden"]

    def project(self, reference: object) -> Project:
        """A project by id or key.

        Raises:
            Refused: There is none that the caller may see.
        """
        text = str(reference)
        for project in self.visible_projects:
            if text == project.id or text.upper() == project.key:
                return project
        raise Refused(404, f"No project could be found with key '{text}'.")

    def project_of(self, issue: Issue) -> Project:
        """The project of an issue."""
        return next(project for project in self.projects if project.key == issue.project)

    @staticmethod
    def status(id_: str) -> Status:
        """A status by id."""
        return next(status for status in STATUSES if status.id == id_)

    @staticmethod
    def issue_type(id_: str) -> IssueType:
        """An issue type by id."""
        return next(kind for kind in ISSUE_TYPES if kind.id == id_)

    # Issues

    def issue(self, reference: object) -> Issue:
        """An issue by id or key, as it is now.

        Raises:
            Refused: There is none that the caller may see.
        """
        found = self.find(reference)
        if found is None:
            raise Refused(404, NO_ISSUE)
        return found

    def find(self, reference: object) -> Issue | None:
        """The same; None if there is none."""
        text = str(reference).strip()
        if text.isascii() and text.isdigit():
            issue = self.issues.get(int(text))
        else:
            issue = next((known for known in self.issues.values() if known.key == text.upper()), None)
        return issue if issue and self.may_see(issue.project) else None

    def writable(self, reference: object, doing: str = "edit issues") -> Issue:
        """An issue the caller may change.

        Raises:
            Refused: There is none, or the caller lacks the permission.
        """
        issue = self.issue(reference)
        if self.project_of(issue).access != "write":
            raise Refused(403, f"You do not have permission to {doing} in this project.")
        return issue

    def attachment(self, id_: str) -> tuple[Issue, Attachment]:
        """An attachment and its issue.

        Raises:
            Refused: There is none that the caller may see.
        """
        for issue in self.issues.values():
            for attachment in issue.attachments:
                if str(attachment.id) == id_ and self.may_see(issue.project):
                    return issue, attachment
        raise Refused(404, f"The attachment with id '{id_}' does not exist")

    def children(self, issue: Issue) -> list[Issue]:
        """The issues whose parent this one is."""
        return [known for known in self.issues.values() if known.values.get("parent") == issue.id]

    def links_of(self, issue: Issue) -> list[Link]:
        """The links from and to an issue."""
        return [link for link in self.links if issue.id in (link.source, link.target)]

    def remote_links(self, issue: Issue) -> list[RemoteLink]:
        """The links from an issue to elsewhere; the incident begins with one to the runbook."""
        begun: list[RemoteLink] = []
        if issue.key == self.story.issue_key:
            url, title = self.story.runbook, f"Runbook: {self.story.alert}"
            begun.append(RemoteLink(id=self.new_id(), url=url, title=title, relationship="runbook"))
        return self._remote_links.setdefault(issue.id, begun)

    def next_number(self, project: str) -> int:
        """The number the next issue of a project gets."""
        return max((issue.number for issue in self.issues.values() if issue.project == project), default=0) + 1

    def new_id(self) -> int:
        """An identifier for anything but an issue."""
        self._last_id += 1
        return self._last_id

    # Writing

    def add(self, issue: Issue) -> None:
        """Add an issue."""
        self._before_write(issue, is_new=True)
        self.issues[issue.id] = issue

    def remove(self, issue: Issue) -> None:
        """Delete an issue with its links."""
        del self.issues[issue.id]
        self._unindexed.pop(issue.id, None)
        self.links[:] = [link for link in self.links if issue.id not in (link.source, link.target)]

    def write(self, issue: Issue, values: dict[str, Any], items: Sequence[ChangeItem], author: User) -> None:
        """Change fields of an issue and write it into the changelog.

        Args:
            issue: What to change.
            values: New values by field id; None empties a field.
            items: What the changelog says of it.
            author: Who does it.
        """
        self._before_write(issue)
        for id_, value in values.items():
            if value is None:
                issue.values.pop(id_, None)
            else:
                issue.values[id_] = value
        issue.values["updated"] = self.now
        if items:
            issue.history.append(
                Change(id=self.new_id(), author=author.account_id, created=self.now, items=tuple(items))
            )

    def touch(self, issue: Issue) -> None:
        """Call before anything else of an issue changes: a comment, a worklog, a link."""
        self._before_write(issue)
        issue.values["updated"] = self.now

    def _before_write(self, issue: Issue, *, is_new: bool = False) -> None:
        until = self.now + round(self.options.index_seconds * 1000)
        if self.options.data_center or until <= self.now:
            return
        pending, seen = self._unindexed.get(issue.id, (0, None))
        if pending <= self.now and not is_new:
            seen = issue.copy()
        self._unindexed[issue.id] = (until, seen)

    def searchable(self, reconciled: Iterable[int] = ()) -> list[Issue]:
        """The issues as search sees them: behind the writes of the last seconds.

        Args:
            reconciled: Ids of issues that search is to look at again (`reconcileIssues`).
        """
        now, fresh = self.now, frozenset(reconciled)
        for id_ in [id_ for id_, (until, _) in self._unindexed.items() if until <= now]:
            del self._unindexed[id_]
        found: list[Issue] = []
        for issue in self.issues.values():
            seen = self._unindexed.get(issue.id)
            shown = issue if seen is None or issue.id in fresh else seen[1]
            if shown is not None and self.may_see(issue.project):
                found.append(shown)
        return found
