"""Moves issues through their workflow."""

from collections.abc import Mapping, Sequence
from typing import Any

from hub.plugin import ConnectorError, InvalidArguments
from hub_connector_jira.commenting import add_comment
from hub_connector_jira.filling import fill
from hub_connector_jira.near import near
from hub_connector_jira.reading import transition_line
from hub_connector_jira.screens import Screen, screen_field
from hub_connector_jira.shapes import Json, mapping, rows, string
from hub_connector_jira.showing import shown
from hub_connector_jira.site import Site
from hub_connector_jira.verifying import differences


async def transition_issue(
    site: Site, key: str, to: str, resolution: str | None, values: Mapping[str, Any] | None, comment: str | None
) -> str:
    """Move an issue.

    Args:
        site: The Jira.
        key: Of the issue.
        to: Name of the transition, or of the status it leads to.
        resolution: By name.
        values: Further fields of the transition's screen.
        comment: In Markdown.

    Raises:
        InvalidArguments: There is no such transition now, or its screen takes or wants other fields.
        NotFound: There is no such issue, or it is out of reach.
        OutcomeUnknown: It may or may not have been moved.
        ConnectorError: Jira does not answer as it should.
    """
    issue = await site.issue(key, "status,resolution")
    own, before = string(issue["key"]), shown(mapping(issue.get("fields")).get("status"))
    found = mapping(await site.wire.get("/issue/{key}/transitions", {"expand": "transitions.fields"}, key=own))
    chosen = _chosen(rows(found.get("transitions")), to, own, before)
    name = string(chosen.get("name"))
    described = mapping(chosen.get("fields"))
    screen = Screen((screen_field(mapping(one), id_) for id_, one in described.items()), f"on transition {name!r}")
    wanted = dict(values or {})
    if resolution is not None:
        wanted["resolution"] = resolution
    filled = await fill(site, screen, wanted, own.rpartition("-")[0].upper())
    with_it = comment is not None and "comment" in described
    screen.want_all([*filled.fields, *filled.update, *(["comment"] if with_it else [])])
    body: dict[str, Any] = {"transition": {"id": string(chosen.get("id"))}, **filled.body()}
    if comment is not None and with_it:
        rich, unknown = await site.rich(comment)
        body["update"] = {**body.get("update", {}), "comment": [{"add": {"body": rich}}]}
        filled.remarks += [f"@{who} in the comment mentions nobody Jira knows" for who in unknown]
    await site.wire.write("POST", "/issue/{key}/transitions", body, key=own)
    site.recent.add(string(issue.get("id")))
    lines = [await _moved(site, own, before, filled)]
    if comment is not None and not with_it:
        # A comment that the screen does not show would be dropped without a word.
        lines.append(await _commented(site, own, comment))
    elif with_it:
        lines.append("comment added")
    return "\n".join([*lines, *filled.remarks])


async def _moved(site: Site, key: str, before: str, filled: Any) -> str:
    try:
        ids = ",".join(dict.fromkeys(["status", "resolution", *filled.ids]))
        fields = mapping(mapping(await site.wire.get("/issue/{key}", {"fields": ids}, key=key)).get("fields"))
    except ConnectorError as error:
        return f"moved {key}; reading it back failed: {error.message}"
    resolution = shown(fields.get("resolution"))
    line = f"{key}: {before} -> {shown(fields.get('status'))}{f', resolution {resolution}' if resolution else ''}"
    missed = differences(site, filled, fields)
    return "\n".join([line, "not as sent:", *missed]) if missed else line


async def _commented(site: Site, key: str, comment: str) -> str:
    try:
        return await add_comment(site, key, comment, None)
    except ConnectorError as error:
        return f"the comment was not added: {error.message}"


def _chosen(transitions: Sequence[Json], to: str, key: str, status: str) -> Json:
    lowered = to.strip().casefold()
    found = [one for one in transitions if lowered in (string(one.get("name")).casefold(), string(one.get("id")))]
    found = found or [one for one in transitions if shown(one.get("to")).casefold() == lowered]
    if len(found) == 1:
        return found[0]
    lines = "; ".join(transition_line(one) for one in found or transitions) or "none"
    if found:
        raise InvalidArguments(
            f"{len(found)} transitions of {key} lead to {to!r}", hint=f"Pass one's name: {lines}"
        )
    if lowered == status.casefold():
        raise InvalidArguments(f"{key} is in status {status!r} already", hint=f"From there: {lines}")
    names = [name for one in transitions for name in (string(one.get("name")), shown(one.get("to")))]
    close = near(to, names, 1)
    guess = f"Did you mean {close[0]!r}? " if close else ""
    raise InvalidArguments(f"{key} ({status}) has no transition {to!r} now", hint=f"{guess}There are: {lines}")
