"""Accounts: who is calling, who can be found, who may be given an issue, and what the caller may do."""

from collections.abc import Iterable

from hub_connector_jira.simulation.asking import Ask, Handler, Reply, ok
from hub_connector_jira.simulation.endpoints.shown import Shown
from hub_connector_jira.simulation.people import User
from hub_connector_jira.simulation.refusals import Refused
from hub_connector_jira.simulation.values import is_assignable

_STRICT = "The query parameter 'username' is not supported in GDPR strict mode."
_READING = ("BROWSE_PROJECTS",)
_WRITING = (
    "CREATE_ISSUES", "EDIT_ISSUES", "ASSIGN_ISSUES", "TRANSITION_ISSUES", "ADD_COMMENTS", "LINK_ISSUES",
    "WORK_ON_ISSUES", "DELETE_ISSUES",
)  # fmt: skip


def common() -> dict[tuple[str, str], Handler]:
    """The endpoints of both editions, by method and path."""
    return {
        ("GET", "/myself"): lambda ask: ok(Shown(ask).user(ask.caller)),
        ("GET", "/user"): _get,
        ("GET", "/user/search"): _search,
        ("GET", "/user/assignable/search"): _assignable,
        ("GET", "/user/assignable/multiProjectSearch"): _assignable_everywhere,
        ("GET", "/mypermissions"): _permissions,
    }


def _get(ask: Ask) -> Reply:
    name = "username" if ask.store.options.data_center else "accountId"
    user = ask.store.user(ask.text(name) or ask.text("key") or None)
    if user is None:
        raise Refused(404, f"The user with the {name} '{ask.text(name)}' does not exist")
    return ok(Shown(ask).user(user))


def _wanted(ask: Ask) -> str:
    """The words to look for.

    Raises:
        Refused: They come in a parameter that this edition does not have.
    """
    if ask.store.options.data_center:
        return ask.text("username")
    if "username" in ask.query:
        raise Refused(400, _STRICT)
    return ask.text("query")


def _matching(ask: Ask, users: Iterable[User]) -> list[User]:
    words, account = _wanted(ask).lower(), ask.text("accountId")
    return [
        user
        for user in users
        if (not account or user.account_id == account)
        and (user.email.startswith(words) or any(part.startswith(words) for part in _parts(user)))
    ]


def _parts(user: User) -> list[str]:
    name = user.name.lower()
    return [name, *name.split(), user.handle]


def _page(ask: Ask, users: list[User]) -> Reply:
    shown = Shown(ask)
    return ok([shown.user(user) for user in ask.page(users).items])


def _search(ask: Ask) -> Reply:
    if not ask.store.options.data_center and not (_wanted(ask) or ask.text("accountId") or ask.text("property")):
        raise Refused(400, "The search request must contain 'query', 'accountId' or 'property'.")
    if ask.store.options.data_center and not _wanted(ask):
        raise Refused(400, "The username query parameter was not provided")
    return _page(ask, _matching(ask, ask.store.people))


def _assignable(ask: Ask) -> Reply:
    if issue := ask.text("issueKey") or ask.text("issueId"):
        project = ask.store.project_of(ask.store.issue(issue))
    elif ask.text("project"):
        project = ask.store.project(ask.text("project"))
    else:
        raise Refused(400, "Either the 'project' or the 'issueKey' query parameter must be provided.")
    return _page(ask, _matching(ask, [user for user in ask.store.people if is_assignable(user, project)]))


def _assignable_everywhere(ask: Ask) -> Reply:
    projects = [ask.store.project(key) for key in ask.words("projectKeys")]
    if not projects:
        raise Refused(400, "The 'projectKeys' query parameter must be provided.")
    users = [user for user in ask.store.people if all(is_assignable(user, project) for project in projects)]
    return _page(ask, _matching(ask, users))


def _permissions(ask: Ask) -> Reply:
    wanted = ask.words("permissions")
    if not wanted and not ask.store.options.data_center:
        raise Refused(400, "The 'permissions' query parameter is required.")
    reference = ask.text("projectKey") or ask.text("projectId")
    project = ask.store.project(reference) if reference else None
    held: dict[str, dict[str, object]] = {}
    for number, key in enumerate((*_READING, *_WRITING), start=10):
        if wanted and key not in wanted:
            continue
        held[key] = {
            "id": str(number),
            "key": key,
            "name": key.replace("_", " ").capitalize(),
            "type": "PROJECT",
            "havePermission": key in _READING or project is None or project.access == "write",
        }
    return ok({"permissions": held})
