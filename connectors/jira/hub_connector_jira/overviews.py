"""What a saved filter and an active sprint show: a head and their issues."""

from hub.plugin import ConnectorError, Table
from hub_connector_jira.searching import search
from hub_connector_jira.shapes import items, mapping, rows, string
from hub_connector_jira.showing import person
from hub_connector_jira.site import Site
from hub_connector_jira.sprints import boards_of, sprints_of
from hub_connector_jira.times import minute

_ISSUES = 50


async def saved_filter(site: Site, id_: str) -> Table | str:
    """A saved filter and the first issues it finds.

    Raises:
        NotFound: There is none, or it is not shared with this account.
        ConnectorError: Jira does not answer as it should.
    """
    found = mapping(await site.wire.get("/filter/{id}", id=id_))
    head = [f"filter {id_}: {string(found.get('name'))} (of {person(found.get('owner'))})"]
    if about := string(found.get("description")):
        head.append(about)
    head.append(f"JQL: {string(found.get('jql'))}")
    # By its id, since its own JQL may use what ours does not understand.
    return _under(head, await search(site, f"filter = {id_}", None, _ISSUES, None), site)


async def active_sprint(site: Site, board: int) -> Table | str:
    """The active sprint of a board and its issues; with several, the oldest.

    Raises:
        NotFound: There is no such board, or it is out of reach.
        ConnectorError: Jira does not answer as it should.
    """
    (one,) = await boards_of(site, None, board)
    name = string(one.get("name"))
    sprints = await sprints_of(site, one, "active")
    if not sprints:
        return f"board {board} {name} has no {'sprints' if sprints is None else 'active sprint'}"
    first, *others = sprints
    id_ = string(first.get("id"))
    dates = f"{minute(first.get('startDate'))} to {minute(first.get('endDate'))} UTC"
    head = [f"sprint {id_}: {string(first.get('name'))}, {dates}, board {board} {name}"]
    if goal := string(first.get("goal")):
        head.append(f"goal: {goal}")
    if others:
        head.append(f"also active: {', '.join(string(sprint.get('name')) for sprint in others)}")
    query = f"sprint = {id_} ORDER BY status, priority DESC"
    return _under(head, await search(site, query, None, _ISSUES, None), site)


def _under(head: list[str], found: Table | str, site: Site) -> Table | str:
    lines = [*head, *([site.scope.told] if site.scope.told else [])]
    if isinstance(found, str):
        return "\n".join([*lines, found])
    if found.cursor:
        lines.append(f"the first {len(found.rows)} issues; search with this JQL for more")
    note = "\n".join([*lines, *([found.note] if found.note else [])])
    return Table(columns=found.columns, rows=found.rows, note=note, total=found.total)


async def matching_filters(site: Site, prefix: str) -> list[str]:
    """Ids of filters, for completion: those starred on Data Center, those one may see on Cloud."""
    try:
        if site.cloud:
            page = mapping(await site.wire.get("/filter/search", {"maxResults": "100"}))
            found = rows(page.get("values"))
        else:
            found = rows(items(await site.wire.get("/filter/favourite")))
    except ConnectorError:
        return []
    return [id_ for one in found if (id_ := string(one.get("id"))).startswith(prefix)]
