"""Which projects may be touched: the restriction of hub.toml, ANDed to every query and held against every issue."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from hub.plugin import InvalidArguments, NotFound
from hub_connector_jira.jql.query import Operand, Query, parse, whole
from hub_connector_jira.jql.tokens import quoted, refusal

ISSUE_KEY = r"\w+-\d+"
_KEY = re.compile(ISSUE_KEY)
# Fields whose values are issues: comparing with one of another project would tell whether it exists.
_ISSUE_FIELDS = frozenset({"issue", "issuekey", "key", "id", "parent", "epic link", "linkedissue", "linkedissues"})
# Functions that look at no issue beyond the ones found anyway, and those that take an issue. Others, such as those
# of apps that run JQL given as text, could answer questions about issues of other projects.
# fmt: off
_FUNCTIONS = frozenset({
    "currentuser", "currentlogin", "lastlogin", "now", "startofday", "endofday", "startofweek", "endofweek",
    "startofmonth", "endofmonth", "startofyear", "endofyear", "membersof", "opensprints", "closedsprints",
    "futuresprints", "releasedversions", "unreleasedversions", "latestreleasedversion",
    "earliestunreleasedversion", "standardissuetypes", "subtaskissuetypes", "issuehistory", "votedissues",
    "watchedissues", "updatedby", "cascadeoption", "componentsleadbyuser", "projectsleadbyuser",
    "projectswhereuserhaspermission", "projectswhereuserhasrole", "breached", "everbreached", "completed",
    "running", "paused", "elapsed", "remaining", "withincalendarhours", "approved", "approver", "myapproval",
    "mypending", "mypendingapproval", "pending", "pendingby",
})
# fmt: on
_ISSUE_FUNCTIONS = frozenset({"linkedissues", "childissuesof", "parentepic"})


class Scope:
    """The projects a connector may touch.

    Args:
        projects: Their keys; None for all.
    """

    def __init__(self, projects: Iterable[str] | None) -> None:
        self.projects = None if projects is None else tuple(projects)

    @property
    def told(self) -> str:
        """The restriction in words; empty if there is none."""
        return "" if self.projects is None else f"limited to {_listed(self.projects)}"

    def confine(self, jql: str, *, ordered: bool = True) -> str:
        """The query to send for a caller's query: written anew, bounded, and ANDed with the restriction.

        Args:
            jql: The caller's query.
            ordered: Whether to keep its ORDER BY.

        Raises:
            InvalidArguments: It is not understood, has no condition where no restriction bounds it, or uses what
                could look into other projects.
        """
        query = parse(jql)
        order = query.order if ordered else ""
        if self.projects is None:
            return whole(query.where, order)
        self._check(query)
        limit = f"project in ({', '.join(quoted(key) for key in self.projects)})"
        return whole(f"{limit} AND ({query.where})" if query.where else limit, order)

    def allows(self, key: str) -> bool:
        """Whether an issue or a project of this key may be touched."""
        return self.projects is None or key.rpartition("-")[0] in self.projects or key in self.projects

    def issue(self, issue: Mapping[str, Any], asked: str) -> None:
        """Check an issue that Jira gave back; it may have moved to another project since it had the key asked for.

        Raises:
            NotFound: It may not be touched.
        """
        if self.projects is not None and not self._holds(str(issue.get("key", ""))):
            raise self.unknown(asked)

    def project(self, key: str) -> str:
        """A project's key in capitals.

        Raises:
            InvalidArguments: It may not be touched.
        """
        key = key.upper()
        if self.projects is not None and key not in self.projects:
            raise InvalidArguments(f"Project {key} is not among those allowed: {_listed(self.projects)}")
        return key

    def early(self, key: str) -> None:
        """Refuse a key of another project before anything is asked about it; others are checked by `issue`.

        Raises:
            NotFound: It may not be touched.
        """
        if self.projects is not None and _KEY.fullmatch(key) and not self._holds(key.upper()):
            raise self.unknown(key)

    def unknown(self, asked: str) -> NotFound:
        """The error for an issue out of reach, which says nothing of whether it exists."""
        return NotFound(f"No issue {asked} within reach", hint=f"This connector is {self.told}")

    def _holds(self, key: str) -> bool:
        project, dash, _ = key.rpartition("-")
        return bool(dash) and project in (self.projects or ())

    def _check(self, query: Query) -> None:
        for operand in query.operands:
            if operand.arguments is None:
                if operand.field in _ISSUE_FIELDS:
                    self._check_key(operand.text, operand)
            elif operand.text in _ISSUE_FUNCTIONS:
                for argument in operand.arguments:
                    self._check_key(argument, operand)
            elif operand.text not in _FUNCTIONS:
                hint = f"The connector is {self.told}; use plain clauses"
                raise refusal(f"function {operand.text}() could look into other projects", operand.at, hint)

    def _check_key(self, text: str, operand: Operand) -> None:
        if _KEY.fullmatch(text.strip()) and not self._holds(text.strip().upper()):
            raise refusal(f"{text} is in another project", operand.at, f"The connector is {self.told}")


def _listed(projects: Iterable[str]) -> str:
    return ", ".join(projects)
