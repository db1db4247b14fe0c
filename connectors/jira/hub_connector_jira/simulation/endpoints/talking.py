"""Comments, worklogs and links."""

from dataclasses import replace
from typing import Any, cast

from hub_connector_jira.simulation.asking import Ask, Handler, Reply, no_content, ok
from hub_connector_jira.simulation.endpoints.shown import Shown
from hub_connector_jira.simulation.issues import Comment, Issue, Link, RemoteLink
from hub_connector_jira.simulation.refusals import Refused
from hub_connector_jira.simulation.site import LINK_TYPES
from hub_connector_jira.simulation.writing import (
    add_comment,
    add_link,
    add_worklog,
    new_comment,
    new_worklog,
    rich_text,
)

_COMMENTS = "/issue/{issue}/comment"
_WORKLOGS = "/issue/{issue}/worklog"


def common() -> dict[tuple[str, str], Handler]:
    """The endpoints of both editions, by method and path."""
    return {
        ("GET", _COMMENTS): _list_comments,
        ("POST", _COMMENTS): _comment,
        ("GET", _COMMENTS + "/{comment}"): _get_comment,
        ("PUT", _COMMENTS + "/{comment}"): _edit_comment,
        ("DELETE", _COMMENTS + "/{comment}"): _delete_comment,
        ("GET", _WORKLOGS): _list_worklogs,
        ("POST", _WORKLOGS): _log,
        ("GET", "/issueLinkType"): _link_types,
        ("POST", "/issueLink"): _link,
        ("GET", "/issueLink/{link}"): _get_link,
        ("DELETE", "/issueLink/{link}"): _delete_link,
        ("GET", "/issue/{issue}/remotelink"): _remote_links,
        ("POST", "/issue/{issue}/remotelink"): _add_remote_link,
    }


def _list_comments(ask: Ask) -> Reply:
    issue, shown = ask.store.issue(ask.path["issue"]), Shown(ask)
    comments = sorted(issue.comments, key=lambda comment: comment.id, reverse=ask.text("orderBy").startswith("-"))
    page = ask.page(comments, most=100)
    html = "renderedBody" in ask.text("expand")
    return ok(page.named("comments", [shown.comment(issue, comment, html=html) for comment in page.items]))


def _comment(ask: Ask) -> Reply:
    issue = ask.store.writable(ask.path["issue"], doing="comment on issues")
    comment = new_comment(ask, ask.fields)
    add_comment(ask, issue, comment)
    return ok(Shown(ask).comment(issue, comment), 201)


def _get_comment(ask: Ask) -> Reply:
    issue = ask.store.issue(ask.path["issue"])
    return ok(Shown(ask).comment(issue, _comment_of(ask, issue)))


def _edit_comment(ask: Ask) -> Reply:
    issue = ask.store.writable(ask.path["issue"], doing="comment on issues")
    comment = _own_comment(ask, issue)
    if not ask.fields.get("body"):
        raise Refused(400, errors={"comment": "Comment body can not be empty!"})
    body = rich_text(ask, ask.fields["body"], "comment", "Comment body is not valid!")
    ask.store.touch(issue)
    comment.body, comment.updated = body, ask.store.now
    return ok(Shown(ask).comment(issue, comment))


def _delete_comment(ask: Ask) -> Reply:
    issue = ask.store.writable(ask.path["issue"], doing="comment on issues")
    comment = _own_comment(ask, issue)
    ask.store.touch(issue)
    issue.comments.remove(comment)
    return no_content()


def _comment_of(ask: Ask, issue: Issue) -> Comment:
    for comment in issue.comments:
        if str(comment.id) == ask.path["comment"]:
            return comment
    raise Refused(404, f"Can not find a comment for the id: {ask.path['comment']}.")


def _own_comment(ask: Ask, issue: Issue) -> Comment:
    comment = _comment_of(ask, issue)
    if comment.author != ask.caller.account_id:
        raise Refused(400, "You do not have the permission to edit this comment.")
    return comment


def _list_worklogs(ask: Ask) -> Reply:
    issue, shown = ask.store.issue(ask.path["issue"]), Shown(ask)
    page = ask.page(issue.worklogs, most=1000)
    return ok(page.named("worklogs", [shown.worklog(issue, worklog) for worklog in page.items]))


def _log(ask: Ask) -> Reply:
    issue = ask.store.writable(ask.path["issue"], doing="log work on issues")
    worklog = new_worklog(ask, ask.fields)
    add_worklog(ask, issue, worklog)
    return ok(Shown(ask).worklog(issue, worklog), 201)


def _link_types(ask: Ask) -> Reply:
    shown = Shown(ask)
    return ok({"issueLinkTypes": [shown.link_type(kind) for kind in LINK_TYPES]})


def _link(ask: Ask) -> Reply:
    add_link(ask, ask.fields)
    return Reply(status=201)


def _find_link(ask: Ask) -> Link:
    for link in ask.store.links:
        if str(link.id) == ask.path["link"] and ask.store.find(link.source) and ask.store.find(link.target):
            return link
    raise Refused(404, f"No issue link with id '{ask.path['link']}' exists.")


def _get_link(ask: Ask) -> Reply:
    link, shown = _find_link(ask), Shown(ask)
    kind = next(known for known in LINK_TYPES if known.id == link.type_id)
    return ok(
        {
            "id": str(link.id),
            "self": f"{shown.api}/issueLink/{link.id}",
            "type": shown.link_type(kind),
            "inwardIssue": shown.linked(ask.store.issue(link.source)),
            "outwardIssue": shown.linked(ask.store.issue(link.target)),
        }
    )


def _delete_link(ask: Ask) -> Reply:
    link = _find_link(ask)
    for end in (link.source, link.target):
        ask.store.touch(ask.store.writable(end, doing="link issues"))
    ask.store.links.remove(link)
    return no_content()


def _remote_links(ask: Ask) -> Reply:
    issue = ask.store.issue(ask.path["issue"])
    return ok([_remote(ask, issue, link) for link in ask.store.remote_links(issue)])


def _remote(ask: Ask, issue: Issue, link: RemoteLink) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": link.id,
        "self": f"{Shown(ask).api}/issue/{issue.key}/remotelink/{link.id}",
        "object": {"url": link.url, "title": link.title},
    }
    named = (("globalId", link.global_id), ("relationship", link.relationship))
    return shown | {name: text for name, text in named if text}


def _add_remote_link(ask: Ask) -> Reply:
    issue = ask.store.writable(ask.path["issue"], doing="link issues")
    given = ask.fields.get("object")
    target = cast("dict[str, Any]", given) if isinstance(given, dict) else {}
    problems = {name: f"'{name}' is required." for name in ("url", "title") if not target.get(name)}
    if problems:
        raise Refused(400, errors=problems)
    link = RemoteLink(
        id=ask.store.new_id(),
        url=str(target["url"]),
        title=str(target["title"]),
        global_id=str(ask.fields.get("globalId") or ""),
        relationship=str(ask.fields.get("relationship") or ""),
    )
    ask.store.touch(issue)
    known = ask.store.remote_links(issue)
    before = next((one for one in known if one.global_id and one.global_id == link.global_id), None)
    if before is not None:
        link = replace(link, id=before.id)
        known.remove(before)
    known.append(link)
    place = f"{Shown(ask).api}/issue/{issue.key}/remotelink/{link.id}"
    return ok({"id": link.id, "self": place}, 200 if before else 201)
