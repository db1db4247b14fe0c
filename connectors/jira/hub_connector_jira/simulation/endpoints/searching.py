"""Search: queries with tokens on Cloud and with startAt on Data Center, counts, and what completes a query."""

import base64
import hashlib
import json
from collections.abc import Iterable
from typing import Any, cast

from hub_connector_jira.simulation.asking import Ask, Handler, Reply, count_in, ok
from hub_connector_jira.simulation.endpoints.shown import Shown
from hub_connector_jira.simulation.fields import FIELDS, Field
from hub_connector_jira.simulation.issue_json import fields_named, schema_of
from hub_connector_jira.simulation.issues import Issue
from hub_connector_jira.simulation.jql.catalogue import Catalogue
from hub_connector_jira.simulation.jql.errors import JqlError
from hub_connector_jira.simulation.jql.functions import Scope, functions
from hub_connector_jira.simulation.jql.lexer import RESERVED
from hub_connector_jira.simulation.jql.parser import parse
from hub_connector_jira.simulation.jql.search import search
from hub_connector_jira.simulation.refusals import Refused

_DEFAULT_PAGE, _LARGEST_PAGE, _LARGEST_PAGE_OF_IDS = 50, 100, 5000
_MOST_RECONCILED = 50
_TOKEN_MS = 7 * 86_400_000
REMOVED = (
    "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. A full migration "
    "guideline is available at https://developer.atlassian.com/changelog/#CHANGE-2046"
)


def cloud() -> dict[tuple[str, str], Handler]:
    """The endpoints of Cloud, by method and path."""
    return {
        ("POST", "/search/jql"): _search_jql,
        ("GET", "/search/jql"): _search_jql_by_get,
        ("POST", "/search/approximate-count"): _count,
        ("GET", "/search"): _removed,
        ("POST", "/search"): _removed,
        ("POST", "/jql/parse"): _parse,
    }


def server() -> dict[tuple[str, str], Handler]:
    """The endpoints of Data Center, by method and path."""
    return {("GET", "/search"): _search_by_get, ("POST", "/search"): _search}


def common() -> dict[tuple[str, str], Handler]:
    """The endpoints of both, by method and path."""
    return {("GET", "/jql/autocompletedata"): _autocomplete}


def found(ask: Ask, jql: str, reconciled: Iterable[int] = (), *, bounded: bool = False) -> list[Issue]:
    """The issues that a query asks for.

    Raises:
        Refused: The query is wrong.
    """
    scope = Scope(store=ask.store, caller=ask.caller, now=ask.store.now)
    try:
        return search(jql, scope, ask.store.searchable(reconciled), bounded=bounded)
    except JqlError as error:
        raise Refused(400, *error.messages) from None


def page_of_search(ask: Ask, body: dict[str, Any], issues: list[Issue]) -> dict[str, Any]:
    """A page of issues as `startAt` asks for it, with all navigable fields unless others are named."""
    start, size = count_in(body, "startAt", 0), min(count_in(body, "maxResults", _DEFAULT_PAGE), 1000)
    fields = fields_named(
        _names(body.get("fields")), lambda field: field.id not in ("comment", "worklog", "attachment")
    )
    shown = Shown(ask)
    return {
        "expand": "schema,names",
        "startAt": start,
        "maxResults": size,
        "total": len(issues),
        "issues": [shown.issue(issue, fields) for issue in issues[start : start + size]],
    }


def _search_jql(ask: Ask) -> Reply:
    return _tokened(ask, ask.fields)


def _search_jql_by_get(ask: Ask) -> Reply:
    body: dict[str, Any] = {name: ask.text(name) for name in ("jql", "expand", "nextPageToken") if ask.text(name)}
    body |= {name: ask.words(name) for name in ("fields", "reconcileIssues") if ask.words(name)}
    return _tokened(ask, body | {"maxResults": ask.number("maxResults", _DEFAULT_PAGE)})


def _tokened(ask: Ask, body: dict[str, Any]) -> Reply:
    jql = str(body.get("jql") or "")
    names = _names(body.get("fields"))
    fields = fields_named(names, lambda _: False)
    expand = str(body.get("expand") or "")
    found_issues = found(ask, jql, _reconciled(body.get("reconcileIssues")), bounded=True)
    largest = _LARGEST_PAGE if fields else _LARGEST_PAGE_OF_IDS
    size = min(count_in(body, "maxResults", _DEFAULT_PAGE), largest)
    start = _start_of(body.get("nextPageToken"), jql, ask.store.now)
    issues, is_last = found_issues[start : start + size], start + size >= len(found_issues)
    shown = Shown(ask)
    answer: dict[str, Any] = {"issues": [shown.searched(issue, names, fields, expand) for issue in issues]}
    if not is_last:
        answer["nextPageToken"] = _token(start + size, jql, ask.store.now)
    if "names" in expand:
        answer["names"] = {field.id: field.name for field in fields}
    if "schema" in expand:
        answer["schema"] = {field.id: schema_of(field) for field in fields}
    return ok(answer | {"isLast": is_last})


