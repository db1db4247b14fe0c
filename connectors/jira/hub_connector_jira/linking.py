"""Links issues with one another, and with pages elsewhere."""

import re
from collections.abc import Mapping
from typing import Any

from hub.plugin import InvalidArguments
from hub_connector_jira.jql.scope import ISSUE_KEY
from hub_connector_jira.near import did_you_mean
from hub_connector_jira.reading import link_line
from hub_connector_jira.shapes import mapping, rows, string
from hub_connector_jira.site import Site

_ADDRESS = re.compile(r"https?://[^\s<>\"]+")


async def link_issue(site: Site, key: str, relation: str, to: str, title: str | None) -> str:
    """Link an issue with another, or with a page.

    Args:
        site: The Jira.
        key: Of the issue.
        relation: What the issue does to the other: a phrase such as `blocks` or `is blocked by`, or a type's name.
        to: Key of the other issue, or an address.
        title: Of the page.

    Raises:
        InvalidArguments: There is no such relation, or `to` is neither a key nor an address.
        NotFound: An issue does not exist or is out of reach.
        OutcomeUnknown: It may or may not have been linked.
        ConnectorError: Jira does not answer as it should.
    """
    if _ADDRESS.fullmatch(to):
        return await _link_page(site, key, relation, to, title)
    if not re.fullmatch(ISSUE_KEY, to):
        raise InvalidArguments(f"{to!r} is neither an issue's key nor an http address")
    kind, outward = _relation(await site.link_types(), relation)
    issue, other = await site.issue(key, "issuelinks"), await site.issue(to, "summary")
    own, target = string(issue["key"]), string(other["key"])
    side = "outwardIssue" if outward else "inwardIssue"
    if any(_is(link, kind, side, target) for link in rows(mapping(issue.get("fields")).get("issuelinks"))):
        return f"{own} {_phrase(kind, outward=outward)} {target} already; nothing done"
    # Jira reads it as: the inward issue does the outward phrase to the outward issue.
    ends = {"inwardIssue": {"key": own}, "outwardIssue": {"key": target}}
    if not outward:
        ends = {"inwardIssue": {"key": target}, "outwardIssue": {"key": own}}
    await site.wire.write("POST", "/issueLink", {"type": {"name": string(kind.get("name"))}, **ends})
    site.recent.add(string(issue.get("id")))
    site.recent.add(string(other.get("id")))
    fields = mapping((await site.issue(own, "issuelinks")).get("fields"))
    made = [link for link in rows(fields.get("issuelinks")) if _leads_to(link, target)]
    if any(_is(link, kind, side, target) for link in made):
        return f"{own} {_phrase(kind, outward=outward)} {target} now"
    seen = "; ".join(link_line(link, site) for link in made) or "none"
    return f"linked, but not as asked: {own} {_phrase(kind, outward=outward)} {target}; Jira shows: {seen}"


async def _link_page(site: Site, key: str, relation: str, to: str, title: str | None) -> str:
    own = await site.writable(key)
    # One link a page: with the same globalId, Jira renews the link it has.
    body = {"globalId": to, "relationship": relation, "object": {"url": to, "title": title or to}}
    made = mapping(await site.wire.write("POST", "/issue/{key}/remotelink", body, key=own))
    return f"{own} links to {to} ({relation}; link {string(made.get('id'))})"


def _relation(kinds: list[dict[str, Any]], relation: str) -> tuple[Mapping[str, Any], bool]:
    """The link type, and whether the relation is its outward one."""
    lowered = relation.strip().casefold()
    for key, outward in (("outward", True), ("inward", False), ("name", True)):
        for kind in kinds:
            if string(kind.get(key)).casefold() == lowered:
                return kind, outward
    phrases = dict.fromkeys(string(kind.get(key)) for kind in kinds for key in ("outward", "inward"))
    raise InvalidArguments(f"Jira has no relation {relation!r}", hint=did_you_mean(relation, phrases))


def _phrase(kind: Mapping[str, Any], *, outward: bool) -> str:
    return string(kind.get("outward" if outward else "inward"))


def _is(link: Mapping[str, Any], kind: Mapping[str, Any], side: str, target: str) -> bool:
    same = mapping(link.get("type")).get("name") == kind.get("name")
    symmetric = kind.get("inward") == kind.get("outward")
    return same and (_leads_to(link, target) if symmetric else mapping(link.get(side)).get("key") == target)


def _leads_to(link: Mapping[str, Any], target: str) -> bool:
    return target in (mapping(link.get("inwardIssue")).get("key"), mapping(link.get("outwardIssue")).get("key"))
