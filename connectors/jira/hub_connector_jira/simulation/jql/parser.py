"""Reads a query: the grammar of JQL, with Jira's words for what does not fit it."""

from hub_connector_jira.simulation.jql.errors import SyntaxProblem
from hub_connector_jira.simulation.jql.lexer import RESERVED, Token, tokens_of
from hub_connector_jira.simulation.jql.nodes import (
    Both,
    Clause,
    Either,
    Empty,
    Function,
    Listed,
    Negated,
    Node,
    Operand,
    Predicate,
    Query,
    Sort,
    Value,
)

_PREDICATES = ("after", "before", "by", "during", "from", "on", "to")
_OPERATORS = "'=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', 'NOT IN', 'IS' and 'IS NOT'"
_WORDS_AS_FIELDS = frozenset({"cf", "level"})
_DEEPEST = 100
_MAX_SORTS = 7


def parse(text: str) -> Query:
    """The query that a text stands for.

    Raises:
        SyntaxProblem: It is none.
    """
    return _Parser(text).query()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = tokens_of(text)
        self._at = 0
        self._depth = 0

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._next
        self._at += token.kind != "end"
        return token

    def _took(self, *signs: str) -> bool:
        """Whether the next token is one of these words, operators or punctuation marks; if so, it is taken."""
        token = self._next
        if token.kind in ("word", "operator", "punctuation") and token.text.lower() in signs:
            self._take()
            return True
        return False

    def _unexpected(self, expected: str, token: Token, hint: str = "") -> SyntaxProblem:
        if token.kind == "end":
            return SyntaxProblem(f"Expecting {expected} before the end of the query.")
        return SyntaxProblem(f"Expecting {expected} but got '{token.text}'.{hint}", self._text, token.position)

    def query(self) -> Query:
        where = None
        if self._next.kind != "end" and not self._next.is_word("order"):
            where = self._either()
        order = self._order() if self._took("order") else ()
        if self._next.kind != "end":
            raise self._unexpected("either 'OR' or 'AND'", self._next)
        return Query(where, order)

    def _order(self) -> tuple[Sort, ...]:
        if not self._took("by"):
            raise self._unexpected("'by'", self._next)
        found: list[Sort] = []
        while True:
            field = self._field()
            direction = True if self._took("desc") else False if self._took("asc") else None
            found.append(Sort(field, direction))
            if not self._took(","):
                break
        if self._next.kind != "end":
            raise self._unexpected("either ',' or the end of the query", self._next)
        if len(found) > _MAX_SORTS:
            raise SyntaxProblem(f"The ORDER BY clause may name at most {_MAX_SORTS} fields.")
        return tuple(found)

    def _either(self) -> Node:
        parts = [self._both()]
        while self._took("or", "||", "|"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _both(self) -> Node:
        parts = [self._negated()]
        while self._took("and", "&&", "&"):
            parts.append(self._negated())
        return parts[0] if len(parts) == 1 else Both(tuple(parts))

    def _negated(self) -> Node:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise SyntaxProblem("The query is nested too deeply.")
        try:
            if self._took("not", "!"):
                return Negated(self._negated())
            if self._took("("):
                inner = self._either()
                if not self._took(")"):
                    raise self._unexpected("')'", self._next)
                return inner
            return self._clause()
        finally:
            self._depth -= 1

    def _field(self) -> str:
        token = self._next
        if token.kind not in ("word", "string", "custom"):
            raise self._unexpected("a field name", token)
        if token.kind == "word" and token.text.lower() in RESERVED and token.text.lower() not in _WORDS_AS_FIELDS:
            if token.is_word("and", "or", "order", "in", "is", "not", "empty", "null"):
                raise self._unexpected("a field name", token)
            raise self._reserved(token)
        return self._take().text

    def _reserved(self, token: Token) -> SyntaxProblem:
        return SyntaxProblem(
            f"'{token.text}' is a reserved JQL word. You must surround it in quotation marks to use it in a query.",
            self._text,
            token.position,
        )

    def _clause(self) -> Clause:
        field, token = self._field(), self._next
        if token.kind == "operator" and token.text not in ("!", "&", "|", "&&", "||"):
            self._take()
            return Clause(field, token.text, self._operand())
        if self._took("in"):
            return Clause(field, "in", self._operand())
        if self._took("not"):
            if not self._took("in"):
                raise self._unexpected("'IN'", self._next)
            return Clause(field, "not in", self._operand())
        if self._took("is"):
            operator = "is not" if self._took("not") else "is"
            return Clause(field, operator, self._operand())
        if self._took("was"):
            operator = "was not" if self._took("not") else "was"
            if self._took("in"):
                return Clause(field, operator + " in", self._operand(), self._predicates())
            return Clause(field, operator, self._operand(), self._predicates())
        if self._took("changed"):
            return Clause(field, "changed", Empty(), self._predicates())
        if token.kind == "end":
            raise SyntaxProblem(
                f"Expecting operator before the end of the query. The valid operators are {_OPERATORS}."
            )
        raise self._unexpected("operator", token, f" The valid operators are {_OPERATORS}.")

    def _predicates(self) -> tuple[Predicate, ...]:
        found: list[Predicate] = []
        while self._next.is_word(*_PREDICATES):
            found.append(Predicate(self._take().text.lower(), self._operand()))
        return tuple(found)

    def _operand(self) -> Operand:
        token = self._next
        if self._took("("):
            return self._listed()
        if token.kind not in ("word", "string"):
            hint = f" You must surround '{token.text}' in quotation marks to use it as a value."
            raise self._unexpected("either a value, list or function", token, hint)
        self._take()
        if token.is_word("empty", "null"):
            return Empty()
        if self._took("("):
            return Function(token.text, self._arguments())
        if token.kind == "word" and token.text.lower() in RESERVED:
            if token.is_word("and", "or", "not", "in", "is", "order"):
                hint = f" You must surround '{token.text}' in quotation marks to use it as a value."
                raise self._unexpected("either a value, list or function", token, hint)
            raise self._reserved(token)
        return Value(token.text)

    def _listed(self) -> Listed:
        found = [self._operand()]
        while self._took(","):
            found.append(self._operand())
        if not self._took(")"):
            raise self._unexpected("')'", self._next)
        return Listed(tuple(found))

    def _arguments(self) -> tuple[str, ...]:
        found: list[str] = []
        if self._took(")"):
            return ()
        while True:
            token = self._take()
            if token.kind not in ("word", "string"):
                raise self._unexpected("either a value or ')'", token)
            found.append(token.text)
            if self._took(")"):
                return tuple(found)
            if not self._took(","):
                raise self._unexpected("')'", self._next)
