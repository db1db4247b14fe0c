"""Finds fields, projects and people."""

from collections.abc import Sequence
from typing import Any

from hub.plugin import InvalidArguments, Table
from hub_connector_jira.fields import Field
from hub_connector_jira.near import near
from hub_connector_jira.people import People
from hub_connector_jira.screens import ScreenField, create_screen
from hub_connector_jira.shapes import Json, rows, string
from hub_connector_jira.showing import person, shown
from hub_connector_jira.site import Site, all_pages

_VERSIONS = 15
_NOT_FILLED_IN = frozenset({"project", "issuetype", "issuelinks", "attachment"})
"""On the screen, but arguments of their own, or made by other tools."""
_LISTED = 30


async def find_fields(
    site: Site, search: str | None, project: str | None, kind: str | None, limit: int
) -> Table | str:
    """Fields by words in their name; with a project and a type, those one fills in to create such an issue.

    Raises:
        InvalidArguments: A project comes without a type, or the other way round; or there is no such one.
        ConnectorError: Jira does not answer as it should.
    """
    words = (search or "").casefold().split()
    if project or kind:
        if not (project and kind):
            raise InvalidArguments("project and type go together", hint="find_projects with a key lists its types")
        _, screen = await create_screen(site, project, kind)
        fillable = [field for field in screen.fields if field.id not in _NOT_FILLED_IN]
        found = [field for field in fillable if _has(words, field.name, field.id)]
        found.sort(key=lambda field: not field.required)
        cells = [
            [field.name, field.id, field.told, "required" if field.required else "", field.offered]
            for field in found[:limit]
        ]
        return _table(["field", "id", "type", "required", "values"], cells, len(found), search, fillable)
    known = (await site.fields()).all
    matching = [field for field in known if _has(words, field.name, field.id, *field.clauses)]
    # Custom fields are what people look for; the others they know.
    matching.sort(key=lambda field: not field.custom)
    cells = [[field.name, field.id, field.type, _clause(field.name, field.clauses)] for field in matching[:limit]]
    return _table(["field", "id", "type", "in JQL"], cells, len(matching), search, known)


def _table(
    columns: list[str],
    cells: list[list[str]],
    count: int,
    search: str | None,
    known: Sequence[Field] | Sequence[ScreenField],
) -> Table | str:
    if not cells:
        names = [field.name for field in known]
        close = ", ".join(near(search or "", names))
        return f"no field matches {search!r}{f'; near: {close}' if close else ''}"
    return Table(columns=columns, rows=cells, total=count if count > len(cells) else None)


def _clause(name: str, clauses: Sequence[str]) -> str:
    if not clauses:
        return "not searchable"
    best = next((clause for clause in clauses if clause.casefold() == name.casefold()), clauses[0])
    return best if best.isidentifier() or best.startswith("cf[") else f'"{best}"'


def _has(words: Sequence[str], *texts: str) -> bool:
    whole = "\n".join(texts).casefold()
    return all(word in whole for word in words)


async def find_projects(site: Site, search: str | None, limit: int) -> Table | str:
    """Projects by words in name or key; of a single one its types, statuses, components and versions.

    Raises:
        ConnectorError: Jira does not answer as it should.
    """
    found = [one for one in await _projects(site, search or "") if site.scope.allows(string(one.get("key")))]
    exact = [one for one in found if string(one.get("key")).casefold() == (search or "").strip().casefold()]
    if len(chosen := exact or found) == 1 and search:
        return await _project(site, string(chosen[0].get("key")))
    if not found:
        limits = f"; this connector is {site.scope.told}" if site.scope.told else ""
        return f"no project matches {search!r}{limits}"
    cells = [
        [
            string(one.get("key")),
            string(one.get("name")),
            string(one.get("projectTypeKey")),
            shown(one.get("lead")),
        ]
        for one in found[:limit]
    ]
    columns = ["key", "name", "kind", "lead"]
    return Table(columns=columns, rows=cells, total=len(found) if len(found) > limit else None)


