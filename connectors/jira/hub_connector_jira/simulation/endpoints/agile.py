"""Boards and sprints: the Jira Software API, the same on Cloud and Data Center."""

from typing import Any, cast

from hub_connector_jira.simulation.asking import Ask, Handler, Reply, no_content, ok
from hub_connector_jira.simulation.endpoints.searching import found, page_of_search, paging
from hub_connector_jira.simulation.fields import POINTS, SPRINT, known_field
from hub_connector_jira.simulation.issues import Issue
from hub_connector_jira.simulation.refusals import Refused
from hub_connector_jira.simulation.site import STATUSES
from hub_connector_jira.simulation.times import agile_time
from hub_connector_jira.simulation.values import BadValue, Values
from hub_connector_jira.simulation.world.planning import Board, Sprint

_STATES = ("closed", "active", "future")
_MOST_MOVED = 50


def common() -> dict[tuple[str, str], Handler]:
    """The endpoints of both editions, by method and path."""
    return {
        ("GET", "/board"): _boards,
        ("GET", "/board/{board}"): lambda ask: ok(_board(ask, _named_board(ask))),
        ("GET", "/board/{board}/configuration"): _configuration,
        ("GET", "/board/{board}/sprint"): _sprints,
        ("GET", "/board/{board}/issue"): lambda ask: _issues(ask, _on_board(ask)),
        ("GET", "/board/{board}/backlog"): _backlog,
        ("GET", "/board/{board}/sprint/{sprint}/issue"): lambda ask: _issues(ask, _in_sprint(ask)),
        ("GET", "/sprint/{sprint}"): lambda ask: ok(_sprint(ask, _named_sprint(ask))),
        ("GET", "/sprint/{sprint}/issue"): lambda ask: _issues(ask, _in_sprint(ask)),
        ("POST", "/sprint/{sprint}/issue"): _move_to_sprint,
        ("POST", "/backlog/issue"): _move_to_backlog,
    }


def _named_board(ask: Ask) -> Board:
    for board in ask.store.boards:
        if str(board.id) == ask.path["board"] and ask.store.may_see(board.project):
            return board
    raise Refused(404, "Requested board cannot be viewed because it either does not exist or you do not have "
                       "permission to view it.")  # fmt: skip


def _named_sprint(ask: Ask) -> Sprint:
    for sprint in ask.store.sprints:
        if str(sprint.id) == ask.path["sprint"]:
            return sprint
    raise Refused(404, "Sprint does not exist or you do not have permission to view it.")


def _board(ask: Ask, board: Board) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": board.id,
        "self": f"{ask.base}/rest/agile/1.0/board/{board.id}",
        "name": board.name,
        "type": board.type,
    }
    if not ask.store.options.data_center:
        project = ask.store.project(board.project)
        shown["location"] = {
            "projectId": int(project.id),
            "displayName": f"{project.name} ({project.key})",
            "projectName": project.name,
            "projectKey": project.key,
            "projectTypeKey": "software",
            "name": f"{project.name} ({project.key})",
        }
    return shown


def _sprint(ask: Ask, sprint: Sprint) -> dict[str, Any]:
    times = (("startDate", sprint.start), ("endDate", sprint.end), ("completeDate", sprint.completed))
    return {
        "id": sprint.id,
        "self": f"{ask.base}/rest/agile/1.0/sprint/{sprint.id}",
        "state": sprint.state,
        "name": sprint.name,
        **{name: agile_time(at) for name, at in times if at is not None},
        "originBoardId": sprint.board,
        "goal": sprint.goal,
    }


def _boards(ask: Ask) -> Reply:
    types, words, project = ask.words("type"), ask.text("name").lower(), ask.text("projectKeyOrId")
    if project:
        project = ask.store.project(project).key
    boards = [
        board
        for board in ask.store.boards
        if (not types or board.type in types)
        and words in board.name.lower()
        and (not project or board.project == project)
        and ask.store.may_see(board.project)
    ]
    page = ask.page(boards)
    return ok(page.bean([_board(ask, board) for board in page.items]))


