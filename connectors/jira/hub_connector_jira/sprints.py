"""Boards and sprints.

API: https://developer.atlassian.com/cloud/jira/software/rest/api-group-board/ and .../api-group-sprint/
"""

import re
from collections.abc import Sequence
from typing import Any, Literal

from hub.plugin import InvalidArguments, InvalidRequest, NotFound, Table
from hub_connector_jira.near import did_you_mean
from hub_connector_jira.shapes import Json, mapping, rows, string
from hub_connector_jira.showing import clipped
from hub_connector_jira.site import Site
from hub_connector_jira.times import minute
from hub_connector_jira.wire import AGILE

State = Literal["active", "future", "closed", "all"]
_MOST_BOARDS = 20
_MOST_PAGES = 20
_PAGE = 50
_GOAL = 120


async def list_sprints(site: Site, project: str | None, board: int | None, state: State, limit: int) -> Table | str:
    """Sprints of a board, or of the boards of a project; closed ones the latest first.

    Raises:
        InvalidArguments: Neither a project nor a board is given, or it is out of reach.
        ConnectorError: Jira does not answer as it should.
    """
    boards = await boards_of(site, project, board)
    found: list[tuple[Json, Json]] = []
    without: list[str] = []
    for one in boards:
        sprints = await sprints_of(site, one, state)
        if sprints is None:
            without.append(string(one.get("name")))
        found += [(one, sprint) for sprint in sprints or ()]
    # The same sprint can show on several boards.
    by_id = {string(sprint.get("id")): (one, sprint) for one, sprint in reversed(found)}
    chosen = sorted(by_id.values(), key=_order)
    notes = [f"boards without sprints (Kanban): {', '.join(without)}"] if without else []
    if len(boards) >= _MOST_BOARDS:
        notes.append(f"only {len(boards)} boards were looked at; pass board for another one")
    note = "\n".join(notes)
    if not chosen:
        which = "" if state == "all" else f"{state} "
        names = ", ".join(string(one.get("name")) for one in boards) or "none"
        return "\n".join(filter(None, [f"no {which}sprints; boards: {names}", note]))
    cells = [
        [
            string(sprint.get("id")),
            string(sprint.get("name")),
            string(sprint.get("state")),
            minute(sprint.get("startDate"))[:10],
            minute(sprint.get("completeDate") or sprint.get("endDate"))[:10],
            clipped(string(sprint.get("goal")), _GOAL),
            f"{string(one.get('id'))} {string(one.get('name'))}",
        ]
        for one, sprint in chosen[:limit]
    ]
    columns = ["id", "name", "state", "start", "end", "goal", "board"]
    return Table(columns=columns, rows=cells, note=note, total=len(chosen) if len(chosen) > limit else None)


def _order(found: tuple[Json, Json]) -> tuple[int, float]:
    _, sprint = found
    place = {"active": 0, "future": 1}.get(string(sprint.get("state")), 2)
    number = float(string(sprint.get("id")) or 0)
    return place, -number if place == 2 else number


async def boards_of(site: Site, project: str | None, board: int | None) -> list[Json]:
    """The board of this id, or the boards of a project; without either, those of the only project allowed.

    Raises:
        InvalidArguments: Neither is given, or it is out of reach.
        NotFound: There is no such board, or it is out of reach.
    """
    if board is not None:
        one = mapping(await site.wire.get("/board/{id}", base=AGILE, id=str(board)))
        if not site.scope.allows(string(mapping(one.get("location")).get("projectKey"))):
            raise NotFound(f"No board {board} within reach", hint=f"This connector is {site.scope.told}")
        return [one]
    projects = [site.scope.project(project)] if project else site.scope.projects
    if projects is None:
        raise InvalidArguments("Which sprints?", hint="Pass project or board")
    found: list[Json] = []
    for key in projects:
        params = {"projectKeyOrId": key, "maxResults": str(_MOST_BOARDS)}
        boards = rows(mapping(await site.wire.get("/board", params, base=AGILE)).get("values"))
        # Boards of other projects that show some issues of this one come along, too.
        found += [
            one for one in boards if site.scope.allows(string(mapping(one.get("location")).get("projectKey")))
        ]
    return list({string(one.get("id")): one for one in found}.values())


async def sprints_of(site: Site, board: Json, state: State) -> list[Json] | None:
    """Sprints of a board; None if it has none by its kind."""
    found: list[Json] = []
    for _ in range(_MOST_PAGES):
        params = {"startAt": str(len(found)), "maxResults": str(_PAGE)}
        params |= {} if state == "all" else {"state": state}
        try:
            page = mapping(
                await site.wire.get("/board/{id}/sprint", params, base=AGILE, id=string(board.get("id")))
            )
        except InvalidRequest:
            return None  # "The board does not support sprints"
        sprints = rows(page.get("values"))
        found += sprints
        if page.get("isLast", True) or not sprints:
            break
    return found


async def sprint_id(site: Site, wanted: str, project: str) -> int:
    """The id of a sprint, by id, name or `active`, among those of a project that are not closed.

    Raises:
        InvalidArguments: There is none, or there are several.
    """
    if re.fullmatch(r"[0-9]{1,15}", wanted) and site.scope.projects is None:
        return int(wanted)
    found: list[Any] = []
    for board in await boards_of(site, project, None):
        for state in ("active", "future"):
            found += await sprints_of(site, board, state) or []
    chosen = _named(found, wanted)
    if len(chosen) == 1:
        return int(chosen[0].get("id") or 0)
    known = [string(sprint.get("name")) for sprint in found]
    if not chosen:
        hint = did_you_mean(wanted, known, otherwise="list_sprints shows them")
        raise InvalidArguments(f"{project} has no open sprint {wanted!r}", hint=hint)
    ids = ", ".join(f"{sprint.get('id')} ({sprint.get('name')})" for sprint in chosen)
    raise InvalidArguments(f"{len(chosen)} open sprints match {wanted!r}", hint=f"Pass an id: {ids}")


def _named(sprints: Sequence[Json], wanted: str) -> list[Json]:
    by_id = {string(sprint.get("id")): sprint for sprint in sprints}
    if wanted.casefold() == "active":
        return [sprint for sprint in by_id.values() if sprint.get("state") == "active"]
    if wanted in by_id:
        return [by_id[wanted]]
    return [sprint for sprint in by_id.values() if string(sprint.get("name")).casefold() == wanted.casefold()]


async def matching_boards(site: Site, prefix: str) -> list[str]:
    """Ids of boards that begin with a text, for completion.

    Raises:
        ConnectorError: Jira does not answer as it should.
    """
    if site.scope.projects is None:
        params = {"maxResults": str(_PAGE)}
        boards = rows(mapping(await site.wire.get("/board", params, base=AGILE)).get("values"))
    else:
        boards = await boards_of(site, None, None)
    return [id_ for one in boards if (id_ := string(one.get("id"))).startswith(prefix)]
