"""Issues in full, as reading and searching show them."""

from collections.abc import Sequence
from typing import Any

from hub_connector_jira.simulation.asking import Ask
from hub_connector_jira.simulation.bodies import html_of
from hub_connector_jira.simulation.fields import Field
from hub_connector_jira.simulation.issue_json import IssueRendering, schema_of
from hub_connector_jira.simulation.issues import Issue
from hub_connector_jira.simulation.metadata import Metadata
from hub_connector_jira.simulation.workflow import Transition, workflow_of

_MOST_CHANGES = 100


class Shown(IssueRendering):
    """Writes issues with what a caller expands.

    Args:
        ask: The request.
    """

    def __init__(self, ask: Ask) -> None:
        super().__init__(ask.store, ask.base, ask.version)
        self._site = ask.store

    def searched(self, issue: Issue, names: Sequence[str], fields: list[Field], expand: str) -> dict[str, Any]:
        """An issue within a search: its id alone unless fields are asked for."""
        if not names:
            return {"id": str(issue.id)}
        return self.expanded(issue, fields, expand)

    def expanded(self, issue: Issue, fields: list[Field], expand: str) -> dict[str, Any]:
        """An issue with what `expand` names beside its fields."""
        shown = self.issue(issue, fields)
        if "changelog" in expand:
            changes = [self.change(change) for change in reversed(issue.history)][:_MOST_CHANGES]
            page = {"startAt": 0, "maxResults": len(changes), "total": len(issue.history)}
            shown["changelog"] = page | {"histories": changes}
        if "renderedFields" in expand:
            shown["renderedFields"] = {
                field.id: html_of(body) if field.is_text_area and (body := issue.values.get(field.id)) else None
                for field in fields
            }
        if "names" in expand:
            shown["names"] = {field.id: field.name for field in fields}
        if "schema" in expand:
            shown["schema"] = {field.id: schema_of(field) for field in fields}
        if "transitions" in expand:
            shown["transitions"] = [self.transition(step, issue, fields=False) for step in steps_from(issue)]
        if "editmeta" in expand:
            shown["editmeta"] = {"fields": self.metadata(issue).edited(issue)}
        return shown

    def transition(self, step: Transition, issue: Issue, *, fields: bool) -> dict[str, Any]:
        """A transition, with the fields of its screen."""
        shown: dict[str, Any] = {
            "id": step.id,
            "name": step.name,
            "to": self.status(self._site.status(step.target)),
            "hasScreen": bool(step.screen),
            "isGlobal": False,
            "isInitial": False,
            "isAvailable": True,
            "isConditional": False,
            "isLooped": False,
        }
        if fields:
            shown["fields"] = self.metadata(issue).moved(step)
        return shown

    def metadata(self, issue: Issue) -> Metadata:
        """Describes the fields of an issue."""
        return Metadata(self._site, self, self._site.project_of(issue))


def steps_from(issue: Issue) -> list[Transition]:
    """The transitions an issue can take now."""
    return [step for step in workflow_of(issue.values["issuetype"]) if issue.values["status"] in step.sources]