def _configuration(ask: Ask) -> Reply:
    board = _named_board(ask)
    api = f"{ask.base}/rest/api/2"
    columns = {"To Do": "new", "In Progress": "indeterminate", "Done": "done"}
    return ok(
        {
            "id": board.id,
            "name": board.name,
            "type": board.type,
            "self": f"{ask.base}/rest/agile/1.0/board/{board.id}/configuration",
            "filter": {"id": str(board.filter), "self": f"{api}/filter/{board.filter}"},
            "columnConfig": {
                "columns": [
                    {
                        "name": name,
                        "statuses": [
                            {"id": status.id, "self": f"{api}/status/{status.id}"}
                            for status in STATUSES
                            if status.category.key == key
                        ],
                    }
                    for name, key in columns.items()
                ],
                "constraintType": "none",
            },
            "estimation": {"type": "field", "field": {"fieldId": POINTS, "displayName": "Story Points"}},
            "ranking": {"rankCustomFieldId": 10_019},
        }
    )


def _sprints(ask: Ask) -> Reply:
    board = _named_board(ask)
    if board.type != "scrum":
        raise Refused(400, "The board does not support sprints")
    states = ask.words("state") or list(_STATES)
    if unknown := [state for state in states if state not in _STATES]:
        raise Refused(400, f"The state '{unknown[0]}' is not valid; use future, active or closed.")
    sprints = [sprint for sprint in ask.store.sprints if sprint.board == board.id and sprint.state in states]
    page = ask.page(sprints)
    return ok(page.bean([_sprint(ask, sprint) for sprint in page.items]))


def _on_board(ask: Ask) -> list[Issue]:
    board = _named_board(ask)
    saved = next(known for known in ask.store.filters if known.id == board.filter)
    return found(ask, saved.jql)


def _in_sprint(ask: Ask) -> list[Issue]:
    sprint = _named_sprint(ask)
    return [issue for issue in found(ask, "") if sprint.id in issue.values.get(SPRINT, ())]


def _backlog(ask: Ask) -> Reply:
    board = _named_board(ask)
    begun = {sprint.id for sprint in ask.store.sprints if sprint.board == board.id and sprint.state != "future"}
    left = [
        issue
        for issue in _on_board(ask)
        if begun.isdisjoint(issue.values.get(SPRINT, ())) and "resolution" not in issue.values
    ]
    return _issues(ask, left)


def _issues(ask: Ask, issues: list[Issue]) -> Reply:
    if jql := ask.text("jql"):
        wanted = [issue.id for issue in found(ask, jql)]
        by_id = {issue.id: issue for issue in issues}
        issues = [by_id[id_] for id_ in wanted if id_ in by_id]
    return ok(page_of_search(ask, paging(ask), issues))


def _move_to_sprint(ask: Ask) -> Reply:
    sprint = _named_sprint(ask)
    return _planned(ask, sprint.id)


def _move_to_backlog(ask: Ask) -> Reply:
    return _planned(ask, None)


def _planned(ask: Ask, sprint: int | None) -> Reply:
    wanted = cast("list[Any]", ask.fields.get("issues") or [])
    if not wanted or len(wanted) > _MOST_MOVED:
        raise Refused(400, f"Between 1 and {_MOST_MOVED} issues can be moved at once.")
    field = known_field(SPRINT)
    issues = [ask.store.writable(reference) for reference in wanted]
    for issue in issues:
        reader = Values(ask.store, ask.store.project_of(issue), ask.version)
        try:
            kept = reader.read(field, sprint)
        except BadValue as bad:
            raise Refused(400, str(bad)) from None
        item = reader.change(field, issue, kept)
        ask.store.write(issue, {SPRINT: kept}, [item] if item else [], ask.caller)
    return no_content()
