"""The JSON of whole issues: every field in the form its type has."""

from collections.abc import Callable, Iterable
from typing import Any

from hub_connector_jira.simulation.fields import DEVELOPMENT, EPIC_LINK, FIELDS, RANK, SPRINT, Field
from hub_connector_jira.simulation.issues import Issue
from hub_connector_jira.simulation.rendering import Rendering, duration, named
from hub_connector_jira.simulation.site import EPIC, PRIORITIES, RESOLUTIONS, SUBTASK
from hub_connector_jira.simulation.times import jira_time

EXPANDABLE = "renderedFields,names,schema,operations,editmeta,changelog,versionedRepresentations"
_NAMED = ("issuetype", "status", "priority", "resolution")


class IssueRendering(Rendering):
    """Writes issues for one caller."""

    def issue(self, issue: Issue, fields: Iterable[Field]) -> dict[str, Any]:
        """An issue with these of its fields."""
        return {
            "expand": EXPANDABLE,
            "id": str(issue.id),
            "self": f"{self.api}/issue/{issue.id}",
            "key": issue.key,
            "fields": {field.id: self.value(issue, field) for field in fields if field.id != "issuekey"},
        }

    def value(self, issue: Issue, field: Field) -> Any:
        """The value of a field, None if it is empty."""
        made = self._made.get(field.id)
        if made is not None:
            return made(issue)
        raw = issue.values.get(field.id)
        if raw is None:
            return [] if field.type == "array" and not field.custom else None
        return self._stored(issue, field, raw)

    @property
    def _made(self) -> dict[str, Callable[[Issue], Any]]:
        """The fields that are worked out instead of kept."""
        return {
            "project": lambda issue: self.project(self._store.project_of(issue)),
            "statusCategory": lambda issue: self.category(self._store.status(issue.values["status"]).category),
            "subtasks": self._sub_tasks,
            "issuelinks": lambda issue: [
                shown for link in self._store.links_of(issue) if (shown := self.link(issue, link))
            ],
            "attachment": lambda issue: [self.attachment(attachment) for attachment in issue.attachments],
            "comment": self._comments,
            "worklog": self._worklogs,
            "timetracking": _time_tracking,
            "watches": lambda issue: {
                "self": f"{self.api}/issue/{issue.key}/watchers",
                "watchCount": len(issue.watchers),
                "isWatching": self._store.caller.account_id in issue.watchers,
            },
            "votes": lambda issue: {"self": f"{self.api}/issue/{issue.key}/votes", "votes": 0, "hasVoted": False},
            "parent": self._parent,
            EPIC_LINK: self._epic_link,
            RANK: lambda issue: f"0|i{issue.id:05d}:",
            DEVELOPMENT: self._development,
        }

    def _stored(self, issue: Issue, field: Field, raw: Any) -> Any:
        if field.id in _NAMED:
            return self._named_thing(field.id, raw)
        if field.is_text_area:
            return self.body(raw)
        if field.id == SPRINT:
            return [self.sprint(sprint) for sprint in self._store.sprints if sprint.id in raw]
        if field.type == "user":
            return self.user_by_id(raw)
        if field.type == "datetime":
            return jira_time(raw)
        if field.type == "option":
            return self.option(named(field.options, raw))
        if field.type == "option-with-child":
            child = next((c for _, cs in field.children for c in cs if c.id == raw[1]), None)
            return self.option(named(field.options, raw[0])) | ({"child": self.option(child)} if child else {})
        project = self._store.project_of(issue)
        shown: dict[str, Callable[[Any], Any]] = {
            "user": self.user_by_id,
            "option": lambda id_: self.option(named(field.options, id_)),
            "component": lambda id_: self.component(next(c for c in project.components if c.id == id_)),
            "version": lambda id_: self.version(next(v for v in project.versions if v.id == id_)),
        }
        if field.type == "array" and field.items in shown:
            return [shown[field.items](id_) for id_ in raw]
        return raw

    def _named_thing(self, field: str, id_: str) -> dict[str, Any]:
        if field == "issuetype":
            return self.issue_type(self._store.issue_type(id_))
        if field == "status":
            return self.status(self._store.status(id_))
        if field == "priority":
            return self.priority(named(PRIORITIES, id_))
        return self.resolution(named(RESOLUTIONS, id_))

    def _parent(self, issue: Issue) -> dict[str, Any] | None:
        parent = self._store.find(issue.values.get("parent"))
        if parent is None or (self._is_server and issue.values["issuetype"] != SUBTASK):
            return None
        return self.linked(parent)

    def _epic_link(self, issue: Issue) -> str | None:
        parent = self._store.find(issue.values.get("parent"))
        return parent.key if parent and parent.values["issuetype"] == EPIC else None

    def _development(self, issue: Issue) -> str | None:
        if issue.key != self._store.change_key:
            return "{}"
        return "{pullrequest={dataType=pullrequest, state=MERGED, stateCount=1}}"

    def _sub_tasks(self, issue: Issue) -> list[dict[str, Any]]:
        children = self._store.children(issue)
        return [self.linked(child) for child in children if child.values["issuetype"] == SUBTASK]

    def _comments(self, issue: Issue) -> dict[str, Any]:
        total = len(issue.comments)
        shown = [self.comment(issue, comment) for comment in issue.comments]
        return {
            "comments": shown,
            "self": f"{self.api}/issue/{issue.id}/comment",
            "maxResults": total,
            "total": total,
            "startAt": 0,
        }

    def _worklogs(self, issue: Issue) -> dict[str, Any]:
        shown = [self.worklog(issue, worklog) for worklog in issue.worklogs[:20]]
        return {"startAt": 0, "maxResults": 20, "total": len(issue.worklogs), "worklogs": shown}


def schema_of(field: Field) -> dict[str, Any]:
    """The `schema` of a field."""
    schema: dict[str, Any] = {"type": field.type}
    if field.items:
        schema["items"] = field.items
    if field.custom:
        return schema | {"custom": field.custom, "customId": field.number}
    return schema | {"system": field.id}


def fields_named(wanted: Iterable[str], default: Callable[[Field], bool]) -> list[Field]:
    """The fields that a `fields` parameter names: ids, `*all`, `*navigable`, `-id`.

    Args:
        wanted: The parameter; if it names none but exclusions, the default applies.
        default: Which fields are shown then.
    """
    words = list(wanted)
    excluded = {word[1:] for word in words if word.startswith("-")}
    named = [word for word in words if not word.startswith("-")] or ["*default"]

    def is_wanted(field: Field) -> bool:
        if field.id in excluded:
            return False
        if "*all" in named or field.id in named:
            return True
        navigable = field.id not in ("comment", "worklog", "attachment")
        return ("*navigable" in named and navigable) or ("*default" in named and default(field))

    return [field for field in FIELDS if is_wanted(field)]


def _time_tracking(issue: Issue) -> dict[str, Any]:
    kept = (
        ("originalEstimate", "timeoriginalestimate"),
        ("remainingEstimate", "timeestimate"),
        ("timeSpent", "timespent"),
    )
    shown: dict[str, Any] = {}
    for name, id_ in kept:
        if (seconds := issue.values.get(id_)) is not None:
            shown |= {name: duration(seconds), f"{name}Seconds": seconds}
    return shown
