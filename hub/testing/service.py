"""A fake HTTP service beneath the guarded client: it answers what a test expects, and fails for anything else."""

import json as jsonlib
import re
from collections.abc import Mapping
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

from hub.testing.http import FastClock, mock_services

if TYPE_CHECKING:
    import httpx

_NOT_GIVEN: Any = object()


class Expectation:
    """One expected request and its answers; made by `FakeService.expect`.

    Each answer stands for one request. Without any, the answer is an empty 200.
    """

    def __init__(
        self, method: str, url: str, query: Mapping[str, str], json: Any, headers: Mapping[str, str]
    ) -> None:
        self._method = method.upper()
        self._url = url
        self._pattern = re.compile(re.sub(r"\\{[^/]*?\\}", "[^/]+", re.escape(url)))
        self._query = dict(query)
        self._json = json
        self._headers = {name.lower(): value for name, value in headers.items()}
        self._answers: list[httpx.Response | Exception] = []
        self._repeatedly = False
        self.requests: list[httpx.Request] = []

    def __repr__(self) -> str:
        return f"{self._method} {self._url}" + (f" with {self._query}" if self._query else "")

    def reply(
        self,
        status: int = 200,
        *,
        json: Any = _NOT_GIVEN,
        text: str | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Self:
        """Answer the next such request with this.

        Args:
            status: HTTP status.
            json: A body, sent as JSON.
            text: A body, sent as plain text.
            content: A body as it is.
            headers: Of the answer.
        """
        import httpx

        body: dict[str, Any] = {} if json is _NOT_GIVEN else {"json": json}
        self._answers.append(httpx.Response(status, headers=headers, text=text, content=content, **body))
        return self

    def drop(self) -> Self:
        """Take the next such request and end the connection without an answer."""
        import httpx

        self._answers.append(httpx.ReadError("dropped"))
        return self

    def refuse(self) -> Self:
        """Refuse the connection of the next such request, so that nothing was sent."""
        import httpx

        self._answers.append(httpx.ConnectError("refused"))
        return self

    def repeatedly(self) -> Self:
        """Let the last answer stand for any number of requests, none included."""
        self._repeatedly = True
        return self

    @property
    def missing(self) -> int:
        """Requests that have not come yet."""
        return 0 if self._repeatedly else max(len(self._answers), 1) - len(self.requests)

    def matches(self, request: "httpx.Request") -> bool:
        """Whether this request is one that is still expected here."""
        url = urlsplit(str(request.url))
        if request.method != self._method or not (self._repeatedly or self.missing):
            return False
        if not self._pattern.fullmatch(unquote(f"{url.scheme}://{url.netloc}{url.path}")):
            return False
        given = parse_qs(url.query, keep_blank_values=True)
        return (
            all(given.get(name, [None])[-1] == value for name, value in self._query.items())
            and all(request.headers.get(name) == value for name, value in self._headers.items())
            and (self._json is _NOT_GIVEN or _json_of(request) == self._json)
        )

    def answer(self, request: "httpx.Request") -> "httpx.Response":
        """The answer to a request that matches.

        Raises:
            httpx.TransportError: The answer is a broken connection.
        """
        import httpx

        number = min(len(self.requests), len(self._answers) - 1)
        self.requests.append(request)
        chosen = self._answers[number] if self._answers else httpx.Response(200)
        if isinstance(chosen, Exception):
            raise chosen
        # A response is read once; its own body serves for every request.
        return httpx.Response(chosen.status_code, headers=chosen.headers, content=chosen.content)


class FakeService:
    """Answers in place of a service, with budgets, retries, caps and errors of the guarded client as in earnest.

        with FakeService("https://api.example.com") as service:
            service.expect("GET", "/items", query={"page": "1"}).reply(json={"items": []})
            service.expect("POST", "/items/{id}/close", json={"why": "done"}).reply(204)
            ...

    Nothing leaves the machine, and pauses take no time. A request that was not expected fails where it is made and
    once more at the end, even if the connector swallows it; so does one that was expected and never came.

    Args:
        url: The base URL that the connector's settings name.

    Attributes:
        url: The same, without a slash at the end.
        requests: What has come in.
    """

    def __init__(self, url: str = "https://service.example.com") -> None:
        self.url = url.rstrip("/")
        self.requests: list[httpx.Request] = []
        self._expected: list[Expectation] = []
        self._unexpected: list[str] = []
        self._answering: AbstractContextManager[FastClock] | None = None
        self._clock: FastClock | None = None

    def expect(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        json: Any = _NOT_GIVEN,
        headers: Mapping[str, str] | None = None,
    ) -> Expectation:
        """Expect a request; say with `reply`, `drop` or `refuse` what becomes of it.

        The first expectation that matches and still waits for a request gets it.

        Args:
            method: GET, POST and so on.
            path: Below the base URL, or a whole URL; `{…}` stands for one segment of any text.
            query: Parameters it has, among others.
            json: The whole body, as JSON.
            headers: Headers it has, among others.
        """
        url = path if "://" in path else self.url + path
        expectation = Expectation(method, url, query or {}, json, headers or {})
        self._expected.append(expectation)
        return expectation

    @property
    def clock(self) -> FastClock:
        """Knows what was waited for, while the service answers."""
        if self._clock is None:
            raise RuntimeError("the service answers only within `with service:`")
        return self._clock

    def __enter__(self) -> Self:
        self._answering = mock_services(self)
        self._clock = self._answering.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._answering is not None:
            self._answering.__exit__(kind, error, trace)
        self._answering = self._clock = None
        if error is None:
            self.check()

    def check(self) -> None:
        """Fail unless exactly what was expected has come.

        Raises:
            AssertionError: Says what came unexpectedly and what never came.
        """
        missing = [f"{expected} ({expected.missing}x)" for expected in self._expected if expected.missing]
        problems = [f"unexpected: {told}" for told in self._unexpected] + [
            f"never came: {told}" for told in missing
        ]
        if problems:
            raise AssertionError("\n".join(problems))

    async def async_handler(self, request: "httpx.Request") -> "httpx.Response":
        """Answer a request; the guarded client calls it.

        Raises:
            AssertionError: It was not expected.
        """
        await request.aread()
        self.requests.append(request)
        for expected in self._expected:
            if expected.matches(request):
                return expected.answer(request)
        told = f"{request.method} {request.url.copy_with(query=None)}"
        names = sorted({name for name, _ in request.url.params.multi_items()})
        told += f" with {', '.join(names)}" if names else ""
        self._unexpected.append(told)
        waiting = ", ".join(repr(expected) for expected in self._expected if expected.missing) or "nothing"
        raise AssertionError(f"unexpected request: {told}; expected: {waiting}")


def _json_of(request: "httpx.Request") -> Any:
    try:
        return jsonlib.loads(request.content)
    except ValueError:
        return _NOT_GIVEN
