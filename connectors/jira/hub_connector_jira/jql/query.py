"""Parses JQL and writes it anew, so that what reaches Jira has the structure that was understood here.

The grammar is Jira's: clauses with AND, OR, NOT and parentheses, operands that are texts, functions or lists,
history predicates after WAS and CHANGED, and ORDER BY. JQL has no comments. Whatever does not fit is refused.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from hub.plugin import InvalidArguments
from hub_connector_jira.jql.tokens import Token, quoted, refusal, tokens

MOST_ORDER_FIELDS = 7
"""https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-search/#api-rest-api-3-search-jql-post"""
_DEEPEST = 40
# fmt: off
_RESERVED = frozenset({
    "AND", "OR", "NOT", "IN", "IS", "WAS", "CHANGED", "AFTER", "BEFORE", "DURING", "ON", "BY", "FROM", "TO",
    "ORDER", "ASC", "DESC", "EMPTY", "NULL",
})
# fmt: on
_PREDICATES = frozenset({"AFTER", "BEFORE", "DURING", "ON", "BY", "FROM", "TO"})
# What may stand without quotes: nothing in it can end the word for Jira's lexer.
_BARE = re.compile(r"-?[A-Za-z0-9_]+(?:-[A-Za-z0-9_]+)*")
_PROPERTY = re.compile(r"[A-Za-z][A-Za-z0-9_]*\.property", re.IGNORECASE)
_PROPERTY_PATH = re.compile(r"(?:\.[A-Za-z0-9_\-]+)+")
_PROPERTY_KEY = re.compile(r"[A-Za-z0-9_.\-]+")


@dataclass(frozen=True, slots=True)
class Operand:
    """One value of a clause.

    Attributes:
        field: The field it is compared with, in lower case.
        text: The value, or the name of the function in lower case.
        arguments: Those of a function; None for a value.
        at: Where it stands.
    """

    field: str
    text: str
    arguments: tuple[str, ...] | None
    at: int


@dataclass(frozen=True, slots=True)
class Query:
    """A query that was understood.

    Attributes:
        where: Its condition, written anew; empty if it has none.
        order: Its ORDER BY, written anew without these words; empty if it has none.
        operands: Every value and function in the condition.
    """

    where: str
    order: str
    operands: Sequence[Operand]


def parse(jql: str) -> Query:
    """Read a query.

    Raises:
        InvalidArguments: It is no JQL, or has more than seven fields to order by.
    """
    return _Parser(tokens(jql)).query()


