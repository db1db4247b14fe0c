"""Walks over the tokens of an expression, and reads the small parts that many places share."""

from collections.abc import Sequence

from hub_connector_prometheus.simulation.errors import ParseError
from hub_connector_prometheus.simulation.lexer import Token, duration_ms, unquote


class Cursor:
    """A position among tokens."""

    def __init__(self, text: str, tokens: Sequence[Token]) -> None:
        self._text = text
        self._tokens = tokens
        self._next = 0

    @property
    def token(self) -> Token:
        """The token that comes next."""
        return self._tokens[self._next]

    def fail(self, message: str, token: Token | None = None) -> ParseError:
        """An error at a token, by default the next."""
        return ParseError(message, self._text, (token or self.token).position)

    def unexpected(self, context: str, expected: str = "", token: Token | None = None) -> ParseError:
        """The error that a token has no place here."""
        found = token or self.token
        what = "end of input" if found.kind == "end" else f'{found.kind} "{found.text}"'
        where = f" in {context}" if context else ""
        instead = f", expected {expected}" if expected else ""
        return self.fail(f"unexpected {what}{where}{instead}", found)

    def take(self) -> Token:
        """The next token; the cursor moves on, but never beyond the end."""
        token = self.token
        if token.kind != "end":
            self._next += 1
        return token

    def sees(self, text: str) -> bool:
        """Whether this operator comes next."""
        return self.token.kind == "operator" and self.token.text == text

    def accept(self, *texts: str) -> str | None:
        """Take the next token if it is one of these operators or keywords (in lower case)."""
        token = self.token
        if token.kind in ("operator", "identifier") and token.text.lower() in texts:
            self._next += 1
            return token.text.lower()
        return None

    def expect(self, text: str, context: str) -> None:
        """Take an operator that has to come next.

        Raises:
            ParseError: Something else comes.
        """
        if not self.sees(text):
            raise self.unexpected(context, f'"{text}"')
        self.take()

    def list_goes_on(self, closing: str, context: str) -> None:
        """Between two items of a list: take the comma, or see its end.

        Raises:
            ParseError: Neither is there.
        """
        if self.accept(",") is None and not self.sees(closing):
            raise self.unexpected(context, f'"," or "{closing}"')

    def string(self, context: str) -> str:
        """The value of a string.

        Raises:
            ParseError: No string comes next.
        """
        if self.token.kind != "string":
            raise self.unexpected(context, "string")
        return self.unquoted(self.take())

    def unquoted(self, token: Token) -> str:
        """The value of a string token.

        Raises:
            ParseError: It holds an escape that is none.
        """
        return unquote(token, self._text)

    def label_names(self) -> list[str]:
        """A list of label names in parentheses.

        Raises:
            ParseError: No such list comes next.
        """
        self.expect("(", "grouping opts")
        names: list[str] = []
        while self.accept(")") is None:
            token = self.take()
            if token.kind != "identifier" or ":" in token.text:
                raise self.unexpected("grouping opts", "label", token)
            names.append(token.text)
            self.list_goes_on(")", "grouping opts")
        return names

    def duration(self, context: str) -> int:
        """A duration above zero, in milliseconds.

        Raises:
            ParseError: None comes next.
        """
        if self.token.kind != "duration":
            raise self.unexpected(context, "duration")
        token = self.take()
        if (length := duration_ms(token.text)) == 0:
            raise self.fail("duration must be greater than 0", token)
        return length

    def offset(self) -> int:
        """A duration with an optional sign, in milliseconds.

        Raises:
            ParseError: None comes next.
        """
        sign = -1 if self.accept("-") else 1
        if self.token.kind != "duration":
            raise self.unexpected("offset", "duration")
        return sign * duration_ms(self.take().text)
