"""Changes issues, and answers with what changed."""

from collections.abc import Mapping
from typing import Any

from hub.plugin import ConnectorError, InvalidArguments
from hub_connector_jira.filling import fill
from hub_connector_jira.screens import edit_screen
from hub_connector_jira.shapes import mapping, string
from hub_connector_jira.site import Site
from hub_connector_jira.verifying import diff, differences


async def update_issue(site: Site, key: str, values: Mapping[str, Any]) -> str:
    """Change fields of an issue.

    Args:
        site: The Jira.
        key: Of the issue.
        values: By display name or id; see `filling.fill`.

    Raises:
        InvalidArguments: A field cannot be edited, or a value is wrong.
        NotFound: There is no such issue, or it is out of reach.
        OutcomeUnknown: It may or may not have been changed.
        ConnectorError: Jira does not answer as it should.
    """
    if not values:
        raise InvalidArguments("Nothing to change", hint="Pass fields")
    own = await site.writable(key)
    screen = await edit_screen(site, own)
    filled = await fill(site, screen, values, own.rpartition("-")[0].upper())
    before = mapping(await _fields(site, own, filled.ids))
    await site.wire.write("PUT", "/issue/{key}", filled.body(), key=own)
    site.recent.add(string(before.get("id")))
    try:
        after = mapping(await _fields(site, own, filled.ids))
    except ConnectorError as error:
        return f"updated {own}; reading it back failed: {error.message}"
    old, new = mapping(before.get("fields")), mapping(after.get("fields"))
    lines = [
        diff(site, filled.names[id_], old.get(id_), new.get(id_))
        for id_ in filled.ids
        if old.get(id_) != new.get(id_)
    ]
    same = [filled.names[id_] for id_ in filled.ids if old.get(id_) == new.get(id_)]
    missed = differences(site, filled, new)
    head = f"updated {own}" if lines else f"{own} is as it was"
    return "\n".join(
        [
            head,
            *lines,
            *([f"unchanged: {', '.join(same)}"] if same else []),
            *(["not as sent:", *missed] if missed else []),
            *filled.remarks,
        ]
    )


async def _fields(site: Site, key: str, ids: list[str]) -> Any:
    return await site.wire.get("/issue/{key}", {"fields": ",".join(ids)}, key=key)
