"""How the site is set up: projects, issue types with create metadata, fields, statuses and the rest."""

from collections.abc import Callable, Sequence
from typing import Any

from hub_connector_jira.simulation.asking import Ask, Handler, Reply, ok
from hub_connector_jira.simulation.endpoints.shown import Shown
from hub_connector_jira.simulation.fields import FIELDS, Field
from hub_connector_jira.simulation.issue_json import schema_of
from hub_connector_jira.simulation.metadata import Metadata
from hub_connector_jira.simulation.refusals import Refused
from hub_connector_jira.simulation.site import CATEGORIES, ISSUE_TYPES, PRIORITIES, RESOLUTIONS, STATUSES, Project
from hub_connector_jira.simulation.times import jira_time
from hub_connector_jira.simulation.workflow import statuses_of

_CREATE = "/issue/createmeta/{project}/issuetypes"


def cloud() -> dict[tuple[str, str], Handler]:
    """The endpoints of Cloud, by method and path."""
    return {
        ("GET", "/project/search"): _search_projects,
        ("GET", "/field/search"): _search_fields,
        ("GET", "/label"): _labels,
        ("GET", "/priority/search"): _search_priorities,
    }


def common() -> dict[tuple[str, str], Handler]:
    """The endpoints of both editions, by method and path."""
    return {
        ("GET", "/serverInfo"): _server,
        ("GET", "/project"): lambda ask: ok([_project(ask, project) for project in ask.store.visible_projects]),
        ("GET", "/project/{project}"): lambda ask: ok(_project(ask, _named_project(ask), full=True)),
        ("GET", "/project/{project}/statuses"): _project_statuses,
        ("GET", "/project/{project}/components"): _components,
        ("GET", "/project/{project}/versions"): _versions,
        ("GET", _CREATE): _create_types,
        ("GET", _CREATE + "/{type}"): _create_fields,
        ("GET", "/field"): _fields,
        ("GET", "/issuetype"): lambda ask: ok([Shown(ask).issue_type(kind) for kind in ISSUE_TYPES]),
        ("GET", "/status"): lambda ask: ok([Shown(ask).status(status) for status in STATUSES]),
        ("GET", "/statuscategory"): lambda ask: ok([Shown(ask).category(category) for category in CATEGORIES]),
        ("GET", "/resolution"): lambda ask: ok([Shown(ask).resolution(resolution) for resolution in RESOLUTIONS]),
        ("GET", "/priority"): lambda ask: ok([Shown(ask).priority(priority) for priority in PRIORITIES]),
    }


def server_info(ask: Ask) -> dict[str, Any]:
    """What the site says about itself."""
    is_server = ask.store.options.data_center
    return {
        "baseUrl": ask.base,
        "version": "10.3.2" if is_server else "1001.0.0-SNAPSHOT",
        "versionNumbers": [10, 3, 2] if is_server else [1001, 0, 0],
        "deploymentType": "Server" if is_server else "Cloud",
        "buildNumber": 10_030_002 if is_server else 100_290,
        "buildDate": "2026-09-01T00:00:00.000+0000",
        "serverTime": jira_time(ask.store.now),
        "scmInfo": "0" * 40,
        "serverTitle": "Shop (sandbox)",
    }


def _server(ask: Ask) -> Reply:
    return ok(server_info(ask))


def _named_project(ask: Ask) -> Project:
    return ask.store.project(ask.path["project"])


def _project(ask: Ask, project: Project, *, full: bool = False) -> dict[str, Any]:
    shown = Shown(ask)
    found = {"expand": "description,lead,issueTypes,url,projectKeys", **shown.project(project), "isPrivate": False}
    if not ask.store.options.data_center:
        found["style"] = "classic"
    else:
        del found["isPrivate"]
    expand = ask.text("expand")
    if full or "description" in expand:
        found["description"] = project.description
    if full or "lead" in expand:
        found["lead"] = shown.user_by_id(project.lead)
    if full or "issueTypes" in expand:
        found["issueTypes"] = [shown.issue_type(ask.store.issue_type(kind)) for kind in project.types]
    if full:
        found["components"] = [shown.component(component) for component in project.components]
        found["versions"] = [shown.version(version) for version in project.versions]
    if "insight" in expand:
        updated = [i.values["updated"] for i in ask.store.issues.values() if i.project == project.key]
        found["insight"] = {"totalIssueCount": len(updated), "lastIssueUpdateTime": jira_time(max(updated))}
    return found


