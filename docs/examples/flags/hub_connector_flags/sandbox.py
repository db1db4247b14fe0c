"""A small service of feature flags, served on loopback: the API this example is about."""

from typing import Any

from hub.plugin import Sandbox, Secret
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

TOKEN = "flags-sandbox-token"


def create_sandbox() -> Sandbox:
    """Three flags; what is switched stays switched as long as it runs."""
    flags: dict[str, dict[str, Any]] = {
        key: {"key": key, "on": on, "percent": percent, "changed_by": who, "changed": day, "rules": rules}
        for key, on, percent, who, day, rules in (
            ("new-checkout", True, 25, "aiko.brandt", "2026-01-30", ["country is SE"]),
            ("tax-by-region", True, 100, "tomas.rey", "2026-01-31", []),
            ("dark-mode", False, 100, "maya.lindqvist", "2025-11-02", []),
        )
    }

    async def project(_: Request) -> JSONResponse:
        return JSONResponse({"name": "shop"})

    async def listed(request: Request) -> JSONResponse:
        search = request.query_params.get("search", "")
        return JSONResponse([flag for key, flag in flags.items() if search in key])

    async def one(request: Request) -> JSONResponse:
        flag = flags.get(request.path_params["key"])
        if flag is None:
            return _refused(404, "there is no such flag")
        if request.method == "PUT":
            flag.update(await request.json(), changed_by="hub", changed="2026-02-01")
        return JSONResponse(flag)

    routes = [
        Route("/project", project),
        Route("/flags", listed),
        Route("/flags/{key}", one, methods=["GET", "PUT"]),
    ]
    inner = Starlette(routes=routes)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        headers = dict(scope.get("headers", ()))
        if scope["type"] == "http" and headers.get(b"authorization") != f"Bearer {TOKEN}".encode():
            await _refused(401, "a valid token is needed")(scope, receive, send)
        else:
            await inner(scope, receive, send)

    return Sandbox(
        app=app,
        settings=lambda url: {"url": url, "api_token": Secret(TOKEN)},
        try_calls=(("list_flags", {}), ("switch_flag", {"key": "tax-by-region", "on": False})),
    )


def _refused(status: int, message: str) -> JSONResponse:
    return JSONResponse({"message": message}, status)
