"""The ASGI application: the REST API at the root, or below /api/v3 where it plays an Enterprise Server."""

import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from hub.sandbox.story import NOTICE, Clock, Story
from hub_connector_github.simulation.access import SANDBOX_TOKEN, Access, AppKey
from hub_connector_github.simulation.actions import ActionsReads
from hub_connector_github.simulation.artifacts import Artifacts
from hub_connector_github.simulation.blobs import PATH as BLOBS_PATH
from hub_connector_github.simulation.blobs import Blobs
from hub_connector_github.simulation.checks import Checks
from hub_connector_github.simulation.deployments import Deployments
from hub_connector_github.simulation.gate import Gate
from hub_connector_github.simulation.git import GitReads
from hub_connector_github.simulation.limits import RateLimits
from hub_connector_github.simulation.server import ServerReads
from hub_connector_github.simulation.world import World
from hub_connector_github.simulation.writes import ActionsWrites

HEADER = "X-Hub-Sandbox"

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]


def create_app(
    story: Story,
    clock: Clock = time.time,
    *,
    tokens: Mapping[str, Mapping[str, str] | None] | None = None,
    apps: tuple[AppKey, ...] = (),
    limits: RateLimits | None = None,
    enterprise: str = "",
    blob_origin: str = "",
) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """The simulated GitHub of a story.

    Args:
        story: What happened, and when.
        clock: The present; runs that are under way go on with it.
        tokens: Permissions by further token; None stands for all.
        apps: The GitHub Apps installed on the organization.
        limits: Rate limits other than GitHub's own.
        enterprise: Version of the Enterprise Server to play, such as `3.17.2`: it answers below /api/v3 and knows
            nothing of `return_run_details`.
        blob_origin: Where logs and artifacts seem to be, such as `https://blobs.example`; here if empty.
    """
    world, blobs = World(story, clock), Blobs(clock, blob_origin)
    access = Access({SANDBOX_TOKEN: None, **(tokens or {})}, apps)
    gate = Gate(story=story, clock=clock, access=access, limits=limits or RateLimits(), enterprise=enterprise)
    git, actions = GitReads(world), ActionsReads(world, blobs)
    endpoints = [
        *ServerReads(world, gate).endpoints(),
        *actions.endpoints(),
        *ActionsWrites(world, actions, old=bool(enterprise)).endpoints(),
        *Artifacts(world, blobs).endpoints(),
        *Checks(world).endpoints(),
        *Deployments(world).endpoints(),
        *git.endpoints(),
        *git.last_endpoints(),
    ]
    routes: list[BaseRoute] = [
        Route(gate.prefix + endpoint.path, gate.letting_in(endpoint), methods=[endpoint.method])
        for endpoint in endpoints
    ]
    routes.append(Route(f"{BLOBS_PATH}/{{name:path}}", blobs.serve))
    routes.append(Route(f"/{story.repository}/{{rest:path}}", _page))
    return _announced(Starlette(routes=routes, exception_handlers={HTTPException: gate.unknown}))


async def _page(request: Request) -> Response:
    """What a person sees who follows a link."""
    return PlainTextResponse(f"{NOTICE}\nOnly the REST API is simulated; there is no page for {request.url.path}\n")


def _announced(app: Starlette) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """Let every answer say in a header that it is from a sandbox."""
    header = (HEADER.lower().encode(), NOTICE.encode())

    async def announced(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_header(message: Any) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), header]}
            await send(message)

        await app(scope, receive, send_with_header)

    return announced
