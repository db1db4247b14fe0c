"""Transitions: where an issue can go, and taking it there."""

from typing import Any, cast

from hub_connector_jira.simulation.asking import Ask, Handler, Reply, no_content, ok
from hub_connector_jira.simulation.endpoints.shown import Shown, steps_from
from hub_connector_jira.simulation.issues import ChangeItem, Issue
from hub_connector_jira.simulation.metadata import transition_fields
from hub_connector_jira.simulation.refusals import Refused
from hub_connector_jira.simulation.store import Store
from hub_connector_jira.simulation.workflow import Transition
from hub_connector_jira.simulation.writing import Edit


def common() -> dict[tuple[str, str], Handler]:
    """The endpoints of both editions, by method and path."""
    return {("GET", "/issue/{issue}/transitions"): _list, ("POST", "/issue/{issue}/transitions"): _move}


def _list(ask: Ask) -> Reply:
    issue, shown = ask.store.issue(ask.path["issue"]), Shown(ask)
    with_fields, wanted = "transitions.fields" in ask.text("expand"), ask.text("transitionId")
    is_free = ask.store.project_of(issue).access == "write"
    steps = [step for step in steps_from(issue) if is_free and wanted in ("", step.id)]
    return ok(
        {
            "expand": "transitions",
            "transitions": [shown.transition(step, issue, fields=with_fields) for step in steps],
        }
    )


def _move(ask: Ask) -> Reply:
    store = ask.store
    issue = store.writable(ask.path["issue"], doing="transition issues")
    step = _step(ask, issue)
    screen = transition_fields(step)
    edit = Edit(ask, store.project_of(issue), [field for field, _ in screen], issue)
    for field, required in screen:
        if required and not edit.values.get(field.id, issue.values.get(field.id)):
            edit.errors.setdefault(field.id, f"{field.name} is required.")
    edit.check()
    items = [_status_item(store, issue, step), *edit.items(issue)]
    values: dict[str, Any] = {"status": step.target, **edit.values}
    if store.status(step.target).category is not store.status(issue.values["status"]).category:
        values["statuscategorychangedate"] = store.now
    if edit.values.get("resolution"):
        values["resolutiondate"] = store.now
    elif step.reopens:
        values |= {"resolution": None, "resolutiondate": None}
        items.append(ChangeItem(field="resolution", field_id="resolution", old=issue.values.get("resolution"),
                                old_text=None, new=None, new_text=None))  # fmt: skip
    store.write(issue, values, items, ask.caller)
    edit.say(issue)
    return no_content()


def _step(ask: Ask, issue: Issue) -> Transition:
    given = ask.fields.get("transition")
    id_ = cast("dict[str, Any]", given).get("id") if isinstance(given, dict) else None
    if id_ is None:
        raise Refused(400, "Missing 'transition' identifier")
    for step in steps_from(issue):
        if step.id == str(id_):
            return step
    raise Refused(400, f"Transition id '{id_}' is not valid for this issue.")


def _status_item(store: Store, issue: Issue, step: Transition) -> ChangeItem:
    before, after = store.status(issue.values["status"]), store.status(step.target)
    return ChangeItem(
        field="status", field_id="status", old=before.id, old_text=before.name, new=after.id, new_text=after.name
    )
