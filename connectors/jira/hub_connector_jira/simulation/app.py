"""The ASGI application: one simulated site with its REST APIs, its authorization server and its media store."""

import re
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from hub.sandbox.story import NOTICE, Clock, Story
from hub_connector_jira.simulation.asking import Ask, Handler, Reply, body_of
from hub_connector_jira.simulation.doors import Doors
from hub_connector_jira.simulation.endpoints import agile, extras, issues, moving, people, searching, setup, talking
from hub_connector_jira.simulation.faults import Faults
from hub_connector_jira.simulation.oauth import Grants
from hub_connector_jira.simulation.options import CLOUD_ID, SiteOptions
from hub_connector_jira.simulation.refusals import Refused
from hub_connector_jira.simulation.store import Store

HEADER = "X-Hub-Sandbox"
_MOST_REQUESTS = 1_000
_GATEWAY = f"/ex/jira/{CLOUD_ID}"

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class _Route:
    method: str
    pattern: re.Pattern[str]
    path: str
    handler: Handler
    is_open: bool = False


class JiraSite:
    """A simulated site: an ASGI application, and what tests reach for beside it.

    Args:
        story: What happened, and when.
        clock: The present in unix seconds.
        options: How the site is set up.

    Attributes:
        store: Its state.
        faults: Failures to come.
        grants: Its OAuth tokens.
        requests: Method and path of the last requests, in order.
    """

    def __init__(self, story: Story, clock: Clock = time.time, options: SiteOptions | None = None) -> None:
        self.options = options or SiteOptions()
        self.store = Store(story, clock, self.options)
        self.faults = Faults()
        self.grants = Grants(clock, self.options)
        self.requests: list[str] = []
        self._clock = clock
        self._doors = Doors(self.options, self.grants)
        self._routes = _routes(self.options)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        try:
            reply = await self._answer(request)
        except Refused as refused:
            reply = Reply(body=refused.body, status=refused.status, headers=refused.headers)
        await _response(reply)(scope, receive, send)

    async def _answer(self, request: Request) -> Reply:
        method, path = request.method, request.url.path
        base = f"{request.url.scheme}://{request.url.netloc}"
        if path == "/":
            return Reply(body=f"{NOTICE}\nJira REST API below /rest/api\n".encode())
        if path == "/sandbox/faults" and method == "POST":
            self.faults.arm_from(await body_of(request))
            return Reply(status=204)
        self.requests.append(f"{method} {path}")
        del self.requests[:-_MOST_REQUESTS]
        fault = self.faults.meeting(method, path, request.headers)
        if fault is not None and not fault.lose:
            raise fault.refusal(self._clock())
        reply = await self._served(request, method, path, base)
        if fault is not None:
            raise fault.refusal(self._clock())
        return reply

    async def _served(self, request: Request, method: str, path: str, base: str) -> Reply:
        if path == "/oauth/token" and method == "POST":
            return Reply(body=self.grants.token(await _form_of(request)))
        if path == "/oauth/token/accessible-resources":
            token = request.headers.get("authorization", "").partition(" ")[2]
            if not self.grants.is_valid(token):
                raise Refused(401, body={"code": 401, "message": "Unauthorized"})
            return Reply(body=self.grants.resources(base))
        if path == "/_edge/tenant_info":
            return Reply(body={"cloudId": CLOUD_ID})
        if path.startswith("/browse/"):
            return self._page(path.removeprefix("/browse/"))
        if path.startswith("/media/"):
            return self._media(request, path, base)
        by_gateway = path.startswith(_GATEWAY + "/")
        below = path.removeprefix(_GATEWAY) if by_gateway else path
        route, values = self._route(method, below)
        if not route.is_open:
            self._doors.check(request.headers, method=method, path=below, by_gateway=by_gateway)
        body = await body_of(request) if method in ("POST", "PUT") else None
        return route.handler(self._ask(request, base, values, body))

    def _ask(self, request: Request, base: str, values: Mapping[str, str], body: Any) -> Ask:
        version = values.get("version", "2" if self.options.data_center else "3")
        return Ask(
            store=self.store,
            caller=self.store.caller,
            method=request.method,
            path=values,
            query=parse_qs(request.url.query, keep_blank_values=True),
            body=body,
            base=base,
            version="3" if version == "3" else "2",
        )

    def _page(self, key: str) -> Reply:
        """What a person sees who follows the address of an issue."""
        issue = self.store.issue(key)
        status = self.store.status(issue.values["status"]).name
        return Reply(body=f"{NOTICE}\n{issue.key} {issue.values['summary']}\n{status}\n".encode())

    def _media(self, request: Request, path: str, base: str) -> Reply:
        """Files of Cloud, open to whoever holds the address for a minute; a credential has no business here."""
        id_ = path.removeprefix("/media/file/").partition("/")[0]
        token, _, until = request.query_params.get("token", "").partition("-")
        if token != id_ or not until.isdigit() or int(until) < self._clock():
            raise Refused(403, "The address of this file has expired.")
        return extras.file_of(self._ask(request, base, {"attachment": id_}, None))

    def _route(self, method: str, path: str) -> tuple[_Route, dict[str, str]]:
        methods: set[str] = set()
        for route in self._routes:
            match = route.pattern.fullmatch(path)
            if match and route.method == method:
                return route, {**match.groupdict(), "": route.path}
            if match:
                methods.add(route.method)
        if methods:
            raise Refused(405, body={"message": "HTTP 405 Method Not Allowed", "status-code": 405})
        raise Refused(404, body={"message": f"null for uri: {path}", "status-code": 404})


