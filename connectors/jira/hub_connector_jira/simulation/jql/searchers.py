"""How each kind of field is compared: choices, texts, numbers and moments."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Protocol

from hub_connector_jira.simulation.issues import Issue
from hub_connector_jira.simulation.jql.dates import VALID_FORMATS, moment_of
from hub_connector_jira.simulation.jql.errors import JqlError
from hub_connector_jira.simulation.jql.functions import Scope, functions
from hub_connector_jira.simulation.jql.nodes import Empty, Function, Listed, Operand, Value
from hub_connector_jira.simulation.jql.words import Wanted

Test = Callable[[Issue], bool]
Key = str | int
SortKey = tuple[object, ...]
EQUALITY = ("=", "!=", "in", "not in", "is", "is not")
ORDERING = ("<", "<=", ">", ">=")
HISTORY = ("was", "was not", "was in", "was not in", "changed")
_LIKE = ("~", "!~", "is", "is not")


class Searcher(Protocol):
    """How a field is searched and sorted."""

    @property
    def operators(self) -> Sequence[str]:
        """The operators it supports."""
        ...

    @property
    def kind(self) -> str:
        """The kind of its values, which functions must give."""
        ...

    def test(self, field: str, operator: str, operand: Operand, scope: Scope) -> Test:
        """The test that an issue must pass.

        Raises:
            JqlError: A value does not exist for the field.
        """
        ...

    def sort_key(self, issue: Issue) -> SortKey | None:
        """What issues are sorted by; None for empty fields."""
        ...


def operands(operand: Operand) -> tuple[Operand, ...]:
    """The single operands of a list, or the one operand."""
    return (
        tuple(single for item in operand.items for single in operands(item))
        if isinstance(operand, Listed)
        else (operand,)
    )


def called(function: Function, field: str, kind: str, scope: Scope) -> Sequence[Key]:
    """The values that a function gives for a field.

    Raises:
        JqlError: There is no such function, or it is for another kind of field.
    """
    known = functions().get(function.name.lower())
    if known is None:
        written = ", ".join(function.arguments)
        raise JqlError(f"Unable to find JQL function '{function.name}({written})'.")
    least, most = known.arguments
    if not least <= len(function.arguments) <= most:
        raise JqlError(
            f"Function '{function.name}' expected between '{least}' and '{most}' arguments but received "
            f"'{len(function.arguments)}'."
        )
    if known.kind != kind:
        raise JqlError(f"A value provided by the function '{function.name}' is invalid for the field '{field}'.")
    return known.body(scope, function.arguments)


def _negates(operator: str) -> bool:
    return operator in ("!=", "not in", "is not", "!~")


@dataclass(frozen=True, kw_only=True)
class ChoiceSearcher:
    """A field with one or more values out of known ones.

    Attributes:
        values: Keys of the values an issue has.
        find: Keys of what a text names, None among them for the empty value; no key if there is no such value.
        order: Place of a key in the order of the values, for fields that can be compared.
        sort: What to sort by instead.
        keeps_history: Whether WAS and CHANGED work on it.
    """

    kind: str
    values: Callable[[Issue], Iterable[Key]]
    find: Callable[[Scope, str], Iterable[Key | None]]
    order: Callable[[Key], int] | None = None
    sort: Callable[[Issue], SortKey | None] | None = None
    keeps_history: bool = False
    missing: str = "The value '{value}' does not exist for the field '{field}'."

    @property
    def operators(self) -> Sequence[str]:
        """The operators it supports."""
        return EQUALITY + (ORDERING if self.order else ()) + (HISTORY if self.keeps_history else ())

    def keys(self, field: str, operand: Operand, scope: Scope) -> set[Key | None]:
        """The keys an operand stands for; None for EMPTY."""
        found: set[Key | None] = set()
        problems: list[str] = []
        for single in operands(operand):
            if isinstance(single, Empty):
                found.add(None)
            elif isinstance(single, Function):
                found.update(called(single, field, self.kind, scope))
            elif isinstance(single, Value):
                keys = set(self.find(scope, single.text))
                if not keys:
                    problems.append(self.missing.format(value=single.text, field=field))
                found.update(keys)
        if problems:
            raise JqlError(*problems)
        return found

    def test(self, field: str, operator: str, operand: Operand, scope: Scope) -> Test:
        """The test that an issue must pass."""
        wanted = self.keys(field, operand, scope)
        if operator in ORDERING and self.order is not None:
            return self._compared(operator, wanted, self.order)
        negated = _negates(operator)

        def passes(issue: Issue) -> bool:
            has = set(self.values(issue))
            if not has:
                return None in wanted and not negated
            return has.isdisjoint(wanted) if negated else not has.isdisjoint(wanted)

        return passes

    def _compared(self, operator: str, wanted: set[Key | None], order: Callable[[Key], int]) -> Test:
        limits = [order(key) for key in wanted if key is not None]

        def passes(issue: Issue) -> bool:
            return any(compare(operator, order(key), limit) for key in self.values(issue) for limit in limits)

        return passes

    def sort_key(self, issue: Issue) -> SortKey | None:
        """What issues are sorted by; None for empty fields."""
        if self.sort is not None:
            return self.sort(issue)
        found = sorted((self.order(key), "") if self.order else (0, str(key)) for key in self.values(issue))
        return tuple(found) or None


@dataclass(frozen=True, kw_only=True)
class TextSearcher:
    """A text, searched by words."""

    texts: Callable[[Issue], Iterable[str]]
    kind: str = "text"

    @property
    def operators(self) -> Sequence[str]:
        """The operators it supports."""
        return _LIKE

    def test(self, field: str, operator: str, operand: Operand, scope: Scope) -> Test:  # noqa: ARG002  as all searchers
        """The test that an issue must pass."""
        if isinstance(operand, Empty):
            return lambda issue: any(text for text in self.texts(issue)) == _negates(operator)
        if not isinstance(operand, Value):
            raise JqlError(
                f"The operator '{operator}' does not support a list or function for the field '{field}'."
            )
        wanted = Wanted(operand.text)
        if wanted.is_empty:
            raise JqlError(f"The text query '{operand.text}' for field '{field}' is not allowed to be empty.")
        return lambda issue: wanted.is_in(self.texts(issue)) != _negates(operator)

    def sort_key(self, issue: Issue) -> SortKey | None:
        """What issues are sorted by; None for empty fields."""
        text = " ".join(self.texts(issue)).strip().lower()
        return (text,) if text else None


def _number(text: str, _: Scope) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if isfinite(number) else None


@dataclass(frozen=True, kw_only=True)
class NumberSearcher:
    """A number, or a moment in unix milliseconds.

    Attributes:
        read: The number that a text stands for; None if it is none.
    """

    value: Callable[[Issue], float | None]
    read: Callable[[str, Scope], float | None] = _number
    kind: str = "number"
    refusal: str = "The value '{value}' is not a valid number for the field '{field}'."

    @property
    def operators(self) -> Sequence[str]:
        """The operators it supports."""
        return EQUALITY + ORDERING

    def _limits(self, field: str, operand: Operand, scope: Scope) -> list[float | None]:
        """The numbers an operand stands for; None for EMPTY."""
        found: list[float | None] = []
        for single in operands(operand):
            if isinstance(single, Empty):
                found.append(None)
            elif isinstance(single, Function):
                found.extend(float(key) for key in called(single, field, self.kind, scope))
            elif isinstance(single, Value):
                number = self.read(single.text, scope)
                if number is None:
                    raise JqlError(self.refusal.format(value=single.text, field=field))
                found.append(number)
        return found

    def test(self, field: str, operator: str, operand: Operand, scope: Scope) -> Test:
        """The test that an issue must pass."""
        limits = self._limits(field, operand, scope)
        if operator in ORDERING:
            numbers = [limit for limit in limits if limit is not None]

            def compares(issue: Issue) -> bool:
                value = self.value(issue)
                return value is not None and any(compare(operator, value, limit) for limit in numbers)

            return compares

        def equals(issue: Issue) -> bool:
            value = self.value(issue)
            if value is None and None not in limits:
                return False
            return (value in limits) != _negates(operator)

        return equals

    def sort_key(self, issue: Issue) -> SortKey | None:
        """What issues are sorted by; None for empty fields."""
        value = self.value(issue)
        return None if value is None else (value,)


def date_searcher(value: Callable[[Issue], float | None]) -> NumberSearcher:
    """A searcher for a moment or a day."""
    return NumberSearcher(
        value=value,
        read=lambda text, scope: moment_of(text, scope.now),
        kind="date",
        refusal="Date value '{value}' for field '{field}' is invalid. Valid formats include: "
        + VALID_FORMATS
        + ".",
    )


def compare(operator: str, left: float, right: float) -> bool:
    """The comparison that an operator stands for."""
    if operator == "<":
        return left < right
    if operator == "<=":
        return left <= right
    return left > right if operator == ">" else left >= right