async def _projects(site: Site, search: str) -> list[Json]:
    if site.cloud:
        params: dict[str, Any] = {"expand": "lead", **({"query": search} if search else {})}
        if site.scope.projects is not None:
            params = {"expand": "lead", "keys": list(site.scope.projects)}
        found = await all_pages(site, "/project/search", ("values",), params=params)
    else:
        found = await site.projects()
    return [
        one for one in found if _has(search.casefold().split(), string(one.get("key")), string(one.get("name")))
    ]


async def _project(site: Site, key: str) -> str:
    project = await site.project(key)
    statuses = await site.wire.get("/project/{key}/statuses", key=key)
    lines = [f"{key} {string(project.get('name'))}", f"lead: {person(project.get('lead'))}"]
    if about := string(project.get("description")):
        lines.append(f"about: {about}")
    lines.append(f"url: {site.browse(key)}")
    # Types of one workflow have the same statuses, so they are told together.
    by_statuses: dict[str, list[str]] = {}
    for kind in rows(statuses):
        names = ", ".join(shown(status) for status in rows(kind.get("statuses")))
        by_statuses.setdefault(names, []).append(string(kind.get("name")))
    lines += [f"types {', '.join(kinds)}: statuses {names}" for names, kinds in by_statuses.items()]
    if components := [shown(one) for one in rows(project.get("components"))]:
        lines.append(f"components: {_some(components)}")
    versions = rows(project.get("versions"))
    open_ = [shown(one) for one in versions if not one.get("released") and not one.get("archived")]
    done = [shown(one) for one in versions if one.get("released") and not one.get("archived")]
    lines += [f"versions not released: {_some(open_)}"] if open_ else []
    lines += [f"versions released, latest: {', '.join(done[-_VERSIONS:])}"] if done else []
    return "\n".join(lines)


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return f"{', '.join(names[:_LISTED])}{more}"


async def find_users(site: Site, query: str, project: str | None, limit: int) -> Table | str:
    """People by the beginning of their name or e-mail address.

    Raises:
        InvalidArguments: The project is not among those allowed.
        ConnectorError: Jira does not answer as it should.
    """
    people: People = site.people
    chosen = site.scope.project(project) if project else ""
    found = await people.search(query, chosen, limit)
    if not found:
        limits = f"; this connector is {site.scope.told}" if site.scope.told else ""
        return f"nobody matches {query!r}{f' in {chosen}' if chosen else ''}{limits}"
    cells = [
        [
            string(user.get("displayName")),
            string(user.get("emailAddress")),
            people.id_of(user),
            "" if user.get("active", True) else "inactive",
        ]
        for user in found[:limit]
    ]
    note = f"the first {limit}; pass more of the name for others" if len(found) >= limit else ""
    return Table(columns=["name", "email", "id", "state"], rows=cells, note=note)


async def matching_projects(site: Site, prefix: str) -> list[str]:
    """Keys of projects that begin with a text, for completion."""
    lowered = prefix.casefold()
    found = (
        await _projects(site, "") if site.scope.projects is None else [{"key": key} for key in site.scope.projects]
    )
    return sorted(key for one in found if (key := string(one.get("key"))).casefold().startswith(lowered))


async def project_fields(site: Site, key: str) -> str:
    """For each issue type of a project, the fields one fills in to create such an issue.

    Raises:
        ConnectorError: Jira does not answer as it should.
    """
    path = "/issue/createmeta/{project}/issuetypes"
    types = await all_pages(site, path, ("issueTypes", "values"), project=site.scope.project(key))
    parts: list[str] = []
    for one in types:
        name = string(one.get("name"))
        _, screen = await create_screen(site, key, name)
        lines = [
            f"- {field.name} ({field.told}{', required' if field.required else ''})"
            f"{f': {field.offered}' if field.offered else ''}"
            for field in sorted(screen.fields, key=lambda field: not field.required)
            if field.id not in _NOT_FILLED_IN
        ]
        parts.append("\n".join([f"## {name}", *lines]))
    return "\n\n".join(parts)
