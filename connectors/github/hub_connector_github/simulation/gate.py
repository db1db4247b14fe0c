"""The way of a request through the simulated API: who asks, how often, whether they may, what has not changed."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from hub.sandbox.story import Clock, Story
from hub_connector_github.simulation.access import Access, Viewer, WrongCredential
from hub_connector_github.simulation.api import Answer, Call, Endpoint, Refused, not_found
from hub_connector_github.simulation.limits import RateLimits

ENTERPRISE_PATH = "/api/v3"
OLD_VERSION, NEW_VERSION = "2022-11-28", "2026-03-10"
"""The versions of the API that `X-GitHub-Api-Version` may name; the old one is meant where it is missing."""
_MOST_BODY = 64 * 1024


@dataclass(frozen=True, kw_only=True)
class Gate:
    """Lets requests in.

    Attributes:
        enterprise: Version of the Enterprise Server to play; empty for github.com.
    """

    story: Story
    clock: Clock
    access: Access
    limits: RateLimits = field(default_factory=RateLimits)
    enterprise: str = ""

    @property
    def prefix(self) -> str:
        """Where the API is."""
        return ENTERPRISE_PATH if self.enterprise else ""

    def letting_in(self, endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
        """The endpoint as starlette calls it."""

        async def entered(request: Request) -> Response:
            now, headers = self.clock(), self._headers(request, endpoint)
            try:
                viewer = self._viewer(request, endpoint, now)
                self._charge(viewer, request, endpoint, now)
                headers |= self.limits.headers(viewer, now)
                answer = await self._answered(request, endpoint, viewer, now)
            except Refused as refused:
                return _response(Answer(refused.body, refused.status, {**headers, **refused.headers}))
            response = _response(Answer(answer.body, answer.status, {**headers, **answer.headers}))
            if request.method in ("GET", "HEAD") and response.status_code == 200:
                return self._unless_known(request, response, viewer, now)
            return response

        return entered

    async def unknown(self, request: Request, error: Exception) -> Response:
        """The answer for a path or a method that there is not."""
        status = error.status_code if isinstance(error, HTTPException) else 500
        refused = Refused(404 if status == 405 else status, "Not Found")
        headers = {"X-GitHub-Request-Id": _request_id(request, self.clock())}
        return _response(Answer(refused.body, refused.status, headers))

    def _headers(self, request: Request, endpoint: Endpoint) -> dict[str, str]:
        headers = {
            "Cache-Control": "private, max-age=60, s-maxage=60",
            "Vary": "Accept, Authorization, Cookie, X-GitHub-OTP, Accept-Encoding, Accept, X-Requested-With",
            "X-GitHub-Media-Type": "github.v3; format=json",
            "X-GitHub-Request-Id": _request_id(request, self.clock()),
        }
        if self.enterprise:
            headers["X-GitHub-Enterprise-Version"] = self.enterprise
        else:
            headers["X-GitHub-Api-Version-Selected"] = _version(request)
        if endpoint.needs:
            headers["X-Accepted-GitHub-Permissions"] = endpoint.needs
        return headers

    def _viewer(self, request: Request, endpoint: Endpoint, now: float) -> Viewer:
        if not request.headers.get("user-agent"):
            raise Refused(
                403,
                "Request forbidden by administrative rules. Please make sure your request has a User-Agent header "
                "(https://docs.github.com/en/rest/overview/resources-in-the-rest-api#user-agent-required).",
            )
        if not self.enterprise and _version(request) not in (OLD_VERSION, NEW_VERSION):
            raise Refused(400, f"API version {_version(request)!r} is not supported.")
        authorization = request.headers.get("authorization", "")
        try:
            if endpoint.app:
                app = self.access.app(authorization, now)
                return Viewer(key=f"app {app.id}", permissions=app.permissions)
            return self.access.viewer(authorization, now)
        except WrongCredential as wrong:
            raise Refused(401, str(wrong)) from None

    def _charge(self, viewer: Viewer, request: Request, endpoint: Endpoint, now: float) -> None:
        if endpoint.path == "/rate_limit":
            return
        limited = self.limits.charge(viewer, now, writes=request.method not in ("GET", "HEAD"))
        if limited is not None:
            headers = self.limits.headers(viewer, now)
            if limited.retry_after is not None:
                headers["Retry-After"] = str(limited.retry_after)
            raise Refused(403, limited.message, headers=headers)

    async def _answered(self, request: Request, endpoint: Endpoint, viewer: Viewer, now: float) -> Answer:
        path = request.path_params
        if "owner" in path:
            asked = f"{path['owner']}/{path['repo']}"
            if not viewer.known or asked.lower() != self.story.repository:
                not_found()
        elif not viewer.known and not endpoint.open:
            raise Refused(401, "Requires authentication")
        if not viewer.may(endpoint.needs):
            by = "integration" if viewer.installation else "personal access token"
            raise Refused(403, f"Resource not accessible by {by}")
        origin = f"{request.url.scheme}://{request.url.netloc}"
        return endpoint.handler(
            Call(
                path=path,
                query=request.query_params,
                body=await _body(request),
                headers=request.headers,
                now=now,
                viewer=viewer,
                origin=origin,
                api=origin + self.prefix,
                url=origin + request.url.path,
            )
        )

    def _unless_known(self, request: Request, response: Response, viewer: Viewer, now: float) -> Response:
        """The answer with its ETag, or 304 if the client has it; that one is free ("Use conditional requests")."""
        media = request.headers.get("accept", "")
        etag = f'W/"{hashlib.sha256(bytes(response.body) + media.encode()).hexdigest()}"'
        known = {one.strip() for one in request.headers.get("if-none-match", "").split(",")}
        response.headers["ETag"] = etag
        if etag not in known and etag.removeprefix("W/") not in known:
            return response
        self.limits.give_back(viewer, now)
        unchanged = Response(status_code=304)
        for name, value in response.headers.items():
            if not name.startswith("content-"):
                unchanged.headers[name] = value
        unchanged.headers.update(self.limits.headers(viewer, now))
        return unchanged


async def _body(request: Request) -> object:
    if request.method in ("GET", "HEAD"):
        return None
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > _MOST_BODY:
            raise Refused(413, "Payload too large")
    if not content:
        return None
    try:
        body: Any = orjson.loads(content)
    except orjson.JSONDecodeError:
        raise Refused(400, "Problems parsing JSON") from None
    return body


def _response(answer: Answer) -> Response:
    if isinstance(answer.body, bytes):
        content, media = answer.body, answer.headers.get("Content-Type", "application/octet-stream")
    elif answer.body is None:
        content, media = b"", None
    else:
        content, media = orjson.dumps(answer.body), "application/json; charset=utf-8"
    headers: Mapping[str, str] = {key: value for key, value in answer.headers.items() if key != "Content-Type"}
    return Response(content, answer.status, headers=dict(headers), media_type=media)


def _version(request: Request) -> str:
    return request.headers.get("x-github-api-version", OLD_VERSION)


def _request_id(request: Request, now: float) -> str:
    digest = hashlib.blake2b(f"{request.url}{now}".encode(), digest_size=12).hexdigest().upper()
    return f"{digest[:4]}:{digest[4:10]}:{digest[10:17]}:{digest[17:]}"
