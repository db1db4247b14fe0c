"""One issue, by the sections asked for."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Literal

from hub.plugin import ConnectorError, Summary
from hub_connector_jira import development, history
from hub_connector_jira.fields import Fields
from hub_connector_jira.shapes import Json, items, mapping, rows, string
from hub_connector_jira.showing import indented, issue_line, person, shown, tells_nothing
from hub_connector_jira.site import Site
from hub_connector_jira.times import minute

Section = Literal[
    "fields",
    "description",
    "comments",
    "changelog",
    "links",
    "transitions",
    "attachments",
    "worklogs",
    "development",
]
DEFAULT_SECTIONS: tuple[Section, ...] = ("fields", "description", "comments")

# fmt: off
# What the other sections tell.
_ELSEWHERE = frozenset({"summary", "description", "comment", "worklog", "attachment", "issuelinks", "subtasks"})
_FIRST = (
    "issuetype", "status", "resolution", "priority", "assignee", "reporter", "parent", "labels", "components",
    "versions", "fixVersions", "created", "updated", "duedate", "resolutiondate", "timetracking",
)
# Told by others: the project by the key, the creator by the reporter, times by timetracking.
_REPEATS = frozenset({
    "project", "issuekey", "creator", "statusCategory", "timeestimate", "timeoriginalestimate", "timespent",
    "progress", "aggregateprogress", "aggregatetimeestimate", "aggregatetimeoriginalestimate",
    "aggregatetimespent", "issuerestriction",
})
_PAGED = frozenset({"comment", "worklog"})
# fmt: on
_LONG = 200
"""Characters from which on a field gets a section of its own."""


async def get_issue(
    site: Site, key: str, sections: Sequence[Section], only: Sequence[str] | None, limit: int, skip: int
) -> Summary:
    """An issue: its fields, and the other sections below them.

    Args:
        site: The Jira.
        key: Of the issue.
        sections: Which to show.
        only: Display names or ids of the fields to show, instead of all that hold something.
        limit: The most comments, changes or worklogs.
        skip: How many of the newest of these to leave out.

    Raises:
        NotFound: There is no such issue, or it is out of reach.
        ConnectorError: Jira does not answer as it should.
    """
    known = await site.fields()
    chosen = None if only is None else [known.find(name).id for name in only]
    expand = {"expand": "changelog"} if "changelog" in sections else {}
    # Comments and worklogs have requests of their own, which know pages.
    asked = "*all,-comment,-worklog" if chosen is None else ",".join(sorted({*chosen, *_ELSEWHERE} - _PAGED))
    issue = await site.issue(key, asked, **expand)
    own = string(issue["key"])
    fields = mapping(issue.get("fields"))
    head: dict[str, str] = {"moved": f"{key} is {own} now"} if own != key.upper() else {}
    if "fields" in sections or chosen is not None:
        head |= _told(site, known, fields, chosen)
    head["url"] = site.browse(own)
    parts: list[str] = []
    if "description" in sections:
        parts.append(f"## Description\n{indented(site.plain(fields.get('description')).strip() or 'none')}")
    if chosen is None and "fields" in sections:
        parts += _long_texts(site, known, fields)
    writers: dict[Section, Callable[[], Awaitable[str]]] = {
        "comments": lambda: history.comments(site, own, limit, skip),
        "changelog": lambda: history.changelog(site, own, mapping(issue.get("changelog")), limit, skip),
        "links": lambda: _links(site, own, fields),
        "transitions": lambda: _transitions(site, own),
        "attachments": lambda: _attachments(fields),
        "worklogs": lambda: history.worklogs(site, own, limit, skip),
        "development": lambda: development.told(site, string(issue.get("id"))),
    }
    wanted: list[Section] = [section for section in writers if section in sections]
    parts += await _together([_section(section, writers[section]) for section in wanted])
    if rest := _not_asked(fields, sections):
        head["not shown"] = rest
    return Summary(head, title=f"{own} {string(fields.get('summary'))}", body="\n\n".join(parts))


async def _together(calls: Sequence[Any]) -> list[str]:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(call) for call in calls]
    return [task.result() for task in tasks]


async def _section(section: Section, write: Callable[[], Awaitable[str]]) -> str:
    """A section; one that cannot be read says so and leaves the others standing."""
    try:
        return await write()
    except ConnectorError as error:
        return f"## {section.capitalize()}\ncannot be read: {error}"


def _told(site: Site, known: Fields, fields: Mapping[str, Any], chosen: Sequence[str] | None) -> dict[str, str]:
    """The fields asked for, or those that hold something, by display name."""
    if chosen is not None:
        return {known.name_of(id_): _text(site, known, id_, fields.get(id_)) or "-" for id_ in chosen}
    order = {id_: place for place, id_ in enumerate(_FIRST)}
    found: dict[str, str] = {}
    for id_ in sorted(fields, key=lambda id_: order.get(id_, len(order))):
        text = "" if _is_left_out(known, id_) else _text(site, known, id_, fields[id_])
        if text and not _is_long(text):
            name = known.name_of(id_)
            found[name.lower() if id_ in order else name] = text
    return found


def _text(site: Site, known: Fields, id_: str, value: Any) -> str:
    return site.plain(value).strip() if _is_rich(known, id_, value) else shown(value, site.scope.allows)


def _long_texts(site: Site, known: Fields, fields: Mapping[str, Any]) -> list[str]:
    texts = {id_: _text(site, known, id_, value) for id_, value in fields.items() if not _is_left_out(known, id_)}
    return [f"## {known.name_of(id_)}\n{indented(text)}" for id_, text in texts.items() if _is_long(text)]


def _is_rich(known: Fields, id_: str, value: Any) -> bool:
    field = known.by_id(id_)
    is_text = field is not None and (field.custom.endswith(":textarea") or id_ in ("description", "environment"))
    return value is not None and is_text


def _is_left_out(known: Fields, id_: str) -> bool:
    field = known.by_id(id_)
    return id_ in _ELSEWHERE or id_ in _REPEATS or tells_nothing(id_, field.custom if field else "")


def _is_long(text: str) -> bool:
    return "\n" in text or len(text) > _LONG


def _not_asked(fields: Mapping[str, Any], sections: Sequence[Section]) -> str:
    """What else there is, by section."""
    there = {
        "attachments": len(items(fields.get("attachment"))),
        "links": len(items(fields.get("issuelinks"))) + len(items(fields.get("subtasks"))),
    }
    more = [f"{name} {number}" for name, number in there.items() if number and name not in sections]
    return ", ".join(more)


async def _links(site: Site, key: str, fields: Mapping[str, Any]) -> str:
    lines: list[str] = []
    if parent := mapping(fields.get("parent")):
        lines.append(f"parent: {issue_line(parent, site.scope.allows)}")
    lines += [f"subtask: {issue_line(one, site.scope.allows)}" for one in rows(fields.get("subtasks"))]
    lines += [link_line(link, site) for link in rows(fields.get("issuelinks"))]
    for remote in rows(await site.wire.get("/issue/{key}/remotelink", key=key)):
        target = mapping(remote.get("object"))
        relation = string(remote.get("relationship")) or "web"
        lines.append(f"{relation}: {string(target.get('title'))} {string(target.get('url'))}")
    return "\n".join(["## Links", *(lines or ["none"])])


def link_line(link: Mapping[str, Any], site: Site) -> str:
    """A link as seen from its issue: `blocks SHOP-7 Summary (Bug, Done)`."""
    kind = mapping(link.get("type"))
    side = "outward" if "outwardIssue" in link else "inward"
    return f"{string(kind.get(side))}: {issue_line(mapping(link.get(f'{side}Issue')), site.scope.allows)}"


async def _transitions(site: Site, key: str) -> str:
    found = mapping(await site.wire.get("/issue/{key}/transitions", {"expand": "transitions.fields"}, key=key))
    lines = [transition_line(one) for one in rows(found.get("transitions"))]
    return "\n".join(["## Transitions", *(lines or ["none open to this account"])])


def transition_line(transition: Json) -> str:
    """A transition: its name, where it leads, and what has to be filled in."""
    target = shown(transition.get("to"))
    name = string(transition.get("name"))
    line = name if name == target else f"{name} (to {target})"
    required = [
        string(field.get("name"))
        for field in map(mapping, mapping(transition.get("fields")).values())
        if field.get("required") and not field.get("hasDefaultValue")
    ]
    return f"{line}; requires {', '.join(required)}" if required else line


async def _attachments(fields: Mapping[str, Any]) -> str:
    lines = [
        f"[{string(one.get('id'))}] {string(one.get('filename'))}, {size(one.get('size'))}, "
        f"{string(one.get('mimeType'))}, {minute(one.get('created'))} {person(one.get('author'))}"
        for one in rows(fields.get("attachment"))
    ]
    return "\n".join(["## Attachments", *(lines or ["none"])])


def size(count: Any) -> str:
    """Bytes for readers."""
    value = float(count) if isinstance(count, int | float) else 0.0
    units = ["GiB", "MiB", "KiB", "B"]
    while value >= 1024 and len(units) > 1:
        value /= 1024
        units.pop()
    return f"{value:.3g} {units[-1]}" if value < 1000 else f"{value:.0f} {units[-1]}"
