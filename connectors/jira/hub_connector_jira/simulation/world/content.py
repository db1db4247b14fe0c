"""Puts the first content of the site together, and the small tools for making issues of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.sandbox.story import Story
from hub_connector_jira.simulation.issues import Attachment, Change, ChangeItem, Comment, Issue, Link, Worklog
from hub_connector_jira.simulation.people import User, account_id, people_of
from hub_connector_jira.simulation.site import PRIORITIES, RESOLUTIONS, STATUSES, Project, Status, projects_of
from hub_connector_jira.simulation.world.planning import Sprint, sprints_of

HOUR_MS = 3_600_000
INCIDENT_IDS = 41_487
"""Where the identifiers of the incident's comments and files begin, however long the backlog is."""


@dataclass(kw_only=True)
class Content:
    """Everything the site begins with, being built.

    Attributes:
        deploy: When checkout was deployed, in unix milliseconds.
    """

    story: Story
    issues: list[Issue] = field(default_factory=list[Issue])
    links: list[Link] = field(default_factory=list[Link])

    def __post_init__(self) -> None:
        self.deploy = round(self.story.deploy_at.timestamp() * 1000)
        self.people: tuple[User, ...] = people_of(self.story)
        self.projects: tuple[Project, ...] = projects_of(self.story)
        self.sprints: list[Sprint] = sprints_of(self.story)
        self._last_id = 30_000

    def minutes(self, after: float) -> int:
        """The moment so many minutes after the deploy."""
        return self.deploy + round(after * 60_000)

    def new_id(self) -> int:
        """An identifier for a comment, a change and the like."""
        self._last_id += 1
        return self._last_id

    def number_from(self, first: int) -> None:
        """Let identifiers go on from here."""
        self._last_id = first - 1

    def add(self, project: Project, number: int, values: dict[str, Any]) -> Issue:
        """A new issue; what its values leave out is given Jira's defaults."""
        created = values["created"]
        defaults: dict[str, Any] = {
            "status": "10000",
            "priority": "3",
            "updated": created,
            "statuscategorychangedate": created,
            "creator": values["reporter"],
            "labels": [],
        }
        issue = Issue(
            id=int(project.id) * 1_000 + number,
            key=f"{project.key}-{number}",
            project=project.key,
            values=defaults | values,
        )
        self.issues.append(issue)
        return issue

    def link(self, kind: str, source: Issue, target: Issue) -> None:
        """Link two issues; the type's outward words read from the source."""
        self.links.append(Link(id=self.new_id(), type_id=kind, source=source.id, target=target.id))

    def comment(self, issue: Issue, handle: str, at: int, body: str) -> None:
        """Add a comment."""
        from hub_connector_jira.simulation.bodies import Prose

        author = account_id(handle)
        issue.comments.append(Comment(id=self.new_id(), author=author, body=Prose(body), created=at, updated=at))
        self._touched(issue, at)

    def log(self, issue: Issue, handle: str, at: int, seconds: int, body: str = "") -> None:
        """Add a worklog that ends at this moment."""
        from hub_connector_jira.simulation.bodies import Prose

        issue.worklogs.append(
            Worklog(
                id=self.new_id(),
                author=account_id(handle),
                started=at - seconds * 1000,
                seconds=seconds,
                created=at,
                comment=Prose(body) if body else None,
            )
        )
        issue.values["timespent"] = issue.values.get("timespent", 0) + seconds
        self._touched(issue, at)

    def attach(
        self, issue: Issue, handle: str, at: int, filename: str, mime_type: str, content: Callable[[], bytes]
    ) -> None:
        """Attach a file."""
        issue.attachments.append(
            Attachment(
                id=self.new_id(),
                author=account_id(handle),
                filename=filename,
                mime_type=mime_type,
                created=at,
                content=content,
            )
        )
        self._touched(issue, at)

    def move(self, issue: Issue, handle: str, at: int, status: str, resolution: str = "") -> None:
        """Change the status, and with it the resolution."""
        before, after = _status(issue.values["status"]), _status(status)
        items = [_item("status", before.id, before.name, after.id, after.name)]
        issue.values |= {"status": status}
        if before.category is not after.category:
            issue.values["statuscategorychangedate"] = at
        if resolution:
            (named,) = (known for known in RESOLUTIONS if known.id == resolution)
            items.append(_item("resolution", None, None, named.id, named.name))
            issue.values |= {"resolution": resolution, "resolutiondate": at}
        self._changed(issue, handle, at, items)

    def assign(self, issue: Issue, handle: str, at: int, to: str) -> None:
        """Change the assignee."""
        names = {account_id(user.handle): user.name for user in self.people}
        old, new = issue.values.get("assignee"), account_id(to)
        issue.values["assignee"] = new
        self._changed(issue, handle, at, [_item("assignee", old, names[old] if old else None, new, names[new])])

    def raise_priority(self, issue: Issue, handle: str, at: int, to: str) -> None:
        """Change the priority."""
        names = {priority.id: priority.name for priority in PRIORITIES}
        old, issue.values["priority"] = issue.values["priority"], to
        self._changed(issue, handle, at, [_item("priority", old, names[old], to, names[to])])

    def _changed(self, issue: Issue, handle: str, at: int, items: Sequence[ChangeItem]) -> None:
        issue.history.append(Change(id=self.new_id(), author=account_id(handle), created=at, items=tuple(items)))
        self._touched(issue, at)

    @staticmethod
    def _touched(issue: Issue, at: int) -> None:
        issue.values["updated"] = max(issue.values["updated"], at)


def _status(id_: str) -> Status:
    return next(status for status in STATUSES if status.id == id_)


def _item(name: str, old: str | None, old_text: str | None, new: str | None, new_text: str | None) -> ChangeItem:
    return ChangeItem(field=name, field_id=name, old=old, old_text=old_text, new=new, new_text=new_text)
