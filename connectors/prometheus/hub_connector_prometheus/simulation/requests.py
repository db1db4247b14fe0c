"""Parameters of a request to the Prometheus HTTP API, and how it reads times and durations."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from hub_connector_prometheus.simulation.errors import QueryError
from hub_connector_prometheus.simulation.labels import Matcher
from hub_connector_prometheus.simulation.lexer import duration_ms
from hub_connector_prometheus.simulation.parser import parse_selector

if TYPE_CHECKING:
    from starlette.requests import Request

_DURATION = re.compile(r"(?:\d+(?:ms|[smhdwy]))+")
_MAX_BODY = 1024 * 1024
_FURTHEST = 253_402_300_799.0  # the end of the year 9999


def bad_parameter(name: str, problem: str) -> QueryError:
    """The error for a parameter that cannot be read."""
    return QueryError(f'invalid parameter "{name}": {problem}')


@dataclass(frozen=True, slots=True)
class Parameters:
    """Parameters from the query string and, for POST, the form.

    Attributes:
        now_ms: The present, which times default to.
        origin: Where the request was sent, such as `http://127.0.0.1:9090`.
    """

    values: Mapping[str, Sequence[str]]
    now_ms: int
    origin: str = ""

    @classmethod
    async def of(cls, request: "Request", now_ms: int) -> "Parameters":
        """The parameters of a request.

        Raises:
            QueryError: The form is too large or is no text.
        """
        values = parse_qs(request.url.query, keep_blank_values=True)
        if request.method == "POST":
            body = bytearray()
            async for chunk in request.stream():
                body += chunk
                if len(body) > _MAX_BODY:
                    raise QueryError("error parsing form values: http: POST too large")
            try:
                form = parse_qs(body.decode(), keep_blank_values=True)
            except UnicodeDecodeError:
                raise QueryError("error parsing form values: invalid UTF-8") from None
            for name, found in form.items():
                values[name] = found + values.get(name, [])
        return cls(values, now_ms, f"{request.url.scheme}://{request.url.netloc}")

    def text(self, name: str) -> str:
        """The first value; empty if there is none."""
        found = self.values.get(name)
        return found[0] if found else ""

    def texts(self, name: str) -> Sequence[str]:
        """All values."""
        return self.values.get(name, ())

    def time(self, name: str, default_ms: int | None = None) -> int:
        """Unix milliseconds of an RFC 3339 time or of unix seconds.

        Raises:
            QueryError: It is neither, or missing without a default.
        """
        text = self.text(name)
        if not text and default_ms is not None:
            return default_ms
        try:
            seconds = float(text)
        except ValueError:
            try:
                moment = datetime.fromisoformat(text)
            except ValueError:
                raise bad_parameter(name, f'cannot parse "{text}" to a valid timestamp') from None
            seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        if not isfinite(seconds) or abs(seconds) > _FURTHEST:
            raise bad_parameter(name, f'cannot parse "{text}" to a valid timestamp')
        return round(seconds * 1000)

    def duration(self, name: str, default_ms: int | None = None) -> int:
        """Milliseconds of a duration such as `5m`, or of a number of seconds.

        Raises:
            QueryError: It is neither, or missing without a default.
        """
        text = self.text(name)
        if not text and default_ms is not None:
            return default_ms
        if _DURATION.fullmatch(text):
            return duration_ms(text)
        try:
            seconds = float(text)
        except ValueError:
            raise bad_parameter(name, f'cannot parse "{text}" to a valid duration') from None
        if not isfinite(seconds) or abs(seconds) > _FURTHEST:
            raise bad_parameter(name, f'cannot parse "{text}" to a valid duration')
        return round(seconds * 1000)

    def count(self, name: str, default: int = 0) -> int:
        """A count; 0 stands for no limit.

        Raises:
            QueryError: It is none.
        """
        text = self.text(name)
        if not text:
            return default
        if not text.isascii() or not text.isdigit() or len(text) > 9:
            raise bad_parameter(name, f'cannot parse "{text}" to a non-negative number')
        return int(text)

    def selectors(self, *, required: bool = False) -> list[tuple[Matcher, ...]]:
        """The matchers of each `match[]`.

        Raises:
            QueryError: One is no selector, or there is none and one is required.
        """
        texts = self.texts("match[]")
        if required and not texts:
            raise QueryError("no match[] parameter provided")
        try:
            return [parse_selector(text) for text in texts]
        except QueryError as error:
            raise bad_parameter("match[]", str(error)) from None


@dataclass(frozen=True, slots=True)
class Answer:
    """The `data` of a successful answer and the warnings beside it."""

    data: object
    warnings: Sequence[str] = ()


Handler = Callable[[Parameters], Answer]


def limited(items: list[object], limit: int) -> Answer:
    """The first items, with Prometheus's warning where some were cut."""
    if limit and len(items) > limit:
        return Answer(items[:limit], ("results truncated due to limit",))
    return Answer(items)


def rfc3339(milliseconds: float) -> str:
    """A moment as the APIs write it."""
    text = datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
