"""The ASGI application: Prometheus at the root, its Alertmanager below /alertmanager."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from hub.sandbox.story import NOTICE, Clock, Story
from hub_connector_prometheus.simulation.alertmanager import Alertmanager, Refused
from hub_connector_prometheus.simulation.errors import QueryError
from hub_connector_prometheus.simulation.queries import Queries
from hub_connector_prometheus.simulation.requests import Answer, Handler, Parameters
from hub_connector_prometheus.simulation.rules import RuleStore
from hub_connector_prometheus.simulation.series import SeriesStore
from hub_connector_prometheus.simulation.server_state import ServerState
from hub_connector_prometheus.simulation.world import RETENTION_DAYS, World

ALERTMANAGER_PATH = "/alertmanager"
HEADER = "X-Hub-Sandbox"
_MAX_SILENCE = 64 * 1024

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]


def create_app(story: Story, clock: Clock = time.time) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """The simulated Prometheus of a story.

    Args:
        story: What happened, and when.
        clock: The present; samples and alerts go on with it.
    """

    def now_ms() -> int:
        return int(clock() * 1000)

    base = SeriesStore(World(story).series(), now_ms)
    store = RuleStore(story, base, now_ms)
    queries = Queries(store, round(story.after(hours=-24 * RETENTION_DAYS).timestamp() * 1000))
    state = ServerState(story, store, now_ms(), ALERTMANAGER_PATH)
    routes: list[BaseRoute] = [Route("/", _home), Route("/-/healthy", _healthy), Route("/-/ready", _ready)]
    api = [
        *(
            Route(path, _endpoint(handler, now_ms), methods=["GET", "POST"])
            for path, handler in queries.handlers.items()
        ),
        *(Route(path, _endpoint(handler, now_ms)) for path, handler in state.handlers.items()),
        Route("/status/tsdb", _endpoint(queries.tsdb, now_ms)),
        Route("/label/{name}/values", _label_values(queries, now_ms)),
    ]
    routes.append(Mount("/api/v1", routes=api))
    routes.append(
        Mount(ALERTMANAGER_PATH, routes=_alertmanager_routes(Alertmanager(story, store, now_ms()), now_ms))
    )
    return _announced(Starlette(routes=routes))


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


async def _home(request: Request) -> Response:  # noqa: ARG001  every endpoint gets it
    return PlainTextResponse(
        f"{NOTICE}\nPrometheus HTTP API below /api/v1, Alertmanager below {ALERTMANAGER_PATH}\n"
    )


async def _healthy(request: Request) -> Response:  # noqa: ARG001  every endpoint gets it
    return PlainTextResponse(f"Prometheus Server is Healthy ({NOTICE}).\n")


async def _ready(request: Request) -> Response:  # noqa: ARG001  every endpoint gets it
    return PlainTextResponse(f"Prometheus Server is Ready ({NOTICE}).\n")


def _endpoint(handler: Handler, now_ms: Callable[[], int]) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        return await _answered(request, handler, now_ms())

    return endpoint


def _label_values(queries: Queries, now_ms: Callable[[], int]) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        name: str = request.path_params["name"]

        def handler(parameters: Parameters) -> Answer:
            if not name.isidentifier() or not name.isascii():
                raise QueryError(f'invalid label name: "{name}"')
            return queries.label_values(name, parameters)

        return await _answered(request, handler, now_ms())

    return endpoint


async def _answered(request: Request, handler: Handler, now_ms: int) -> Response:
    """Run a handler beside the loop, which evaluating a large query would block."""
    try:
        answer = await asyncio.to_thread(handler, await Parameters.of(request, now_ms))
    except QueryError as error:
        body = {"status": "error", "errorType": error.kind, "error": str(error)}
        return JSONResponse(body, error.status)
    notes = {"warnings": list(answer.warnings)} if answer.warnings else {}
    return JSONResponse({"status": "success", "data": answer.data, **notes})


def _alertmanager_routes(alertmanager: Alertmanager, now_ms: Callable[[], int]) -> list[BaseRoute]:
    def shown(
        read: Callable[[Parameters], object],
    ) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            try:
                return JSONResponse(read(await Parameters.of(request, now_ms())))
            except Refused as refused:
                return JSONResponse(str(refused), refused.status)

        return endpoint

    async def post_silence(request: Request) -> Response:
        body = await request.body()
        if len(body) > _MAX_SILENCE:
            return JSONResponse("request body too large", 413)
        try:
            return JSONResponse({"silenceID": alertmanager.post(json.loads(body), now_ms())})
        except ValueError:
            return JSONResponse('parsing silence body from "" failed: not JSON', 400)
        except Refused as refused:
            return JSONResponse(str(refused), refused.status)

    async def one_silence(request: Request) -> Response:
        identifier: str = request.path_params["identifier"]
        try:
            if request.method == "DELETE":
                alertmanager.expire(identifier, now_ms())
                return Response(status_code=200)
            return JSONResponse(alertmanager.silence(identifier, now_ms()))
        except Refused as refused:
            return JSONResponse(str(refused), refused.status)

    async def post_alerts(request: Request) -> Response:  # noqa: ARG001  every endpoint gets it
        return JSONResponse("the sandbox takes no alerts: its story makes them", 400)

    return [
        Route("/-/healthy", _healthy),
        Route("/-/ready", _ready),
        Route("/api/v2/status", shown(lambda _: alertmanager.status())),
        Route("/api/v2/receivers", shown(lambda _: alertmanager.receivers())),
        Route("/api/v2/alerts", shown(alertmanager.alerts)),
        Route("/api/v2/alerts", post_alerts, methods=["POST"]),
        Route("/api/v2/alerts/groups", shown(alertmanager.groups)),
        Route("/api/v2/silences", shown(alertmanager.silences)),
        Route("/api/v2/silences", post_silence, methods=["POST"]),
        Route("/api/v2/silence/{identifier}", one_silence, methods=["GET", "DELETE"]),
    ]
