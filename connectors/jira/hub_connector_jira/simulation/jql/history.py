"""What a field of an issue used to be: the operators WAS and CHANGED."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from math import inf

from hub_connector_jira.simulation.issues import Issue
from hub_connector_jira.simulation.jql.dates import VALID_FORMATS, moment_of
from hub_connector_jira.simulation.jql.errors import JqlError
from hub_connector_jira.simulation.jql.functions import Scope, named_user
from hub_connector_jira.simulation.jql.nodes import Clause, Function, Operand, Value
from hub_connector_jira.simulation.jql.searchers import ChoiceSearcher, Key, Test, called, operands

_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class _Step:
    """A value that the field took on, until the next one."""

    before: str | None
    value: str | None
    begun: float
    ended: float
    author: str


@dataclass(frozen=True, slots=True)
class _Conditions:
    """What the predicates ask of a step."""

    earliest: float = -inf
    latest: float = inf
    authors: frozenset[Key | None] | None = None
    before: frozenset[Key | None] | None = None
    after: frozenset[Key | None] | None = None


def history_test(clause: Clause, searcher: ChoiceSearcher, scope: Scope, field_id: str) -> Test:
    """The test that a clause with WAS or CHANGED stands for.

    Args:
        clause: The clause.
        searcher: How the field is searched.
        scope: Who asks, and when.
        field_id: The field, as the changelog names it.

    Raises:
        JqlError: A value or a moment cannot be resolved.
    """
    asked = _conditions(clause, searcher, scope)
    if clause.operator == "changed":
        return lambda issue: any(_is_asked_change(step, asked) for step in islice(_steps(issue, field_id), 1, None))
    wanted = searcher.keys(clause.field, clause.operand, scope)
    negated = "not" in clause.operator

    def passes(issue: Issue) -> bool:
        return (
            any(step.value in wanted and _is_asked_state(step, asked) for step in _steps(issue, field_id))
            != negated
        )

    return passes


def _steps(issue: Issue, field_id: str) -> Iterator[_Step]:
    """The values of the field, oldest first; the first one is what the issue was created with."""
    changes = [
        (change.created, change.author, item)
        for change in issue.history
        for item in change.items
        if item.field_id == field_id
    ]
    current = issue.values.get(field_id)
    first = changes[0][2].old if changes else None if current is None else str(current)
    ends = [float(created) for created, _, _ in changes] + [inf]
    yield _Step(None, first, float(issue.values["created"]), ends[0], issue.values["creator"])
    for number, (created, author, item) in enumerate(changes):
        yield _Step(item.old, item.new, float(created), ends[number + 1], author)


def _is_asked_state(step: _Step, asked: _Conditions) -> bool:
    in_time = step.begun <= asked.latest and step.ended >= asked.earliest
    return in_time and (asked.authors is None or step.author in asked.authors)


def _is_asked_change(step: _Step, asked: _Conditions) -> bool:
    pairs = ((asked.authors, step.author), (asked.before, step.before), (asked.after, step.value))
    in_time = asked.earliest <= step.begun <= asked.latest
    return in_time and all(wanted is None or value in wanted for wanted, value in pairs)


def _conditions(clause: Clause, searcher: ChoiceSearcher, scope: Scope) -> _Conditions:
    earliest, latest = -inf, inf
    values: dict[str, frozenset[Key | None]] = {}
    for predicate in clause.predicates:
        name, operand = predicate.name, predicate.operand
        if name in ("from", "to"):
            if clause.operator != "changed":
                raise JqlError(f"The predicate '{name}' is not supported by the operator '{clause.operator}'.")
            values[name] = frozenset(searcher.keys(clause.field, operand, scope))
        elif name == "by":
            values[name] = frozenset(_users(clause.field, operand, scope))
        else:
            moments = [_moment(clause.field, single, scope) for single in operands(operand)]
            if name == "during" and len(moments) != 2:
                raise JqlError("The predicate 'during' needs two dates, such as (startOfMonth(), now()).")
            if name in ("after", "during", "on"):
                earliest = max(earliest, min(moments))
            if name in ("before", "during"):
                latest = min(latest, max(moments))
            if name == "on":
                latest = min(latest, max(moments) + _DAY_MS - 1)
    return _Conditions(earliest, latest, values.get("by"), values.get("from"), values.get("to"))


def _users(field: str, operand: Operand, scope: Scope) -> Iterator[Key]:
    for single in operands(operand):
        if isinstance(single, Function):
            yield from called(single, field, "user", scope)
        elif isinstance(single, Value):
            user = named_user(scope, single.text)
            if user is None:
                raise JqlError(f"The value '{single.text}' does not exist for the field 'by'.")
            yield user.account_id


def _moment(field: str, operand: Operand, scope: Scope) -> float:
    if isinstance(operand, Function):
        return float(called(operand, field, "date", scope)[0])
    moment = moment_of(operand.text, scope.now) if isinstance(operand, Value) else None
    if moment is None:
        text = operand.text if isinstance(operand, Value) else ""
        raise JqlError(
            f"Date value '{text}' for field '{field}' is invalid. Valid formats include: {VALID_FORMATS}."
        )
    return float(moment)
