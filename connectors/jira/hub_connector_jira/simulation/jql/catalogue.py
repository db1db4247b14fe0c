"""The names of fields in JQL, and how each of them is searched."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hub_connector_jira.simulation.bodies import text_of
from hub_connector_jira.simulation.fields import CUSTOM_FIELDS, EPIC_LINK, FIELDS, RANK, SPRINT, Field
from hub_connector_jira.simulation.issues import Issue
from hub_connector_jira.simulation.jql.functions import Scope, named_user
from hub_connector_jira.simulation.jql.searchers import ChoiceSearcher, Key, NumberSearcher, Searcher, TextSearcher
from hub_connector_jira.simulation.jql.searchers import date_searcher as _dates
from hub_connector_jira.simulation.site import (
    CATEGORIES,
    EPIC,
    ISSUE_TYPES,
    LINK_TYPES,
    PRIORITIES,
    RESOLUTIONS,
    STATUSES,
)
from hub_connector_jira.simulation.store import Store

_NO_SPRINT = "Sprint with name '{value}' does not exist or you do not have permission to view it."
_NO_ISSUE = "An issue with key '{value}' does not exist for field '{field}'."
_UNRESOLVED = ("unresolved", "-1")
_SPOKEN = ("summary", "description", "environment", "comment")


class Catalogue:
    """The searchable fields of a site, by every name JQL has for them.

    Args:
        store: The site.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, Searcher] = {}
        for names, searcher in (*self._system(), *self._custom()):
            for name in names:
                self._known[name.lower()] = searcher

    def find(self, name: str) -> Searcher | None:
        """The searcher of a field; None if there is no such field."""
        return self._known.get(name.lower())

    @property
    def names(self) -> list[str]:
        """All names."""
        return list(self._known)

    def _system(self) -> Iterable[tuple[tuple[str, ...], Searcher]]:
        store = self._store
        yield (
            ("project",),
            ChoiceSearcher(
                kind="project",
                values=lambda issue: [store.project_of(issue).id],
                find=lambda _, text: [
                    project.id
                    for project in store.visible_projects
                    if text.lower() in (project.id, project.key.lower(), project.name.lower())
                ],
                sort=lambda issue: (issue.project,),
            ),
        )
        yield (
            ("key", "issuekey", "issue", "id"),
            ChoiceSearcher(
                kind="issue",
                values=lambda issue: [issue.id],
                find=self._issue_ids,
                order=self._place,
                sort=lambda issue: (issue.project, issue.number),
                missing=_NO_ISSUE,
            ),
        )
        yield ("issuetype", "type"), self._named("issuetype", ISSUE_TYPES, kind="issuetype")
        yield ("status",), self._named("status", STATUSES, keeps_history=True)
        yield (
            ("statuscategory",),
            ChoiceSearcher(
                kind="statuscategory",
                values=lambda issue: [store.status(issue.values["status"]).category.id],
                find=lambda _, text: [
                    c.id for c in CATEGORIES if text.lower() in (c.key, c.name.lower(), str(c.id))
                ],
            ),
        )
        urgency = {priority.id: len(PRIORITIES) - place for place, priority in enumerate(PRIORITIES)}
        yield (
            ("priority",),
            self._named("priority", PRIORITIES, order=lambda key: urgency[str(key)], keeps_history=True),
        )
        yield (
            ("resolution",),
            replace(
                self._named("resolution", RESOLUTIONS, keeps_history=True),
                find=_resolutions,
            ),
        )
        for name in ("assignee", "reporter", "creator"):
            yield (name,), self._user(_one(name), keeps_history=name != "creator")
        yield ("watcher",), self._user(lambda issue: issue.watchers)
        yield ("voter",), self._user(lambda _: ())
        yield ("worklogauthor",), self._user(lambda issue: {worklog.author for worklog in issue.worklogs})
        yield (
            ("labels",),
            ChoiceSearcher(kind="label", values=lambda issue: issue.values["labels"], find=lambda _, text: [text]),
        )
        components = {c.id: c.name for project in store.projects for c in project.components}
        versions = {v.id: v.name for project in store.projects for v in project.versions}
        places = {id_: place for place, id_ in enumerate(versions)}
        yield ("component",), self._listed("components", components, "component")
        yield ("fixversion",), self._listed("fixVersions", versions, "version", lambda key: places[str(key)])
        yield ("affectedversion",), self._listed("versions", versions, "version", lambda key: places[str(key)])
        yield (
            ("parent",),
            ChoiceSearcher(kind="issue", values=_one("parent"), find=self._issue_ids, missing=_NO_ISSUE),
        )
        yield ("issuelinktype",), self._link_types()
        yield (
            ("attachments",),
            ChoiceSearcher(
                kind="attachment",
                values=lambda issue: [file.id for file in issue.attachments],
                find=lambda _scope, _text: [],
            ),
        )
        for names, field in _DATES:
            yield names, _dates(_number(field))
        yield ("due", "duedate"), _dates(_day)
        yield ("worklogdate",), _dates(lambda issue: max((log.started for log in issue.worklogs), default=None))
        for name, field in (
            ("timespent", "timespent"),
            ("originalestimate", "timeoriginalestimate"),
            ("remainingestimate", "timeestimate"),
        ):
            yield (name,), NumberSearcher(value=_number(field), read=_work_seconds)
        yield ("watchers",), NumberSearcher(value=lambda issue: float(len(issue.watchers)))
        yield ("votes",), NumberSearcher(value=lambda _: 0.0)
        for name in _SPOKEN:
            yield (name,), TextSearcher(texts=_texts(name))
        areas = [field.id for field in CUSTOM_FIELDS if field.type == "string"]
        yield (
            ("text",),
            TextSearcher(texts=lambda issue: [text for id_ in (*_SPOKEN, *areas) for text in _texts(id_)(issue)]),
        )

    def _custom(self) -> Iterable[tuple[tuple[str, ...], Searcher]]:
        for field in CUSTOM_FIELDS:
            if (searcher := self._searcher(field)) is not None:
                yield field.clauses, searcher

    def _searcher(self, field: Field) -> Searcher | None:
        store = self._store
        if field.id == SPRINT:
            return ChoiceSearcher(
                kind="sprint",
                values=lambda issue: issue.values.get(SPRINT, ()),
                find=lambda _, text: [s.id for s in store.sprints if text.lower() in (str(s.id), s.name.lower())],
                missing=_NO_SPRINT,
            )
        if field.id == RANK:
            return NumberSearcher(value=lambda issue: float(issue.id))
        if field.id == EPIC_LINK:
            return ChoiceSearcher(kind="issue", values=self._epic, find=self._issue_ids, missing=_NO_ISSUE)
        if field.options:
            children = [child for _, group in field.children for child in group]
            return ChoiceSearcher(
                kind="option",
                values=_many(field.id),
                find=lambda _, text: _by_name((*field.options, *children), text),
            )
        if "user" in (field.type, field.items):
            return self._user(_many(field.id))
        if field.type == "number":
            return NumberSearcher(value=_number(field.id))
        if field.type == "datetime":
            return _dates(_number(field.id))
        return TextSearcher(texts=_texts(field.id)) if field.type == "string" else None

    def _named(
        self,
        field: str,
        known: Iterable[Any],
        *,
        kind: str = "named",
        order: Callable[[Key], int] | None = None,
        keeps_history: bool = False,
    ) -> ChoiceSearcher:
        values = tuple(known)
        names = {value.id: value.name for value in values}

        def sort(issue: Issue) -> tuple[object, ...] | None:
            id_ = issue.values.get(field)
            if id_ is None:
                return None
            return (order(id_),) if order else (names[id_].lower(),)

        return ChoiceSearcher(
            kind=kind,
            values=_one(field),
            find=lambda _, text: _by_name(values, text),
            order=order,
            sort=sort,
            keeps_history=keeps_history,
        )

    def _listed(
        self, field: str, names: dict[str, str], kind: str, order: Callable[[Key], int] | None = None
    ) -> ChoiceSearcher:
        return ChoiceSearcher(
            kind=kind,
            values=lambda issue: issue.values.get(field, ()),
            find=lambda _, text: [id_ for id_, name in names.items() if text.lower() in (id_, name.lower())],
            order=order,
            sort=lambda issue: tuple(names[id_].lower() for id_ in issue.values.get(field, ())) or None,
        )

    def _user(self, values: Callable[[Issue], Iterable[Key]], *, keeps_history: bool = False) -> ChoiceSearcher:
        names = {user.account_id: user.name.lower() for user in self._store.people}

        def find(scope: Scope, text: str) -> list[Key]:
            user = named_user(scope, text)
            return [user.account_id] if user else []

        return ChoiceSearcher(
            kind="user",
            values=values,
            find=find,
            sort=lambda issue: tuple(sorted(names[str(key)] for key in values(issue))) or None,
            keeps_history=keeps_history,
        )

    def _issue_ids(self, _: Scope, text: str) -> list[Key]:
        issue = self._store.find(text)
        return [issue.id] if issue else []

    def _place(self, key: Key) -> int:
        return int(key)

    def _epic(self, issue: Issue) -> list[Key]:
        parent = self._store.find(issue.values.get("parent"))
        return [parent.id] if parent and parent.values["issuetype"] == EPIC else []

    def _link_types(self) -> ChoiceSearcher:
        def values(issue: Issue) -> list[Key]:
            found: list[Key] = []
            for link in self._store.links_of(issue):
                kind = next(known for known in LINK_TYPES if known.id == link.type_id)
                found += [(kind.outward if link.source == issue.id else kind.inward).lower(), kind.name.lower()]
            return found

        words = {text.lower() for kind in LINK_TYPES for text in (kind.name, kind.inward, kind.outward)}
        return ChoiceSearcher(
            kind="linktype", values=values, find=lambda _, text: [text.lower()] if text.lower() in words else []
        )


