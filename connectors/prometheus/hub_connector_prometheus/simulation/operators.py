"""PromQL's binary operators, between numbers and between vectors (Prometheus docs, "Operators")."""

import math
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence

from hub_connector_prometheus.simulation.errors import ExecutionError
from hub_connector_prometheus.simulation.labels import NAME, Labels, excluding, labels_of, only, without_name
from hub_connector_prometheus.simulation.nodes import Binary, Matching
from hub_connector_prometheus.simulation.signatures import COMPARISONS, SET_OPERATORS
from hub_connector_prometheus.simulation.vectors import Row, Value, labels_text, merged, present

Signed = dict[Labels, list[Row]]


def _divide(left: float, right: float) -> float:
    if right != 0:
        return left / right
    return math.nan if left == 0 or math.isnan(left) else math.copysign(math.inf, left) * math.copysign(1, right)


def _modulo(left: float, right: float) -> float:
    return math.nan if right == 0 or math.isinf(left) else math.fmod(left, right)


def _power(left: float, right: float) -> float:
    try:
        return math.pow(left, right)
    except OverflowError:
        return -math.inf if left < 0 and right % 2 == 1 else math.inf
    except ValueError:  # a root of a negative number, or zero to a negative power
        return math.nan if left else math.inf


OPERATIONS: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divide,
    "%": _modulo,
    "^": _power,
    "atan2": math.atan2,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}


def between_scalars(name: str, left: Sequence[float], right: Sequence[float]) -> list[float]:
    """Both sides are one number per step."""
    operation = OPERATIONS[name]
    return [float(operation(one, two)) for one, two in zip(left, right, strict=True)]


def with_scalar(node: Binary, rows: Sequence[Row], numbers: Sequence[float], *, scalar_left: bool) -> list[Row]:
    """A vector on one side, a number per step on the other."""
    operation = OPERATIONS[node.operator]
    filters = node.operator in COMPARISONS and not node.returns_bool

    def combine(value: Value, number: float) -> Value:
        if value is None:
            return None
        result = operation(number, value) if scalar_left else operation(value, number)
        return (value if result else None) if filters else float(result)

    rows = [Row(row.labels, [combine(*pair) for pair in zip(row.values, numbers, strict=True)]) for row in rows]
    return rows if filters else merged(Row(without_name(row.labels), row.values) for row in rows)


def between_vectors(node: Binary, left: Sequence[Row], right: Sequence[Row]) -> list[Row]:
    """Both sides are vectors; partners are found by their labels.

    Raises:
        ExecutionError: A side that has to be unique is not.
    """
    signature = _signature(node.matching)
    if node.operator in SET_OPERATORS:
        return _set_operation(node.operator, left, right, signature)
    swapped = node.matching.many == "right"
    many, one = (right, left) if swapped else (left, right)
    partners: Signed = {}
    for row in one:
        partners.setdefault(signature(row.labels), []).append(row)
    side = "left" if swapped else "right"
    asked = [any(value is not None for value in step) for step in _steps(many)]
    for key, rows in partners.items():
        _refuse_double(rows, asked, key, side)
    pairs = [(row, partner) for row in many for partner in partners.get(signature(row.labels), ())]
    results = [
        Row(_result_labels(node, row.labels, partner.labels), _combine(node, row, partner, swapped=swapped))
        for row, partner in pairs
    ]
    if node.matching.many is None:
        _refuse_shared([signature(row.labels) for row, _ in pairs], results)
    try:
        return merged(present(results))
    except ExecutionError:
        raise ExecutionError("multiple matches for labels: grouping labels must ensure unique matches") from None


def _signature(matching: Matching) -> Callable[[Labels], Labels]:
    ignored = matching.labels | {NAME}
    return (lambda of: only(of, matching.labels)) if matching.on else (lambda of: excluding(of, ignored))


def _refuse_double(rows: Sequence[Row], asked: Sequence[bool], key: Labels, side: str) -> None:
    """Refuse a match group with several values at a step at which the other side has any."""
    if len(rows) > 1 and any(
        wanted and sum(value is not None for value in step) > 1
        for wanted, step in zip(asked, _steps(rows), strict=False)
    ):
        raise ExecutionError(
            f"found duplicate series for the match group {labels_text(key)} on the {side} hand-side of the "
            f"operation: [{labels_text(rows[0].labels)}, {labels_text(rows[1].labels)}];"
            "many-to-many matching not allowed: matching labels must be unique on one side"
        )


def _steps(rows: Sequence[Row]) -> Iterator[tuple[Value, ...]]:
    return zip(*(row.values for row in rows), strict=True)


def _refuse_shared(keys: Sequence[Labels], results: Sequence[Row]) -> None:
    """Refuse several results of one match group at the same step."""
    groups: dict[Labels, list[Row]] = {}
    for key, row in zip(keys, results, strict=True):
        groups.setdefault(key, []).append(row)
    for rows in groups.values():
        if len(rows) > 1 and any(sum(value is not None for value in step) > 1 for step in _steps(rows)):
            raise ExecutionError(
                "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
            )


def _combine(node: Binary, row: Row, partner: Row, *, swapped: bool) -> list[Value]:
    operation = OPERATIONS[node.operator]
    filters = node.operator in COMPARISONS and not node.returns_bool
    left, right = (partner, row) if swapped else (row, partner)
    values: list[Value] = []
    for one, two in zip(left.values, right.values, strict=True):
        if one is None or two is None:
            values.append(None)
        elif filters:
            values.append(one if operation(one, two) else None)
        else:
            values.append(float(operation(one, two)))
    return values


def _result_labels(node: Binary, many: Labels, one: Labels) -> Labels:
    matching = node.matching
    labels = many if node.operator in COMPARISONS and not node.returns_bool else without_name(many)
    if matching.many is None:
        return only(labels, matching.labels) if matching.on else excluding(labels, matching.labels)
    if not matching.include:
        return labels
    taken, included = dict(one), frozenset(matching.include)
    return labels_of([*excluding(labels, included), *((name, taken.get(name, "")) for name in included)])


def _set_operation(
    name: str, left: Sequence[Row], right: Sequence[Row], signature: Callable[[Labels], Labels]
) -> list[Row]:
    base, other = (right, left) if name == "or" else (left, right)
    covered: dict[Labels, list[bool]] = {}
    for row in other:
        seen = covered.setdefault(signature(row.labels), [False] * len(row.values))
        for step, value in enumerate(row.values):
            if value is not None:
                seen[step] = True
    wanted = name == "and"
    kept = [
        Row(row.labels, [value if has == wanted else None for value, has in zip(row.values, seen, strict=True)])
        for row in base
        for seen in [covered.get(signature(row.labels)) or [False] * len(row.values)]
    ]
    return merged([*left, *present(kept)]) if name == "or" else present(kept)
