"""The syntax tree of a PromQL expression."""

from dataclasses import dataclass
from typing import Literal

from hub_connector_prometheus.simulation.labels import Matcher

Type = Literal["scalar", "vector", "matrix", "string"]
Anchor = float | Literal["start", "end"]
"""Of the `@` modifier: unix seconds, or `start()` or `end()` of the query."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number literal."""

    value: float


@dataclass(frozen=True, slots=True)
class String:
    """A string literal."""

    value: str


@dataclass(frozen=True, slots=True)
class Selector:
    """Selects series; an instant vector, or a range vector if it has a range.

    Attributes:
        range_ms: Length of the range; None for an instant vector.
        offset_ms: How far to look back; negative looks ahead.
    """

    matchers: tuple[Matcher, ...]
    range_ms: int | None = None
    offset_ms: int = 0
    at: Anchor | None = None


@dataclass(frozen=True, slots=True)
class Subquery:
    """A range vector from evaluating an instant vector at many moments.

    Attributes:
        step_ms: None for the default evaluation interval.
    """

    body: "Node"
    range_ms: int
    step_ms: int | None
    offset_ms: int = 0
    at: Anchor | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A function and its arguments."""

    function: str
    arguments: tuple["Node", ...]
    type: Type


@dataclass(frozen=True, slots=True)
class Aggregation:
    """An aggregation operator.

    Attributes:
        parameter: Of topk, bottomk, quantile and count_values.
        labels: What `by` keeps, or `without` drops.
    """

    operator: str
    body: "Node"
    parameter: "Node | None"
    labels: frozenset[str]
    without: bool


@dataclass(frozen=True, slots=True)
class Negation:
    """Unary minus."""

    body: "Node"


@dataclass(frozen=True, slots=True)
class Matching:
    """How a binary operator finds the partners in two vectors.

    Attributes:
        on: Whether only `labels` count, or all but them.
        many: The side that may have several series for one of the other side.
        include: Labels that the result takes from the "one" side.
    """

    on: bool = False
    labels: frozenset[str] = frozenset()
    many: Literal["left", "right"] | None = None
    include: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Binary:
    """A binary operator; `returns_bool` for comparisons that give 0 or 1 instead of filtering."""

    operator: str
    left: "Node"
    right: "Node"
    returns_bool: bool
    matching: Matching


Node = Number | String | Selector | Subquery | Call | Aggregation | Negation | Binary


def type_of(node: Node) -> Type:
    """What a node evaluates to."""
    match node:
        case Number():
            return "scalar"
        case String():
            return "string"
        case Selector():
            return "vector" if node.range_ms is None else "matrix"
        case Subquery():
            return "matrix"
        case Call():
            return node.type
        case Aggregation():
            return "vector"
        case Negation():
            return type_of(node.body)
        case Binary():
            return "scalar" if type_of(node.left) == type_of(node.right) == "scalar" else "vector"