def _count(ask: Ask) -> Reply:
    return ok({"count": len(found(ask, str(ask.fields.get("jql") or ""), bounded=True))})


def _removed(_: Ask) -> Reply:
    raise Refused(410, REMOVED)


def _search(ask: Ask) -> Reply:
    return ok(page_of_search(ask, ask.fields, found(ask, str(ask.fields.get("jql") or ""))))


def _search_by_get(ask: Ask) -> Reply:
    return ok(page_of_search(ask, paging(ask), found(ask, ask.text("jql"))))


def paging(ask: Ask) -> dict[str, Any]:
    """The parameters of a page in the query, as a body would hold them."""
    fields = {"fields": ask.words("fields")} if ask.words("fields") else {}
    return {"startAt": ask.number("startAt", 0), "maxResults": ask.number("maxResults", _DEFAULT_PAGE), **fields}


def _parse(ask: Ask) -> Reply:
    queries = ask.fields.get("queries")
    if not isinstance(queries, list) or not queries:
        raise Refused(400, "The query list may not be empty.")
    answers: list[dict[str, Any]] = []
    for query in cast("list[Any]", queries):
        try:
            parse(str(query))
            if ask.text("validation", "strict") == "strict":
                search(str(query), Scope(store=ask.store, caller=ask.caller, now=ask.store.now), (), bounded=False)
            answers.append({"query": str(query)})
        except JqlError as error:
            answers.append({"query": str(query), "errors": list(error.messages)})
    return ok({"queries": answers})


def _autocomplete(ask: Ask) -> Reply:
    catalogue = Catalogue(ask.store)
    return ok(
        {
            "visibleFieldNames": [
                _reference(field, catalogue) for field in FIELDS if any(map(catalogue.find, field.clauses))
            ],
            "visibleFunctionNames": [
                {
                    "value": function.signature,
                    "displayName": function.signature,
                    "types": [f"com.atlassian.jira.{function.kind}"],
                    **({"isList": "true"} if function.is_list else {}),
                }
                for function in functions().values()
            ],
            "jqlReservedWords": sorted(RESERVED),
        }
    )


def _reference(field: Field, catalogue: Catalogue) -> dict[str, Any]:
    searcher = next(searcher for name in field.clauses if (searcher := catalogue.find(name)))
    custom = {"cfid": f"cf[{field.number}]"} if field.custom else {}
    return {
        "value": field.name if field.custom else field.clauses[0],
        "displayName": f"{field.name} - cf[{field.number}]" if field.custom else field.name,
        "orderable": "true",
        "searchable": "true",
        **custom,
        "operators": list(searcher.operators),
        "types": [f"com.atlassian.jira.{searcher.kind}"],
    }


def _names(fields: Any) -> list[str]:
    return [str(name) for name in cast("list[Any]", fields)] if isinstance(fields, list) else []


def _reconciled(ids: Any) -> list[int]:
    if ids is None:
        return []
    if not isinstance(ids, list) or not all(str(id_).isdigit() for id_ in cast("list[Any]", ids)):
        raise Refused(400, "The 'reconcileIssues' parameter must be a list of issue ids.")
    if len(cast("list[Any]", ids)) > _MOST_RECONCILED:
        raise Refused(400, f"The 'reconcileIssues' parameter may hold at most {_MOST_RECONCILED} issue ids.")
    return [int(id_) for id_ in cast("list[Any]", ids)]


def _token(start: int, jql: str, now: int) -> str:
    held = json.dumps([start, _mark(jql), now + _TOKEN_MS])
    return base64.urlsafe_b64encode(held.encode()).decode()


def _start_of(token: Any, jql: str, now: int) -> int:
    if token is None:
        return 0
    try:
        start, mark, expires = json.loads(base64.urlsafe_b64decode(str(token)))
    except ValueError:
        raise Refused(400, "The provided nextPageToken is not valid.") from None
    if mark != _mark(jql) or expires < now:
        raise Refused(400, "The provided nextPageToken has expired or belongs to another query.")
    return int(start)


def _mark(jql: str) -> str:
    return hashlib.sha256(jql.encode()).hexdigest()[:12]
