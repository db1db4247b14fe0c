"""Issues: reading, creating, changing and deleting them."""

from typing import Any, cast

from hub_connector_jira.simulation.asking import Ask, Handler, Reply, no_content, ok
from hub_connector_jira.simulation.endpoints.shown import Shown
from hub_connector_jira.simulation.fields import field_of, is_required, known_field
from hub_connector_jira.simulation.issue_json import fields_named
from hub_connector_jira.simulation.issues import Issue
from hub_connector_jira.simulation.metadata import create_fields, edit_fields
from hub_connector_jira.simulation.refusals import Refused
from hub_connector_jira.simulation.site import SUBTASK, Project
from hub_connector_jira.simulation.store import Store
from hub_connector_jira.simulation.values import BadValue, Values, parent_problem
from hub_connector_jira.simulation.workflow import FIRST_STATUS
from hub_connector_jira.simulation.writing import Edit

_MOST_FETCHED = 100


def cloud() -> dict[tuple[str, str], Handler]:
    """The endpoints of Cloud, by method and path."""
    return {
        ("GET", "/issue/{issue}/changelog"): _changelog,
        ("POST", "/issue/bulkfetch"): _fetch,
    }


def common() -> dict[tuple[str, str], Handler]:
    """The endpoints of both, by method and path."""
    return {
        ("POST", "/issue"): _create,
        ("GET", "/issue/{issue}"): _get,
        ("PUT", "/issue/{issue}"): _edit,
        ("DELETE", "/issue/{issue}"): _delete,
        ("PUT", "/issue/{issue}/assignee"): _assign,
        ("GET", "/issue/{issue}/editmeta"): _edit_metadata,
        ("GET", "/issue/{issue}/watchers"): _watchers,
    }


def _get(ask: Ask) -> Reply:
    issue = ask.store.issue(ask.path["issue"])
    fields = fields_named(ask.words("fields"), lambda _: True)
    return ok(Shown(ask).expanded(issue, fields, ask.text("expand")))


def _fetch(ask: Ask) -> Reply:
    wanted = cast("list[Any]", ask.fields.get("issueIdsOrKeys") or [])
    if not wanted or len(wanted) > _MOST_FETCHED:
        raise Refused(400, f"The number of issues must be between 1 and {_MOST_FETCHED}.")
    names = [str(name) for name in cast("list[Any]", ask.fields.get("fields") or [])]
    fields = fields_named(names, lambda field: field.id not in ("comment", "worklog", "attachment"))
    found = [issue for reference in wanted if (issue := ask.store.find(reference))]
    return ok({"issues": [Shown(ask).issue(issue, fields) for issue in found], "issueErrors": []})


def _create(ask: Ask) -> Reply:
    store, body = ask.store, ask.fields
    fields = cast("dict[str, Any]", body.get("fields") or {})
    project = _project(store, fields.get("project"))
    kind = _issue_type(store, project, fields.get("issuetype"))
    if project.access != "write":
        raise Refused(400, errors={"project": "You do not have permission to create issues in this project."})
    edit = Edit(ask, project, create_fields(store, project, kind), None)
    for field in create_fields(store, project, kind):
        missing = edit.values.get(field.id) in (None, "", [])
        if is_required(field, kind) and missing and field.id not in ("project", "issuetype"):
            required = (
                "You must specify a summary of the issue."
                if field.id == "summary"
                else f"{field.name} is required."
            )
            edit.errors.setdefault(field.id, required)
    _check_parent(store, kind, edit)
    edit.check()
    issue = _new(ask, project, kind, edit)
    store.add(issue)
    edit.say(issue)
    return ok({"id": str(issue.id), "key": issue.key, "self": f"{Shown(ask).api}/issue/{issue.id}"}, 201)


def _check_parent(store: Store, kind: str, edit: Edit) -> None:
    """On Data Center an epic is linked by a field of its own; either way it is kept as the parent."""
    problem = parent_problem(store, kind, edit.values.get("parent"))
    if problem and "parent" not in edit.errors:
        edit.errors["parent"] = problem


