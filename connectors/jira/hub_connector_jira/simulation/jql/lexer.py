"""Cuts a query into tokens."""

import re
from dataclasses import dataclass
from typing import Literal, cast

from hub_connector_jira.simulation.jql.errors import SyntaxProblem

Kind = Literal["word", "string", "custom", "operator", "punctuation", "end"]

_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<custom>cf\[\d+\])
    |(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<operator>!=|!~|<=|>=|=|<|>|~|&&|\|\||[!&|])
    |(?P<punctuation>[(),])
    |(?P<word>(?:[^\s"'()\[\],=!<>~&|{}*/%+^$\#@?;:`]|\\.)+)
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_PLAIN_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
_CONTINUED = " \\\"'"
MAX_LENGTH = 100_000

RESERVED = frozenset(
    [
        "abort",
        "access",
        "add",
        "after",
        "alias",
        "all",
        "alter",
        "and",
        "any",
        "as",
        "asc",
        "audit",
        "avg",
        "before",
        "begin",
        "between",
        "boolean",
        "break",
        "by",
        "byte",
        "catch",
        "cf",
        "char",
        "character",
        "check",
        "checkpoint",
        "collate",
        "collation",
        "column",
        "commit",
        "connect",
        "continue",
        "count",
        "create",
        "current",
        "date",
        "decimal",
        "declare",
        "decrement",
        "default",
        "defaults",
        "define",
        "delete",
        "delimiter",
        "desc",
        "difference",
        "distinct",
        "divide",
        "do",
        "double",
        "drop",
        "else",
        "empty",
        "encoding",
        "end",
        "equals",
        "escape",
        "exclusive",
        "exec",
        "execute",
        "exists",
        "explain",
        "false",
        "fetch",
        "file",
        "field",
        "first",
        "float",
        "for",
        "from",
        "function",
        "go",
        "goto",
        "grant",
        "greater",
        "group",
        "having",
        "identified",
        "if",
        "immediate",
        "in",
        "increment",
        "index",
        "initial",
        "inner",
        "inout",
        "input",
        "insert",
        "int",
        "integer",
        "intersect",
        "intersection",
        "into",
        "is",
        "isempty",
        "isnull",
        "join",
        "last",
        "left",
        "less",
        "like",
        "limit",
        "lock",
        "long",
        "max",
        "min",
        "minus",
        "mode",
        "modify",
        "modulo",
        "more",
        "multiply",
        "next",
        "noaudit",
        "not",
        "notin",
        "nowait",
        "null",
        "number",
        "object",
        "of",
        "on",
        "option",
        "or",
        "order",
        "outer",
        "output",
        "power",
        "previous",
        "prior",
        "privileges",
        "public",
        "raise",
        "raw",
        "remove",
        "rename",
        "resource",
        "return",
        "returns",
        "revoke",
        "right",
        "row",
        "rowid",
        "rownum",
        "rows",
        "select",
        "session",
        "set",
        "share",
        "size",
        "sqrt",
        "start",
        "strict",
        "string",
        "subtract",
        "sum",
        "synonym",
        "table",
        "then",
        "to",
        "trans",
        "transaction",
        "trigger",
        "true",
        "uid",
        "union",
        "unique",
        "update",
        "user",
        "validate",
        "values",
        "view",
        "when",
        "whenever",
        "where",
        "while",
        "with",
    ]
)


@dataclass(frozen=True, slots=True)
class Token:
    """A token; `text` without quotes and escapes."""

    kind: Kind
    text: str
    position: int

    def is_word(self, *words: str) -> bool:
        """Whether it is one of these words, not quoted, in any case."""
        return self.kind == "word" and self.text.lower() in words


def tokens_of(text: str) -> list[Token]:
    """All tokens, the last one of kind `end`.

    Raises:
        SyntaxProblem: A character that must be quoted, or a string without an end.
    """
    if len(text) > MAX_LENGTH:
        raise SyntaxProblem("The query is too long.")
    found: list[Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise _unreadable(text, position)
        if match.lastgroup != "space":
            found.append(_token(cast("Kind", match.lastgroup), match, text))
        position = match.end()
    found.append(Token("end", "", len(text)))
    return found


def _token(kind: Kind, match: re.Match[str], text: str) -> Token:
    words = match.group()
    if kind == "string":
        words = words[1:-1]
    if "\\" in words:
        words = _ESCAPE.sub(lambda escape: _unescaped(escape, text, match.start()), words)
    return Token(kind, words, match.start())


def _unescaped(escape: re.Match[str], text: str, position: int) -> str:
    code, sign = escape.groups()
    if code:
        return chr(int(code, 16))
    if sign in _PLAIN_ESCAPES:
        return _PLAIN_ESCAPES[sign]
    if sign in _CONTINUED:
        return str(sign)
    valid = "'\\u0020', '\\n', '\\r', '\\t', '\\\\', '\\'', '\\\"', '\\ ' and '\\uXXXX'"
    raise SyntaxProblem(
        f"'\\{sign}' is an illegal JQL escape sequence. The valid escape sequences are {valid}.", text, position
    )


def _unreadable(text: str, position: int) -> SyntaxProblem:
    sign = text[position]
    if sign in "\"'":
        begun = text[position + 1 :]
        return SyntaxProblem(f"The quoted string '{begun}' has not been completed.", text, position)
    return SyntaxProblem(
        f"The character '{sign}' is a reserved JQL character. You must enclose it in a string or use the escape "
        f"'\\u{ord(sign):04x}' instead.",
        text,
        position,
    )
