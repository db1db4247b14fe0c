"""Comments on issues, and logs work on them."""

import re
from typing import Any

from hub.plugin import InvalidArguments, Moment
from hub_connector_jira.shapes import mapping, string
from hub_connector_jira.showing import person
from hub_connector_jira.site import Site
from hub_connector_jira.times import lasting, minute, stamp

_SPENT = re.compile(r"[0-9]+(?:\.[0-9]+)?[wdhm]\b|[0-9]+(?:\.[0-9]+)?[wdhm](?=[0-9])")


async def comment(site: Site, key: str, text: str, comment_id: str | None, role: str | None) -> str:
    """Add a comment, or write one anew.

    Args:
        site: The Jira.
        key: Of the issue.
        text: In Markdown.
        comment_id: Of the comment to replace; None for a new one.
        role: Project role whose members alone will see it.

    Raises:
        NotFound: There is no such issue or comment, or it is out of reach.
        OutcomeUnknown: It may or may not have been written.
        ConnectorError: Jira does not answer as it should.
    """
    own = await site.writable(key)
    if comment_id is None:
        return await add_comment(site, own, text, role)
    body, remarks = await _body(site, text, role)
    path = "/issue/{key}/comment/{id}"
    before = mapping(await site.wire.get(path, key=own, id=comment_id))
    written = mapping(await site.wire.write("PUT", path, body, key=own, id=comment_id))
    head = f"comment {comment_id} of {own} by {person(before.get('author'))} now reads:"
    return "\n".join([head, site.plain(written.get("body")), *remarks])


async def add_comment(site: Site, key: str, text: str, role: str | None) -> str:
    """Add a comment to an issue that is in reach.

    Raises:
        OutcomeUnknown: It may or may not have been added.
        ConnectorError: Jira does not answer as it should.
    """
    body, remarks = await _body(site, text, role)
    added = mapping(await site.wire.write("POST", "/issue/{key}/comment", body, key=key))
    seen = f", shown to role {role}" if role else ""
    return "\n".join([f"comment {string(added.get('id'))} added to {key}{seen}", *remarks])


async def _body(site: Site, text: str, role: str | None) -> tuple[dict[str, Any], list[str]]:
    if not text.strip():
        raise InvalidArguments("The comment is empty")
    rich, unknown = await site.rich(text)
    body: dict[str, Any] = {"body": rich}
    if role:
        body["visibility"] = {"type": "role", "value": role}
    return body, [f"@{who} mentions nobody Jira knows" for who in unknown]


async def log_work(site: Site, key: str, spent: str, started: Moment | None, text: str | None) -> str:
    """Log work on an issue.

    Args:
        site: The Jira.
        key: Of the issue.
        spent: In Jira's words, such as `1h 30m`; how long a day is, is a setting of the site.
        started: When it began; now if None.
        text: What was done, in Markdown.

    Raises:
        InvalidArguments: The time cannot be read.
        NotFound: There is no such issue, or it is out of reach.
        OutcomeUnknown: It may or may not have been logged.
        ConnectorError: Jira does not answer as it should.
    """
    units = _SPENT.findall(spent)
    if not units or _SPENT.sub("", spent).strip():
        raise InvalidArguments(f"{spent!r} is no time spent", hint="Write it like 45m, 1h 30m or 2d")
    own = await site.writable(key)
    body: dict[str, Any] = {"timeSpent": " ".join(units), "started": stamp(started or Moment.parse("now"))}
    remarks: list[str] = []
    if text:
        body["comment"], unknown = await site.rich(text)
        remarks = [f"@{who} mentions nobody Jira knows" for who in unknown]
    logged = mapping(await site.wire.write("POST", "/issue/{key}/worklog", body, key=own))
    site.recent.add(string(logged.get("issueId")))
    took, begun = lasting(logged.get("timeSpentSeconds")), minute(logged.get("started"))
    return "\n".join(
        [f"logged {took} on {own}, started {begun} UTC (worklog {string(logged.get('id'))})", *remarks]
    )
