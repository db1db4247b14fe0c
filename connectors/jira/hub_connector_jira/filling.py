"""From what an agent writes into a field to what Jira takes: ids, documents, people, sprints."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.plugin import InvalidArguments
from hub_connector_jira.jql.scope import ISSUE_KEY
from hub_connector_jira.near import did_you_mean
from hub_connector_jira.screens import Screen, ScreenField, label
from hub_connector_jira.shapes import items, mapping, string
from hub_connector_jira.site import Site
from hub_connector_jira.sprints import sprint_id
from hub_connector_jira.times import day, moment, stamp

_ISSUES = frozenset({"gh-epic-link", "jpo-custom-field-parent"})
_ELSEWHERE = {
    "project": "An issue stays in its project",
    "status": "Use transition_issue",
    "comment": "Use comment",
    "worklog": "Use log_work",
    "issuelinks": "Use link_issue",
    "attachment": "Attachments cannot be written here",
}
"""Fields, by id whatever their display name, that are not written as fields."""


@dataclass(slots=True)
class Filled:
    """Fields as Jira takes them.

    Attributes:
        fields: Whole values by field id, for `fields`.
        update: Single additions and removals by field id, for `update`.
        said: What was meant, by field id, for comparing with what Jira made of it.
        given: What the agent wrote, by field id.
        names: Display names by field id.
        remarks: What could not be done.
    """

    fields: dict[str, Any] = field(default_factory=dict[str, Any])
    update: dict[str, list[dict[str, Any]]] = field(default_factory=dict[str, list[dict[str, Any]]])
    said: dict[str, Any] = field(default_factory=dict[str, Any])
    given: dict[str, Any] = field(default_factory=dict[str, Any])
    names: dict[str, str] = field(default_factory=dict[str, str])
    remarks: list[str] = field(default_factory=list[str])

    @property
    def ids(self) -> list[str]:
        """All fields concerned, in the order they were given."""
        return list(self.names)

    def body(self) -> dict[str, Any]:
        """As a part of a request."""
        parts = {"fields": self.fields, "update": self.update}
        return {name: part for name, part in parts.items() if part}


async def fill(site: Site, screen: Screen, values: Mapping[str, Any], project: str) -> Filled:
    """Turn values by display name into what Jira takes.

    Args:
        site: The Jira.
        screen: The fields there are.
        values: By display name or id. None clears; a list whose texts all begin with + or - adds and removes.
        project: Where the issue lies, for people and sprints.

    Raises:
        InvalidArguments: A field or a value does not exist.
        ConnectorError: Jira does not answer as it should.
    """
    filled = Filled()
    values_of = _Values(site, project, filled)
    for name, value in values.items():
        chosen = _field(screen, name)
        if chosen.id in filled.names:
            raise InvalidArguments(f"Field {chosen.name!r} is given twice")
        filled.names[chosen.id], filled.given[chosen.id] = chosen.name, value
        if value is None:
            filled.fields[chosen.id] = [] if chosen.type == "array" and chosen.kind != "gh-sprint" else None
            filled.said[chosen.id] = None
        elif chosen.type == "array" and (changes := _changes(value)):
            filled.update[chosen.id] = [{verb: await values_of.item(chosen, one)} for verb, one in changes]
        else:
            filled.fields[chosen.id] = filled.said[chosen.id] = await values_of.value(chosen, value)
    return filled


def _field(screen: Screen, name: str) -> ScreenField:
    """The field of a screen, if it is one to fill in."""
    id_ = name.strip().casefold()
    try:
        chosen = screen.find(name)
    except InvalidArguments:
        if id_ not in _ELSEWHERE:
            raise
    else:
        if chosen.id not in _ELSEWHERE:
            return chosen
        id_ = chosen.id
    raise InvalidArguments(f"{name} is not filled in as a field", hint=_ELSEWHERE[id_])


def _changes(value: Any) -> list[tuple[str, str]]:
    """Additions and removals, if that is what a list is made of."""
    texts = [value] if isinstance(value, str) else items(value)
    if not texts or not all(isinstance(text, str) and text[:1] in "+-" and len(text) > 1 for text in texts):
        return []
    return [("add" if text[0] == "+" else "remove", text[1:]) for text in texts]


class _Values:
    def __init__(self, site: Site, project: str, filled: Filled) -> None:
        self._site = site
        self._project = project
        self._filled = filled

    async def value(self, wanted: ScreenField, value: Any) -> Any:
        """A whole value of a field."""
        if wanted.kind == "gh-sprint":
            return await sprint_id(self._site, string(value), self._project)
        if wanted.type == "array":
            listed = items(value) if isinstance(value, list) else [value]
            return [await self.item(wanted, one) for one in listed]
        if wanted.is_rich:
            rich, unknown = await self._site.rich(str(value))
            self._filled.remarks += [f"@{name} in {wanted.name} mentions nobody Jira knows" for name in unknown]
            return rich
        return await self._one(wanted, wanted.type, value)

    async def item(self, wanted: ScreenField, value: Any) -> Any:
        """An item of an array."""
        if wanted.kind == "labels" and " " in str(value).strip():
            raise InvalidArguments(f"{wanted.name}: {value!r} holds a space, which labels cannot")
        return await self._one(wanted, wanted.items or "string", value)

    async def _one(self, wanted: ScreenField, kind: str, value: Any) -> Any:
        if kind == "issuelink" or wanted.kind in _ISSUES:
            return await self._issue(wanted, string(mapping(value).get("key")) or str(value))
        if isinstance(value, dict):
            return mapping(value)  # Jira's own form, which not every field has another for
        if (make := _SIMPLE.get(kind)) is not None:
            return make(value, wanted.name)
        if kind == "user":
            return self._site.people.reference(await self._site.people.find(str(value), self._assignable(wanted)))
        if kind == "option-with-child":
            return _cascade(wanted, str(value))
        if kind == "timetracking":
            return {"originalEstimate": str(value)}
        if wanted.allowed is not None:
            return {"id": string(_choice(wanted, wanted.allowed, str(value)).get("id"))}
        if kind == "option":
            return {"value": str(value)}
        if kind in ("group", "priority", "resolution", "version", "component", "issuetype", "securitylevel"):
            return {"name": str(value)}
        return value

    def _assignable(self, wanted: ScreenField) -> str:
        return self._project if wanted.id == "assignee" else ""

    async def _issue(self, wanted: ScreenField, value: str) -> Any:
        if not re.fullmatch(ISSUE_KEY, value.strip()):
            raise InvalidArguments(f"{wanted.name} takes the key of an issue, not {value!r}")
        key = (await self._site.writable(value.strip())).upper()
        return {"key": key} if wanted.type == "issuelink" else key


def _choice(wanted: ScreenField, allowed: Sequence[Mapping[str, Any]], value: str) -> Mapping[str, Any]:
    """The allowed value of this name or id."""
    lowered = value.strip().casefold()
    found = [one for one in allowed if label(one).casefold() == lowered]
    found = found or [one for one in allowed if string(one.get("id")) == value.strip()]
    if found:
        return found[0]
    hint = did_you_mean(value, map(label, allowed), otherwise=f"There are: {wanted.offered or 'none'}")
    raise InvalidArguments(f"{wanted.name} has no value {value!r}", hint=hint)


def _cascade(wanted: ScreenField, value: str) -> dict[str, Any]:
    """A value of a cascading select, written `Europe > France`."""
    first, _, second = (part.strip() for part in value.partition(">"))
    parent = _choice(wanted, wanted.allowed or (), first)
    made: dict[str, Any] = {"id": string(parent.get("id"))}
    if second:
        made["child"] = {"id": string(_choice(wanted, items(parent.get("children")), second).get("id"))}
    return made


def _number(value: Any, name: str) -> float | int:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    try:
        number = float(str(value))
    except ValueError:
        raise InvalidArguments(f"{name} takes a number, not {value!r}") from None
    return int(number) if number == int(number) else number


_SIMPLE: dict[str, Callable[[Any, str], Any]] = {
    "string": lambda value, _: str(value),
    "number": _number,
    "date": lambda value, name: day(str(value), name),
    "datetime": lambda value, name: stamp(moment(str(value), name)),
}