def _new(ask: Ask, project: Project, kind: str, edit: Edit) -> Issue:
    store, now = ask.store, ask.store.now
    number = store.next_number(project.key)
    values: dict[str, Any] = {
        "issuetype": kind,
        "status": FIRST_STATUS,
        "priority": "3",
        "reporter": ask.caller.account_id,
        "creator": ask.caller.account_id,
        "created": now,
        "updated": now,
        "statuscategorychangedate": now,
        "labels": [],
    }
    values |= {id_: value for id_, value in edit.values.items() if value is not None}
    id_ = int(project.id) * 1_000 + number
    return Issue(id=id_, key=f"{project.key}-{number}", project=project.key, values=values)


def _project(store: Store, reference: Any) -> Project:
    named = cast("dict[str, Any]", reference) if isinstance(reference, dict) else {}
    wanted = str(named.get("id") or named.get("key") or "")
    for project in store.visible_projects:
        if wanted in (project.id, project.key):
            return project
    raise Refused(400, errors={"project": "Specify a valid project ID or key" if named else "project is required"})


def _issue_type(store: Store, project: Project, reference: Any) -> str:
    named = cast("dict[str, Any]", reference) if isinstance(reference, dict) else {}
    for id_ in project.types:
        if str(named.get("id")) == id_ or ("id" not in named and named.get("name") == store.issue_type(id_).name):
            return id_
    raise Refused(400, errors={"issuetype": "Specify a valid issue type"})


def _edit(ask: Ask) -> Reply:
    store = ask.store
    issue = store.writable(ask.path["issue"])
    kind, project = issue.values["issuetype"], store.project_of(issue)
    edit = Edit(ask, project, edit_fields(store, project, kind), issue)
    for id_, value in edit.values.items():
        field = field_of(id_)
        if field and is_required(field, kind) and value in (None, "", []):
            edit.errors[id_] = f"{field.name} is required."
    if "parent" in edit.values:
        _check_parent(store, kind, edit)
    edit.check()
    store.write(issue, edit.values, edit.items(issue), ask.caller)
    edit.say(issue)
    if ask.flag("returnIssue") and not store.options.data_center:
        return ok(Shown(ask).expanded(issue, fields_named((), lambda _: True), ask.text("expand")))
    return no_content()


def _delete(ask: Ask) -> Reply:
    issue = ask.store.writable(ask.path["issue"], doing="delete issues")
    parts = [child for child in ask.store.children(issue) if child.values["issuetype"] == SUBTASK]
    if parts and not ask.flag("deleteSubtasks"):
        raise Refused(
            400,
            f"The issue '{issue.key}' has subtasks.  You must specify the 'deleteSubtasks' parameter to delete "
            "this issue and all its subtasks.",
        )
    for gone in (*parts, issue):
        ask.store.remove(gone)
    return no_content()


def _assign(ask: Ask) -> Reply:
    issue = ask.store.writable(ask.path["issue"], doing="assign issues")
    field = known_field("assignee")
    name = "name" if ask.store.options.data_center else "accountId"
    identifier = ask.fields.get(name)
    reader = Values(ask.store, ask.store.project_of(issue), ask.version)
    try:
        kept = None if identifier in (None, "-1") else reader.read(field, {name: identifier})
    except BadValue as bad:
        raise Refused(400, errors={"assignee": str(bad)}) from None
    item = reader.change(field, issue, kept)
    ask.store.write(issue, {"assignee": kept}, [item] if item else [], ask.caller)
    return no_content()


def _edit_metadata(ask: Ask) -> Reply:
    issue = ask.store.issue(ask.path["issue"])
    return ok({"fields": Shown(ask).metadata(issue).edited(issue)})


def _changelog(ask: Ask) -> Reply:
    page = ask.page(ask.store.issue(ask.path["issue"]).history, most=100)
    shown = Shown(ask)
    return ok(page.bean([shown.change(change) for change in page.items]))


def _watchers(ask: Ask) -> Reply:
    issue, shown = ask.store.issue(ask.path["issue"]), Shown(ask)
    return ok(
        {
            "self": f"{shown.api}/issue/{issue.key}/watchers",
            "isWatching": ask.caller.account_id in issue.watchers,
            "watchCount": len(issue.watchers),
            "watchers": [shown.user_by_id(account) for account in sorted(issue.watchers)],
        }
    )