def create_site(
    story: Story, clock: Clock = time.time, *, data_center: bool = False, index_seconds: float = 5.0
) -> JiraSite:
    """The simulated Jira of a story.

    Args:
        story: What happened, and when.
        clock: The present in unix seconds.
        data_center: Jira Data Center instead of Jira Cloud.
        index_seconds: How long search on Cloud does not see what was just written.
    """
    return JiraSite(story, clock, SiteOptions(data_center=data_center, index_seconds=index_seconds))


def _routes(options: SiteOptions) -> tuple[_Route, ...]:
    """All endpoints; those without variables first."""
    versions = "2|latest" if options.data_center else "2|3|latest"
    modules = (issues, moving, people, searching, setup, talking, extras)
    api: dict[tuple[str, str], Handler] = {}
    for module in modules:
        api |= module.common()
    if options.data_center:
        api |= searching.server()
    else:
        api |= issues.cloud() | searching.cloud() | setup.cloud() | extras.cloud()
    found = [*_below(f"/rest/api/(?P<version>{versions})", api), *_below("/rest/agile/1.0", agile.common())]
    found += _below("/rest/dev-status/(?:latest|1.0)", extras.development())
    if options.data_center:
        found += _below("/secure", {("GET", "/attachment/{attachment}/{name}"): extras.file_of})
    return tuple(sorted(found, key=lambda route: "{" in route.path))


def _below(prefix: str, endpoints: Mapping[tuple[str, str], Handler]) -> list[_Route]:
    return [
        _Route(
            method=method,
            pattern=re.compile(prefix + re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)),
            path=path,
            handler=handler,
            is_open=path == "/serverInfo",
        )
        for (method, path), handler in endpoints.items()
    ]


async def _form_of(request: Request) -> Any:
    """The body of a token request, which Atlassian takes as JSON and as a form."""
    if request.headers.get("content-type", "").startswith("application/json"):
        return await body_of(request)
    form = parse_qs((await request.body()).decode("latin-1"))
    return {name: values[0] for name, values in form.items()}


def _response(reply: Reply) -> Response:
    headers = {**reply.headers, HEADER: NOTICE}
    if isinstance(reply.body, bytes):
        if "content-type" in reply.headers:
            return Response(reply.body, reply.status, headers)
        return PlainTextResponse(reply.body, reply.status, headers)
    if reply.body is None:
        return Response(status_code=reply.status, headers=headers)
    return JSONResponse(reply.body, reply.status, headers)
