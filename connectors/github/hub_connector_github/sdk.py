"""PyGithub over the hub's guarded client: its connections send through the session of the work at hand.

PyGithub is imported here at the top, so this module itself is imported in a worker thread, at the first use.
"""

import io
import logging
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import requests
from github import Auth, Github, GithubException
from github.GithubObject import CompletableGithubObject, GithubObject
from github.PaginatedList import PaginatedList
from github.Repository import Repository
from github.Requester import (
    HTTPRequestsConnectionClass,
    HTTPSRequestsConnectionClass,
    Requester,
    RequestsResponse,
)
from requests.structures import CaseInsensitiveDict

from hub.plugin import ServiceUnavailable
from hub_connector_github.etags import Etags, Kept
from hub_connector_github.shapes import Json, objects

R = TypeVar("R")


@dataclass(frozen=True)
class _Way:
    """Where the requests of the work at hand go."""

    session: requests.Session
    etags: Etags


_way: ContextVar[_Way] = ContextVar("hub_connector_github_way")


class _Connection(HTTPRequestsConnectionClass):
    """Sends one request at a time through the guarded session, and repeats no 200 that has not changed."""

    protocol = "http"

    def __init__(self, host: str, port: int | None = None, *_: Any, **__: Any) -> None:
        # Not the base class's: it opens a session and an adapter of its own for every connection.
        self.host = host
        self.port = port or 80
        self.session = _way.get().session

    def getresponse(self) -> RequestsResponse:
        way = _way.get()
        url = f"{self.protocol}://{self.host}:{self.port}{self.url}"
        headers = dict(self.headers)
        key = f"{headers.get('Accept', '')} {url}"
        kept = way.etags.get(key) if self.verb == "GET" else None
        if kept is not None:
            headers["If-None-Match"] = kept.etag
        response = way.session.request(self.verb, url, headers=headers, data=self.input, allow_redirects=False)
        if kept is not None and response.status_code == 304:
            return RequestsResponse(_revived(kept, response))
        if self.verb == "GET" and response.status_code == 200:
            way.etags.put(key, {name.lower(): value for name, value in response.headers.items()}, response.content)
        return RequestsResponse(response)

    def close(self) -> None:
        """Nothing to close: the connections are the hub's."""


class _SecureConnection(_Connection):
    protocol = "https"

    def __init__(self, host: str, port: int | None = None, *_: Any, **__: Any) -> None:
        super().__init__(host, port or 443)


def run(session: requests.Session, etags: Etags, base_url: str, per_page: int, work: Callable[[Github], R]) -> R:
    """Do some work with a PyGithub object of its own, since one is not safe to share between threads.

    Its objects are lazy: what is asked of them costs a request only where it has not come yet.
    """
    # Public, and all there is to reach the requesters PyGithub makes for itself; setting it again changes nothing.
    Requester.injectConnectionClasses(_Connection, cast("type[HTTPSRequestsConnectionClass]", _SecureConnection))
    _mute()
    token = _way.set(_Way(session, etags))
    try:
        return _understood(
            work,
            Github(
                auth=Auth.Token("placeholder"),  # the hub puts the credential in
                base_url=base_url,
                per_page=per_page,
                retry=None,
                seconds_between_requests=0,
                seconds_between_writes=0,
                lazy=True,
            ),
        )
    finally:
        _way.reset(token)


def _understood(work: Callable[[Github], R], github: Github) -> R:
    """Do the work; what PyGithub stumbles over in an answer without an error status is the service's fault."""
    try:
        return work(github)
    except GithubException as error:
        if error.status >= 400:
            raise  # the hub puts its own error for the answer in the place of this one
        raise _unreadable() from None
    except (TypeError, KeyError, AttributeError, IndexError, ValueError, AssertionError):
        raise _unreadable() from None


def _unreadable() -> ServiceUnavailable:
    return ServiceUnavailable(
        "GitHub sent an answer of another form than its API describes",
        hint="Is base_url the address of the REST API (https://HOST/api/v3 on an Enterprise Server)?",
    )


def whole(found: CompletableGithubObject) -> Json:
    """The attributes of an object, fetched if they have not come yet."""
    return found.complete().raw_data


def page(found: PaginatedList[Any], number: int) -> list[Json]:
    """One page of a list, counted from 1, each object as it came; `raw_data` itself would fetch each anew."""
    as_it_came = cast("property", GithubObject.raw_data)
    return objects([as_it_came.__get__(item) for item in found.get_page(number - 1)])


def repository(github: Github, owner: str, name: str) -> Repository:
    """A repository, without asking for it."""
    return github.get_repo(f"{owner}/{name}")


def _revived(kept: Kept, response: requests.Response) -> requests.Response:
    again = requests.Response()
    again.status_code = 200
    again.headers = CaseInsensitiveDict(kept.headers)
    again.encoding = "utf-8"
    again.raw = io.BytesIO(kept.body)
    again.url = response.url
    again.request = response.request
    return again


def _mute() -> None:
    """Take away the handler PyGithub gives its logger at import: it would write to the hub's standard error."""
    logger = logging.getLogger("github")
    for handler in tuple(logger.handlers):
        if type(handler) is logging.StreamHandler:
            logger.removeHandler(cast("logging.Handler", handler))
