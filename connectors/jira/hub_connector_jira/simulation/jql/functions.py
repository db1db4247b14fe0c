"""The functions of JQL: what each gives, and which kind of field it is for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hub_connector_jira.simulation.jql.dates import edge_of
from hub_connector_jira.simulation.jql.errors import JqlError
from hub_connector_jira.simulation.people import User
from hub_connector_jira.simulation.site import ISSUE_TYPES, LINK_TYPES, SUBTASK
from hub_connector_jira.simulation.store import Store


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Who asks, of which site, and when.

    Attributes:
        now: The present in unix milliseconds.
    """

    store: Store
    caller: User
    now: int


Values = Sequence[str | int]
_Body = Callable[[Scope, tuple[str, ...]], Values]


@dataclass(frozen=True, kw_only=True)
class JqlFunction:
    """A function.

    Attributes:
        kind: The kind of field it gives values for: user, date, sprint, version, issue, issuetype, project.
        signature: How it is written.
    """

    kind: str
    signature: str
    body: _Body
    is_list: bool = True
    arguments: tuple[int, int] = (0, 0)


def functions() -> dict[str, JqlFunction]:
    """All functions, by name in lower case."""
    found = {
        "currentuser": JqlFunction(
            kind="user", signature="currentUser()", is_list=False, body=lambda scope, _: [scope.caller.account_id]
        ),
        "membersof": JqlFunction(kind="user", signature='membersOf("")', arguments=(1, 1), body=_members_of),
        "now": JqlFunction(kind="date", signature="now()", is_list=False, body=lambda scope, _: [scope.now]),
        "opensprints": JqlFunction(kind="sprint", signature="openSprints()", body=_sprints("active")),
        "closedsprints": JqlFunction(kind="sprint", signature="closedSprints()", body=_sprints("closed")),
        "futuresprints": JqlFunction(kind="sprint", signature="futureSprints()", body=_sprints("future")),
        "releasedversions": JqlFunction(
            kind="version", signature="releasedVersions()", arguments=(0, 9), body=_versions(released=True)
        ),
        "unreleasedversions": JqlFunction(
            kind="version", signature="unreleasedVersions()", arguments=(0, 9), body=_versions(released=False)
        ),
        "latestreleasedversion": JqlFunction(
            kind="version",
            signature="latestReleasedVersion()",
            is_list=False,
            arguments=(1, 1),
            body=lambda scope, args: _versions(released=True)(scope, args)[-1:],
        ),
        "earliestunreleasedversion": JqlFunction(
            kind="version",
            signature="earliestUnreleasedVersion()",
            is_list=False,
            arguments=(1, 1),
            body=lambda scope, args: _versions(released=False)(scope, args)[:1],
        ),
        "linkedissues": JqlFunction(kind="issue", signature='linkedIssues("")', arguments=(1, 2), body=_linked),
        "watchedissues": JqlFunction(kind="issue", signature="watchedIssues()", body=_watched),
        "votedissues": JqlFunction(kind="issue", signature="votedIssues()", body=lambda _scope, _arguments: []),
        "updatedby": JqlFunction(kind="issue", signature='updatedBy("")', arguments=(1, 3), body=_updated_by),
        "standardissuetypes": JqlFunction(
            kind="issuetype",
            signature="standardIssueTypes()",
            body=lambda _scope, _arguments: [kind.id for kind in ISSUE_TYPES if kind.id != SUBTASK],
        ),
        "subtaskissuetypes": JqlFunction(
            kind="issuetype", signature="subtaskIssueTypes()", body=lambda _scope, _arguments: [SUBTASK]
        ),
        "projectsleadbyuser": JqlFunction(
            kind="project", signature='projectsLeadByUser("")', arguments=(0, 1), body=_led
        ),
    }
    for unit in ("day", "week", "month", "year"):
        for end in (False, True):
            name = f"{'end' if end else 'start'}Of{unit.capitalize()}"
            found[name.lower()] = JqlFunction(
                kind="date", signature=f"{name}()", is_list=False, arguments=(0, 1), body=_edge(name, unit, end=end)
            )
    return found


def _edge(name: str, unit: str, *, end: bool) -> _Body:
    def body(scope: Scope, arguments: tuple[str, ...]) -> Values:
        increment = arguments[0].strip() if arguments else ""
        moment = edge_of(unit, scope.now, increment, end=end)
        if moment is None:
            form = "(+/-)n(yMwdhm), e.g -1M for 1 month earlier"
            raise JqlError(f"Duration for function '{name}' should have the format {form}.")
        return [moment]

    return body


def _sprints(state: str) -> _Body:
    return lambda scope, _: [sprint.id for sprint in scope.store.sprints if sprint.state == state]


def _versions(*, released: bool) -> _Body:
    def body(scope: Scope, arguments: tuple[str, ...]) -> Values:
        projects = [p for p in scope.store.visible_projects if not arguments or p.key in map(str.upper, arguments)]
        if arguments and not projects:
            raise JqlError(
                f"Could not resolve the project '{arguments[0]}' provided to function 'releasedVersions'."
            )
        return [version.id for project in projects for version in project.versions if version.released == released]

    return body


def _linked(scope: Scope, arguments: tuple[str, ...]) -> Values:
    store, key = scope.store, arguments[0]
    issue = store.find(key)
    if issue is None:
        raise JqlError(f"Issue '{key}' could not be found in function 'linkedIssues'.")
    words = next(iter(arguments[1:]), "").lower()
    known = {text.lower() for kind in LINK_TYPES for text in (kind.inward, kind.outward, kind.name)}
    if words and words not in known:
        raise JqlError(f"Issue link type '{words}' could not be found in function 'linkedIssues'.")
    found: list[int] = []
    for link in store.links_of(issue):
        kind = next(known for known in LINK_TYPES if known.id == link.type_id)
        reads = kind.outward if link.source == issue.id else kind.inward
        if not words or words in (reads.lower(), kind.name.lower()):
            found.append(link.target if link.source == issue.id else link.source)
    return found


def _watched(scope: Scope, _: tuple[str, ...]) -> Values:
    return [issue.id for issue in scope.store.issues.values() if scope.caller.account_id in issue.watchers]


def _updated_by(scope: Scope, arguments: tuple[str, ...]) -> Values:
    user = named_user(scope, arguments[0])
    if user is None:
        raise JqlError(f"The user '{arguments[0]}' does not exist in function 'updatedBy'.")
    return [
        issue.id
        for issue in scope.store.issues.values()
        if user.account_id in {entry.author for entry in (*issue.history, *issue.comments, *issue.worklogs)}
    ]


def _led(scope: Scope, arguments: tuple[str, ...]) -> Values:
    user = named_user(scope, arguments[0]) if arguments else scope.caller
    return [project.id for project in scope.store.visible_projects if user and project.lead == user.handle]


def _members_of(scope: Scope, arguments: tuple[str, ...]) -> Values:
    if arguments[0].lower() != scope.store.story.team:
        raise JqlError(f"Function 'membersOf' can not generate a list of usernames for group '{arguments[0]}'; "
                       "the group does not exist.")  # fmt: skip
    return [user.account_id for user in scope.store.people if user.active and user.kind == "atlassian"]


def named_user(scope: Scope, text: str) -> User | None:
    """The account that a query names by id, address or name."""
    words = text.lower()
    for user in scope.store.people:
        if words in (user.account_id, user.email, user.name.lower(), user.handle, user.key.lower()):
            return user
    return None
