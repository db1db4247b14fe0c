"""Parses and type-checks PromQL (Prometheus docs, "Querying")."""

import math

from hub_connector_prometheus.simulation import signatures
from hub_connector_prometheus.simulation.cursor import Cursor
from hub_connector_prometheus.simulation.errors import BadRegex, ParseError
from hub_connector_prometheus.simulation.labels import NAME, Matcher
from hub_connector_prometheus.simulation.lexer import Token, number_of, tokens_of
from hub_connector_prometheus.simulation.nodes import (
    Aggregation,
    Anchor,
    Binary,
    Call,
    Matching,
    Negation,
    Node,
    Number,
    Selector,
    String,
    Subquery,
    Type,
    type_of,
)

_PRECEDENCE = {
    "or": 1,
    **dict.fromkeys(("and", "unless"), 2),
    **dict.fromkeys(signatures.COMPARISONS, 3),
    **dict.fromkeys(("+", "-"), 4),
    **dict.fromkeys(("*", "/", "%", "atan2"), 5),
    "^": 6,
}
_NEGATION_PRECEDENCE = 5
_TYPE_NAMES: dict[Type, str] = {
    "scalar": "scalar",
    "vector": "instant vector",
    "matrix": "range vector",
    "string": "string",
}
_NO_METRIC_NAMES = frozenset(("atan2", "bool", "group_left", "group_right", "ignoring", "on"))
_MAX_DEPTH = 60
_MAX_OPERATORS = 200
_MAX_LENGTH = 20_000


def parse(text: str) -> Node:
    """The syntax tree of an expression.

    Raises:
        ParseError: It is no PromQL, its types do not fit, or it uses what the sandbox does not know.
    """
    if len(text) > _MAX_LENGTH:
        raise ParseError(f"the sandbox does not support expressions over {_MAX_LENGTH} characters", text[:1], 0)
    if not text.strip():
        raise ParseError("no expression found in input", text, 0)
    return _Parser(text).whole()


def parse_selector(text: str) -> tuple[Matcher, ...]:
    """The matchers of a series selector, as in `match[]`.

    Raises:
        ParseError: It is no selector, or has modifiers.
    """
    node = parse(text)
    if not isinstance(node, Selector) or node != Selector(node.matchers):
        raise ParseError("expected a series selector", text, 0)
    return node.matchers


