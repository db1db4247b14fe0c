"""What surrounds issues: attached files, saved filters and the development panel."""

from typing import Any

from hub_connector_jira.simulation.asking import Ask, Handler, Reply, ok
from hub_connector_jira.simulation.endpoints.shown import Shown
from hub_connector_jira.simulation.refusals import Refused
from hub_connector_jira.simulation.world.development import APPLICATION, KINDS, development_of
from hub_connector_jira.simulation.world.planning import Filter

_DETAIL = {"pullrequest": "pullRequests", "branch": "branches", "repository": "repositories"}
MEDIA_SECONDS = 60


def cloud() -> dict[tuple[str, str], Handler]:
    """The endpoints of Cloud, by method and path."""
    return {
        ("GET", "/attachment/content/{attachment}"): _content,
        ("GET", "/attachment/thumbnail/{attachment}"): _content,
        ("GET", "/filter/search"): _search_filters,
        ("GET", "/filter/my"): _my_filters,
    }


def common() -> dict[tuple[str, str], Handler]:
    """The endpoints of both editions, by method and path."""
    return {
        ("GET", "/attachment/{attachment}"): _attachment,
        ("GET", "/filter/favourite"): _favourites,
        ("GET", "/filter/{filter}"): _filter,
    }


def development() -> dict[tuple[str, str], Handler]:
    """The endpoints behind the development panel, which Atlassian does not document."""
    return {("GET", "/issue/summary"): _development_summary, ("GET", "/issue/detail"): _development_detail}


def file_of(ask: Ask) -> Reply:
    """The bytes of an attachment."""
    _, attachment = ask.store.attachment(ask.path["attachment"])
    name = attachment.filename.replace('"', "")
    headers = {"content-type": attachment.mime_type, "content-disposition": f'attachment; filename="{name}"'}
    return Reply(body=attachment.content(), headers=headers)


def _attachment(ask: Ask) -> Reply:
    _, attachment = ask.store.attachment(ask.path["attachment"])
    return ok({**Shown(ask).attachment(attachment), "id": attachment.id})


def _content(ask: Ask) -> Reply:
    """The file itself, or as by default the way to where the bytes are, which is open for a minute."""
    _, attachment = ask.store.attachment(ask.path["attachment"])
    if not ask.flag("redirect", default=True):
        return file_of(ask)
    token = f"{attachment.id}-{ask.store.now // 1000 + MEDIA_SECONDS}"
    return Reply(status=303, headers={"location": f"{ask.base}/media/file/{attachment.id}/binary?token={token}"})


def _shown_filter(ask: Ask, saved: Filter) -> dict[str, Any]:
    shown = Shown(ask)
    return {
        "self": f"{shown.api}/filter/{saved.id}",
        "id": str(saved.id),
        "name": saved.name,
        "description": saved.description,
        "owner": shown.user_by_id(saved.owner),
        "jql": saved.jql,
        "viewUrl": f"{ask.base}/issues/?filter={saved.id}",
        "searchUrl": f"{shown.api}/search?jql=filter%3D{saved.id}",
        "favourite": saved.favourite,
    }


def _search_filters(ask: Ask) -> Reply:
    words, expand = ask.text("filterName").lower(), ask.text("expand").split(",")
    kept = {"self", "id", "name", *expand}
    page = ask.page([saved for saved in ask.store.filters if words in saved.name.lower()])
    found = [
        {name: value for name, value in _shown_filter(ask, saved).items() if name in kept} for saved in page.items
    ]
    return ok({"self": f"{Shown(ask).api}/filter/search", **page.bean(found)})


def _my_filters(ask: Ask) -> Reply:
    return ok([_shown_filter(ask, saved) for saved in ask.store.filters if saved.owner == ask.caller.handle])


def _favourites(ask: Ask) -> Reply:
    return ok([_shown_filter(ask, saved) for saved in ask.store.filters if saved.favourite])


def _filter(ask: Ask) -> Reply:
    for saved in ask.store.filters:
        if str(saved.id) == ask.path["filter"]:
            return ok(_shown_filter(ask, saved))
    raise Refused(
        404 if ask.store.options.data_center else 400,
        "The selected filter is not available to you, perhaps it has been deleted or had its permissions changed.",
    )


def _entries(ask: Ask) -> dict[str, list[dict[str, Any]]]:
    issue = ask.store.issue(ask.text("issueId"))
    return development_of(ask.store.story, issue, ask.store.change_key)


def _development_summary(ask: Ask) -> Reply:
    entries = _entries(ask)
    summary: dict[str, Any] = {}
    for kind in KINDS:
        count = len(entries.get(kind, ()))
        overall: dict[str, Any] = {"count": count, "lastUpdated": None, "dataType": kind}
        if kind == "pullrequest" and count:
            overall |= {"state": "MERGED", "open": False, "stateCount": count}
        instances = {APPLICATION: {"count": count, "name": APPLICATION}} if count else {}
        summary[kind] = {"overall": overall, "byInstanceType": instances}
    return ok({"errors": [], "configErrors": [], "summary": summary})


def _development_detail(ask: Ask) -> Reply:
    kind = ask.text("dataType")
    if kind not in KINDS or not ask.text("applicationType"):
        raise Refused(400, "The parameters 'applicationType' and 'dataType' are required.")
    found = _entries(ask).get(kind, []) if ask.text("applicationType").lower() == APPLICATION.lower() else []
    empty: dict[str, Any] = {name: [] for name in _DETAIL.values()}
    detail = [{**empty, _DETAIL[kind]: found, "_instance": {"name": APPLICATION}}] if found else []
    return ok({"errors": [], "detail": detail})
