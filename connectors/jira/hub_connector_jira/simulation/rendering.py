"""The JSON in which the simulated site shows what it keeps."""

import re
from collections.abc import Iterable
from typing import Any

from hub_connector_jira.simulation.bodies import document_of, html_of, wiki_of
from hub_connector_jira.simulation.issues import Attachment, Body, Change, Comment, Issue, Link, Worklog
from hub_connector_jira.simulation.people import User
from hub_connector_jira.simulation.site import (
    LINK_TYPES,
    PRIORITIES,
    SUBTASK,
    Category,
    Component,
    IssueType,
    LinkType,
    Named,
    Project,
    Status,
    Version,
)
from hub_connector_jira.simulation.store import Store
from hub_connector_jira.simulation.times import agile_time, jira_time
from hub_connector_jira.simulation.world.planning import Sprint

EXPANDABLE = "renderedFields,names,schema,operations,editmeta,changelog,versionedRepresentations"
_MENTION = re.compile(r"\[~accountid:([^\]]+)\]")
_AVATAR = "https://avatars.shop.example"
_DAY_SECONDS, _HOUR_SECONDS = 8 * 3600, 3600


class Rendering:
    """Writes JSON for one caller.

    Args:
        store: The site.
        base: Its address as the caller sees it.
        version: `3` for documents, `2` for wiki markup.
    """

    def __init__(self, store: Store, base: str, version: str) -> None:
        self._store = store
        self._version = version
        self._is_server = store.options.data_center
        self.base = base
        self.api = f"{base}/rest/api/{version}"

    # Small things

    def body(self, body: Body) -> Any:
        """Rich text in the form of this version of the API."""
        if self._version == "3":
            return document_of(body)
        return _MENTION.sub(self._mention, wiki_of(body)) if self._is_server else wiki_of(body)

    def _mention(self, match: re.Match[str]) -> str:
        """A mention by name, as Data Center has it."""
        user = self._store.user(match[1])
        return f"[~{user.handle}]" if user else match[0]

    def user(self, user: User) -> dict[str, Any]:
        """An account."""
        common: dict[str, Any] = {
            "avatarUrls": {f"{n}x{n}": f"{_AVATAR}/{user.handle}/{n}.png" for n in (16, 24, 32, 48)},
            "displayName": user.name,
            "active": user.active,
            "timeZone": "Etc/UTC",
        }
        if user.shows_email or user is self._store.caller:
            common["emailAddress"] = user.email
        if self._is_server:
            names = {"self": f"{self.api}/user?username={user.handle}", "name": user.handle, "key": user.key}
            return names | common
        account = {
            "self": f"{self.api}/user?accountId={user.account_id}",
            "accountId": user.account_id,
            "accountType": user.kind,
        }
        return account | common

    def user_by_id(self, identifier: str | None) -> dict[str, Any] | None:
        """The account with this id."""
        user = self._store.user(identifier)
        return self.user(user) if user else None

    def category(self, category: Category) -> dict[str, Any]:
        """A status category."""
        return {
            "self": f"{self.api}/statuscategory/{category.id}",
            "id": category.id,
            "key": category.key,
            "colorName": category.color,
            "name": category.name,
        }

    def status(self, status: Status) -> dict[str, Any]:
        """A status."""
        return {
            "self": f"{self.api}/status/{status.id}",
            "description": status.description,
            "iconUrl": f"{self.base}/images/icons/status.png",
            "name": status.name,
            "id": status.id,
            "statusCategory": self.category(status.category),
        }

    def priority(self, priority: Named) -> dict[str, Any]:
        """A priority."""
        return {
            "self": f"{self.api}/priority/{priority.id}",
            "iconUrl": f"{self.base}/images/icons/priorities/{priority.name.lower()}.svg",
            "name": priority.name,
            "id": priority.id,
        }

    def resolution(self, resolution: Named) -> dict[str, Any]:
        """A resolution."""
        return {
            "self": f"{self.api}/resolution/{resolution.id}",
            "id": resolution.id,
            "description": resolution.description,
            "name": resolution.name,
        }

    def issue_type(self, kind: IssueType) -> dict[str, Any]:
        """An issue type."""
        return {
            "self": f"{self.api}/issuetype/{kind.id}",
            "id": kind.id,
            "description": kind.description,
            "iconUrl": f"{self.base}/images/icons/issuetypes/{kind.name.lower()}.svg",
            "name": kind.name,
            "subtask": kind.id == SUBTASK,
            "hierarchyLevel": kind.level,
        }

    def option(self, option: Named) -> dict[str, Any]:
        """An option of a select field."""
        return {"self": f"{self.api}/customFieldOption/{option.id}", "value": option.name, "id": option.id}

    def component(self, component: Component) -> dict[str, Any]:
        """A component."""
        return {"self": f"{self.api}/component/{component.id}", "id": component.id, "name": component.name}

    def version(self, version: Version) -> dict[str, Any]:
        """A version."""
        date = {"releaseDate": version.date} if version.date else {}
        return {
            "self": f"{self.api}/version/{version.id}",
            "id": version.id,
            "name": version.name,
            "archived": False,
            "released": version.released,
            **date,
        }

    def project(self, project: Project) -> dict[str, Any]:
        """A project, in short."""
        return {
            "self": f"{self.api}/project/{project.id}",
            "id": project.id,
            "key": project.key,
            "name": project.name,
            "projectTypeKey": "software",
            "simplified": False,
            "avatarUrls": {f"{n}x{n}": f"{_AVATAR}/projects/{project.key}/{n}.png" for n in (16, 24, 32, 48)},
        }

    def link_type(self, kind: LinkType) -> dict[str, Any]:
        """A kind of link."""
        return {
            "id": kind.id,
            "name": kind.name,
            "inward": kind.inward,
            "outward": kind.outward,
            "self": f"{self.api}/issueLinkType/{kind.id}",
        }

    def sprint(self, sprint: Sprint) -> dict[str, Any]:
        """A sprint as the Sprint field of an issue holds it."""
        times = (("startDate", sprint.start), ("endDate", sprint.end), ("completeDate", sprint.completed))
        return {
            "id": sprint.id,
            "name": sprint.name,
            "state": sprint.state,
            "boardId": sprint.board,
            "goal": sprint.goal,
            **{name: agile_time(at) for name, at in times if at is not None},
        }

    # Parts of issues

    def comment(self, issue: Issue, comment: Comment, *, html: bool = False) -> dict[str, Any]:
        """A comment."""
        shown: dict[str, Any] = {
            "self": f"{self.api}/issue/{issue.id}/comment/{comment.id}",
            "id": str(comment.id),
            "author": self.user_by_id(comment.author),
            "body": self.body(comment.body),
            "updateAuthor": self.user_by_id(comment.author),
            "created": jira_time(comment.created),
            "updated": jira_time(comment.updated),
        }
        if not self._is_server:
            shown["jsdPublic"] = True
        if comment.visibility:
            shown["visibility"] = comment.visibility
        if html:
            shown["renderedBody"] = html_of(comment.body)
        return shown

    def worklog(self, issue: Issue, worklog: Worklog) -> dict[str, Any]:
        """A worklog."""
        shown: dict[str, Any] = {
            "self": f"{self.api}/issue/{issue.id}/worklog/{worklog.id}",
            "author": self.user_by_id(worklog.author),
            "updateAuthor": self.user_by_id(worklog.author),
            "created": jira_time(worklog.created),
            "updated": jira_time(worklog.created),
            "started": jira_time(worklog.started),
            "timeSpent": duration(worklog.seconds),
            "timeSpentSeconds": worklog.seconds,
            "id": str(worklog.id),
            "issueId": str(issue.id),
        }
        if worklog.comment is not None:
            shown["comment"] = self.body(worklog.comment)
        return shown

    def attachment(self, attachment: Attachment) -> dict[str, Any]:
        """A file's description."""
        place = f"{self.base}/secure/attachment/{attachment.id}/{attachment.filename}"
        shown: dict[str, Any] = {
            "self": f"{self.api}/attachment/{attachment.id}",
            "id": str(attachment.id),
            "filename": attachment.filename,
            "author": self.user_by_id(attachment.author),
            "created": jira_time(attachment.created),
            "size": len(attachment.content()),
            "mimeType": attachment.mime_type,
            "content": place if self._is_server else f"{self.api}/attachment/content/{attachment.id}",
        }
        if attachment.mime_type.startswith("image/"):
            shown["thumbnail"] = f"{self.api}/attachment/thumbnail/{attachment.id}"
        return shown

    def change(self, change: Change) -> dict[str, Any]:
        """An entry of the changelog."""
        items: list[dict[str, Any]] = []
        for item in change.items:
            kind = "custom" if item.field_id.startswith("customfield_") else "jira"
            moved = {"from": item.old, "fromString": item.old_text, "to": item.new, "toString": item.new_text}
            items.append({"field": item.field, "fieldtype": kind, "fieldId": item.field_id, **moved})
        return {
            "id": str(change.id),
            "author": self.user_by_id(change.author),
            "created": jira_time(change.created),
            "items": items,
        }

    def linked(self, issue: Issue) -> dict[str, Any]:
        """An issue as another one shows it."""
        kind, priority = (
            self._store.issue_type(issue.values["issuetype"]),
            named(PRIORITIES, issue.values["priority"]),
        )
        return {
            "id": str(issue.id),
            "key": issue.key,
            "self": f"{self.api}/issue/{issue.id}",
            "fields": {
                "summary": issue.values["summary"],
                "status": self.status(self._store.status(issue.values["status"])),
                "priority": self.priority(priority),
                "issuetype": self.issue_type(kind),
            },
        }

    def link(self, issue: Issue, link: Link) -> dict[str, Any] | None:
        """A link as one of its issues shows it; None if the caller may not see the other one."""
        is_source = link.source == issue.id
        other = self._store.find(link.target if is_source else link.source)
        if other is None:
            return None
        kind = next(known for known in LINK_TYPES if known.id == link.type_id)
        return {
            "id": str(link.id),
            "self": f"{self.api}/issueLink/{link.id}",
            "type": self.link_type(kind),
            ("outwardIssue" if is_source else "inwardIssue"): self.linked(other),
        }


def duration(seconds: int) -> str:
    """A span of work as Jira writes it; a day has eight hours."""
    days, rest = divmod(seconds, _DAY_SECONDS)
    hours, rest = divmod(rest, _HOUR_SECONDS)
    parts = ((days, "d"), (hours, "h"), (rest // 60, "m"))
    return " ".join(f"{number}{unit}" for number, unit in parts if number) or "0m"


def named(known: Iterable[Named], id_: str) -> Named:
    """The one with this id."""
    return next(one for one in known if one.id == id_)
