"""A request to the simulated site, and the reply to it."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from hub_connector_jira.simulation.refusals import Refused

if TYPE_CHECKING:
    from starlette.requests import Request

    from hub_connector_jira.simulation.people import User
    from hub_connector_jira.simulation.store import Store

_MAX_BODY = 1024 * 1024
_DIGITS = 9


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An answer.

    Attributes:
        body: JSON, or bytes sent as they are; None for no content.
    """

    body: object = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, kw_only=True)
class Ask:
    """A request as the endpoints see it.

    Attributes:
        base: Address of the site as the caller sees it, without a trailing slash.
        version: `3` or `2`; decides between documents and wiki markup.
    """

    store: "Store"
    caller: "User"
    method: str
    path: Mapping[str, str]
    query: Mapping[str, Sequence[str]]
    body: Any
    base: str
    version: str

    def text(self, name: str, default: str = "") -> str:
        """The first value of a query parameter."""
        found = self.query.get(name)
        return found[0] if found else default

    def words(self, name: str) -> list[str]:
        """All values of a query parameter, those with commas taken apart."""
        return [word.strip() for value in self.query.get(name, ()) for word in value.split(",") if word.strip()]

    def number(self, name: str, default: int) -> int:
        """A count in the query.

        Raises:
            Refused: It is none.
        """
        return _count(name, self.text(name) or default)

    def flag(self, name: str, default: bool = False) -> bool:
        """A boolean in the query."""
        text = self.text(name).lower()
        return text == "true" if text else default

    @property
    def fields(self) -> dict[str, Any]:
        """The JSON object of the body.

        Raises:
            Refused: The body is something else.
        """
        body: object = self.body
        if not isinstance(body, dict):
            raise Refused(400, "Invalid request payload. Refer to the REST API documentation and try again.")
        return cast("dict[str, Any]", body)

    def page(self, items: Sequence[Any], *, most: int = 50) -> "Window":
        """The part of a list that `startAt` and `maxResults` ask for.

        Args:
            items: All of it.
            most: The default page size; Jira caps larger ones at twice that.
        """
        start, size = self.number("startAt", 0), min(self.number("maxResults", most), 2 * most)
        return Window(items=items[start : start + size], start=start, size=size, total=len(items))


@dataclass(frozen=True, kw_only=True)
class Window:
    """A page of a longer list."""

    items: Sequence[Any]
    start: int
    size: int
    total: int

    @property
    def is_last(self) -> bool:
        """Whether nothing follows."""
        return self.start + len(self.items) >= self.total

    def named(self, name: str, items: Sequence[Any]) -> dict[str, Any]:
        """The page as Jira's older endpoints write it."""
        return {"startAt": self.start, "maxResults": self.size, "total": self.total, name: items}

    def bean(self, items: Sequence[Any]) -> dict[str, Any]:
        """The page as Jira's newer endpoints write it."""
        return {**self.named("values", items), "isLast": self.is_last}


Handler = Callable[[Ask], Reply]


def ok(body: object, status: int = 200) -> Reply:
    """A JSON answer."""
    return Reply(body=body, status=status)


def no_content() -> Reply:
    """The answer to a write that has nothing to say."""
    return Reply(status=204)


async def body_of(request: "Request") -> Any:
    """The JSON of a request; None if it has no body.

    Raises:
        Refused: It is no JSON, or too large.
    """
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > _MAX_BODY:
            raise Refused(413, "The entered text is too long.")
    if not raw:
        return None
    try:
        return json.loads(raw)
    except ValueError:
        raise Refused(400, "Invalid request payload. Refer to the REST API documentation and try again.") from None


def count_in(body: Mapping[str, Any], name: str, default: int) -> int:
    """A count in a JSON body.

    Raises:
        Refused: It is none.
    """
    return _count(name, body.get(name, default))


def _count(name: str, value: object) -> int:
    text = str(value)
    if isinstance(value, bool) or not (text.isascii() and text.isdigit() and len(text) <= _DIGITS):
        raise Refused(400, f"The '{name}' parameter must be a non-negative number.")
    return int(text)