_DATES = (
    (("created", "createddate"), "created"),
    (("updated", "updateddate"), "updated"),
    (("resolved", "resolutiondate"), "resolutiondate"),
    (("statuscategorychangeddate",), "statuscategorychangedate"),
)


def history_field(name: str) -> str:
    """The field that a name stands for in the changelog."""
    lowered = name.lower()
    return next((field.id for field in FIELDS if lowered in map(str.lower, field.clauses)), lowered)


def _one(field: str) -> Callable[[Issue], list[Key]]:
    def values(issue: Issue) -> list[Key]:
        value = issue.values.get(field)
        return [] if value is None else [value]

    return values


def _many(field: str) -> Callable[[Issue], Iterable[Key]]:
    def values(issue: Issue) -> Iterable[Key]:
        value = issue.values.get(field)
        if value is None:
            return ()
        return [part for part in value if part] if isinstance(value, list | tuple) else [value]  # pyright: ignore[reportUnknownVariableType]  the values of an issue are untyped

    return values


def _number(field: str) -> Callable[[Issue], float | None]:
    return lambda issue: issue.values.get(field)


def _day(issue: Issue) -> float | None:
    day = issue.values.get("duedate")
    return None if day is None else datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp() * 1000


def _texts(field: str) -> Callable[[Issue], list[str]]:
    if field == "comment":
        return lambda issue: [text_of(comment.body) for comment in issue.comments]
    return lambda issue: [text] if (text := text_of(issue.values.get(field))) else []


def _by_name(known: Iterable[Any], text: str) -> list[Key]:
    return [value.id for value in known if text.lower() in (value.id, value.name.lower())]


def _resolutions(_: Scope, text: str) -> Iterable[Key | None]:
    return [None] if text.lower() in _UNRESOLVED else _by_name(RESOLUTIONS, text)


def _work_seconds(text: str, _: Scope) -> float | None:
    from hub_connector_jira.simulation.values import seconds_of

    return seconds_of(text)
