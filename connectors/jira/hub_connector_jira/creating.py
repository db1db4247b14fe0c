"""Creates issues, and reads back what became of them."""

from collections.abc import Mapping
from typing import Any

from hub.plugin import ConnectorError, InvalidArguments
from hub_connector_jira.documents.nodes import is_document
from hub_connector_jira.filling import Filled, fill
from hub_connector_jira.screens import create_screen
from hub_connector_jira.shapes import mapping, string
from hub_connector_jira.showing import clipped, shown
from hub_connector_jira.site import Site
from hub_connector_jira.verifying import differences

_SHOWN = 200


async def create_issue(
    site: Site, project: str, kind: str, values: Mapping[str, Any], *, validate_only: bool
) -> str:
    """Create an issue.

    Args:
        site: The Jira.
        project: Its project's key.
        kind: Name of its type.
        values: Its fields by display name or id, the summary among them.
        validate_only: Check everything, create nothing.

    Raises:
        InvalidArguments: A field is missing or wrong.
        OutcomeUnknown: It may or may not have been created.
        ConnectorError: Jira does not answer as it should.
    """
    issue_type, screen = await create_screen(site, project, kind)
    project = site.scope.project(project)
    filled = await fill(site, screen, values, project)
    if "issuetype" in filled.names:
        raise InvalidArguments(f"{filled.names['issuetype']} is an argument of its own, not a field")
    if filled.update:
        raise InvalidArguments("+ and - change a list that is there; a new issue takes plain values")
    filled.fields = {name: value for name, value in filled.fields.items() if value not in (None, [])}
    screen.want_all([*filled.fields, "project", "issuetype"])
    type_name = string(issue_type.get("name"))
    if validate_only:
        told = [f"{filled.names[id_]}: {_told(site, filled, id_)}" for id_ in filled.fields]
        return "\n".join([f"valid, nothing created: {type_name} in {project}", *told, *filled.remarks])
    own = {"project": {"key": project}, "issuetype": {"id": string(issue_type.get("id"))}}
    created = mapping(await site.wire.write("POST", "/issue", {"fields": {**own, **filled.fields}}))
    key = string(created.get("key"))
    site.recent.add(string(created.get("id")))
    head = [f"created {key} ({type_name})", f"url: {site.browse(key)}"]
    return "\n".join([*head, *await _read_back(site, key, filled), *filled.remarks])


async def _read_back(site: Site, key: str, filled: Filled) -> list[str]:
    """What Jira made of it; the issue is there, so a failure here must not look like one of creating it."""
    try:
        ids = ",".join(dict.fromkeys([*filled.said, "status", "assignee", "priority"]))
        fields = mapping(mapping(await site.wire.get("/issue/{key}", {"fields": ids}, key=key)).get("fields"))
    except ConnectorError as error:
        return [f"reading it back failed: {error.message}"]
    found = differences(site, filled, fields)
    lines = [f"{id_}: {shown(fields.get(id_)) or 'nobody'}" for id_ in ("status", "assignee") if id_ in fields]
    if found:
        return [*lines, "not as sent:", *found]
    return [*lines, "all fields are as sent"]


def _told(site: Site, filled: Filled, id_: str) -> str:
    """A value as it was understood: what was given, and the id it stands for."""
    value, given = filled.fields[id_], shown(filled.given[id_])
    if isinstance(value, str) or is_document(value):
        return clipped(site.plain(value), _SHOWN)
    meant = shown(value)
    return given if meant in ("", given) else f"{given} ({meant})"
