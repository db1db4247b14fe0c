"""The blocks of a page of docs/, and the service its examples talk to."""

import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.sandbox.host import SandboxHost

DOCS = Path(__file__).parents[2] / "docs"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"# ([\w.]+)\n")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, and the file it is, if its first line says so."""

    language: str
    text: str

    @property
    def file(self) -> str:
        match = _FILE.match(self.text)
        return match[1] if match else ""


@pytest.fixture(scope="session")
def blocks() -> list[Block]:
    """The blocks of docs/connectors.md."""
    text = (DOCS / "connectors.md").read_text(encoding="utf-8")
    return [Block(language, body) for language, body in _BLOCK.findall(text)]


class LibraryService:
    """The small API that docs/connectors.md is about.

    Attributes:
        app: The application.
        requests: Method and path of what came in.
    """

    def __init__(self) -> None:
        self.requests: list[str] = []
        self.tokens = {"Bearer secret-of-ada"}
        self.books = {
            "9780000000017": {"isbn": "9780000000017", "title": "Babel", "author": "R. Kuang", "lent_to": ""},
            "9780000000024": {
                "isbn": "9780000000024",
                "title": "Babel Tower",
                "author": "A. Byatt",
                "lent_to": "Bo",
            },
        }
        books = "/books/{isbn}"
        self.app = Starlette(
            routes=[
                Route("/me", self._me),
                Route("/books", self._found),
                Route("/loans", self._loans),
                Route("/oauth/token", self._token, methods=["POST"]),
                Route(f"{books}/reviews", self._reviews),
                Route(f"{books}/loans", self._lend, methods=["POST", "DELETE", "GET"]),
                Route(books, self._book, methods=["GET", "DELETE"]),
            ]
        )

    def _refused(self, request: Request) -> Response | None:
        self.requests.append(f"{request.method} {request.url.path}")
        known = request.headers.get("authorization") in self.tokens
        return None if known else JSONResponse({"message": "who are you?"}, 401)

    async def _me(self, request: Request) -> Response:
        return self._refused(request) or JSONResponse({"name": "Ada"})

    async def _found(self, request: Request) -> Response:
        text = request.query_params.get("q", "").lower()
        start = request.query_params.get("isbn", "")
        books = [b for b in self.books.values() if text in b["title"].lower() and b["isbn"].startswith(start)]
        return self._refused(request) or JSONResponse(books)

    async def _loans(self, request: Request) -> Response:
        due = [{"isbn": "9780000000024", "reader": "Bo", "due": request.query_params["due_after"]}]
        return self._refused(request) or JSONResponse(due)

    async def _token(self, request: Request) -> Response:
        self.tokens.add("Bearer obtained")
        form = await request.form()
        assert form["grant_type"] == "client_credentials"
        return JSONResponse({"access_token": "obtained", "token_type": "Bearer", "expires_in": 3600})

    async def _reviews(self, request: Request) -> Response:
        reviews = [{"stars": 5, "reader": "Grace", "text": "Long.\nGood."}]
        return self._refused(request) or JSONResponse({"reviews": reviews, "next": "p2"})

    async def _lend(self, request: Request) -> Response:
        if refused := self._refused(request):
            return refused
        book = self.books.get(request.path_params["isbn"])
        if book is None:
            return JSONResponse({"message": "no such book"}, 404)
        if request.method == "GET":
            return JSONResponse([{"reader": book["lent_to"]}])
        if request.method == "DELETE":
            status = 204 if book["lent_to"] else 409
            book["lent_to"] = ""
            return Response(status_code=status)
        book["lent_to"] = (await request.json())["reader"]
        return JSONResponse({}, 201)

    async def _book(self, request: Request) -> Response:
        if refused := self._refused(request):
            return refused
        if request.method == "DELETE":
            self.books.pop(request.path_params["isbn"], None)
            return Response(status_code=204)
        book: Any = self.books.get(request.path_params["isbn"])
        return JSONResponse(book) if book else JSONResponse({"message": "no such book"}, 404)


@pytest.fixture
def service() -> LibraryService:
    return LibraryService()


@pytest.fixture
async def url(service: LibraryService) -> AsyncGenerator[str]:
    """Where the library answers."""
    async with SandboxHost() as host:
        yield await host.serve("library", service.app)