def _search_projects(ask: Ask) -> Reply:
    words, keys = ask.text("query").lower(), [key.upper() for key in ask.words("keys")]
    found = [
        project
        for project in ask.store.visible_projects
        if (words in project.name.lower() or words in project.key.lower()) and (not keys or project.key in keys)
    ]
    by_name = ask.text("orderBy").lstrip("+-") == "name"
    found.sort(key=lambda p: p.name if by_name else p.key, reverse=ask.text("orderBy").startswith("-"))
    return _bean(ask, found, lambda project: _project(ask, project))


def _project_statuses(ask: Ask) -> Reply:
    shown, store = Shown(ask), ask.store
    found: list[dict[str, Any]] = []
    for id_ in _named_project(ask).types:
        kind = shown.issue_type(store.issue_type(id_))
        statuses = [shown.status(store.status(status)) for status in statuses_of(id_)]
        found.append({name: kind[name] for name in ("self", "id", "name", "subtask")} | {"statuses": statuses})
    return ok(found)


def _components(ask: Ask) -> Reply:
    return ok([Shown(ask).component(component) for component in _named_project(ask).components])


def _versions(ask: Ask) -> Reply:
    return ok([Shown(ask).version(version) for version in _named_project(ask).versions])


def _writable(ask: Ask) -> Project:
    """The project in the path.

    Raises:
        Refused: The caller may not create issues there; Jira then denies that it exists.
    """
    for project in ask.store.visible_projects:
        if ask.path["project"] in (project.id, project.key) and project.access == "write":
            return project
    raise Refused(
        400, f"No project could be found with key or id '{ask.path['project']}' that you can create issues in."
    )


def _create_types(ask: Ask) -> Reply:
    shown = Shown(ask)
    kinds = [{**shown.issue_type(ask.store.issue_type(id_)), "expand": "fields"} for id_ in _writable(ask).types]
    return _of_create(ask, "issueTypes", kinds)


def _create_fields(ask: Ask) -> Reply:
    project = _writable(ask)
    if ask.path["type"] not in project.types:
        raise Refused(400, f"The issue type with id '{ask.path['type']}' does not exist in this project.")
    return _of_create(ask, "fields", Metadata(ask.store, Shown(ask), project).created(ask.path["type"]))


def _of_create(ask: Ask, name: str, items: Sequence[dict[str, Any]]) -> Reply:
    page = ask.page(items)
    if ask.store.options.data_center:
        return ok(page.bean(page.items))
    return ok(page.named(name, page.items))


def _fields(_: Ask) -> Reply:
    return ok([_field(field) for field in FIELDS])


def _field(field: Field) -> dict[str, Any]:
    return {
        "id": field.id,
        "key": field.id,
        "name": field.name,
        "custom": bool(field.custom),
        "orderable": bool(field.screens),
        "navigable": field.id not in ("attachment", "comment"),
        "searchable": bool(field.clauses),
        "clauseNames": list(field.clauses),
        "schema": schema_of(field),
    }


def _search_fields(ask: Ask) -> Reply:
    words, types, ids = ask.text("query").lower(), ask.words("type"), ask.words("id")
    found = [
        field
        for field in FIELDS
        if words in field.name.lower()
        and (not types or ("custom" if field.custom else "system") in types)
        and (not ids or field.id in ids)
    ]
    return _bean(ask, found, lambda field: {"id": field.id, "name": field.name, "schema": schema_of(field)})


def _search_priorities(ask: Ask) -> Reply:
    return _bean(ask, PRIORITIES, Shown(ask).priority)


def _labels(ask: Ask) -> Reply:
    labels = {
        label
        for issue in ask.store.issues.values()
        if ask.store.may_see(issue.project)
        for label in issue.values["labels"]
    }
    return _bean(ask, sorted(labels), str)


def _bean(ask: Ask, items: Sequence[Any], written: Callable[[Any], Any]) -> Reply:
    page = ask.page(items)
    return ok({"self": f"{Shown(ask).api}{ask.path['']}", **page.bean([written(item) for item in page.items])})