class _Parser:
    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._at = 0
        self._depth = 0
        self._operands: list[Operand] = []

    def query(self) -> Query:
        where = "" if self._next.kind == "end" or self._orders else self._either()
        order = self._order() if self._orders else ""
        if self._next.kind != "end":
            hint = "Put names and values with spaces in double quotes"
            raise refusal(f"unexpected {self._next.shown}", self._next.at, hint)
        return Query(where, order, tuple(self._operands))

    # Reading tokens

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    @property
    def _orders(self) -> bool:
        return self._next.keyword == "ORDER"

    def _take(self) -> Token:
        token = self._next
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def _take_keyword(self, *words: str) -> str:
        """Take the next token if it is one of these keywords."""
        return self._take().keyword if self._next.keyword in words else ""

    def _take_mark(self, mark: str) -> bool:
        if self._next.kind == "mark" and self._next.text == mark:
            self._take()
            return True
        return False

    def _want_mark(self, mark: str) -> None:
        if not self._take_mark(mark):
            raise refusal(f"{mark!r} expected, found {self._next.shown}", self._next.at)

    # Conditions

    def _either(self) -> str:
        parts = [self._both()]
        while self._take_keyword("OR"):
            parts.append(self._both())
        return " OR ".join(parts)

    def _both(self) -> str:
        parts = [self._condition()]
        while self._take_keyword("AND"):
            parts.append(self._condition())
        return " AND ".join(parts)

    def _condition(self) -> str:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise refusal(f"nested deeper than {_DEEPEST} levels", self._next.at)
        try:
            if self._take_keyword("NOT"):
                return f"NOT {self._condition()}"
            if self._take_mark("("):
                inner = self._either()
                self._want_mark(")")
                return f"({inner})"
            return self._clause()
        finally:
            self._depth -= 1

    def _clause(self) -> str:
        name, written = self._field()
        operator = self._operator()
        if operator == "CHANGED":
            return " ".join([written, operator, *self._history(name)])
        value = self._list(name) if operator.endswith("IN") else self._operand(name)
        history = self._history(name) if operator.startswith("WAS") else []
        return " ".join([written, operator, value, *history])

    def _field(self) -> tuple[str, str]:
        """A field's name in lower case, and how it is written."""
        token = self._take()
        if token.kind not in ("word", "string") or token.keyword in _RESERVED:
            raise refusal(f"a field expected, found {token.shown}", token.at)
        if token.kind == "word" and self._take_mark("["):
            written = self._indexed(token)
            return written.lower(), written
        words = [token.text]
        while token.kind == self._next.kind == "word" and self._next.keyword not in _RESERVED:
            words.append(self._take().text)  # a display name without its quotes
        name = " ".join(words)
        return name.lower(), quoted(name) if len(words) > 1 else _written(token)

    def _indexed(self, token: Token) -> str:
        """`cf[10016]`, or an entity property such as `issue.property[key].path`."""
        index = self._take()
        self._want_mark("]")
        if token.keyword == "CF" and index.kind == "word" and index.text.isascii() and index.text.isdigit():
            return f"cf[{index.text}]"
        if _PROPERTY.fullmatch(token.text) and _PROPERTY_KEY.fullmatch(index.text):
            path = self._take().text if _PROPERTY_PATH.fullmatch(self._next.text) else ""
            return f"{token.text}[{index.text}]{path}"
        hint = 'Put the whole name in double quotes, like "Team[Team]"'
        raise refusal("brackets belong after cf and entity properties", token.at, hint)

    def _operator(self) -> str:
        token = self._take()
        if token.kind == "operator":
            return token.text
        match token.keyword:
            case "IN" | "CHANGED":
                return token.keyword
            case "NOT":
                if self._take_keyword("IN"):
                    return "NOT IN"
            case "IS":
                return "IS NOT" if self._take_keyword("NOT") else "IS"
            case "WAS":
                words = ["WAS", self._take_keyword("NOT"), self._take_keyword("IN")]
                return " ".join(filter(None, words))
            case _:
                pass
        hint = "A clause is field, operator, value"
        raise refusal(f"an operator expected, found {token.shown}", token.at, hint)

    def _history(self, name: str) -> list[str]:
        found: list[str] = []
        while predicate := self._take_keyword(*_PREDICATES):
            listed = self._next.kind == "mark" and self._next.text == "("
            found += [predicate, self._list(name) if listed else self._operand(name)]
        return found

    def _list(self, name: str) -> str:
        if not self._take_mark("("):
            return self._operand(name)  # such as: sprint in openSprints()
        values = [self._operand(name)]
        while self._take_mark(","):
            values.append(self._operand(name))
        self._want_mark(")")
        return f"({', '.join(values)})"

    def _operand(self, name: str) -> str:
        token = self._take()
        if token.keyword in ("EMPTY", "NULL"):
            return "EMPTY"
        if token.kind not in ("word", "string") or token.keyword in _RESERVED:
            hint = "Put a value that is a keyword in double quotes" if token.keyword else ""
            raise refusal(f"a value expected, found {token.shown}", token.at, hint)
        if token.kind == "word" and self._take_mark("("):
            return self._function(name, token)
        self._operands.append(Operand(name, token.text, None, token.at))
        return _written(token)

    def _function(self, name: str, token: Token) -> str:
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", token.text):
            raise refusal(f"{token.text!r} is no function's name", token.at)
        arguments: list[Token] = []
        while not self._take_mark(")"):
            if arguments:
                self._want_mark(",")
            argument = self._take()
            if argument.kind not in ("word", "string") or argument.keyword in _RESERVED:
                raise refusal(f"an argument expected, found {argument.shown}", argument.at)
            arguments.append(argument)
        texts = tuple(argument.text for argument in arguments)
        self._operands.append(Operand(name, token.text.lower(), texts, token.at))
        return f"{token.text}({', '.join(_written(argument) for argument in arguments)})"

    # Order

    def _order(self) -> str:
        at = self._take().at
        if not self._take_keyword("BY"):
            raise refusal(f"BY expected after ORDER, found {self._next.shown}", self._next.at)
        parts: list[str] = []
        while not parts or self._take_mark(","):
            _, written = self._field()
            parts.append(" ".join(filter(None, [written, self._take_keyword("ASC", "DESC")])))
        if len(parts) > MOST_ORDER_FIELDS:
            raise refusal(f"ORDER BY takes at most {MOST_ORDER_FIELDS} fields", at)
        return ", ".join(parts)


def _written(token: Token) -> str:
    """A name or value as it goes to Jira: bare where it was and where that is beyond doubt, else in quotes."""
    return token.text if token.kind == "word" and _BARE.fullmatch(token.text) else quoted(token.text)


def whole(where: str, order: str) -> str:
    """A query of a condition and an order.

    Raises:
        InvalidArguments: There is no condition.
    """
    if not where:
        raise InvalidArguments(
            "JQL without a condition would search all issues",
            hint="Add one, such as project = SHOP or updated >= -7d",
        )
    return f"{where} ORDER BY {order}" if order else where
