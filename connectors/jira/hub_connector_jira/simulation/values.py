"""Reads what a caller writes into fields, and refuses it in Jira's words."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from hub_connector_jira.simulation.bodies import is_document
from hub_connector_jira.simulation.fields import SPRINT, Field
from hub_connector_jira.simulation.issues import ChangeItem, Issue
from hub_connector_jira.simulation.people import User
from hub_connector_jira.simulation.site import PRIORITIES, RESOLUTIONS, Named, Project
from hub_connector_jira.simulation.store import Store
from hub_connector_jira.simulation.times import jira_time, read_date, read_time

_NO_DOCUMENT = "Operation value must be an Atlassian Document (see the Atlassian Document Format)"
_NO_TEXT = "Operation value must be a string"
_WORK = re.compile(r"\s*(?:\d{1,6}(?:\.\d+)?\s*[wdhm]\s*)+")
_WORK_PART = re.compile(r"(\d+(?:\.\d+)?)\s*([wdhm])")
_WORK_UNITS = {"w": 5 * 8 * 3600, "d": 8 * 3600, "h": 3600, "m": 60}
_LONGEST_TEXT, _LONGEST_SUMMARY = 32_767, 255


class BadValue(Exception):
    """A value that a field does not take; the message is what Jira says of it."""


class Values:
    """Reads values for one project.

    Args:
        store: The site.
        project: Whose components and versions count.
        version: `3` for documents, `2` for wiki markup.
    """

    def __init__(self, store: Store, project: Project, version: str) -> None:
        self._store = store
        self._project = project
        self._version = version

    def read(self, field: Field, value: Any) -> Any:
        """What is kept for a value; None empties the field.

        Raises:
            BadValue: The field does not take it.
        """
        if value is None:
            return self._emptied(field)
        if field.is_text_area:
            return self.rich_text(value)
        if reader := self._readers.get(field.id) or self._readers.get(field.type):
            return reader(field, value)
        if field.type == "array":
            return self._array(field, value)
        return self._text(field, value)

    def rich_text(self, value: Any) -> Any:
        """Rich text in the form of this version of the API.

        Raises:
            BadValue: It has another form.
        """
        if self._version == "3":
            if not is_document(value):
                raise BadValue(_NO_DOCUMENT)
            return value
        if not isinstance(value, str):
            raise BadValue(_NO_TEXT)
        if len(value) > _LONGEST_TEXT:
            raise BadValue(
                f"The entered text is too long. It exceeds the allowed limit of {_LONGEST_TEXT:,} characters."
            )
        return value

    def shown(self, field: Field, kept: Any) -> tuple[str | None, str | None]:
        """Identifier and words of a kept value, as the changelog has them."""
        if kept is None or kept == []:
            return None, None
        if field.type == "user":
            user = self._store.user(kept)
            return kept, user.name if user else kept
        if field.type == "datetime":
            return None, jira_time(kept)
        names = self._names(field)
        keys = cast("Sequence[Any]", kept if isinstance(kept, list | tuple) else [kept])
        if names:
            return ", ".join(map(str, keys)), ", ".join(names.get(str(key), str(key)) for key in keys)
        if isinstance(kept, dict):
            from hub_connector_jira.simulation.bodies import text_of

            return None, text_of(cast("dict[str, Any]", kept))
        if isinstance(kept, list | tuple):
            return None, " ".join(map(str, keys))
        return None, f"{kept:g}" if isinstance(kept, float) else str(kept)

    def change(self, field: Field, issue: Issue, kept: Any) -> ChangeItem | None:
        """The changelog's item for a new value; None if nothing changes."""
        before = issue.values.get(field.id)
        if before == kept or (not before and not kept):
            return None
        old, old_text = self.shown(field, before)
        new, new_text = self.shown(field, kept)
        name = field.name if field.custom else field.id
        return ChangeItem(field=name, field_id=field.id, old=old, old_text=old_text, new=new, new_text=new_text)

    def _names(self, field: Field) -> dict[str, str]:
        known: Mapping[str, Sequence[Any]] = {
            "priority": PRIORITIES,
            "resolution": RESOLUTIONS,
            "components": self._project.components,
            "fixVersions": self._project.versions,
            "versions": self._project.versions,
            SPRINT: self._store.sprints,
        }
        children = [child for _, group in field.children for child in group]
        return {str(named.id): named.name for named in known.get(field.id) or (*field.options, *children)}

    def _emptied(self, field: Field) -> Any:
        if field.id == "summary":
            raise BadValue("You must specify a summary of the issue.")
        return [] if field.id in ("labels", "components", "fixVersions", "versions") else None

    @property
    def _readers(self) -> dict[str, Callable[[Field, Any], Any]]:
        return {
            "summary": _summary,
            "priority": lambda _, value: _named("priority", PRIORITIES, value),
            "resolution": lambda _, value: _named("resolution", RESOLUTIONS, value),
            "parent": self._parent,
            "duedate": _date,
            SPRINT: self._sprint,
            "user": self._user,
            "number": _number,
            "datetime": _moment,
            "option": lambda field, value: _option(field, field.options, value),
            "option-with-child": _cascade,
            "any": lambda field, _: _refuse(f"Field '{field.id}' cannot be set."),
            "team": lambda field, _: _refuse(f"Field '{field.id}' cannot be set."),
        }

    def _array(self, field: Field, value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise BadValue("data was not an array")
        items = cast("list[Any]", value)
        if field.items == "string":
            return sorted({_label(item) for item in items})
        if field.items == "user":
            return [self._user(field, item) for item in items]
        if field.items == "option":
            return [_option(field, field.options, item) for item in items]
        known = self._project.components if field.items == "component" else self._project.versions
        noun = "Component" if field.items == "component" else "Version"
        return [_member(noun, known, item) for item in items]

    def _text(self, field: Field, value: Any) -> str:
        if not isinstance(value, str):
            raise BadValue(_NO_TEXT)
        if len(value) > 255:
            raise BadValue(f"The field '{field.name}' must not be longer than 255 characters.")
        if field.custom.endswith(":url") and not re.match(r"https?://\S+$", value):
            raise BadValue(f"'{value}' is not a valid URL.")
        return value

    def _user(self, field: Field, value: Any) -> str:
        identifier = _of(value, "name" if self._store.options.data_center else "accountId") or _of(value, "id")
        user = self._store.user(identifier)
        if user is None:
            if self._store.options.data_center:
                raise BadValue(f"User '{identifier}' does not exist.")
            raise BadValue(f"Account ID '{identifier}' does not exist for the field '{field.id}'."
                           if identifier else "expected 'accountId' property to be present")  # fmt: skip
        if field.id == "assignee" and not is_assignable(user, self._project):
            raise BadValue(f"User '{identifier}' cannot be assigned issues.")
        return user.account_id

    def _parent(self, field: Field, value: Any) -> int:  # noqa: ARG002  the readers of all fields are called alike
        parent = self._store.find(_of(value, "key") or _of(value, "id"))
        if parent is None or parent.project != self._project.key:
            raise BadValue("Could not find issue by id or key.")
        return parent.id

    def _sprint(self, field: Field, value: Any) -> list[int]:  # noqa: ARG002  the readers of all fields are called alike
        number = (
            value if isinstance(value, int) else int(value) if isinstance(value, str) and value.isdigit() else -1
        )
        sprint = next((known for known in self._store.sprints if known.id == number), None)
        if sprint is None:
            raise BadValue("Number value expected as the Sprint id.")
        if sprint.state == "closed":
            raise BadValue("Issue can be assigned only active or future sprints.")
        return [number]


def is_assignable(user: User, project: Project) -> bool:
    """Whether a person may be given issues of a project."""
    return user.active and user.kind == "atlassian" and project.access == "write"


def parent_problem(store: Store, issue_type: str, parent: int | None) -> str | None:
    """What is wrong with the parent of an issue of this type; None if nothing."""
    kind = store.issue_type(issue_type)
    if parent is None:
        return "Issue type is a sub-task but parent issue key or id not specified." if kind.level < 0 else None
    above = store.issue_type(store.issues[parent].values["issuetype"])
    if above.level != kind.level + 1:
        return f"Given parent work item does not belong to appropriate hierarchy: {above.name} above {kind.name}."
    return None


def seconds_of(text: str) -> int | None:
    """Seconds of a span of work such as `3h 20m`; None if it is none. A day has eight hours, a week five days."""
    if text.isascii() and text.isdigit():
        return int(text) * 60
    if not _WORK.fullmatch(text):
        return None
    return round(sum(float(number) * _WORK_UNITS[unit] for number, unit in _WORK_PART.findall(text)))


def _refuse(message: str) -> Any:
    raise BadValue(message)


def _of(value: Any, name: str) -> str | None:
    if isinstance(value, dict):
        found = cast("dict[str, Any]", value).get(name)
        return str(found) if found is not None else None
    return None


def _summary(_: Field, value: Any) -> str:
    if not isinstance(value, str):
        raise BadValue(_NO_TEXT)
    text = value.strip()
    if not text:
        raise BadValue("You must specify a summary of the issue.")
    if "\n" in text or "\r" in text:
        raise BadValue("The summary is invalid because it contains newline characters.")
    if len(text) > _LONGEST_SUMMARY:
        raise BadValue("Summary can't exceed 255 characters.")
    return text


def _named(noun: str, known: Sequence[Named], value: Any) -> str:
    id_, name = _of(value, "id"), _of(value, "name")
    for named in known:
        if named.id == id_ or (id_ is None and name is not None and named.name.lower() == name.lower()):
            return named.id
    if name is not None and id_ is None:
        raise BadValue(f"{noun.capitalize()} name '{name}' is not valid")
    raise BadValue(f"The {noun} selected is invalid.")


def _member(noun: str, known: Sequence[Any], value: Any) -> str:
    id_, name = _of(value, "id"), _of(value, "name")
    for named in known:
        if named.id == id_ or (id_ is None and named.name == name):
            return named.id
    raise BadValue(f"{noun} {'id' if id_ else 'name'} '{id_ or name}' is not valid")


def _option(field: Field, known: Sequence[Named], value: Any) -> str:
    id_, name = _of(value, "id"), _of(value, "value")
    if id_ is None and name is None:
        raise BadValue(f"Specify a valid 'id' or 'name' for {field.name}")
    for option in known:
        if option.id == id_ or (id_ is None and option.name == name):
            return option.id
    raise BadValue(f"Option {'id' if id_ else 'value'} '{id_ or name}' is not valid")


def _cascade(field: Field, value: Any) -> tuple[str, str | None]:
    parent = _option(field, field.options, value)
    child = cast("dict[str, Any]", value).get("child")
    if child is None:
        return parent, None
    children = next((group for id_, group in field.children if id_ == parent), ())
    return parent, _option(field, children, child)


def _label(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise BadValue(_NO_TEXT)
    if re.search(r"\s", value):
        raise BadValue(f"The label '{value}' contains spaces which is invalid.")
    if len(value) > 255:
        raise BadValue("A label must not be longer than 255 characters.")
    return value


def _number(_: Field, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadValue("Operation value must be a number")
    return float(value)


def _date(_: Field, value: Any) -> str:
    date = read_date(value)
    if date is None:
        raise BadValue("Operation value must be a string in the format yyyy-MM-dd")
    return date


def _moment(_: Field, value: Any) -> int:
    moment = read_time(value)
    if moment is None:
        raise BadValue("Operation value must be a date and time in the format yyyy-MM-dd'T'HH:mm:ss.SSSZ")
    return moment
