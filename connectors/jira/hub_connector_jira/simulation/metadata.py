"""What a caller must know before writing: which fields a screen has and what they take."""

from typing import Any

from hub_connector_jira.simulation.fields import EPIC_LINK, Field, field_of, is_required, screen_of
from hub_connector_jira.simulation.issue_json import schema_of
from hub_connector_jira.simulation.issues import Issue
from hub_connector_jira.simulation.rendering import Rendering
from hub_connector_jira.simulation.site import INCIDENT, PRIORITIES, RESOLUTIONS, Project
from hub_connector_jira.simulation.store import Store
from hub_connector_jira.simulation.workflow import Transition

_LISTS = ("array", "issuelinks")


def create_fields(store: Store, project: Project, issue_type: str) -> list[Field]:
    """The fields of the create screen. Data Center links an epic by a field of its own, Cloud as the parent."""
    is_server, below = store.options.data_center, store.issue_type(issue_type).level < 0
    left_out = "parent" if is_server and not below else "" if is_server else EPIC_LINK
    shown = screen_of(issue_type, simple=INCIDENT not in project.types)
    return [field for field in shown if field.id != left_out]


def edit_fields(store: Store, project: Project, issue_type: str) -> list[Field]:
    """The fields of the edit screen: those of the create screen but the project."""
    return [field for field in create_fields(store, project, issue_type) if field.id != "project"]


def transition_fields(step: Transition) -> list[tuple[Field, bool]]:
    """The fields of a transition's screen, each with whether it is required."""
    return [(field, required) for id_, required in step.screen if (field := field_of(id_))]


class Metadata:
    """Describes fields for one caller.

    Args:
        store: The site.
        rendering: How its things are written.
        project: Whose components and versions are offered.
    """

    def __init__(self, store: Store, rendering: Rendering, project: Project) -> None:
        self._store = store
        self._rendering = rendering
        self._project = project

    def created(self, issue_type: str) -> list[dict[str, Any]]:
        """The fields of the create screen, as create metadata has them."""
        return [
            {"fieldId": field.id, **self.field(field, required=self._required(field, issue_type), kind=issue_type)}
            for field in create_fields(self._store, self._project, issue_type)
        ]

    def edited(self, issue: Issue) -> dict[str, Any]:
        """The fields of the edit screen, by id."""
        kind = issue.values["issuetype"]
        return {
            field.id: self.field(field, required=self._required(field, kind), kind=kind)
            for field in edit_fields(self._store, self._project, kind)
        }

    def moved(self, step: Transition) -> dict[str, Any]:
        """The fields of a transition's screen, by id."""
        return {field.id: self.field(field, required=required) for field, required in transition_fields(step)}

    def field(self, field: Field, *, required: bool, kind: str = "") -> dict[str, Any]:
        """One field.

        Args:
            field: The field.
            required: Whether it must be given.
            kind: Id of the issue type, which is the only one allowed.
        """
        shown: dict[str, Any] = {
            "required": required,
            "schema": schema_of(field),
            "name": field.name,
            "key": field.id,
            "hasDefaultValue": field.id in ("priority", "reporter"),
            "operations": ["add", "set", "remove"] if field.type in _LISTS else ["set"],
        }
        if field.id == "priority":
            shown["defaultValue"] = self._rendering.priority(PRIORITIES[2])
        if (allowed := self._allowed(field, kind)) is not None:
            shown["allowedValues"] = allowed
        if "user" in (field.type, field.items):
            shown["autoCompleteUrl"] = f"{self._rendering.api}/user/search?query="
        elif field.id == "labels":
            shown["autoCompleteUrl"] = f"{self._rendering.base}/rest/api/1.0/labels/suggest?query="
        elif field.id == "issuelinks":
            shown["autoCompleteUrl"] = (
                f"{self._rendering.api}/issue/picker?currentProjectId=&currentIssueKey=&query="
            )
        return shown

    def _required(self, field: Field, kind: str) -> bool:
        if field.id == "parent":
            return self._store.issue_type(kind).level < 0
        return is_required(field, kind)

    def _allowed(self, field: Field, kind: str) -> list[dict[str, Any]] | None:
        shown, project = self._rendering, self._project
        if field.options:
            children = dict(field.children)
            return [
                shown.option(option)
                | ({"children": [shown.option(c) for c in children[option.id]]} if option.id in children else {})
                for option in field.options
            ]
        made: dict[str, list[dict[str, Any]]] = {
            "priority": [shown.priority(priority) for priority in PRIORITIES],
            "resolution": [shown.resolution(resolution) for resolution in RESOLUTIONS],
            "components": [shown.component(component) for component in project.components],
            "fixVersions": [shown.version(version) for version in project.versions],
            "versions": [shown.version(version) for version in project.versions],
            "project": [shown.project(project)],
            "issuetype": [shown.issue_type(self._store.issue_type(kind))] if kind else [],
        }
        return made.get(field.id)
