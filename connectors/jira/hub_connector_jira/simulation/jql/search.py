"""Finds and sorts the issues that a query asks for."""

from collections.abc import Callable, Iterable

from hub_connector_jira.simulation.issues import Issue
from hub_connector_jira.simulation.jql.catalogue import Catalogue, history_field
from hub_connector_jira.simulation.jql.errors import JqlError
from hub_connector_jira.simulation.jql.functions import Scope, functions
from hub_connector_jira.simulation.jql.history import history_test
from hub_connector_jira.simulation.jql.nodes import (
    Both,
    Clause,
    Empty,
    Function,
    Listed,
    Negated,
    Node,
    Query,
    Value,
)
from hub_connector_jira.simulation.jql.parser import parse
from hub_connector_jira.simulation.jql.searchers import HISTORY, ChoiceSearcher, Searcher, Test

_UNBOUNDED = "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."
_SAVED = ("filter", "request", "savedfilter", "searchrequest")
_DEEPEST_FILTER = 5


def search(text: str, scope: Scope, issues: Iterable[Issue], *, bounded: bool) -> list[Issue]:
    """The issues that a query asks for, sorted.

    Args:
        text: The query.
        scope: Who asks, and when.
        issues: What to search.
        bounded: Refuse queries without a restriction.

    Raises:
        JqlError: The query is wrong.
    """
    query = parse(text)
    if bounded and query.where is None:
        raise JqlError(_UNBOUNDED)
    checking = _Checking(scope)
    test = checking.test(query.where) if query.where is not None else _everything
    sorting = checking.sorting(query)
    if checking.problems:
        raise JqlError(*dict.fromkeys(checking.problems))
    return sorting([issue for issue in issues if test(issue)])


def _everything(issue: Issue) -> bool:  # noqa: ARG001  a test takes an issue
    return True


class _Checking:
    """Turns the parts of a query into tests and gathers everything that is wrong with it."""

    def __init__(self, scope: Scope, depth: int = 0) -> None:
        self.problems: list[str] = []
        self._scope = scope
        self._depth = depth
        self._catalogue = Catalogue(scope.store)

    def test(self, node: Node) -> Test:
        if isinstance(node, Clause):
            try:
                return self._clause(node)
            except JqlError as error:
                self.problems.extend(error.messages)
                return _everything
        if isinstance(node, Negated):
            inner = self.test(node.part)
            return lambda issue: not inner(issue)
        tests = [self.test(part) for part in node.parts]
        gathered = all if isinstance(node, Both) else any
        return lambda issue: gathered(test(issue) for test in tests)

    def _clause(self, clause: Clause) -> Test:
        if clause.field.lower() in _SAVED:
            return self._saved(clause)
        searcher = self._catalogue.find(clause.field)
        if searcher is None:
            raise JqlError(_no_field(clause.field))
        if clause.operator not in searcher.operators:
            if clause.operator in HISTORY:
                raise JqlError(f"History searches do not support the '{clause.field}' field.")
            raise JqlError(f"The operator '{clause.operator}' is not supported by the '{clause.field}' field.")
        if clause.operator in HISTORY and isinstance(searcher, ChoiceSearcher):
            return history_test(clause, searcher, self._scope, history_field(clause.field))
        _check_shape(clause)
        return searcher.test(clause.field, clause.operator, clause.operand, self._scope)

    def _saved(self, clause: Clause) -> Test:
        if clause.operator not in ("=", "in", "!=", "not in"):
            raise JqlError(f"The operator '{clause.operator}' is not supported by the '{clause.field}' field.")
        parts = clause.operand.items if isinstance(clause.operand, Listed) else (clause.operand,)
        tests: list[Test] = []
        for part in parts:
            text = part.text if isinstance(part, Value) else ""
            saved = [f for f in self._scope.store.filters if text.lower() in (str(f.id), f.name.lower())]
            if not saved or self._depth >= _DEEPEST_FILTER:
                raise JqlError(f"The value '{text}' does not exist for the field '{clause.field}'.")
            inner = _Checking(self._scope, self._depth + 1)
            where = parse(saved[0].jql).where
            tests.append(inner.test(where) if where is not None else _everything)
            self.problems.extend(inner.problems)
        negated = clause.operator in ("!=", "not in")
        return lambda issue: any(test(issue) for test in tests) != negated

    def sorting(self, query: Query) -> Callable[[list[Issue]], list[Issue]]:
        keys: list[tuple[Searcher, bool]] = []
        for sort in query.order:
            searcher = self._catalogue.find(sort.field)
            if searcher is None:
                self.problems.append(_no_field(sort.field))
            else:
                keys.append((searcher, bool(sort.descending)))

        def sorted_by(issues: list[Issue]) -> list[Issue]:
            found = sorted(issues, key=lambda issue: issue.id, reverse=True)
            for searcher, descending in reversed(keys):
                found = self._sorted(found, searcher, descending=descending)
            return found

        return sorted_by

    @staticmethod
    def _sorted(issues: list[Issue], searcher: Searcher, *, descending: bool) -> list[Issue]:
        keyed = [(searcher.sort_key(issue), issue) for issue in issues]
        filled = [(key, issue) for key, issue in keyed if key is not None]
        empty = [issue for key, issue in keyed if key is None]
        filled.sort(key=lambda pair: pair[0], reverse=descending)  # pyright: ignore[reportArgumentType]  the keys of one field compare
        return [issue for _, issue in filled] + empty


def _no_field(name: str) -> str:
    return f"Field '{name}' does not exist or you do not have permission to view it."


def _check_shape(clause: Clause) -> None:
    """Lists go with IN, single values with everything else, EMPTY alone with IS."""
    operand, operator = clause.operand, clause.operator
    known = functions().get(operand.name.lower()) if isinstance(operand, Function) else None
    is_list = isinstance(operand, Listed) or (known is not None and known.is_list)
    written = _written(operand)
    if operator in ("is", "is not"):
        if not isinstance(operand, Empty):
            raise JqlError(f"The operator '{operator}' only supports 'EMPTY' or 'NULL', but got {written}.")
    elif operator in ("in", "not in"):
        if not is_list:
            raise JqlError(
                f"Operator '{operator}' does not support the non-list value '{written}' for field '{clause.field}'."
            )
    elif is_list:
        raise JqlError(
            f"Operator '{operator}' does not support the list value '{written}' for field '{clause.field}'."
        )


def _written(operand: object) -> str:
    if isinstance(operand, Value):
        return f'"{operand.text}"'
    if isinstance(operand, Function):
        return f"{operand.name}({', '.join(operand.arguments)})"
    if isinstance(operand, Listed):
        return f"({', '.join(_written(item) for item in operand.items)})"
    return "EMPTY"
