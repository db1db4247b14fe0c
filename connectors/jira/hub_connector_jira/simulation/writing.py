"""Applies `fields` and `update` of a request to an issue, checked as Jira checks them."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from hub_connector_jira.simulation.asking import Ask
from hub_connector_jira.simulation.fields import EPIC_LINK, Field, field_of, known_field
from hub_connector_jira.simulation.issues import ChangeItem, Comment, Issue, Link, Worklog
from hub_connector_jira.simulation.refusals import Refused
from hub_connector_jira.simulation.site import LINK_TYPES, LinkType, Project
from hub_connector_jira.simulation.times import read_time
from hub_connector_jira.simulation.values import BadValue, Values, seconds_of

_OFF_SCREEN = "Field '{id}' cannot be set. It is not on the appropriate screen, or unknown."
_TIMES = (("originalEstimate", "timeoriginalestimate"), ("remainingEstimate", "timeestimate"))
_BESIDE = ("comment", "worklog", "issuelinks")


class Edit:
    """What a request wants to write, gathered before anything is written.

    Args:
        ask: The request; its body has `fields` and `update`.
        project: Of the issue.
        screen: The fields that may be written.
        issue: The issue as it is; None for a new one.

    Attributes:
        values: By field id, to be kept.
        errors: By field id, what is wrong.
    """

    def __init__(self, ask: Ask, project: Project, screen: Iterable[Field], issue: Issue | None) -> None:
        self.values: dict[str, Any] = {}
        self.errors: dict[str, str] = {}
        self._comments: list[Comment] = []
        self._worklogs: list[Worklog] = []
        self._links: list[Mapping[str, Any]] = []
        self._ask = ask
        self._issue = issue
        self._reader = Values(ask.store, project, ask.version)
        self._screen = {field.id: field for field in screen}
        self._gather()

    def _gather(self) -> None:
        fields, update = (_object(self._ask.fields.get(name), name) for name in ("fields", "update"))
        for id_ in fields.keys() & update.keys():
            self.errors[id_] = f"Field '{id_}' cannot appear in both 'fields' and 'update'"
        for id_, value in fields.items():
            self._set(id_, value)
        for id_, operations in update.items():
            if not isinstance(operations, list):
                raise Refused(400, f"Operations of the field '{id_}' must be an array.")
            for operation in cast("list[Any]", operations):
                for name, value in _object(operation, id_).items():
                    self._operate(id_, name, value)

    def _set(self, id_: str, value: Any) -> None:
        field = self._screen.get(id_)
        if field is None:
            self.errors[id_] = _OFF_SCREEN.format(id=id_)
            return
        if id_ == EPIC_LINK:  # Data Center's own way to say which epic is the parent
            field, id_, value = known_field("parent"), "parent", value and {"key": value}
        try:
            if id_ == "timetracking":
                self._estimate(_object(value, id_))
            elif id_ not in ("project", "issuetype"):
                self.values[id_] = self._reader.read(field, value)
        except BadValue as bad:
            self.errors[id_] = str(bad)

    def _operate(self, id_: str, operation: str, value: Any) -> None:
        if operation == "add" and id_ in _BESIDE:
            self._add(id_, _object(value, id_))
            return
        field = self._screen.get(id_)
        if operation == "set" or field is None:
            self._set(id_, value)
            return
        if field.type != "array" or operation not in ("add", "remove"):
            self.errors[id_] = (
                f"Field with id '{id_}' and name '{field.name}' does not support operation '{operation}'."
            )
            return
        try:
            (one,) = self._reader.read(field, [value])
        except BadValue as bad:
            self.errors[id_] = str(bad)
            return
        before = self.values.get(id_, self._issue.values.get(id_, []) if self._issue else [])
        kept = [item for item in before if item != one]
        self.values[id_] = sorted([*kept, one]) if operation == "add" else kept

    def _add(self, id_: str, body: Mapping[str, Any]) -> None:
        if id_ == "comment":
            self._comments.append(new_comment(self._ask, body))
        elif id_ == "worklog":
            self._worklogs.append(new_worklog(self._ask, body))
        else:
            _link_type(_object(body.get("type"), "type"))
            for end in ("inwardIssue", "outwardIssue"):
                if end in body:
                    self._ask.store.writable(_reference(body, end), doing="link issues")
            self._links.append(body)

    def _estimate(self, value: Mapping[str, Any]) -> None:
        for name, id_ in _TIMES:
            if name in value:
                seconds = seconds_of(str(value[name]))
                if seconds is None:
                    raise BadValue(f"Invalid time duration entered for field '{name}'.")
                self.values[id_] = seconds

    def check(self) -> None:
        """Refuse the request if anything is wrong with it.

        Raises:
            Refused: With what is wrong, by field.
        """
        if self.errors:
            raise Refused(400, errors=self.errors)

    def items(self, issue: Issue) -> list[ChangeItem]:
        """What the changelog says of the new values."""
        fields = ((field_of(id_), kept) for id_, kept in self.values.items())
        return [item for field, kept in fields if field and (item := self._reader.change(field, issue, kept))]

    def say(self, issue: Issue) -> None:
        """Add the comments, worklogs and links that came along."""
        for comment in self._comments:
            add_comment(self._ask, issue, comment)
        for worklog in self._worklogs:
            add_worklog(self._ask, issue, worklog)
        own = {"key": issue.key}
        for link in self._links:
            add_link(self._ask, {"inwardIssue": own, "outwardIssue": own, **link})


def new_comment(ask: Ask, body: Mapping[str, Any]) -> Comment:
    """The comment that a caller wants to make.

    Raises:
        Refused: The body is missing or has another form.
    """
    if not body.get("body"):
        raise Refused(400, errors={"comment": "Comment body can not be empty!"})
    text = rich_text(ask, body["body"], "comment", "Comment body is not valid!")
    store, now = ask.store, ask.store.now
    comment = Comment(id=store.new_id(), author=ask.caller.account_id, body=text, created=now, updated=now)
    if visibility := body.get("visibility"):
        comment.visibility = {str(name): str(value) for name, value in _object(visibility, "visibility").items()}
    return comment


def add_comment(ask: Ask, issue: Issue, comment: Comment) -> None:
    """Add a comment."""
    ask.store.touch(issue)
    issue.comments.append(comment)


def new_worklog(ask: Ask, body: Mapping[str, Any]) -> Worklog:
    """The worklog that a caller wants to make.

    Raises:
        Refused: The time is missing or cannot be read.
    """
    store, seconds = ask.store, body.get("timeSpentSeconds")
    if seconds is None and isinstance(body.get("timeSpent"), str):
        seconds = seconds_of(body["timeSpent"])
        if seconds is None:
            raise Refused(400, errors={"timeLogged": "Invalid time duration entered."})
    if isinstance(seconds, bool) or not isinstance(seconds, int) or seconds < 60:
        raise Refused(400, errors={"timeLogged": "You must indicate the time spent working."})
    started = store.now
    if "started" in body:
        read = read_time(body["started"])
        if read is None:
            raise Refused(400, errors={"started": "Invalid date format. Expected yyyy-MM-dd'T'HH:mm:ss.SSSZ"})
        started = read
    comment = body.get("comment")
    text = None if not comment else rich_text(ask, comment, "comment", "Comment body is not valid!")
    return Worklog(
        id=store.new_id(),
        author=ask.caller.account_id,
        started=started,
        seconds=seconds,
        created=store.now,
        comment=text,
    )


def add_worklog(ask: Ask, issue: Issue, worklog: Worklog) -> None:
    """Add a worklog; unless told otherwise, it lessens the remaining estimate."""
    seconds = worklog.seconds
    left = issue.values.get("timeestimate")
    spent = issue.values.get("timespent", 0)
    values: dict[str, Any] = {"timespent": spent + seconds}
    if left is not None and ask.text("adjustEstimate", "auto") == "auto":
        values["timeestimate"] = max(left - seconds, 0)
    item = ChangeItem(
        field="timespent",
        field_id="timespent",
        old=str(spent) if spent else None,
        old_text=str(spent) if spent else None,
        new=str(spent + seconds),
        new_text=str(spent + seconds),
    )
    ask.store.write(issue, values, [item], ask.caller)
    issue.worklogs.append(worklog)


def add_link(ask: Ask, body: Mapping[str, Any]) -> Link | None:
    """Link the issue in `inwardIssue`, where the link begins, to the one in `outwardIssue`.

    Returns:
        The link; None if it was there already.

    Raises:
        Refused: The type or an issue does not exist.
    """
    store, kind = ask.store, _link_type(_object(body.get("type"), "type"))
    source, target = (
        store.writable(_reference(body, name), doing="link issues") for name in ("inwardIssue", "outwardIssue")
    )
    if source is target:
        raise Refused(400, "You cannot link an issue to itself.")
    if any((link.type_id, link.source, link.target) == (kind.id, source.id, target.id) for link in store.links):
        return None
    link = Link(id=store.new_id(), type_id=kind.id, source=source.id, target=target.id)
    for issue, other, words in ((source, target, kind.outward), (target, source, kind.inward)):
        text = f"This work item {words} {other.key}"
        item = ChangeItem(
            field="Link", field_id="issuelinks", old=None, old_text=None, new=other.key, new_text=text
        )
        store.write(issue, {}, [item], ask.caller)
    store.links.append(link)
    if comment := body.get("comment"):
        add_comment(ask, source, new_comment(ask, _object(comment, "comment")))
    return link


def rich_text(ask: Ask, value: Any, name: str, problem: str) -> Any:
    """Rich text as this version of the API takes it.

    Raises:
        Refused: It has another form.
    """
    try:
        return Values(ask.store, ask.store.projects[0], ask.version).rich_text(value)
    except BadValue:
        raise Refused(400, errors={name: problem}) from None


def _link_type(body: Mapping[str, Any]) -> LinkType:
    name, id_ = body.get("name"), body.get("id")
    for kind in LINK_TYPES:
        if kind.id == id_ or (id_ is None and kind.name == name):
            return kind
    if id_ is not None:
        raise Refused(404, f"No issue link type with id '{id_}' found.")
    raise Refused(404, f"No issue link type with name '{name}' found.")


def _reference(body: Mapping[str, Any], name: str) -> str:
    issue = _object(body.get(name), name)
    reference = issue.get("key") or issue.get("id")
    if not reference:
        raise Refused(400, f"The '{name}' must name an issue by key or id.")
    return str(reference)


def _object(value: Any, name: str) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Refused(400, f"Can not deserialize '{name}': an object was expected.")
    return cast("dict[str, Any]", value)
