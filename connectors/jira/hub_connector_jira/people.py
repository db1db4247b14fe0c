"""Finds the people of a Jira, by e-mail address, name or id."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from hub.plugin import InvalidArguments, NotFound
from hub_connector_jira.documents.from_markdown import Mentioned
from hub_connector_jira.jql.scope import Scope
from hub_connector_jira.shapes import rows, string
from hub_connector_jira.wire import Wire

_ACCOUNT_ID = re.compile(r"[0-9a-f]{24}|[0-9]{1,6}:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MYSELF = frozenset({"me", "myself", "currentuser()"})
_ASKED = 50
_LISTED = 8


class People:
    """The users of one Jira.

    Args:
        wire: To it.
        scope: The projects in reach; with one, only people assignable in them are found.
    """

    def __init__(self, wire: Wire, scope: Scope) -> None:
        self._wire = wire
        self._scope = scope
        self.id_key = "accountId" if wire.cloud else "name"
        """Key of a user's id in Jira's JSON."""

    async def search(self, query: str, project: str = "", limit: int = _ASKED) -> list[Mapping[str, Any]]:
        """People whose name or e-mail address begins with a text.

        Args:
            query: The text.
            project: Only those an issue of this project can be assigned to.
            limit: The most there may be.

        Raises:
            ConnectorError: Jira does not answer as it should.
        """
        params = {"query" if self._wire.cloud else "username": query, "maxResults": str(limit)}
        projects = [project] if project else self._scope.projects
        if projects is None:
            found = await self._wire.get("/user/search", params)
        else:
            params["projectKeys"] = ",".join(projects)
            found = await self._wire.get("/user/assignable/multiProjectSearch", params)
        # Apps have accounts, too; nobody means them.
        return [user for user in rows(found) if user.get("accountType", "atlassian") != "app"]

    async def find(self, who: str, project: str = "") -> Mapping[str, Any]:
        """The one person that is meant.

        Args:
            who: E-mail address, full name, the beginning of a name that only one has, id, or `me`.
            project: Where the person has to be assignable, if at all.

        Raises:
            InvalidArguments: Nobody is meant, or more than one.
            ConnectorError: Jira does not answer as it should.
        """
        who = who.strip().removeprefix("@")
        if who.casefold() in _MYSELF:
            return await self._wire.get("/myself")
        if self._wire.cloud and _ACCOUNT_ID.fullmatch(who):
            try:
                return await self._wire.get("/user", {"accountId": who})
            except NotFound:
                raise InvalidArguments(f"Jira knows no account {who!r}") from None
        found = [user for user in await self.search(who, project) if user.get("active", True)]
        lowered = who.casefold()
        exact = [user for user in found if lowered in _names(user)]
        if "@" in who and not exact:
            # Cloud finds people by an address that they do not show.
            exact = [user for user in found if not user.get("emailAddress")]
        chosen = exact or found
        if len(chosen) == 1:
            return chosen[0]
        where = f" in {project}" if project else ""
        if not chosen:
            raise InvalidArguments(
                f"Jira finds nobody called {who!r}{where}", hint="Pass an e-mail address, or look with find_users"
            )
        listed = "; ".join(f"{told(user)} {self.id_of(user)}" for user in chosen[:_LISTED])
        raise InvalidArguments(f"{len(chosen)} people{where} match {who!r}", hint=f"Pass one of the ids: {listed}")

    async def mentioned(self, names: Sequence[str]) -> tuple[dict[str, Mentioned], list[str]]:
        """Who is meant by the mentions of a text, and those that mean nobody.

        Raises:
            ConnectorError: Jira does not answer as it should.
        """
        found: dict[str, Mentioned] = {}
        unknown: list[str] = []
        for name in names:
            try:
                user = await self.find(name)
            except InvalidArguments:
                unknown.append(name)
            else:
                found[name] = Mentioned(self.id_of(user), string(user.get("displayName")) or name)
        return found, unknown

    def id_of(self, user: Mapping[str, Any]) -> str:
        """A user's id."""
        return string(user.get(self.id_key))

    def reference(self, user: Mapping[str, Any]) -> dict[str, str]:
        """A user as the value of a field."""
        return {self.id_key: self.id_of(user)}


def told(user: Mapping[str, Any]) -> str:
    """Name and e-mail address, as far as Jira shows them."""
    address = string(user.get("emailAddress"))
    return f"{string(user.get('displayName'))}{f' <{address}>' if address else ''}"


def _names(user: Mapping[str, Any]) -> list[str]:
    return [
        string(user.get(key)).casefold() for key in ("emailAddress", "displayName", "name", "key") if user.get(key)
    ]
