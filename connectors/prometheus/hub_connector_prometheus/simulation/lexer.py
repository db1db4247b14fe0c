"""Cuts a PromQL expression into tokens."""

import re
from dataclasses import dataclass
from typing import Literal, cast

from hub_connector_prometheus.simulation.errors import ParseError

Kind = Literal["number", "duration", "identifier", "string", "operator", "end"]

_UNIT_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000, "y": 31_536_000_000}
_DURATION_PART = re.compile(r"(\d+)(ms|[smhdwy])")
_TOKEN = re.compile(
    r"""(?P<space>\s+|\#[^\n]*)
    |(?P<duration>(?:\d+(?:ms|[smhdwy]))+(?![A-Za-z0-9_.]))
    |(?P<number>0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
    |(?P<identifier>[A-Za-z_][A-Za-z0-9_:]*|:[A-Za-z_:][A-Za-z0-9_:]*)
    |(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`)
    |(?P<operator>=~|!~|==|!=|>=|<=|[-+*/%^=<>(){}\[\],:@])
    """,
    re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(?:([abfnrtv\\'\"])|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3}))")
_SIMPLE = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


@dataclass(frozen=True, slots=True)
class Token:
    """One token; `text` as it stands in the expression."""

    kind: Kind
    text: str
    position: int


def tokens_of(text: str) -> list[Token]:
    """All tokens, the last one of kind `end`.

    Raises:
        ParseError: A character that starts no token.
    """
    found: list[Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            what = (
                "unterminated quoted string"
                if text[position] in "\"'`"
                else f"unexpected character: {text[position]!r}"
            )
            raise ParseError(what, text, position)
        if match.lastgroup != "space":
            found.append(Token(cast("Kind", match.lastgroup), match.group(), position))
        position = match.end()
    found.append(Token("end", "", len(text)))
    return found


def duration_ms(text: str) -> int:
    """Milliseconds of a PromQL duration such as `1h30m`."""
    return sum(int(number) * _UNIT_MS[unit] for number, unit in _DURATION_PART.findall(text))


def number_of(text: str) -> float:
    """The value of a number token."""
    return float(int(text, 16)) if text[:2].lower() == "0x" else float(text)


def unquote(token: Token, text: str) -> str:
    """The value of a string token; escapes as in Go, none within backticks.

    Raises:
        ParseError: An escape that is not one.
    """
    body = token.text[1:-1]
    if token.text[0] == "`":
        return body
    if "\\" in _ESCAPE.sub("", body):
        raise ParseError("invalid syntax in quoted string", text, token.position)
    return _ESCAPE.sub(_unescaped, body)


def _unescaped(match: re.Match[str]) -> str:
    simple, *codes, octal = match.groups()
    if simple:
        return _SIMPLE.get(simple, simple)
    if octal:
        return chr(int(octal, 8))
    return chr(int(next(code for code in codes if code), 16))
