"""Cuts JQL into tokens, and refuses characters that have no place in it.

Syntax: https://support.atlassian.com/jira-software-cloud/docs/jql-operators/ and .../jql-keywords/; reserved
characters: https://support.atlassian.com/jira-software-cloud/docs/what-is-advanced-search-in-jira-cloud/
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from hub.plugin import InvalidArguments

MOST_CHARACTERS = 10_000
Kind = Literal["word", "string", "operator", "mark", "end"]

_SPACE = " \t\r\n"
_QUOTES = "\"'"
_OPERATOR = re.compile(r"!=|!~|<=|>=|=|~|<|>")
_LOGIC = re.compile(r"&&?|\|\|?|!")
_LOGIC_WORDS = {"&": "AND", "&&": "AND", "|": "OR", "||": "OR", "!": "NOT"}
_MARKS = "(),[]"
# Jira itself wants the second half of these in quotes; they are written so again, which changes nothing else.
_WORD = re.compile(r"[\w.:\-@/+#%$^*?]+")
_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "\\": "\\", "'": "'", '"': '"', " ": " "}
_UNICODE = re.compile(r"u([0-9a-fA-F]{4})")


@dataclass(frozen=True, slots=True)
class Token:
    """One token.

    Attributes:
        text: A word as written, a string without its quotes, or the sign.
        at: Where it begins.
    """

    kind: Kind
    text: str
    at: int

    @property
    def keyword(self) -> str:
        """A bare word in capitals, which keywords are compared by; empty for anything else.

        Words beyond ASCII are never keywords, whatever their capitals look like.
        """
        return self.text.upper() if self.kind == "word" and self.text.isascii() else ""

    @property
    def shown(self) -> str:
        """How errors name it."""
        return "the end" if self.kind == "end" else repr(self.text)


def refusal(problem: str, at: int, hint: str = "") -> InvalidArguments:
    """The error for JQL that cannot be used."""
    return InvalidArguments(f"JQL, character {at + 1}: {problem}", hint=hint)


def tokens(jql: str) -> list[Token]:
    """The tokens of a query, with one of kind `end` last.

    Raises:
        InvalidArguments: It is too long, has an open quote, or a character that JQL does not know.
    """
    if len(jql) > MOST_CHARACTERS:
        raise InvalidArguments(f"JQL of {len(jql)} characters; at most {MOST_CHARACTERS} are taken")
    found: list[Token] = []
    at = 0
    while at < len(jql):
        sign = jql[at]
        if sign in _SPACE:
            at += 1
        elif sign in _QUOTES:
            text, end = _string(jql, at)
            found.append(Token("string", text, at))
            at = end
        elif sign in _MARKS:
            found.append(Token("mark", sign, at))
            at += 1
        elif match := _OPERATOR.match(jql, at):
            found.append(Token("operator", match[0], at))
            at = match.end()
        elif match := _LOGIC.match(jql, at):
            found.append(Token("word", _LOGIC_WORDS[match[0]], at))
            at = match.end()
        elif match := _WORD.match(jql, at):
            found.append(Token("word", match[0], at))
            at = match.end()
        else:
            raise refusal(f"unexpected {sign!r}", at, "Put values with special characters in double quotes")
    found.append(Token("end", "", len(jql)))
    return found


def _string(jql: str, start: int) -> tuple[str, int]:
    """A quoted string's content, and where it ends."""
    quote, at = jql[start], start + 1
    content: list[str] = []
    while at < len(jql):
        sign = jql[at]
        if sign == quote:
            return "".join(content), at + 1
        if sign == "\\":
            sign, at = _escaped(jql, at + 1)
        else:
            at += 1
        if unicodedata.category(sign) in ("Cc", "Cs", "Cn"):
            raise refusal("a control character in a quoted text", at - 1)
        content.append(sign)
    raise refusal("a quoted text is not closed", start, "Escape quotes inside it with a backslash")


def _escaped(jql: str, at: int) -> tuple[str, int]:
    if match := _UNICODE.match(jql, at):
        return chr(int(match[1], 16)), match.end()
    if at < len(jql) and (sign := _ESCAPES.get(jql[at])) is not None:
        # A tab or a line end in a searched text is a gap between words.
        return " " if sign in "\t\n\r" else sign, at + 1
    raise refusal("an unknown escape in a quoted text", at - 1, "Write a backslash as \\\\")


def quoted(text: str) -> str:
    r"""A text as a JQL string: in double quotes, with `\` and `"` escaped."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