class _Parser:
    def __init__(self, text: str) -> None:
        self._at = Cursor(text, tokens_of(text))
        self._depth = 0
        self._operators = 0

    def whole(self) -> Node:
        node = self.expression(0)
        if self._at.token.kind != "end":
            raise self._at.unexpected("")
        return node

    # Expressions

    def expression(self, minimum: int) -> Node:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise self._at.fail(f"the sandbox does not support expressions nested more than {_MAX_DEPTH} deep")
        node = self._unary()
        while (operator := self._binary_operator()) and _PRECEDENCE[operator] >= minimum:
            node = self._binary(node, operator)
        self._depth -= 1
        return node

    def _binary_operator(self) -> str | None:
        token = self._at.token
        text = token.text.lower()
        return text if token.kind in ("operator", "identifier") and text in _PRECEDENCE else None

    def _binary(self, left: Node, operator: str) -> Node:
        token = self._at.take()
        self._operators += 1
        if self._operators > _MAX_OPERATORS:
            raise self._at.fail(f"the sandbox does not support more than {_MAX_OPERATORS} operators", token)
        comparison = operator in signatures.COMPARISONS
        returns_bool = self._at.accept("bool") is not None
        if returns_bool and not comparison:
            raise self._at.fail("bool modifier can only be used on comparison operators", token)
        modified = self._at.token
        matching = self._matching(operator)
        precedence = _PRECEDENCE[operator]
        right = self.expression(precedence if operator == "^" else precedence + 1)
        types = type_of(left), type_of(right)
        for kind in types:
            if kind not in ("scalar", "vector"):
                raise self._at.fail("binary expression must contain only scalar and instant vector types", token)
        if "scalar" in types:
            if operator in signatures.SET_OPERATORS:
                raise self._at.fail(f'set operator "{operator}" not allowed in binary scalar expression', token)
            if matching is not None:
                raise self._at.fail("vector matching only allowed between instant vectors", modified)
            if comparison and not returns_bool and types == ("scalar", "scalar"):
                raise self._at.fail("comparisons between scalars must use BOOL modifier", token)
        return Binary(operator, left, right, returns_bool, matching or Matching())

    def _matching(self, operator: str) -> Matching | None:
        how = self._at.accept("on", "ignoring")
        if how is None:
            return None
        labels = frozenset(self._at.label_names())
        token = self._at.token
        grouping = self._at.accept("group_left", "group_right")
        if grouping is None:
            return Matching(how == "on", labels)
        if operator in signatures.SET_OPERATORS:
            raise self._at.fail(f'no grouping allowed for "{operator}" operation', token)
        include = tuple(self._at.label_names()) if self._at.sees("(") else ()
        for name in include:
            if how == "on" and name in labels:
                raise self._at.fail(f'label "{name}" must not occur in ON and GROUP clause at once', token)
        return Matching(how == "on", labels, "left" if grouping == "group_left" else "right", include)

    def _unary(self) -> Node:
        token = self._at.token
        sign = self._at.accept("+", "-")
        if sign is None:
            return self._postfix(self._primary())
        body = self.expression(_NEGATION_PRECEDENCE + 1)
        if type_of(body) not in ("scalar", "vector"):
            kind = _TYPE_NAMES[type_of(body)]
            raise self._at.fail(
                f'unary expression only allowed on expressions of type scalar or instant vector, got "{kind}"',
                token,
            )
        if sign == "+":
            return body
        return Number(-body.value) if isinstance(body, Number) else Negation(body)

    # Primaries and what follows them

    def _primary(self) -> Node:
        token = self._at.token
        if token.kind == "number":
            return Number(number_of(self._at.take().text))
        if token.kind == "string":
            return String(self._at.unquoted(self._at.take()))
        if token.kind == "identifier":
            return self._named(self._at.take())
        if token.text == "(":
            self._at.take()
            node = self.expression(0)
            self._at.expect(")", "paren expression")
            return node
        if token.text == "{":
            return self._selector(None, token)
        raise self._at.unexpected("" if token.kind == "end" else "expression")

    def _named(self, token: Token) -> Node:
        lower = token.text.lower()
        follows = self._at.token.text.lower() if self._at.token.kind != "string" else ""
        if lower in signatures.AGGREGATIONS and follows in ("(", "by", "without"):
            return self._aggregation(lower, token)
        if follows == "(":
            return self._call(token)
        if lower in _NO_METRIC_NAMES:
            raise self._at.unexpected("", token=token)
        if lower in ("inf", "nan"):
            return Number(float(lower))
        return self._selector(token.text, token)

    def _selector(self, name: str | None, start: Token) -> Selector:
        matchers = [Matcher.of(NAME, "=", name)] if name is not None else []
        if self._at.sees("{"):
            matchers += self._matchers(named=name is not None)
        if all(matcher.matches("") for matcher in matchers):
            raise self._at.fail("vector selector must contain at least one non-empty matcher", start)
        return Selector(tuple(matchers))

    def _matchers(self, *, named: bool) -> list[Matcher]:
        self._at.expect("{", "label matching")
        found: list[Matcher] = []
        while self._at.accept("}") is None:
            label = self._at.take()
            quoted = label.kind == "string"
            if not quoted and label.kind != "identifier":
                raise self._at.unexpected("label matching", 'identifier or "}"', label)
            name = self._at.unquoted(label) if quoted else label.text
            if quoted and self._at.token.text in (",", "}"):
                if named:
                    raise self._at.fail(f'metric name must not be set twice: "{name}"', label)
                found.append(Matcher.of(NAME, "=", name))
            else:
                found.append(self._matcher(name))
                if named and name == NAME:
                    raise self._at.fail("metric name must not be set twice", label)
            self._at.list_goes_on("}", "label matching")
        return found

    def _matcher(self, name: str) -> Matcher:
        token = self._at.token
        operator = self._at.accept("=", "!=", "=~", "!~")
        if operator is None:
            raise self._at.unexpected("label matching", "label matching operator")
        value = self._at.string("label matching")
        try:
            return Matcher.of(name, operator, value)
        except BadRegex as error:
            raise self._at.fail(str(error), token) from None

    def _arguments(self, context: str) -> list[tuple[Node, Token]]:
        self._at.expect("(", context)
        found: list[tuple[Node, Token]] = []
        while self._at.accept(")") is None:
            token = self._at.token
            found.append((self.expression(0), token))
            comma = self._at.token
            self._at.list_goes_on(")", context)
            if comma.text == "," and self._at.sees(")"):
                raise self._at.fail("trailing commas not allowed in function call args", comma)
        return found

    def _typed(self, node: Node, expected: Type, context: str, token: Token) -> None:
        actual = type_of(node)
        if actual != expected:
            raise self._at.fail(
                f"expected type {_TYPE_NAMES[expected]} in {context}, got {_TYPE_NAMES[actual]}", token
            )

    def _call(self, name: Token) -> Call:
        signature = signatures.FUNCTIONS.get(name.text)
        if signature is None:
            if name.text in signatures.UNSUPPORTED:
                raise self._at.fail(f'the sandbox does not support the function "{name.text}"', name)
            raise self._at.fail(f'unknown function with name "{name.text}"', name)
        arguments = self._arguments("function call")
        given, least, most = len(arguments), signature.required, len(signature.arguments)
        if given < least or (given > most and not signature.variadic):
            bound = "" if least == most else "at least " if given < least else "at most "
            count = least if given < least else most
            raise self._at.fail(f'expected {bound}{count} argument(s) in call to "{name.text}", got {given}', name)
        for position, (node, token) in enumerate(arguments):
            expected = signature.arguments[min(position, len(signature.arguments) - 1)]
            self._typed(node, expected, f'call to function "{name.text}"', token)
        return Call(name.text, tuple(node for node, _ in arguments), signature.returns)

    def _aggregation(self, operator: str, name: Token) -> Aggregation:
        grouping = self._grouping()
        arguments = self._arguments("aggregation")
        grouping = grouping or self._grouping() or (frozenset[str](), False)
        wanted = signatures.AGGREGATIONS[operator]
        expected = 1 if wanted is None else 2
        if len(arguments) != expected:
            if not arguments:
                raise self._at.fail("no arguments for aggregate expression provided", name)
            counts = f"expected {expected}, got {len(arguments)}"
            raise self._at.fail(f"wrong number of arguments for aggregate expression provided, {counts}", name)
        if wanted is not None:
            self._typed(arguments[0][0], wanted, "aggregation parameter", arguments[0][1])
        body, token = arguments[-1]
        self._typed(body, "vector", "aggregation expression", token)
        return Aggregation(operator, body, arguments[0][0] if wanted else None, *grouping)

    def _grouping(self) -> tuple[frozenset[str], bool] | None:
        how = self._at.accept("by", "without")
        return None if how is None else (frozenset(self._at.label_names()), how == "without")

    def _postfix(self, node: Node) -> Node:
        while True:
            token = self._at.token
            if self._at.sees("["):
                node = self._ranged(node)
            elif self._at.accept("offset"):
                node = self._modified(node, token, offset_ms=self._at.offset())
            elif self._at.accept("@"):
                node = self._modified(node, token, at=self._anchor())
            else:
                return node

    def _ranged(self, node: Node) -> Node:
        bracket = self._at.take()
        range_ms = self._at.duration("subquery or range selector")
        if self._at.accept(":"):
            step = None if self._at.sees("]") else self._at.duration("subquery selector")
            self._at.expect("]", "subquery selector")
            if type_of(node) != "vector":
                raise self._at.fail(
                    f"subquery is only allowed on instant vector, got {_TYPE_NAMES[type_of(node)]}", bracket
                )
            return Subquery(node, range_ms, step)
        self._at.expect("]", "range selector")
        if not isinstance(node, Selector) or node.range_ms is not None:
            raise self._at.fail("ranges only allowed for vector selectors", bracket)
        if node.offset_ms or node.at is not None:
            raise self._at.fail("no offset or @ modifiers allowed before range", bracket)
        return Selector(node.matchers, range_ms)

    def _anchor(self) -> Anchor:
        name = self._at.accept("start", "end")
        if name:
            self._at.expect("(", "@ modifier")
            self._at.expect(")", "@ modifier")
            return "start" if name == "start" else "end"
        sign = -1 if self._at.accept("-") else 1
        if self._at.token.kind != "number":
            raise self._at.unexpected("@", "timestamp")
        token = self._at.take()
        if math.isinf(seconds := number_of(token.text)):
            raise self._at.fail("timestamp out of bounds for @ modifier", token)
        return sign * seconds

    def _modified(self, node: Node, token: Token, *, offset_ms: int = 0, at: Anchor | None = None) -> Node:
        if not isinstance(node, Selector | Subquery):
            what = "@ modifier" if at is not None else "offset modifier"
            raise self._at.fail(
                f"{what} must be preceded by an instant vector selector or range vector selector or a subquery",
                token,
            )
        if (offset_ms and node.offset_ms) or (at is not None and node.at is not None):
            raise self._at.fail("offset and @ may not be set multiple times", token)
        changed_offset, changed_at = offset_ms or node.offset_ms, node.at if at is None else at
        if isinstance(node, Selector):
            return Selector(node.matchers, node.range_ms, changed_offset, changed_at)
        return Subquery(node.body, node.range_ms, node.step_ms, changed_offset, changed_at)
