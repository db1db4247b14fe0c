"""What the endpoints of the simulated REST API are made of: calls, answers, refusals and pages."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NoReturn, TypeVar, cast
from urllib.parse import urlencode

from hub_connector_github.simulation.access import Viewer

T = TypeVar("T")
DOCS = "https://docs.github.com/rest"
_PER_PAGE, _MOST_PER_PAGE = 30, 100


class Refused(Exception):
    """A request that GitHub answers with an error.

    Args:
        status: HTTP status.
        message: As GitHub words it.
        errors: The `errors` of a 422.
        headers: Of the answer.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        errors: Sequence[object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = dict(headers or {})
        self.body: dict[str, Any] = {"message": message, "documentation_url": DOCS, "status": str(status)}
        if errors is not None:
            self.body["errors"] = list(errors)


def not_found() -> NoReturn:
    """Refuse: it does not exist, or whoever asks must not know that it does."""
    raise Refused(404, "Not Found")


def invalid(message: str) -> NoReturn:
    """Refuse a body or parameter that GitHub cannot process."""
    raise Refused(422, message)


@dataclass(frozen=True)
class Answer:
    """An answer; a body of None is an empty one."""

    body: object = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request that was let in.

    Attributes:
        path: Parameters in the path.
        query: Parameters of the query; of one given twice the last.
        body: What the JSON body says; None if there is none.
        now: Unix seconds.
        origin: Scheme, host and port that the client wrote.
        api: Base URL of the API.
        url: Address of the request, without its query.
    """

    path: Mapping[str, Any]
    query: Mapping[str, str]
    body: object
    headers: Mapping[str, str]
    now: float
    viewer: Viewer
    origin: str
    api: str
    url: str

    @property
    def web(self) -> str:
        """Base URL of the pages for people."""
        return self.origin

    def fields(self, *known: str) -> dict[str, Any]:
        """The JSON body as an object.

        Args:
            known: The keys it may have.

        Raises:
            Refused: It is no object or has another key.
        """
        if self.body is None:
            return {}
        body = self.body
        if not isinstance(body, dict):
            raise Refused(400, "Problems parsing JSON")
        fields = cast("dict[str, Any]", body)
        for name in fields:
            if name not in known:
                invalid(f'Invalid request.\n\n"{name}" is not a permitted key.')
        return fields

    def page(self, items: Sequence[T]) -> tuple[Sequence[T], dict[str, str]]:
        """The items of the page asked for, and the `Link` header ("Using pagination in the REST API")."""
        size = min(self._positive("per_page", _PER_PAGE), _MOST_PER_PAGE)
        number = self._positive("page", 1)
        last = max(1, -(-len(items) // size))
        links = {"prev": number - 1, "next": number + 1, "last": last, "first": 1}
        if number <= 1:
            links = {rel: page for rel, page in links.items() if rel in ("next", "last")}
        if number >= last:
            links = {rel: page for rel, page in links.items() if rel in ("prev", "first")}
        written = ", ".join(f'<{self._url_of(page)}>; rel="{rel}"' for rel, page in links.items())
        return items[(number - 1) * size : number * size], {"Link": written} if written else {}

    def _positive(self, name: str, default: int) -> int:
        text = self.query.get(name, "")
        return int(text) if text.isascii() and text.isdigit() and 0 < int(text) < 10**9 else default

    def _url_of(self, page: int) -> str:
        return f"{self.url}?{urlencode({**self.query, 'page': page})}"


Handler = Callable[[Call], Answer]


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """One method on one path.

    Attributes:
        path: With parameters as starlette writes them.
        needs: The permission of a fine-grained token, such as `actions=read`; empty for none.
        open: Whether it answers without a credential.
        app: Whether it is asked by a GitHub App with its JWT.
    """

    method: str
    path: str
    handler: Handler
    needs: str = ""
    open: bool = False
    app: bool = False


def utc(seconds: float) -> str:
    """A moment as the API writes it."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
