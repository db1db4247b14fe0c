"""What a query consists of once it is read."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Value:
    """A word, a number or a quoted string."""

    text: str


@dataclass(frozen=True, slots=True)
class Function:
    """A call such as `startOfDay("-1d")`."""

    name: str
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """Values in parentheses."""

    items: "tuple[Operand, ...]"


@dataclass(frozen=True, slots=True)
class Empty:
    """The word EMPTY or NULL."""


Operand = Value | Function | Listed | Empty


@dataclass(frozen=True, slots=True)
class Predicate:
    """A condition on a change: AFTER, BEFORE, BY, DURING, FROM, ON or TO."""

    name: str
    operand: Operand


@dataclass(frozen=True, slots=True)
class Clause:
    """One comparison.

    Attributes:
        operator: As Jira names it in errors: `=`, `not in`, `is not`, `was`, `changed`…
    """

    field: str
    operator: str
    operand: Operand
    predicates: tuple[Predicate, ...] = ()


@dataclass(frozen=True, slots=True)
class Both:
    """All parts hold."""

    parts: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Either:
    """At least one part holds."""

    parts: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Negated:
    """The part does not hold."""

    part: "Node"


Node = Clause | Both | Either | Negated


@dataclass(frozen=True, slots=True)
class Sort:
    """One field to sort by."""

    field: str
    descending: bool | None


@dataclass(frozen=True, slots=True)
class Query:
    """A query; without `where` it has no restriction."""

    where: Node | None
    order: tuple[Sort, ...]
